//! From typed functions to the contract's exports: parse, dispatch, describe.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::bindings::imports::pilothouse::call::types;
use crate::bindings::imports::pilothouse::readers::readings;
use crate::readers::Reading;
use crate::{Occasion, Outcome, Refusal};

/// An operation as a pilot writes it.
pub type Operation<R, D> = fn(&Occasion, R) -> Result<Outcome<D>, Refusal>;
/// The reader of cards and codes as a pilot writes it.
pub type ReadingHandler<D> = fn(&Occasion, Reading) -> Result<Outcome<D>, Refusal>;
/// A tick as a pilot writes it.
pub type Tick<D> = fn(&Occasion) -> Result<Outcome<D>, Refusal>;

/// Exports a pilot: its operations, its reading handler, its ticks, each part where it has one.
///
/// - `operations: { "name" => function, … }`: each a `fn(&Occasion, Request) -> Result<Outcome<Data>, Refusal>`, where the request is
///   `Deserialize + JsonSchema` and the data `Serialize + JsonSchema`.
/// - `readings: function`: a `fn(&Occasion, Reading) -> Result<Outcome<Data>, Refusal>`.
/// - `schedules: { "tick" => function, … }`: each a `fn(&Occasion) -> Result<Outcome<Data>, Refusal>`.
///
/// The exports stand only in builds for `wasm32`; elsewhere the functions are type-checked, so that a pilot's rules are tested natively.
#[macro_export]
macro_rules! export {
    ($($part:ident : $value:tt),+ $(,)?) => {
        $($crate::__export_part!($part $value);)+
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_part {
    (operations { $($name:literal => $function:path),+ $(,)? }) => {
        $(const _: () = $crate::export::is_operation($function);)+
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Pilot;
            impl $crate::bindings::operations::exports::pilothouse::pilot::operations::Guest for Pilot {
                fn describe() -> String {
                    $crate::export::describe([$(($name, $crate::export::schemas($function))),+])
                }
                fn call(
                    operation: String,
                    input: String,
                ) -> Result<$crate::export::ContractOutcome, $crate::export::ContractRefusal> {
                    match operation.as_str() {
                        $($name => $crate::export::call($function, &input),)+
                        _ => Err($crate::export::unknown_operation()),
                    }
                }
            }
            $crate::bindings::operations::export!(Pilot with_types_in $crate::bindings::operations);
        };
    };
    (readings $function:ident) => {
        const _: () = $crate::export::is_reading_handler($function);
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Pilot;
            impl $crate::bindings::readings::exports::pilothouse::pilot::readings::Guest for Pilot {
                fn on_reading(
                    reading: $crate::export::ContractReading,
                ) -> Result<$crate::export::ContractOutcome, $crate::export::ContractRefusal> {
                    $crate::export::read($function, reading)
                }
            }
            $crate::bindings::readings::export!(Pilot with_types_in $crate::bindings::readings);
        };
    };
    (schedules { $($name:literal => $function:path),+ $(,)? }) => {
        $(const _: () = $crate::export::is_tick($function);)+
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Pilot;
            impl $crate::bindings::schedules::exports::pilothouse::pilot::schedules::Guest for Pilot {
                fn due(tick: String) -> Result<$crate::export::ContractOutcome, $crate::export::ContractRefusal> {
                    match tick.as_str() {
                        $($name => $crate::export::due($function),)+
                        _ => Err($crate::export::unknown_operation()),
                    }
                }
            }
            $crate::bindings::schedules::export!(Pilot with_types_in $crate::bindings::schedules);
        };
    };
}

pub use readings::Reading as ContractReading;
pub use types::{Outcome as ContractOutcome, Refusal as ContractRefusal};

/// Type-checks an operation in every build.
pub const fn is_operation<R: DeserializeOwned + JsonSchema, D: Serialize + JsonSchema>(_: Operation<R, D>) {}
/// Type-checks a reading handler in every build.
pub const fn is_reading_handler<D: Serialize>(_: ReadingHandler<D>) {}
/// Type-checks a tick in every build.
pub const fn is_tick<D: Serialize>(_: Tick<D>) {}

/// One operation's schemas.
#[derive(Serialize)]
pub struct Schemas {
    input: Schema,
    data: Schema,
}

/// The schemas of one operation, nothing by reference, so that whoever looks for people in them walks one tree.
pub fn schemas<R: DeserializeOwned + JsonSchema, D: Serialize + JsonSchema>(_: Operation<R, D>) -> Schemas {
    let settings = || SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    Schemas {
        input: settings().for_deserialize().into_generator().into_root_schema_for::<R>(),
        data: settings().for_serialize().into_generator().into_root_schema_for::<D>(),
    }
}

