//! What a pilot can be granted: one folder a capability, all of one shape, all behind one funnel.
//!
//! `mod.rs` links those functions that a pilot was granted; `host.rs` bounds what the guest gave, passes the funnel, asks the provider;
//! `provider.rs` is who answers. What a grant may say (the scope) stands in `registry`, where manifests and approvals need it too.

pub(crate) mod circumstances;
pub(crate) mod funnel;
pub mod lodging;
pub mod person;
pub mod places;
pub mod population;
pub mod readers;
pub mod records;
pub mod registers;
pub mod reporting;

use wasmtime::component::Resource;

use crate::call::Call;
use crate::people::Person;

/// Who answers for each capability. Chosen once per process.
pub struct Providers {
    /// The population database.
    pub population: population::Provider,
    /// The sector registers.
    pub registers: registers::Provider,
    /// Units, facilities, calendar.
    pub places: places::Provider,
    /// The police's lodging desk.
    pub lodging: lodging::Provider,
    /// The pilots' own tables.
    pub records: std::sync::Arc<records::Provider>,
}

/// The registered name, or none: then the call is refused as `invalid`, and names the argument.
pub(crate) fn registered<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

impl Call {
    /// The person behind a guest's handle. A handle of another call is a host's bug and traps.
    pub(crate) fn handle(&self, handle: &Resource<Person>) -> wasmtime::Result<Person> {
        Ok(*self.table.get(handle)?)
    }

    /// The person as evidence names it.
    pub(crate) fn named(&self, person: Person) -> Option<(u32, String)> {
        Some((person.number(), self.people.pseudonym(person)?.to_owned()))
    }

    /// A new handle for a person who is in the call already.
    pub(crate) fn hand_out(&mut self, person: Person) -> wasmtime::Result<Resource<Person>> {
        Ok(self.table.push(person)?)
    }
}
