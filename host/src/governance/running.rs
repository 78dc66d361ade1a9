//! A pilot version as it stands in service: linked, with its schemas compiled and its words parsed, so that a call finds everything done.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use pilothouse_evidence::Digest;
use pilothouse_registry::package::OperationReader;
use pilothouse_registry::scope::{Audience, Channel, Claim, Dimension, Fact, Field, Measure, ReadingMethod};
use pilothouse_registry::{Manifest, OperationName, Package, PilotId};
use pilothouse_runtime::Pilot;
use pilothouse_runtime::budgets::Budgets;

use super::House;
use super::intake::PersonSpots;
use super::switch::Switch;
use super::wording::Words;

/// An operation, ready.
pub(crate) struct Operation {
    /// Its schemas, as the door read them.
    pub(crate) read: Arc<OperationReader>,
    pub(crate) people_in: PersonSpots,
    pub(crate) people_out: PersonSpots,
}

/// A pilot version in service, or installed and switched off.
pub struct Running {
    pub(crate) manifest: Manifest,
    pub(crate) package: Digest,
    /// None: installed, and switched off or waiting for grants.
    pub(crate) pilot: Option<Pilot>,
    /// Of which moment of the log it was made: nothing in it is older or newer.
    pub(crate) as_of: u64,
    /// One for all versions and links of the pilot.
    pub(crate) switch: Arc<Switch>,
    /// Likewise.
    pub(crate) refused: Arc<Refused>,
    pub(crate) rights_digest: Digest,
    pub(crate) settings: Arc<str>,
    pub(crate) settings_digest: Digest,
    pub(crate) operations: HashMap<OperationName, Operation>,
    pub(crate) words: Words,
    /// What its manifest and the contract name: what a record may say that it asked for.
    pub(crate) names: HashSet<String>,
}

/// What a pilot has through all its versions and links: a change of them fills no budget, and a call knows that it was switched off.
#[derive(Clone, Default)]
pub(crate) struct Lasting {
    pub(crate) switch: Arc<Switch>,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) refused: Arc<Refused>,
}

/// Requests that never became a call, until the next record of the pilot takes them along.
#[derive(Debug, Default)]
pub(crate) struct Refused(AtomicU64);

impl Refused {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes those that wait. They are a figure for the board and no evidence: where the record that takes them along is not kept, they are lost.
    pub(crate) fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl House {
    /// What a registered pilot has through all its versions and links.
    pub(super) fn lasting(&self, id: &PilotId) -> Lasting {
        self.0.lasting.lock().unwrap_or_else(PoisonError::into_inner).entry(id.clone()).or_default().clone()
    }
}

impl Running {
    /// Whether a name is one of its manifest's or the contract's; of a register's fields, both the register and the field.
    pub(crate) fn knows(&self, name: &str) -> bool {
        let both = |(first, rest): (&str, &str)| self.names.contains(first) && self.names.contains(rest);
        self.names.contains(name) || name.split_once('.').is_some_and(both)
    }

    /// Whether it may be called: switched on, and linked with what it was granted.
    pub(crate) fn is_on(&self) -> bool {
        self.pilot.is_some() && self.switch.is_on()
    }
}

/// The names that a manifest and the contract have: of what is requested, counted and said to hinder.
pub(crate) fn names(package: &Package) -> HashSet<String> {
    let manifest = package.manifest();
    let requested = manifest.capabilities.iter().filter_map(|request| serde_json::to_value(&request.scope).ok());
    let mut names: HashSet<String> = manifest.indicators.keys().map(ToString::to_string).collect();
    requested.for_each(|scope| gather(&scope, &mut names));
    let obstacles = package.texts().vi.lines().filter_map(|line| line.strip_prefix("obstacle-")?.split_once(" ="));
    names.extend(obstacles.map(|(kind, _)| kind.trim().to_owned()));
    fn of<T: ToString>(all: &[T]) -> impl Iterator<Item = String> {
        all.iter().map(ToString::to_string)
    }
    names.extend(of(Claim::ALL).chain(of(Field::ALL)).chain(of(Dimension::ALL)).chain(of(Measure::ALL)));
    names.extend(of(Fact::ALL).chain(of(ReadingMethod::ALL)).chain(of(Audience::ALL)).chain(of(Channel::ALL)));
    names.extend(of(&["green", "amber", "red"]));
    names
}

fn gather(value: &serde_json::Value, names: &mut HashSet<String>) {
    match value {
        serde_json::Value::String(text) => drop(names.insert(text.clone())),
        serde_json::Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            names.insert(key.clone());
            gather(value, names);
        }),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// What the door read of the schemas of every operation, with the places at which people stand.
pub(crate) fn operations(package: &Package) -> HashMap<OperationName, Operation> {
    let ready = package.readers().iter().filter_map(|(name, read)| {
        let schema = package.schemas().operations.get(name)?;
        let operation = Operation {
            read: Arc::clone(read),
            people_in: PersonSpots::of_schema(&schema.input),
            people_out: PersonSpots::of_schema(&schema.data),
        };
        Some((name.clone(), operation))
    });
    ready.collect()
}
