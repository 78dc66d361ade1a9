//! A scenario file: what is given, step by step what is asked, and what must come of it.

use std::collections::BTreeMap;

use pilothouse_registry::Capability;
use pilothouse_registry::scope::ReadingMethod;
use pilothouse_runtime::faults::Fault;
use pilothouse_runtime::kept::HostTable;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The names under which the faults of effects' receivers are declared, beside the capabilities.
const POLICE_DESK: &str = "police-desk";
const DUTY_DESK: &str = "duty-desk";
const CONSENT_INBOX: &str = "consent-inbox";
const MESSAGE_CARRIER: &str = "message-carrier";

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub(super) says: Says,
    pub(super) given: Given,
    #[serde(rename = "step")]
    pub(super) steps: Vec<Step>,
}

/// What it is about, for people.
#[derive(Debug, Clone, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Says {
    pub(super) vi: String,
    pub(super) en: String,
}

/// What is true at the beginning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) at: Moment,
    pub(super) role: String,
    pub(super) facility: Option<String>,
    #[serde(default)]
    pub(super) config: Map<String, Value>,
    #[serde(default)]
    pub(super) persons: BTreeMap<String, String>,
}

/// One step: exactly one of operation, reading, tick, settle; or only a change of clock and faults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Step {
    pub(super) at: Option<Moment>,
    pub(super) captured_at: Option<Moment>,
    #[serde(default)]
    pub(super) fault: BTreeMap<String, String>,
    pub(super) role: Option<String>,
    pub(super) facility: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) input: Option<Value>,
    pub(super) reading: Option<ReadingMethod>,
    pub(super) person: Option<String>,
    pub(super) tick: Option<String>,
    #[serde(default)]
    pub(super) settle: bool,
    pub(super) reference: Option<String>,
    pub(super) then: Option<Then>,
}

/// What must come of a step. What is left out is not looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Then {
    pub(super) decision: Option<String>,
    pub(super) reasons: Option<Vec<String>>,
    pub(super) next: Option<Vec<String>>,
    pub(super) say: Option<String>,
    pub(super) data: Option<Map<String, Value>>,
    pub(super) calls: Option<Vec<String>>,
    pub(super) effects: Option<Vec<ExpectedEffect>>,
    pub(super) refused: Option<Refused>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedEffect {
    pub(super) capability: String,
    pub(super) key: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) field: Option<String>,
}

/// An instant of the scenario's clock, microseconds since 1970, UTC; written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Moment(pub(super) i64);

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let moment = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| format!("`{text}` is no time: write it like 2026-07-01T07:10:00+07:00"))?;
        i64::try_from(moment.unix_timestamp_nanos() / 1_000)
            .map(Moment)
            .map_err(|_| format!("`{text}` is too far away"))
    }
}

/// A declared fault, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Provider(Capability, Option<Fault>),
    Desk(HostTable, DeskState),
    /// Every person who agreed takes it back.
    Withdrawing,
    /// An officer on duty takes up every alert that was raised.
    Acknowledging,
}

/// How a receiver of effects behaves. The people behind the inbox agree where it is up, and say no where it rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DeskState {
    #[default]
    Up,
    Down,
    Rejecting,
}

impl Declared {
    pub(super) fn read(of: &str, state: &str) -> Result<Declared, String> {
        let wrong = |states: &str| format!("fault {of} = `{state}`: write {states}");
        let desk = match of {
            POLICE_DESK => Some(HostTable::Stays),
            DUTY_DESK => Some(HostTable::Alerts),
            CONSENT_INBOX => Some(HostTable::Consents),
            MESSAGE_CARRIER => Some(HostTable::Messages),
            _ => None,
        };
        if let Some(desk) = desk {
            return match state {
                "up" => Ok(Declared::Desk(desk, DeskState::Up)),
                "down" => Ok(Declared::Desk(desk, DeskState::Down)),
                "rejecting" => Ok(Declared::Desk(desk, DeskState::Rejecting)),
                "withdrawing" if desk == HostTable::Consents => Ok(Declared::Withdrawing),
                "acknowledging" if desk == HostTable::Alerts => Ok(Declared::Acknowledging),
                _ if desk == HostTable::Consents => Err(wrong("up, down, rejecting or withdrawing")),
                _ if desk == HostTable::Alerts => Err(wrong("up, down, rejecting or acknowledging")),
                _ => Err(wrong("up, down or rejecting")),
            };
        }
        let capability = of.parse().map_err(|_| {
            format!(
                "fault of `{of}`: name a capability, {POLICE_DESK}, {DUTY_DESK}, {CONSENT_INBOX} or {MESSAGE_CARRIER}"
            )
        })?;
        let fault = match state {
            "up" => None,
            "down" => Some(Fault::Down),
            "slow" => Some(Fault::Slow),
            "over-budget" => Some(Fault::OverBudget),
            _ => return Err(wrong("up, down, slow or over-budget")),
        };
        Ok(Declared::Provider(capability, fault))
    }
}

impl Scenario {
    pub(super) fn parse(text: &str) -> Result<Scenario, String> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| error.to_string())?;
        if scenario.steps.is_empty() {
            return Err("it has no step: a scenario that asks nothing can never fail".to_owned());
        }
        for (place, step) in scenario.steps.iter().enumerate() {
            let asked = [step.operation.is_some(), step.reading.is_some(), step.tick.is_some(), step.settle];
            let asked = asked.into_iter().filter(|asked| *asked).count();
            let told = match asked {
                1 => continue,
                0 if step.then.is_none() => continue,
                0 => "it expects something and asks nothing",
                _ => "it asks for more than one of operation, reading, tick and settle",
            };
            return Err(format!("step {}: {told}", place + 1));
        }
        if scenario.steps.iter().all(|step| step.then.is_none()) {
            return Err("no step says what must come of it: a scenario that expects nothing can never fail".to_owned());
        }
        Ok(scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "says = { vi = \"Thử\", en = \"Try\" }\n[given]\nat = \"2026-07-01T07:10:00+07:00\"\nrole = \"registration-clerk\"\n";

    #[test]
    fn a_scenario_that_can_never_fail_is_refused() {
        for steps in [
            "step = []\n",
            "[[step]]\noperation = \"check-in\"\ninput = {}\n",
            "[[step]]\nthen = { decision = \"admit\" }\n",
            "[[step]]\nsettle = true\ntick = \"list\"\nthen = {}\n",
        ] {
            let text = if steps.starts_with("step") { format!("{steps}{HEAD}") } else { format!("{HEAD}{steps}") };
            assert!(Scenario::parse(&text).is_err(), "{steps}");
        }
        let whole =
            format!("{HEAD}[[step]]\noperation = \"check-in\"\ninput = {{}}\nthen = {{ decision = \"admit\" }}\n");
        assert!(Scenario::parse(&whole).is_ok());
    }

    #[test]
    fn faults_are_read_by_capability_and_state() {
        assert_eq!(
            Declared::read("registers", "down"),
            Ok(Declared::Provider(Capability::Registers, Some(Fault::Down)))
        );
        assert_eq!(
            Declared::read("police-desk", "rejecting"),
            Ok(Declared::Desk(HostTable::Stays, DeskState::Rejecting))
        );
        assert_eq!(Declared::read("consent-inbox", "withdrawing"), Ok(Declared::Withdrawing));
        assert!(Declared::read("duty-desk", "withdrawing").is_err());
        assert!(Declared::read("police-desk", "slow").is_err());
        assert!(Declared::read("library", "down").is_err());
    }
}
