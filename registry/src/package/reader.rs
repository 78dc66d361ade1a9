//! The one reader of an operation's schema: the door takes what this reads, and service checks with what the door took.
//!
//! A schema is a program of its vendor's, run by the host over what a desk or a component sent. What it may cost is known before it is
//! run: it refers to nothing that refers back to it, so that it unfolds to a tree of a bounded number of values; each of these meets each
//! value of an input at most once; its patterns are of an engine whose time grows with the text only.

use std::collections::HashMap;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::text::escape_name;

/// Most values of a schema, with everything that it refers to written out wherever it is referred to. Our largest has a tenth.
pub const MAX_VALUES: u64 = 10_000;
/// Most values of all schemas of a package, written out so.
pub const MAX_ALL_VALUES: u64 = 100_000;
/// Most schemas inside one another, references counted.
pub const MAX_DEPTH: usize = 32;
/// Largest compiled pattern, in bytes.
const PATTERN_BYTES: usize = 64 << 10;
/// Steps of one byte of text through one pattern.
const PATTERN_STEPS: u64 = 100;
/// Most steps that are taken on a thread that serves others: some milliseconds.
const LIGHT: u64 = 500_000;
/// Most steps that are taken at all: a second or two.
const MOST: u64 = 40_000_000;
/// Most steps after which every fault is looked for: each step may find one, and each one found takes memory.
const FAULTS: u64 = 300_000;
/// Most faults that are told.
const MAX_FAULTS: usize = 16;

/// What applies to the value at hand, by keyword: a schema; a list of them; an object of them.
const HERE: [&[&str]; 3] = [&["not", "if", "then", "else"], &["allOf", "anyOf", "oneOf"], &["dependentSchemas"]];
/// What applies to what the value holds.
const INSIDE: [&[&str]; 3] = [
    &["items", "additionalProperties", "propertyNames", "contains"],
    &["prefixItems"],
    &["properties", "patternProperties"],
];
/// Where the host looks for people.
const PEOPLE: [&str; 6] = ["allOf", "anyOf", "oneOf", "items", "properties", "$ref"];
/// What gives a schema a name, a scope or a second pass of its own. None is needed where a schema is one document.
const REFUSED: [&str; 11] = [
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "additionalItems",
    "dependencies",
    "unevaluatedItems",
    "unevaluatedProperties",
];
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Why a schema is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It takes a draft or a keyword that is not read here.
    #[error("`{0}` is not read here: write JSON Schema 2020-12 as one document, with `$defs` and `$ref` to `#/…`")]
    Keyword(String),
    /// It refers to what is not there.
    #[error("`$ref` to `{0}` leads nowhere: refer to a place of the same document, as `#/$defs/…`")]
    Reference(String),
    /// It refers to itself.
    #[error("`$ref` to `{0}` comes back to itself: write out how deep the data may be")]
    Recursive(String),
    /// It unfolds to too much.
    #[error(
        "it has more than {MAX_VALUES} values once every `$ref` is written out: split the operation, or refer to less"
    )]
    TooLarge,
    /// It nests too deep.
    #[error("it has more than {MAX_DEPTH} schemas inside one another, references counted: make the data flatter")]
    TooDeep,
    /// A person where none is looked for.
    #[error(
        "a person stands under `{0}`, where the host looks for none: people stand under `properties`, `items`, `anyOf`, `oneOf` and `allOf`"
    )]
    Person(String),
    /// It is no schema.
    #[error("{0}")]
    Schema(String),
}

/// Why a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It has more values than can be checked at once.
    TooMuch,
    /// What is wrong, by JSON Pointer, without repeating what stood there. Never empty.
    Faults(Vec<(String, String)>),
}

/// How long a check may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// As long as a call may keep a serving thread.
    Light,
    /// Longer: it belongs on a thread of its own.
    Heavy,
    /// Too long.
    TooMuch,
}

/// A schema, ready to check with.
#[derive(Debug)]
pub struct Reader {
    validator: Validator,
    values: u64,
    patterns: u64,
}

impl Reader {
    /// Reads a schema.
    ///
    /// # Errors
    /// See [`SchemaError`].
    pub fn new(schema: &Value) -> Result<Reader, SchemaError> {
        let mut walk = Walk { root: schema, known: HashMap::new() };
        // `#` is the whole: who refers to it comes back to itself.
        walk.known.insert("", None);
        let weighed = walk.schema(schema, 0)?;
        let options = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(4 * PATTERN_BYTES);
        let validator = jsonschema::draft202012::options()
            .with_pattern_options(options)
            .build(schema)
            .map_err(|error| SchemaError::Schema(error.masked().to_string()))?;
        Ok(Reader { validator, values: weighed.values, patterns: weighed.patterns })
    }

