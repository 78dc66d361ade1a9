//! How people of a request become handles, and how an outcome's tokens become what its caller may see.

use std::collections::BTreeMap;

use pilothouse_identity::PersonalNumber;
use pilothouse_registry::package::reader::MAX_DEPTH;
use pilothouse_runtime::people::{Arrival, Declared, MAX_PEOPLE, Presented};
use serde::Deserialize as _;
use serde_json::Value;

use super::reading::{FrontDesk, SentReading};

/// Longest text of a declared paper, in bytes.
const MAX_DECLARED: usize = 128;

/// Where the people of a JSON value are, read off its schema once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonSpots {
    here: bool,
    fields: BTreeMap<String, PersonSpots>,
    items: Option<Box<PersonSpots>>,
}

impl PersonSpots {
    /// Reads the places with `"format": "person"` off a JSON Schema that the door has taken: one that unfolds to a bounded number of
    /// values, with people only where they are looked for here.
    pub fn of_schema(schema: &Value) -> PersonSpots {
        let mut spots = PersonSpots::default();
        collect(schema, schema, &mut spots, 0);
        spots
    }

    fn is_empty(&self) -> bool {
        !self.here && self.fields.is_empty() && self.items.is_none()
    }
}

fn collect(root: &Value, schema: &Value, spots: &mut PersonSpots, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    if schema.get("format").and_then(Value::as_str) == Some("person") {
        spots.here = true;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'))
        && let Some(target) = root.pointer(name)
    {
        collect(root, target, spots, depth + 1);
    }
    for branches in ["anyOf", "oneOf", "allOf"] {
        for branch in schema.get(branches).and_then(Value::as_array).into_iter().flatten() {
            collect(root, branch, spots, depth + 1);
        }
    }
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let mut inner = spots.fields.remove(name).unwrap_or_default();
        collect(root, field, &mut inner, depth + 1);
        if !inner.is_empty() {
            spots.fields.insert(name.clone(), inner);
        }
    }
    if let Some(items) = schema.get("items") {
        let mut inner = spots.items.take().map(|inner| *inner).unwrap_or_default();
        collect(root, items, &mut inner, depth + 1);
        if !inner.is_empty() {
            spots.items = Some(Box::new(inner));
        }
    }
}

/// Why a person of a request was not taken. The value itself is never repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct IntakeError {
    /// JSON Pointer to the field.
    pub pointer: String,
    /// Stable name: `person-malformed`, `person-unknown`, `too-many-people`, or a reading's own code.
    pub code: String,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl IntakeError {
    pub(super) fn new(pointer: &str, code: &str, message: impl Into<String>) -> IntakeError {
        IntakeError { pointer: pointer.to_owned(), code: code.to_owned(), message: message.into() }
    }

    pub(super) fn unknown(pointer: &str) -> IntakeError {
        IntakeError::new(
            pointer,
            "person-unknown",
            "nobody has this number in the population database: check it against the card, or go on by the manual procedure",
        )
    }
}

/// The people of a request, in the order of their tokens.
#[derive(Default)]
pub struct Party {
    /// Who.
    pub people: Vec<Arrival>,
    /// What must never be taken twice, of the readings among them.
    pub once: Vec<String>,
}

/// Replaces every person of an input by a token, in place.
///
/// # Errors
/// The first person that cannot be taken; the input is then to be thrown away.
pub fn swap_in(spots: &PersonSpots, input: &mut Value, desk: &FrontDesk<'_>) -> Result<Party, IntakeError> {
    let mut party = Party::default();
    walk_in(spots, input, &mut String::new(), desk, &mut party)?;
    Ok(party)
}

