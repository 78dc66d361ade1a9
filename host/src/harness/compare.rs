//! What a step came to, beside what it should have: the first difference, in words.

use pilothouse_runtime::{CallEntry, Ended};
use serde_json::Value;

use super::scenario::{ExpectedEffect, Then};

/// What a step came to.
pub(super) struct Came {
    /// How it ended. None: nobody was asked, the outbox was delivered.
    pub(super) ended: Option<Ended>,
    pub(super) calls: Vec<CallEntry>,
    /// Capability and natural key of what it had done, or delivered.
    pub(super) effects: Vec<(String, String)>,
}

/// The first thing that is not as expected.
pub(super) fn difference(came: &Came, then: &Then) -> Option<String> {
    let calls = || {
        let wanted = then.calls.as_ref()?;
        let wanted: Vec<&str> = wanted.iter().map(|name| short(name)).collect();
        let made: Vec<&str> = came.calls.iter().map(|call| short(&call.function)).collect();
        let place = (0..wanted.len().max(made.len())).find(|place| wanted.get(*place) != made.get(*place))?;
        let at = |list: &[&str]| list.get(place).map_or("no further call".to_owned(), |name| format!("`{name}`"));
        Some(format!("call {}: {} and not {} (made: {})", place + 1, at(&made), at(&wanted), made.join(", ")))
    };
    ended(came, then).or_else(calls).or_else(|| effects(came, then.effects.as_ref()?))
}

fn ended(came: &Came, then: &Then) -> Option<String> {
    let wants_decision = then.decision.is_some() || then.refused.is_none();
    match came.ended.as_ref()? {
        Ended::Fault { fault } => Some(format!("the guest failed: {} ({fault})", fault.code())),
        Ended::Refused { code, field, why } => {
            let told = format!(
                "refused with `{code}` at {} ({})",
                field.as_deref().unwrap_or("no field"),
                why.as_deref().unwrap_or("no reason")
            );
            match &then.refused {
                Some(wanted) if wanted.code != *code => Some(format!("{told} and not with `{}`", wanted.code)),
                Some(wanted) if wanted.field.is_some() && wanted.field != *field => {
                    Some(format!("{told} and not at {}", wanted.field.as_deref().unwrap_or_default()))
                }
                Some(_) => None,
                None if wants_decision => {
                    Some(format!("{told} and not decided `{}`", then.decision.as_deref().unwrap_or("anything")))
                }
                None => None,
            }
        }
        Ended::Decided(decided) => {
            if let Some(refused) = &then.refused {
                return Some(format!("decided `{}` and not refused with `{}`", decided.decision, refused.code));
            }
            if let Some(wanted) = then.decision.as_ref().filter(|wanted| **wanted != decided.decision) {
                return Some(format!(
                    "decided `{}` ({}) and not `{wanted}`",
                    decided.decision,
                    decided.reasons.join(", ")
                ));
            }
            for (what, wanted, found) in
                [("reasons", &then.reasons, &decided.reasons), ("next", &then.next, &decided.next)]
            {
                if let Some(wanted) = wanted.as_ref().filter(|wanted| *wanted != found) {
                    return Some(format!("{what}: [{}] and not [{}]", found.join(", "), wanted.join(", ")));
                }
            }
            let said = decided.say.as_ref().map(|(key, _)| key.as_str());
            if let Some(wanted) = then.say.as_deref().filter(|wanted| said != Some(*wanted)) {
                return Some(format!("says `{}` and not `{wanted}`", said.unwrap_or("nothing")));
            }
            let data: Value = serde_json::from_str(&decided.data).unwrap_or(Value::Null);
            let wanted = then.data.as_ref()?;
            wanted.iter().find_map(|(name, wanted)| {
                let found = data.get(name).unwrap_or(&Value::Null);
                (!same(found, wanted)).then(|| format!("data.{name}: {found} and not {wanted}"))
            })
        }
    }
}

/// Numbers are equal by value: TOML and JSON write 1 and 1.0 as they like.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted)) => found == wanted || found.as_f64() == wanted.as_f64(),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && found.iter().all(|(name, found)| wanted.get(name).is_some_and(|wanted| same(found, wanted)))
        }
        _ => found == wanted,
    }
}

fn effects(came: &Came, wanted: &[ExpectedEffect]) -> Option<String> {
    let shown = || {
        let list: Vec<String> = came.effects.iter().map(|(capability, key)| format!("{capability} {key}")).collect();
        if list.is_empty() { "none".to_owned() } else { list.join(", ") }
    };
    if came.effects.len() != wanted.len() {
        return Some(format!("{} effects and not {} (had: {})", came.effects.len(), wanted.len(), shown()));
    }
    came.effects.iter().zip(wanted).enumerate().find_map(|(place, ((capability, key), wanted))| {
        let fits = *capability == wanted.capability && wanted.key.as_ref().is_none_or(|wanted| names(key, wanted));
        let told = || {
            let key = wanted.key.as_deref().unwrap_or("any key");
            format!("effect {}: {capability} {key} is wanted of {}, had: {}", place + 1, wanted.capability, shown())
        };
        (!fits).then(told)
    })
}

/// Whether a natural key is the wanted one, or has it as a part: the host puts facility or register before it.
fn names(key: &str, wanted: &str) -> bool {
    format!("/{key}/").contains(&format!("/{wanted}/"))
}

/// `person.person.pseudonym` is written `person.pseudonym`: capability and resource have one name.
fn short(function: &str) -> &str {
    function.strip_prefix("person.").filter(|rest| rest.starts_with("person.")).unwrap_or(function)
}

#[cfg(test)]
mod tests {
    use pilothouse_runtime::Decided;
    use serde_json::json;

    use super::*;

    fn came(decision: &str, data: &Value) -> Came {
        let decided = Decided {
            decision: decision.to_owned(),
            reasons: vec!["late".to_owned()],
            say: Some(("told".to_owned(), Vec::new())),
            next: Vec::new(),
            data: data.to_string(),
        };
        let effects = vec![("lodging".to_owned(), "hotel-001/S-1".to_owned())];
        Came { ended: Some(Ended::Decided(decided)), calls: Vec::new(), effects }
    }

    fn then(value: Value) -> Then {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_named_must_be_equal_and_what_is_left_out_may_be_anything() {
        let came = came("admit", &json!({ "level": 80, "by": { "chip": 1 }, "more": true }));
        let good = json!({
            "decision": "admit", "reasons": ["late"], "say": "told", "data": { "level": 80.0, "by": { "chip": 1 } },
            "calls": [], "effects": [{ "capability": "lodging", "key": "S-1" }],
        });
        assert_eq!(difference(&came, &then(good)), None);
        assert_eq!(difference(&came, &then(json!({}))), None);
        for wrong in [
            json!({ "decision": "deny" }),
            json!({ "reasons": [] }),
            json!({ "next": ["wait"] }),
            json!({ "say": "other" }),
            json!({ "data": { "level": 100 } }),
            json!({ "data": { "by": {} } }),
            json!({ "data": { "absent": 1 } }),
            json!({ "calls": ["population.verify"] }),
            json!({ "effects": [] }),
            json!({ "effects": [{ "capability": "lodging", "key": "S-11" }] }),
            json!({ "refused": { "code": "late" } }),
        ] {
            assert!(difference(&came, &then(wrong.clone())).is_some(), "{wrong}");
        }
    }
}