    /// How many values it unfolds to.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// How long checking this value may take.
    pub fn effort(&self, value: &Value) -> Effort {
        match self.steps(value) {
            steps if steps <= LIGHT => Effort::Light,
            steps if steps <= MOST => Effort::Heavy,
            _ => Effort::TooMuch,
        }
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &Value) -> bool {
        self.steps(value) <= MOST && self.validator.is_valid(value)
    }

    /// Checks a value, and says what is wrong with it.
    ///
    /// # Errors
    /// See [`Unfit`].
    pub fn check(&self, value: &Value) -> Result<(), Unfit> {
        let steps = self.steps(value);
        if steps > MOST {
            return Err(Unfit::TooMuch);
        }
        if self.validator.is_valid(value) {
            return Ok(());
        }
        let faults = if steps <= FAULTS {
            let faults = self.validator.iter_errors(value).take(MAX_FAULTS);
            faults.map(|fault| (fault.instance_path().to_string(), fault.masked().to_string())).collect()
        } else {
            Vec::new()
        };
        Err(Unfit::Faults(if faults.is_empty() {
            let message = "it does not fit its schema somewhere: send fewer values at once, and the place is named";
            vec![(String::new(), message.to_owned())]
        } else {
            faults
        }))
    }

    /// Most steps that checking this value may take: every value of the schema meets every value of it, and every pattern every byte.
    fn steps(&self, value: &Value) -> u64 {
        let (values, bytes) = size(value);
        let texts = self.patterns.saturating_mul(bytes).saturating_mul(PATTERN_STEPS);
        self.values.saturating_mul(values).saturating_add(texts)
    }
}

/// Values and bytes of text of a value, names of fields among them.
fn size(value: &Value) -> (u64, u64) {
    let add = |(values, bytes): (u64, u64), (more, text): (u64, u64)| (values + more, bytes + text);
    let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (1, 0),
        Value::String(text) => (1, length(text)),
        Value::Array(items) => items.iter().map(size).fold((1, 0), add),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| add(size(field), (1, length(name)))).fold((1, 0), add)
        }
    }
}

/// What a schema comes to, everything that it refers to written out.
#[derive(Debug, Clone, Copy, Default)]
struct Weighed {
    values: u64,
    patterns: u64,
    height: usize,
    person: bool,
}

struct Walk<'s> {
    root: &'s Value,
    /// What was referred to, each weighed once; none while it is being weighed.
    known: HashMap<&'s str, Option<Weighed>>,
}

impl<'s> Walk<'s> {
    fn schema(&mut self, schema: &'s Value, depth: usize) -> Result<Weighed, SchemaError> {
        if depth > MAX_DEPTH {
            return Err(SchemaError::TooDeep);
        }
        let mut all = Weighed { values: 1, ..Weighed::default() };
        let Value::Object(keywords) = schema else { return Ok(all) };
        for (keyword, value) in keywords {
            if REFUSED.contains(&keyword.as_str()) {
                return Err(SchemaError::Keyword(keyword.clone()));
            }
            let inner = self.keyword(keyword, value, depth)?;
            if inner.person && !PEOPLE.contains(&keyword.as_str()) && keyword != "format" {
                return Err(SchemaError::Person(keyword.clone()));
            }
            all.values = all.values.saturating_add(inner.values);
            all.patterns = all.patterns.saturating_add(inner.patterns);
            all.height = all.height.max(inner.height);
            all.person |= inner.person;
            if all.values > MAX_VALUES {
                return Err(SchemaError::TooLarge);
            }
            if all.height > MAX_DEPTH {
                return Err(SchemaError::TooDeep);
            }
        }
        Ok(all)
    }

    fn keyword(&mut self, keyword: &'s str, value: &'s Value, depth: usize) -> Result<Weighed, SchemaError> {
        let is = |kind: usize| HERE[kind].contains(&keyword) || INSIDE[kind].contains(&keyword);
        let one = |values| Weighed { values, ..Weighed::default() };
        match (keyword, value) {
            ("$schema", Value::String(draft)) if draft.trim_end_matches('#') != DRAFT => {
                Err(SchemaError::Keyword(escape_name(draft)))
            }
            ("$ref", Value::String(target)) => self.reference(target, depth),
            // Compiled and weighed where they are referred to.
            ("$defs" | "definitions", _) => Ok(Weighed::default()),
            ("format", Value::String(format)) => Ok(Weighed { person: format == "person", ..one(1) }),
            ("pattern", _) => Ok(Weighed { patterns: 1, ..one(1) }),
            (_, schema) if is(0) => self.listed([schema].into_iter(), depth),
            (_, Value::Array(schemas)) if is(1) => self.listed(schemas.iter(), depth),
            (_, Value::Object(schemas)) if is(2) => {
                let inner = self.listed(schemas.values(), depth)?;
                let named = count(schemas.len());
                let patterns = if keyword == "patternProperties" { named } else { 0 };
                Ok(Weighed {
                    values: inner.values.saturating_add(named),
                    patterns: inner.patterns.saturating_add(patterns),
                    ..inner
                })
            }
            (_, other) => Ok(one(size(other).0)),
        }
    }

