//! What a pilot can be granted: one folder a capability, all of one shape, all behind one funnel.
//!
//! `mod.rs` links those functions that a pilot was granted; `host.rs` bounds what the guest gave, passes the funnel, asks the provider;
//! `provider.rs` is who answers. What a grant may say (the scope) stands in `registry`, where manifests and approvals need it too.

// What a guest gives may be the least or the greatest number that there is. Tests may fail by it.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod alerts;
pub(crate) mod circumstances;
pub mod consent;
pub(crate) mod funnel;
pub mod lodging;
pub mod messaging;
pub mod person;
pub mod places;
pub mod population;
pub mod readers;
pub mod records;
pub mod registers;
pub mod reporting;

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::call::Call;
use crate::people::Person;
use crate::province::Province;
use crate::room::Room;

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
    /// The desks on duty.
    pub alerts: alerts::Provider,
    /// What people allowed.
    pub consent: consent::Provider,
    /// Messages to people and staff.
    pub messaging: messaging::Provider,
    /// The pilots' own tables.
    pub records: Arc<records::Provider>,
    /// What running calls may keep in memory, all together.
    pub room: Arc<Room>,
}

impl Providers {
    /// Those of a demonstration: over the synthetic province, with the host's own rows and a police desk of its own.
    pub fn embedded(province: &Arc<Province>, rows: Arc<records::Provider>, desk: Arc<lodging::Desk>) -> Providers {
        Providers {
            population: population::Provider::embedded(Arc::clone(province)),
            registers: registers::Provider::Embedded(Arc::clone(province)),
            places: places::Provider::Embedded(Arc::clone(province)),
            lodging: lodging::Provider::new(Arc::clone(&rows), desk),
            alerts: alerts::Provider::new(Arc::clone(&rows)),
            consent: consent::Provider::new(Arc::clone(&rows)),
            messaging: messaging::Provider::new(Arc::clone(&rows)),
            records: rows,
            room: Arc::default(),
        }
    }
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
