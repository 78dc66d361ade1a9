//! The zoo: hostile components, each with one thing that no honest pilot does, and what must come of it.
//!
//! Whoever tests against the zoo walks [`all`] or names every member; [`unnamed`] tells the forgotten.

mod called;
pub(crate) mod making;
mod refused;
#[cfg(test)]
mod tests;

use std::error::Error;

/// Why a specimen could not be made: its source here is wrong, or the contract has changed.
pub type MakeError = Box<dyn Error + Send + Sync>;

/// The operation that every specimen exports, if it exports any.
pub const OPERATION: &str = "go";
/// An input that its schema allows.
pub const INPUT: &str = "{}";
/// The only decision that its manifest declares.
pub const DECISION: &str = "done";
/// The role that may call it.
pub const ROLE: &str = "zoo-keeper";
/// What an honest specimen describes: the schemas of its package.
pub const SCHEMAS: &str = making::DESCRIPTION;
/// Its words, in Vietnamese and English.
pub const TEXTS: (&str, &str) = ("done = Xong", "done = Done");

/// A component with a bad habit.
#[derive(Clone, Copy)]
pub struct Specimen {
    /// Its name, which is its pilot id as well.
    pub name: &'static str,
    /// What it does that no honest pilot does.
    pub does: &'static str,
    /// What must come of it.
    pub fate: Fate,
    /// What its manifest requests, as TOML after the common head.
    requests: &'static str,
    make: fn() -> Result<Vec<u8>, MakeError>,
}

/// What must come of a specimen. In every case the next call of another pilot is answered as if nothing had been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The static checks refuse it, with this code, before anything is compiled.
    Refused(&'static str),
    /// It is refused when it is compiled, instantiated or described on trial, with no capability.
    FailsOnTrial,
    /// It is taken in; its call ends in this fault, and nothing of the call is kept but its evidence.
    Fault(&'static str),
    /// Its call ends with its outcome, but a capability call in it was denied with this code, or for want of what this names.
    Denied(&'static str),
    /// Its call answers what the manifest or its own schema does not allow: the host makes this fault of it, and no outcome reaches
    /// the caller.
    AnswerRefused(&'static str),
    /// Its call is answered as an honest one's. Only [`CALM`] is so.
    Answered,
}

impl Specimen {
    /// Its component.
    ///
    /// # Errors
    ///
    /// If its source here does not fit the contract (any more).
    pub fn component(&self) -> Result<Vec<u8>, MakeError> {
        (self.make)()
    }

    /// Its deadline, in milliseconds: the longest that a manifest may ask for, so that on a busy machine too it comes to its own
    /// end; for one that comes to no other end, as short as an honest pilot's.
    pub fn deadline_ms(&self) -> u32 {
        if self.fate == Fate::Fault("deadline") { 200 } else { 2_000 }
    }

    /// A manifest that fits it, for this vendor.
    pub fn manifest(&self, vendor: &str) -> String {
        let (Self { name, requests, .. }, deadline) = (self, self.deadline_ms());
        format!(
            r#"id = "{name}"
model = 1
version = "1.0.0"
contract = "1.0"
vendor = "{vendor}"
title = {{ vi = "Thử nghiệm (giả định)", en = "A hostile specimen (fictional)" }}
summary = {{ vi = "Chỉ để thử máy chủ.", en = "For tests of the host only." }}
while-down = {{ vi = "Không cần.", en = "Nobody misses it." }}
limits = {{ deadline-ms = {deadline}, memory-kib = 1024 }}
retention = {{ invocations-days = 30 }}

[operations]
{OPERATION} = {{ callers = ["{ROLE}"], decisions = ["{DECISION}"] }}
{requests}"#
        )
    }
}

/// The specimen without a bad habit: what all others are compared with. If it is not answered, the test is wrong.
pub const CALM: Specimen =
    Specimen { name: "zoo-calm", does: "nothing wrong", fate: Fate::Answered, requests: "", make: making::calm };

/// Counts once, then takes its time, and answers: what is to be interrupted.
pub const SLOW: Specimen = called::SLOW;

/// Counts once and answers, and has a setting: what officers may decide about.
pub const COUNTS: Specimen = called::COUNTS;

/// Computes for some tens of milliseconds, well within its deadline, and answers: what keeps processors busy without a fault.
pub const BUSY: Specimen = called::BUSY;

/// Shows something on the reader, which its grant allows once a day; where it is denied, that is its decision, which it does not declare.
pub const SHOWS_ONCE: Specimen = called::SHOWS_ONCE;

/// The specimen that looks for what the call before left in its memory, and fails when it finds anything; then it leaves as much as
/// it can for the next.
pub const TRACES: Specimen = Specimen {
    name: "zoo-leaves-traces",
    does: "fills all memory that it gets, and looks there first",
    fate: Fate::Answered,
    requests: "",
    make: making::leaves_traces,
};

/// Every hostile specimen.
pub fn all() -> impl Iterator<Item = &'static Specimen> {
    refused::SPECIMENS.iter().chain(called::SPECIMENS)
}

/// The members that are not among these names, and the names that no member has.
pub fn unnamed(named: &[&str]) -> Vec<String> {
    let forgotten = all().filter(|specimen| !named.contains(&specimen.name)).map(|specimen| specimen.name.to_owned());
    let unknown =
        named.iter().filter(|name| !all().any(|specimen| specimen.name == **name)).map(|name| format!("{name}?"));
    forgotten.chain(unknown).collect()
}