    fn listed(&mut self, schemas: impl Iterator<Item = &'s Value>, depth: usize) -> Result<Weighed, SchemaError> {
        let mut all = Weighed::default();
        for schema in schemas {
            let inner = self.schema(schema, depth + 1)?;
            all.values = all.values.saturating_add(inner.values);
            all.patterns = all.patterns.saturating_add(inner.patterns);
            all.height = all.height.max(inner.height + 1);
            all.person |= inner.person;
            if all.values > MAX_VALUES {
                return Err(SchemaError::TooLarge);
            }
        }
        Ok(all)
    }

    fn reference(&mut self, target: &'s str, depth: usize) -> Result<Weighed, SchemaError> {
        let nowhere = || SchemaError::Reference(escape_name(target));
        // A name with an escape of URIs in it is one that two readers may read in two ways.
        let pointer = target.strip_prefix('#').filter(|pointer| !pointer.contains('%')).ok_or_else(nowhere)?;
        match self.known.get(pointer) {
            Some(Some(weighed)) => return Ok(*weighed),
            Some(None) => return Err(SchemaError::Recursive(escape_name(target))),
            None => {}
        }
        let schema = self.root.pointer(pointer).ok_or_else(nowhere)?;
        self.known.insert(pointer, None);
        let inner = self.schema(schema, depth + 1)?;
        let weighed = Weighed { height: inner.height + 1, ..inner };
        self.known.insert(pointer, Some(weighed));
        Ok(weighed)
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Map, json};

    use super::*;

    /// What none of these may take, on a machine that has more to do, in a build that is not optimised.
    const SOON: Duration = Duration::from_secs(20);

    fn refused(schema: Value) -> SchemaError {
        let begun = Instant::now();
        let error = Reader::new(&schema).unwrap_err();
        assert!(begun.elapsed() < SOON, "{error}");
        error
    }

    fn list(of: &Value, n: usize) -> Value {
        Value::Array(vec![of.clone(); n])
    }

