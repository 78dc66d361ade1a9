//! Whether an answer is the one that was planned.

use serde_json::{Value, json};

use super::door::DoorError;
use super::plan::{CHECKED, Expected, NOTIFIED};

/// What was planned, and what came, in codes.
pub(super) type Difference = (String, String);

/// Refuses to begin where the host refuses what the day needs.
pub(super) fn refuse(path: &str, status: u16, answer: &Value) -> Result<(), DoorError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(DoorError::Refused { path: path.to_owned(), status, kind: kind_of(answer).to_owned() })
}

/// The problem's type, as the host's documents name it.
pub(super) fn kind_of(answer: &Value) -> &str {
    let kind = answer.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.strip_prefix("/problems/").unwrap_or("no problem document")
}

/// Holds an answer to what was planned. `before` is the evidence of the answer that it must repeat.
pub(super) fn judged(expected: Expected, before: Option<&str>, status: u16, answer: &Value) -> Result<(), Difference> {
    let text = |field: &str| answer.get(field).and_then(Value::as_str);
    let is_met = match expected {
        Expected::Decided { among, reason } => {
            let reasons = answer.get("reasons").and_then(Value::as_array);
            let says = |code: &str| reasons.into_iter().flatten().any(|said| said.get("code") == Some(&json!(code)));
            let is = |decision: &str| text("decision") == Some(decision);
            // A day that is run twice within seconds brings a guest to a reader twice in one second: to ask is right then.
            let is_asked = among == NOTIFIED && is("needs") && says("double-entry");
            // Somebody of the household has a loan, of this day or an earlier one: the programme gives each household one.
            let has_loan = among == CHECKED && is("not-eligible") && says("household-has-loan");
            let is_decided = text("decision").is_some_and(|said| among.contains(&said)) && reason.is_none_or(says);
            status == 200 && (is_decided || is_asked || has_loan)
        }
        Expected::AsBefore(_) => {
            status == 200 && before.is_some() && text("id") == before && answer.get("replayed") == Some(&json!(true))
        }
        Expected::Problem { kind, code } => {
            let is_coded = |code| text("person_code") == Some(code) || text("code") == Some(code);
            !(200..300).contains(&status) && kind_of(answer) == kind && code.is_none_or(is_coded)
        }
        Expected::Each | Expected::Done => (200..300).contains(&status),
    };
    if is_met { Ok(()) } else { Err((format!("{expected:?}"), got(status, answer))) }
}

/// What came, in codes: an answer holds nobody's values, and its sentences are not repeated all the same.
pub(super) fn got(status: u16, answer: &Value) -> String {
    let text = |field: &str| answer.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reasons: Vec<&str> = (answer.get("reasons").and_then(Value::as_array).into_iter().flatten())
        .filter_map(|reason| reason.get("code")?.as_str())
        .collect();
    if (200..300).contains(&status) {
        format!("{status} {} {}", text("decision"), reasons.join(" "))
    } else {
        format!("{status} {} {} {}", kind_of(answer), text("person_code"), text("code"))
    }
}
