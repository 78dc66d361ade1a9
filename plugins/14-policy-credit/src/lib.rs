//! Pilot 14: unsecured loans for policy beneficiaries (Plan 179, II.2.10).
//!
//! The credit officer learns whether identity, residence and beneficiary status hold, each with its day and source. A register's "no" ends
//! no case: it is referred, and can be disputed with the list's owner. A person decides every loan; nothing is paid out here.
#![forbid(unsafe_code)]

mod assess;
mod checking;
mod deciding;
mod files;
mod rechecks;
mod rules;
mod settings;

use checking::{check_borrower, check_group};
use deciding::{dispute, on_reading, record_decision};
use rechecks::{flagged, recheck_loans, recheck_open, recheck_pending};

pilothouse_sdk::export! {
    operations: {
        "check-borrower" => check_borrower,
        "check-group" => check_group,
        "recheck-open" => recheck_open,
        "record-decision" => record_decision,
        "dispute" => dispute,
        "flagged" => flagged,
    },
    readings: on_reading,
    schedules: { "recheck-pending" => recheck_pending, "recheck-loans" => recheck_loans },
}

#[cfg(test)]
mod tests {
    use crate::rules::Reason;

    #[test]
    fn everything_that_is_said_has_words_in_both_languages() {
        let mut computed: Vec<String> = Reason::ALL.iter().map(|reason| format!("reason-{}", reason.code())).collect();
        computed.extend(Reason::ALL.iter().filter_map(|reason| reason.next()).map(|next| format!("next-{next}")));
        computed.push("consent-policy-credit".to_owned());
        let computed: Vec<&str> = computed.iter().map(String::as_str).collect();
        let wrong = pilothouse_sdk::testing::texts_disagree(env!("CARGO_MANIFEST_DIR"), &computed);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