    #[test]
    fn a_schema_that_comes_back_to_itself_is_refused_by_every_keyword() {
        let back = json!({ "$ref": "#" });
        for schema in [
            json!({ "anyOf": list(&back, 40) }),
            json!({ "oneOf": list(&back, 40) }),
            json!({ "allOf": list(&back, 2) }),
            json!({ "not": back }),
            json!({ "if": back, "then": true }),
            json!({ "dependentSchemas": { "a": back } }),
            json!({ "properties": { "a": back } }),
            json!({ "patternProperties": { "^a": back } }),
            json!({ "additionalProperties": back }),
            json!({ "propertyNames": back }),
            json!({ "items": back }),
            json!({ "prefixItems": [back] }),
            json!({ "contains": back }),
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "items": { "$ref": "#/$defs/a" } } } }),
        ] {
            assert!(matches!(refused(schema.clone()), SchemaError::Recursive(_)), "{schema}");
        }
    }

    #[test]
    fn a_schema_that_unfolds_to_too_much_is_refused_without_unfolding_it() {
        let mut defs = Map::new();
        for n in 0..14 {
            let next = json!({ "$ref": format!("#/$defs/d{}", n + 1) });
            defs.insert(format!("d{n}"), json!({ "anyOf": [next, next] }));
        }
        defs.insert("d14".to_owned(), json!({ "type": "string" }));
        let doubling = json!({ "$ref": "#/$defs/d0", "$defs": defs });
        assert_eq!(refused(doubling), SchemaError::TooLarge);
        let wide: Vec<Value> = (0..10_001).map(Value::from).collect();
        assert_eq!(refused(json!({ "enum": wide })), SchemaError::TooLarge);
        let deep = (0..40).fold(json!({}), |inner, _| json!({ "items": inner }));
        assert_eq!(refused(deep), SchemaError::TooDeep);
        let mut chain = Map::new();
        for n in 0..5_000 {
            chain.insert(format!("d{n}"), json!({ "$ref": format!("#/$defs/d{}", n + 1) }));
        }
        chain.insert("d5000".to_owned(), json!({}));
        assert_eq!(refused(json!({ "$ref": "#/$defs/d0", "$defs": chain })), SchemaError::TooDeep);
    }

    #[test]
    fn keywords_with_a_scope_or_a_second_pass_of_their_own_are_refused() {
        for keyword in REFUSED {
            assert_eq!(refused(json!({ "items": { keyword: "#a" } })), SchemaError::Keyword(keyword.to_owned()));
        }
        for target in ["https://example.com/a.json", "other.json#/a", "#a", "#/$defs/%61", "#/$defs/a"] {
            assert!(matches!(refused(json!({ "$ref": target })), SchemaError::Reference(_)), "{target}");
        }
        let old = refused(json!({ "$schema": "http://json-schema.org/draft-04/schema#" }));
        assert!(matches!(old, SchemaError::Keyword(_)));
    }

    #[test]
    fn patterns_are_those_of_the_linear_engine_and_small() {
        for pattern in ["^(?=a)b", r"(a)\1", "(?<!a)b", "((a{100}){100}){100}"] {
            assert!(
                matches!(refused(json!({ "type": "string", "pattern": pattern })), SchemaError::Schema(_)),
                "{pattern}"
            );
        }
        let number = Reader::new(&json!({ "type": "string", "pattern": "^[0-9]{12}$" })).unwrap();
        assert!(number.fits(&json!("044089990000")) && !number.fits(&json!("44089990000")));
        let name = Reader::new(&json!({ "type": "string", "pattern": r"^[\p{L} .'-]+$", "maxLength": 100 })).unwrap();
        assert!(name.fits(&json!("Nguyễn Thị Ánh")) && !name.fits(&json!("7")));
    }

    #[test]
    fn a_person_stands_where_the_host_looks_for_one() {
        let person = json!({ "type": "string", "format": "person" });
        let defs = json!({ "person": person });
        for schema in [
            json!({ "properties": { "a": person } }),
            json!({ "properties": { "a": { "items": { "anyOf": [{ "$ref": "#/$defs/person" }, { "type": "null" }] } } }, "$defs": defs }),
        ] {
            assert!(Reader::new(&schema).is_ok(), "{schema}");
        }
        for keyword in ["additionalProperties", "not", "if", "then", "contains", "propertyNames"] {
            let schema = json!({ "properties": { "a": { keyword: { "$ref": "#/$defs/person" } } }, "$defs": defs });
            assert_eq!(refused(schema), SchemaError::Person(keyword.to_owned()));
        }
        for schema in [json!({ "prefixItems": [person] }), json!({ "patternProperties": { "^a": person } })] {
            assert!(matches!(refused(schema), SchemaError::Person(_)));
        }
    }

    #[test]
    fn what_branches_at_every_level_is_checked_soon_whatever_is_sent() {
        // Five levels of three branches each, none of which fits: each fault of a level holds those of the next.
        let level = |inner: Value| json!({ "anyOf": list(&json!({ "type": "object", "required": ["a"], "properties": { "a": inner } }), 4) });
        let schema = (0..5).fold(json!({ "type": "integer" }), |inner, _| level(inner));
        let reader = Reader::new(&schema).unwrap();
        let value = (0..5).fold(json!("x"), |inner, _| json!({ "a": inner }));
        let begun = Instant::now();
        assert!(matches!(reader.check(&value), Err(Unfit::Faults(_))));
        assert!(begun.elapsed() < SOON);
    }

    #[test]
    fn an_input_that_would_take_too_long_is_refused_before_it_is_checked() {
        let options: Vec<Value> = (0..5_000).map(|n| json!(format!("option-{n}"))).collect();
        let reader = Reader::new(&json!({ "type": "array", "items": { "enum": options } })).unwrap();
        let some = list(&json!("option-4999"), 50);
        assert_eq!((reader.effort(&some), reader.check(&some)), (Effort::Light, Ok(())));
        let many = list(&json!("option-4999"), 5_000);
        assert_eq!((reader.effort(&many), reader.check(&many)), (Effort::Heavy, Ok(())));
        let wrong = list(&json!("other"), 5_000);
        let Err(Unfit::Faults(faults)) = reader.check(&wrong) else { panic!("it fits") };
        assert_eq!(faults.len(), 1, "looked for one by one");
        let too_many = list(&json!("other"), 100_000);
        assert_eq!((reader.effort(&too_many), reader.check(&too_many)), (Effort::TooMuch, Err(Unfit::TooMuch)));
        let slow = json!({ "type": "string", "pattern": "(x+x+)+y" });
        let reader = Reader::new(&slow).unwrap();
        let begun = Instant::now();
        assert!(!reader.fits(&json!("x".repeat(256 << 10))));
        assert!(begun.elapsed() < SOON);
    }
}
