//! What the desk is answered, in the form in which a visit keeps it: the second of two taps gets the first one's answer.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The three colours of the gate. None of them sends a patient away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Admit,
    AdmitVerifyLater,
    SelfPayAdvised,
}

impl Decision {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::AdmitVerifyLater => "admit-verify-later",
            Self::SelfPayAdvised => "self-pay-advised",
        }
    }
}

/// What the desk reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Say {
    Admitted { level: u32 },
    AdmittedWithoutLevel,
    AdmittedChild,
    PapersLater,
    VerifyLater { by: Date },
    InsuranceEnded { until: Date },
    InsuranceNotStarted { from: Date },
    NotInsured,
    NoPaper,
    SeePoliceDesk,
}

/// The data of a check-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct CheckedIn {
    /// Reference of the visit. Of two taps, the first one's.
    pub(crate) visit: String,
    /// Last day of the insurance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) card_valid_until: Option<Date>,
    /// Percentage that the insurance pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) benefit_level: Option<u32>,
    /// Whether this is the facility of first registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) initial_facility_match: Option<bool>,
    /// Whether a referral is missing.
    pub(crate) referral_needed: bool,
    /// By when the insurance is to be verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) verify_by: Option<Date>,
    /// Whether a correction was asked for.
    pub(crate) ticket: bool,
}

/// What the desk is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) decision: Decision,
    reasons: Vec<String>,
    say: Say,
    next: Vec<String>,
    pub(crate) data: CheckedIn,
}

impl Answer {
    fn new(decision: Decision, say: Say) -> Self {
        Self { decision, reasons: Vec::new(), say, next: Vec::new(), data: CheckedIn::default() }
    }

    /// Admitted; the level is said where it is known.
    pub(crate) fn admit(level: Option<u32>) -> Self {
        let say = level.map_or(Say::AdmittedWithoutLevel, |level| Say::Admitted { level });
        let mut answer = Self::new(Decision::Admit, say);
        answer.data.benefit_level = level;
        answer
    }

    /// A child under six, by its birth paper.
    pub(crate) fn admit_child(level: u32) -> Self {
        let mut answer = Self::new(Decision::Admit, Say::AdmittedChild);
        answer.data.benefit_level = Some(level);
        answer.reason("child-under-6").next("apply-for-card")
    }

    /// An emergency of which the insurance is not known.
    pub(crate) fn admit_emergency() -> Self {
        Self::new(Decision::Admit, Say::PapersLater).reason("emergency").next("papers-before-end")
    }

    /// Admitted, and the insurance is verified later.
    pub(crate) fn verify_later(by: Date) -> Self {
        let mut answer = Self::new(Decision::AdmitVerifyLater, Say::VerifyLater { by });
        answer.data.verify_by = Some(by);
        answer
    }

    /// The same answer, but verified later.
    pub(crate) fn but_verify(mut self, by: Date) -> Self {
        self.decision = Decision::AdmitVerifyLater;
        self.say = Say::VerifyLater { by };
        self.data.verify_by = Some(by);
        self
    }

    /// Not covered by what is known, and the way to mend that.
    pub(crate) fn self_pay(say: Say) -> Self {
        Self::new(Decision::SelfPayAdvised, say)
    }

    pub(crate) fn reason(mut self, code: &str) -> Self {
        self.reasons.push(code.to_owned());
        self
    }

    pub(crate) fn next(mut self, code: &str) -> Self {
        self.next.push(code.to_owned());
        self
    }

    /// Green: nothing more to do. Amber: go on and do something more. Red: talk to the patient first.
    pub(crate) fn signal(&self) -> Signal {
        match self.decision {
            Decision::Admit if self.reasons.is_empty() => Signal::Green,
            Decision::Admit | Decision::AdmitVerifyLater => Signal::Amber,
            Decision::SelfPayAdvised => Signal::Red,
        }
    }

    /// As the outcome of the call.
    pub(crate) fn into_outcome(self) -> Outcome<CheckedIn> {
        let mut outcome = Outcome::with_data(self.decision.code(), self.data);
        for code in self.reasons {
            outcome = outcome.reason(code);
        }
        for code in self.next {
            outcome = outcome.next(code);
        }
        match self.say {
            Say::Admitted { level } => outcome.say("admitted", [("level", level.to_text())]),
            Say::AdmittedWithoutLevel => outcome.say("admitted-without-level", []),
            Say::AdmittedChild => outcome.say("admitted-child", []),
            Say::PapersLater => outcome.say("papers-later", []),
            Say::VerifyLater { by } => outcome.say("verify-later", [("by", by.to_text())]),
            Say::InsuranceEnded { until } => outcome.say("insurance-ended", [("until", until.to_text())]),
            Say::InsuranceNotStarted { from } => outcome.say("insurance-not-started", [("from", from.to_text())]),
            Say::NotInsured => outcome.say("not-insured", []),
            Say::NoPaper => outcome.say("no-paper", []),
            Say::SeePoliceDesk => outcome.say("see-police-desk", []),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn green_is_only_for_an_admission_without_a_but() {
        assert_eq!(Answer::admit(Some(80)).signal(), Signal::Green);
        assert_eq!(Answer::admit(Some(80)).reason("low-assurance").signal(), Signal::Amber);
        assert_eq!(Answer::verify_later(Date::MAX).signal(), Signal::Amber);
        assert_eq!(Answer::self_pay(Say::NotInsured).signal(), Signal::Red);
    }
}