/// What `describe` answers: `{"operations": {NAME: {"input": …, "data": …}}}`.
pub fn describe<const N: usize>(operations: [(&'static str, Schemas); N]) -> String {
    #[derive(Serialize)]
    struct Description {
        operations: BTreeMap<&'static str, Schemas>,
    }
    // Cannot fail: schemas are JSON values and the keys are strings. If it ever did, the host refuses an empty description.
    serde_json::to_string(&Description { operations: operations.into() }).unwrap_or_default()
}

/// Parses the input, runs the operation, writes the outcome.
///
/// # Errors
/// The operation's refusal, or `invalid` with the field that has not the form of the request.
pub fn call<R: DeserializeOwned, D: Serialize>(
    operation: Operation<R, D>,
    input: &str,
) -> Result<types::Outcome, types::Refusal> {
    let request = parse(input).map_err(Refusal::into_contract)?;
    finish(operation(&Occasion::current(), request))
}

/// Runs the reading handler.
///
/// # Errors
/// The handler's refusal.
pub fn read<D: Serialize>(
    handler: ReadingHandler<D>,
    reading: readings::Reading,
) -> Result<types::Outcome, types::Refusal> {
    finish(handler(&Occasion::current(), Reading::received(reading)))
}

/// Runs a tick.
///
/// # Errors
/// The tick's refusal.
pub fn due<D: Serialize>(tick: Tick<D>) -> Result<types::Outcome, types::Refusal> {
    finish(tick(&Occasion::current()))
}

/// The refusal for a name that the pilot does not have.
pub fn unknown_operation() -> types::Refusal {
    Refusal::new("unknown-operation")
        .because("the pilot has no operation or tick of this name: see its manifest")
        .into_contract()
}

fn finish<D: Serialize>(result: Result<Outcome<D>, Refusal>) -> Result<types::Outcome, types::Refusal> {
    result.map_err(Refusal::into_contract).and_then(Outcome::into_contract)
}

/// A request from its JSON.
fn parse<R: DeserializeOwned>(input: &str) -> Result<R, Refusal> {
    let mut reader = serde_json::Deserializer::from_str(input);
    let request = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let error = error.into_inner();
        let why = if error.is_data() {
            without_values(&error.to_string())
        } else {
            "the input is no complete JSON value".to_owned()
        };
        Refusal::invalid(pointer, why)
    })?;
    reader.end().map_err(|_| Refusal::invalid("", "there is something after the JSON value"))?;
    Ok(request)
}

/// A path as a JSON Pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// What serde says about a field, without what stood in it: a number sent as a text is someone's number.
pub(crate) fn without_values(text: &str) -> String {
    // serde_json appends where in the text it was, which helps nobody who has the pointer.
    let text = text.rfind(" at line ").and_then(|at| text.get(..at)).unwrap_or(text);
    match text.rfind(", expected ").and_then(|at| text.get(at + 2..)) {
        Some(expected) => expected.to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{Date, NoData, Person, Ref};

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read by the parser")]
    struct Stay {
        reference: Ref,
        leaves: Option<Date>,
        nights: u8,
        rooms: Vec<Room>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only read by the parser")]
    struct Room {
        beds: u8,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only described")]
    struct Arrive {
        guest: Person,
        companions: Vec<Companion>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only described")]
    struct Companion {
        person: Option<Person>,
    }

    fn refused(input: &str) -> (String, String) {
        let refusal = parse::<Stay>(input).unwrap_err().into_contract();
        assert_eq!(refusal.code, "invalid");
        (refusal.field.unwrap(), refusal.why.unwrap())
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer_and_how_to_mend_it() {
        assert_eq!(
            refused(r#"{"reference":"S-1","nights":1,"leaves":"02/03/2026","rooms":[]}"#),
            ("/leaves".into(), "a date is written YYYY-MM-DD and lies in the years 0001 to 9999".into())
        );
        assert_eq!(
            refused(r#"{"reference":"S-1","nights":1,"rooms":[{"beds":1},{"beds":"x"}]}"#),
            ("/rooms/1/beds".into(), "expected u8".into())
        );
        assert_eq!(refused(r#"{"nights":1,"rooms":[]}"#), ("".into(), "missing field `reference`".into()));
        assert_eq!(refused("{"), ("".into(), "the input is no complete JSON value".into()));
    }

    #[test]
    fn what_stood_in_a_wrong_field_is_not_repeated() {
        for input in [
            r#"{"reference":"S-1","nights":"044090990001","rooms":[]}"#,
            r#"{"reference":"S-1","nights":990001,"rooms":[]}"#,
            r#"{"reference":"S-1","nights":1,"rooms":"044090990001, expected 990001"}"#,
            r#"{"reference":990001,"nights":1,"rooms":[]}"#,
            r#"{"reference":"S-1","nights":1,"rooms":[],"044090990001":1}"#,
        ] {
            let (_, why) = refused(input);
            assert!(!why.contains("990001"), "{why}");
        }
    }

    #[test]
    fn people_are_marked_in_the_schema_at_any_depth() {
        fn arrive(_: &Occasion, _: Arrive) -> Result<Outcome<NoData>, Refusal> {
            Ok(Outcome::new("noted"))
        }
        let described: serde_json::Value = serde_json::from_str(&describe([("arrive", schemas(arrive))])).unwrap();
        let input = &described["operations"]["arrive"]["input"]["properties"];
        assert_eq!(input["guest"]["format"], "person");
        assert_eq!(input["companions"]["items"]["properties"]["person"]["format"], "person");
        assert_eq!(described["operations"]["arrive"]["data"]["type"], "object");
    }
}