fn walk_in(
    spots: &PersonSpots,
    value: &mut Value,
    pointer: &mut String,
    desk: &FrontDesk<'_>,
    party: &mut Party,
) -> Result<(), IntakeError> {
    if spots.here && !value.is_null() {
        if party.people.len() >= MAX_PEOPLE {
            let message = format!("send at most {MAX_PEOPLE} people in one request");
            return Err(IntakeError::new(pointer, "too-many-people", message));
        }
        let arrival = arrive(value, pointer, desk, party)?;
        *value = Value::String(format!("person:{}", party.people.len()));
        party.people.push(arrival);
        return Ok(());
    }
    let length = pointer.len();
    match value {
        Value::Object(fields) => {
            for (name, inner) in &spots.fields {
                if let Some(field) = fields.get_mut(name) {
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    walk_in(inner, field, pointer, desk, party)?;
                    pointer.truncate(length);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = &spots.items {
                for (at, item) in items.iter_mut().enumerate() {
                    pointer.push_str(&format!("/{at}"));
                    walk_in(inner, item, pointer, desk, party)?;
                    pointer.truncate(length);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn arrive(value: &Value, pointer: &str, desk: &FrontDesk<'_>, party: &mut Party) -> Result<Arrival, IntakeError> {
    match value {
        Value::String(text) if text.contains('|') => Ok(desk.read(&SentReading::Text(text.clone()), pointer)?.arrival),
        Value::String(text) => {
            let number = PersonalNumber::parse(text.trim()).map_err(|error| {
                let message = format!("{error}; or send the text of the card's QR code");
                IntakeError::new(pointer, "person-malformed", message)
            })?;
            let key = desk.find(&number).ok_or_else(|| IntakeError::unknown(pointer))?;
            let kind = desk.kind(key).ok_or_else(|| IntakeError::unknown(pointer))?;
            Ok(Arrival::known(key, kind, Some(Presented::typed()), None))
        }
        Value::Object(fields) if fields.len() == 1 => match fields.get("declared").and_then(Value::as_object) {
            Some(declared) => declare(declared, pointer),
            None => {
                let name = fields.keys().next().map_or("", String::as_str);
                // What stood there is not repeated: it may be a person's.
                let sent = SentReading::deserialize(value).map_err(|_| form(pointer))?;
                let read = desk.read(&sent, &format!("{pointer}/{name}"))?;
                party.once.extend(read.once);
                Ok(read.arrival)
            }
        },
        _ => Err(form(pointer)),
    }
}

fn form(pointer: &str) -> IntakeError {
    let message = "send a personal number (12 digits), the text of a card's QR code, {\"chip\": {\"sod\", \"groups\", \"hashes\"}}, \
        {\"vneid\": code}, {\"kiosk\": {\"device\", \"result\", \"signature\"}}, or {\"declared\": {\"document\": …}}";
    IntakeError::new(pointer, "person-malformed", message)
}

fn declare(fields: &serde_json::Map<String, Value>, pointer: &str) -> Result<Arrival, IntakeError> {
    let text = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() && text.len() <= MAX_DECLARED => {
            Ok(Some(text.trim().to_owned()))
        }
        Some(_) => Err(IntakeError::new(
            &format!("{pointer}/declared/{name}"),
            "person-malformed",
            format!("send a text of at most {MAX_DECLARED} bytes"),
        )),
    };
    if let Some(other) = fields.keys().find(|key| !["document", "country", "number", "name"].contains(&key.as_str())) {
        let shown = pilothouse_registry::escape_name(other);
        return Err(IntakeError::new(
            pointer,
            "person-malformed",
            format!("`{shown}` is no field of a declared person: send document, country, number, name"),
        ));
    }
    let document = text("document")?.ok_or_else(|| {
        IntakeError::new(&format!("{pointer}/declared/document"), "person-malformed", "name the document")
    })?;
    if !["passport", "birth-certificate", "insurance-card", "none"].contains(&document.as_str()) {
        let message = "send passport, birth-certificate, insurance-card or none";
        return Err(IntakeError::new(&format!("{pointer}/declared/document"), "person-malformed", message));
    }
    let country = text("country")?;
    if country.as_ref().is_some_and(|code| code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Err(IntakeError::new(
            &format!("{pointer}/declared/country"),
            "person-malformed",
            "send the country's three capital letters (ISO 3166-1 alpha-3)",
        ));
    }
    Ok(Arrival::declared(Declared { document, country, number: text("number")?, name: text("name")? }))
}

/// Replaces the tokens of an outcome by what `word` makes of them, where the schema says that a person stands.
pub fn swap_out(spots: &PersonSpots, data: &mut Value, word: &impl Fn(&str) -> Option<Value>) {
    if spots.here
        && let Value::String(token) = data
    {
        *data = word(token).unwrap_or(Value::Null);
        return;
    }
    match data {
        Value::Object(fields) => {
            for (name, inner) in &spots.fields {
                if let Some(field) = fields.get_mut(name) {
                    swap_out(inner, field, word);
                }
            }
        }
        Value::Array(items) => {
            if let Some(inner) = &spots.items {
                items.iter_mut().for_each(|item| swap_out(inner, item, word));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_runtime::province::Province;
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "guest": { "$ref": "#/$defs/Person" },
                "others": { "type": "array", "items": { "anyOf": [{ "$ref": "#/$defs/Person" }, { "type": "null" }] } },
                "room": { "type": "string" }
            },
            "$defs": { "Person": { "type": "string", "format": "person" } }
        })
    }

    fn noon() -> time::OffsetDateTime {
        pilothouse_province::REFERENCE_DAY.midnight().assume_utc()
    }

    fn province() -> Province {
        Province::generate(pilothouse_province::DEFAULT_SEED, 2_000, pilothouse_province::REFERENCE_DAY)
    }

    #[test]
    fn people_become_tokens_in_their_order_and_nothing_else_changes() {
        let province = province();
        let key = pilothouse_province::Cast::find(&province.population, "insured-adult").unwrap();
        let number = province.population.get(key).unwrap().number().unwrap().reveal().to_owned();
        let mut input =
            json!({ "guest": number, "others": [null, { "declared": { "document": "none" } }], "room": "12" });
        let people =
            swap_in(&PersonSpots::of_schema(&schema()), &mut input, &FrontDesk::of_scenario(&province, noon()));
        assert_eq!(people.ok().map(|party| party.people.len()), Some(2));
        assert_eq!(input, json!({ "guest": "person:0", "others": [null, "person:1"], "room": "12" }));
    }

    #[test]
    fn a_refused_person_is_told_by_place_and_code_and_never_by_value() {
        let province = province();
        let spots = PersonSpots::of_schema(&schema());
        for (value, code) in [
            (json!("12345"), "person-malformed"),
            (json!("044099123456"), "person-unknown"),
            (json!({ "declared": { "document": "library-card" } }), "person-malformed"),
            (json!({ "chip": { "sod": "" } }), "person-malformed"),
            (json!({ "chip": { "sod": "?", "groups": {} } }), "reading-malformed"),
            (json!({ "kiosk": { "device": "d", "result": "", "signature": "" } }), "kiosk-unknown"),
            (json!(7), "person-malformed"),
        ] {
            let mut input = json!({ "others": [value] });
            let refused = swap_in(&spots, &mut input, &FrontDesk::of_scenario(&province, noon())).err().unwrap();
            assert_eq!(refused.code, code);
            assert!(refused.pointer.starts_with("/others/0"), "{}", refused.pointer);
            assert!(!refused.to_string().contains("044099123456"));
        }
    }

    #[test]
    fn tokens_are_worded_where_the_schema_says_person_and_only_there() {
        let mut data = json!({ "guest": "person:0", "room": "person:0" });
        swap_out(&PersonSpots::of_schema(&schema()), &mut data, &|token| Some(json!({ "seen": token })));
        assert_eq!(data, json!({ "guest": { "seen": "person:0" }, "room": "person:0" }));
    }
}
