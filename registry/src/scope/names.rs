//! The names that a scope speaks of, one by one, with the functions that ask for each: what is granted and what is used are compared
//! by it. Every scope is taken apart whole, so that a new key does not compile until somebody says here what it is.

use super::{
    AlertsScope, AnyScope, ConsentScope, LodgingScope, MessagingScope, PersonScope, PlacesScope, PopulationScope,
    ReadersScope, RecordsScope, RegisterScope, RegistersScope, ReportingScope,
};

/// One name that a guest may ask for, such as a claim, a field or a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeName {
    /// Under which key of the scope: `claims`, `fields`, `tables`.
    pub key: &'static str,
    /// The name as a record writes it; a field of a register with the register in front: `health-insurance.valid-until`.
    pub name: String,
    /// The functions that ask for it, without the capability in front.
    pub asked_by: &'static [&'static str],
    /// What it is, in Vietnamese and English, where the contract has a closed list of such names.
    pub words: Option<(&'static str, &'static str)>,
}

/// A name, and its words where there are any.
type Named = (String, Option<(&'static str, &'static str)>);

/// A name of a closed list, with its words.
macro_rules! worded {
    ($names:expr) => {
        &mut $names.iter().map(|name| (name.as_str().to_owned(), Some((name.vi(), name.en()))))
    };
}

/// A name that a pilot or the province registered.
macro_rules! registered {
    ($names:expr) => {
        &mut $names.map(|name| (name.to_string(), None))
    };
}

/// What a record names where a reading was handed to the pilot as the call itself, instead of being asked for.
const HANDED_READING: &str = "on-reading";
/// Who sees how somebody was read: who asks for it, and who takes facts of a reading that was handed over.
const READ_BY: &[&str] =
    &["reading-of", HANDED_READING, "reading.method", "reading.assurance", "reading.document-kind", "reading.warnings"];

impl AnyScope {
    /// All names that may be asked for under this scope. Keys that only limit what others ask for (units, classes, floors, times) hold
    /// none.
    pub fn names(&self) -> Vec<ScopeName> {
        let mut names = Vec::new();
        let mut add = |key: &'static str, asked_by: &'static [&'static str], found: &mut dyn Iterator<Item = Named>| {
            names.extend(found.map(|(name, words)| ScopeName { key, name, asked_by, words }));
        };
        match self {
            AnyScope::Person(PersonScope { kinds: _, persist: _ })
            | AnyScope::Places(PlacesScope { classes: _ })
            | AnyScope::Lodging(LodgingScope { facility_classes: _, foreign_guests: _, day_window: _ }) => {}
            AnyScope::Population(scope) => {
                let PopulationScope {
                    claims,
                    fields,
                    dims,
                    household: _,
                    measures: _,
                    min_cell: _,
                    sensitive_min_cell: _,
                    row_filter: _,
                } = scope;
                add("claims", &["verify", "related"], worded!(claims));
                add("fields", &["read"], worded!(fields));
                add("dims", &["aggregate"], worded!(dims));
            }
            AnyScope::Registers(RegistersScope { registers }) => {
                for (register, scope) in registers {
                    let RegisterScope { fields, agrees, mode: _, rows: _ } = scope;
                    let of_register = |name: &dyn std::fmt::Display| format!("{register}.{name}");
                    add(
                        "fields",
                        &["entry.get", "propose"],
                        registered!(fields.iter().map(|field| of_register(field))),
                    );
                    add("agrees", &["entry.agrees"], registered!(agrees.iter().map(|fact| of_register(fact))));
                }
            }
            AnyScope::Readers(ReadersScope { methods, show: _ }) => {
                add("methods", READ_BY, worded!(methods));
            }
            AnyScope::Records(RecordsScope { tables, max_rows: _, max_bytes: _ }) => {
                add("tables", &["get", "put", "delete", "scan"], registered!(tables.keys()));
            }
            AnyScope::Reporting(ReportingScope { indicators, series, obstacles: _ }) => {
                add("indicators", &["count"], registered!(indicators.iter()));
                add("series", &["series"], registered!(series.iter()));
            }
            AnyScope::Alerts(AlertsScope { kinds, max_severity: _ }) => {
                add("kinds", &["raise", "update"], registered!(kinds.iter()));
            }
            AnyScope::Consent(ConsentScope { purposes, data, longest_days: _, requests_per_month: _ }) => {
                let functions = &["state", "request", "withdrawn-since"];
                add("purposes", functions, registered!(purposes.iter()));
                add("data", functions, registered!(data.iter()));
            }
            AnyScope::Messaging(scope) => {
                // Audiences limit: a message names its text and its channels.
                let MessagingScope {
                    channels,
                    templates,
                    audiences: _,
                    send_from: _,
                    send_until: _,
                    per_person_month: _,
                } = scope;
                let functions = &["notify", "notify-staff"];
                add("channels", functions, worded!(channels));
                add("templates", functions, registered!(templates.iter()));
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::FUNCTIONS;

    fn scope(text: &str) -> AnyScope {
        serde_json::from_str(text).unwrap()
    }

    fn told(scope: &AnyScope) -> Vec<(&'static str, String)> {
        scope.names().into_iter().map(|name| (name.key, name.name)).collect()
    }

    #[test]
    fn claims_and_tables_are_named_and_limits_are_not() {
        let population = scope(r#"{"population":{"claims":["alive"],"measures":["count"],"min-cell":10}}"#);
        assert_eq!(told(&population), [("claims", "alive".to_owned())]);
        let tables = scope(r#"{"records":{"max-rows":5,"tables":{"visits":{"retention-days":3}}}}"#);
        assert_eq!(told(&tables), [("tables", "visits".to_owned())]);
    }

    #[test]
    fn a_register_s_fields_and_facts_are_named_with_it_and_its_keys_are_not() {
        let text = r#"{"registers":{"health-insurance":{"fields":["valid-until"],"agrees":["name"],"mode":"read"}}}"#;
        let names =
            [("fields", "health-insurance.valid-until".to_owned()), ("agrees", "health-insurance.name".to_owned())];
        assert_eq!(told(&scope(text)), names);
    }

    #[test]
    fn every_function_that_asks_for_a_name_is_one_of_the_contract() {
        let whole = [
            r#"{"population":{"claims":["alive"],"fields":["full-name"],"dims":["sex"]}}"#,
            r#"{"registers":{"health-insurance":{"fields":["valid-until"],"agrees":["name"],"mode":"read"}}}"#,
            r#"{"readers":{"methods":["qr-card"]}}"#,
            r#"{"records":{"tables":{"visits":{"retention-days":3}}}}"#,
            r#"{"reporting":{"indicators":["visits"],"series":["board"]}}"#,
            r#"{"alerts":{"kinds":["fishing"]}}"#,
            r#"{"consent":{"purposes":["loan"],"data":["income"]}}"#,
            r#"{"messaging":{"channels":["staff-app"],"templates":["told"]}}"#,
        ];
        for scope in whole.map(scope) {
            assert!(!scope.names().is_empty(), "{scope:?}");
            for function in scope.names().iter().flat_map(|name| name.asked_by).filter(|name| **name != HANDED_READING)
            {
                let known = FUNCTIONS.iter().any(|f| f.capability == scope.capability() && f.name == *function);
                assert!(known, "{:?} has no function {function}", scope.capability());
            }
        }
    }
}
