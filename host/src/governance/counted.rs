//! What the operator counts beside calls: denied capability calls, by capability and code, both closed lists; effects that could not be queued.

use pilothouse_evidence::Verdict;
use pilothouse_registry::Capability;
use pilothouse_runtime::CallEntry;

/// Every code that the funnel denies with, beside an unavailable provider, which is no denial.
const CODES: [&str; 11] = [
    "not-granted",
    "expired",
    "purpose-mismatch",
    "out-of-unit",
    "field-not-granted",
    "budget-spent",
    "invalid",
    "not-found",
    "conflict",
    "suppressed",
    "opted-out",
];
/// What a code of a later funnel is counted as: labels must stay few.
const OTHER: &str = "other";

/// Counts a call whose effect has the key of another one. Never happens where every desk numbers its own things once.
pub(super) fn key_taken() {
    metrics::counter!("pilothouse_effect_keys_taken_total").increment(1);
}

/// Counts the denials among the calls of an invocation.
pub(super) fn denials(calls: &[CallEntry]) {
    for (capability, code, times) in denied(calls) {
        metrics::counter!("pilothouse_denials_total", "capability" => capability, "code" => code).increment(times);
    }
}

fn denied(calls: &[CallEntry]) -> impl Iterator<Item = (String, &'static str, u64)> {
    calls.iter().filter_map(|call| {
        let Verdict::Denied { code } = &call.verdict else { return None };
        let capability = call.function.split('.').next()?.parse::<Capability>();
        let capability = capability.map_or_else(|_| OTHER.to_owned(), |capability| capability.to_string());
        let times = u64::try_from(call.times()).unwrap_or(u64::MAX);
        Some((capability, CODES.into_iter().find(|known| known == code).unwrap_or(OTHER), times))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_registry::DenialCode;

    fn call(function: &str, verdict: Verdict) -> CallEntry {
        CallEntry {
            function: function.to_owned(),
            person: None,
            pseudonym: None,
            asked: Vec::new(),
            line: String::new(),
            verdict,
            args: String::new(),
            answer: String::new(),
            again: None,
        }
    }

    #[test]
    fn denials_alone_are_counted_and_what_is_not_in_the_lists_becomes_other() {
        let denied_with = |code: &str| Verdict::Denied { code: code.to_owned() };
        let calls = [
            call("population.verify", Verdict::Allowed),
            call("population.verify", Verdict::Unavailable),
            call("records.put", denied_with("budget-spent")),
            call("invented.put", denied_with("invented")),
        ];
        let counted: Vec<_> = denied(&calls).collect();
        assert_eq!(counted, [("records".to_owned(), "budget-spent", 1), (OTHER.to_owned(), OTHER, 1)]);
    }

    #[test]
    fn the_codes_of_a_decision_are_all_in_the_list() {
        use DenialCode as Code;
        for code in [Code::NotGranted, Code::Expired, Code::PurposeMismatch, Code::OutOfUnit, Code::FieldNotGranted] {
            assert!(CODES.contains(&code.as_str()));
        }
    }
}
