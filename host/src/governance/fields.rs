//! Rights down to the field: every name that a scope speaks of, beside what was granted, what the binary can ask, what was asked.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_registry::{AnyScope, Capability, CapabilityRequest, Grant, Proof};
use serde::Serialize;
use serde_json::Value;

/// One name of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldLine {
    /// Of which capability.
    pub capability: Capability,
    /// Under which key of the scope: `claims`, `fields`, `tables`, …
    pub key: String,
    /// The name itself.
    pub name: String,
    /// A grant in force covers it.
    pub granted: bool,
    /// The binary has a function that can ask for it.
    pub imported: bool,
    /// How often it was asked for and the gate let it through, since the pilot's first record.
    pub used: u64,
}

/// How often each name of each capability was asked for.
pub(super) type Asked = BTreeMap<(String, String), u64>;

/// Keys that only limit what others ask for: nobody asks for a class or a unit by its name.
const LIMITS: [&str; 8] =
    ["measures", "units", "classes", "facility-classes", "kinds", "row-filter", "purposes", "series"];

/// Every name that the manifest asks for.
pub(super) fn fields(requests: &[CapabilityRequest], grants: &[Grant], proof: &Proof, asked: &Asked) -> Vec<FieldLine> {
    let mut granted: BTreeSet<(Capability, String, String)> = BTreeSet::new();
    for grant in grants.iter().filter(|grant| grant.state.is_in_force()) {
        let capability = grant.right.capability();
        granted.extend(names(&grant.right.scope).into_iter().map(|(key, name)| (capability, key, name)));
    }
    let mut lines = Vec::new();
    for request in requests {
        let capability = request.capability();
        for (key, name) in names(&request.scope) {
            let imported = proof
                .rows
                .iter()
                .any(|row| row.imported && row.function.capability() == capability && asks(&key, row.function.name()));
            let used = asked.get(&(capability.to_string(), name.clone())).copied().unwrap_or(0);
            let is_granted = granted.contains(&(capability, key.clone(), name.clone()));
            lines.push(FieldLine { capability, key, name, granted: is_granted, imported, used });
        }
    }
    lines
}

/// Whether a function can ask for a name under this key.
fn asks(key: &str, function: &str) -> bool {
    match key {
        "claims" => function == "verify",
        "fields" => matches!(function, "read" | "entry.get" | "propose"),
        "dims" => function == "aggregate",
        "match-keys" => function == "match",
        "indicators" => matches!(function, "count" | "gauge"),
        "methods" => function == "reading-of",
        _ => true,
    }
}

/// (key, name) of everything that a scope names. Read off its written form, so that no capability is forgotten.
fn names(scope: &AnyScope) -> Vec<(String, String)> {
    let Ok(Value::Object(outer)) = serde_json::to_value(scope) else { return Vec::new() };
    let keys = outer.into_iter().filter_map(|(_, inner)| match inner {
        Value::Object(keys) => Some(keys),
        _ => None,
    });
    let mut names = Vec::new();
    for (key, value) in keys.flatten().filter(|(key, _)| !LIMITS.contains(&key.as_str())) {
        match value {
            Value::Array(list) => {
                names.extend(list.iter().filter_map(Value::as_str).map(|name| (key.clone(), name.to_owned())));
            }
            Value::Object(map) => {
                for (name, inner) in map {
                    match inner.get("fields").and_then(Value::as_array) {
                        Some(fields) => names.extend(
                            fields
                                .iter()
                                .filter_map(Value::as_str)
                                .map(|field| ("fields".to_owned(), format!("{name}.{field}"))),
                        ),
                        None => names.push((key.clone(), name)),
                    }
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> AnyScope {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn claims_tables_and_fields_of_registers_are_named_and_limits_are_not() {
        let population = names(&scope(r#"{"population":{"claims":["alive"],"measures":["count"],"min-cell":10}}"#));
        assert_eq!(population, [("claims".to_owned(), "alive".to_owned())]);
        let tables = names(&scope(r#"{"records":{"max-rows":5,"tables":{"visits":{"retention-days":3}}}}"#));
        assert_eq!(tables, [("tables".to_owned(), "visits".to_owned())]);
    }

    #[test]
    fn only_the_function_that_asks_for_it_makes_a_field_imported() {
        assert!(asks("claims", "verify") && !asks("claims", "read"));
        assert!(asks("fields", "read") && !asks("fields", "verify"));
        assert!(asks("tables", "get"));
    }
}
