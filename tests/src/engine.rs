//! A call on the real engine without a house around it: the grant, the terms and the request that such tests share.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_registry::contract::{FUNCTIONS, Guard};
use pilothouse_registry::{Capability, CapabilityRequest, Effective, Grant, GrantState, OfficerId, UnitCode};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::people::{Arrival, PilotKeys};
use pilothouse_runtime::{Entry, Occasion, Request, Terms};

use crate::zoo;

/// The caller's ward.
pub const UNIT: &str = "18880";
/// Linear memory of a component under test, in bytes: as much as the zoo's manifests ask for.
const MEMORY: usize = 1 << 20;

/// All functions of a capability that a grant names.
#[must_use]
pub fn guarded(capability: Capability) -> BTreeSet<String> {
    let of = FUNCTIONS.iter().filter(|function| function.capability == capability && function.guard == Guard::Guarded);
    of.map(|function| function.name.to_owned()).collect()
}

/// A grant in force, approved by two others than asked for it. `number`, one digit, tells several of a pilot apart.
///
/// # Panics
/// Where the pilot's id is none.
#[must_use]
pub fn grant(number: u8, pilot: &str, right: CapabilityRequest, units: BTreeSet<UnitCode>, expires: i64) -> Grant {
    let officer = |number: u8| -> OfficerId {
        format!("01890a5d-ac96-774b-bcce-b3020000000{number}").parse().expect("an officer's id")
    };
    Grant {
        id: format!("01890a5d-ac96-774b-bcce-b302099a805{number}").parse().expect("a grant's id"),
        pilot: pilot.parse().expect("a pilot's id"),
        vendor: None,
        build: None,
        right,
        units,
        expires,
        state: GrantState::Granted {
            by: officer(1).into(),
            approvers: Box::new([officer(2).into(), officer(3).into()]),
            since: 0,
        },
    }
}

/// Terms of a pilot with budgets of its own.
///
/// # Panics
/// Where the id is none.
#[must_use]
pub fn terms(pilot: &str, rights: Effective, deadline: Duration) -> Terms {
    Terms {
        id: Arc::from(pilot),
        rights: Arc::new(rights),
        keys: Arc::new(PilotKeys::new(&Secret::new([7; 32]), &pilot.parse().expect("a pilot's id"), 0)),
        budgets: Arc::new(Budgets::default()),
        deadline,
        memory: MEMORY,
    }
}

/// The zoo's one operation, asked in [`UNIT`] at an instant.
#[must_use]
pub fn request(at: i64, people: Vec<Arrival>) -> Request {
    Request {
        id: "call-1".to_owned(),
        entry: Entry::Operation { name: zoo::OPERATION.to_owned(), input: zoo::INPUT.to_owned() },
        occasion: Arc::new(Occasion {
            at,
            captured_at: at,
            unit: UNIT.to_owned(),
            facility: None,
            facility_class: None,
            role: zoo::ROLE.to_owned(),
            device: None,
            reference: "R-1".to_owned(),
            seed: 0,
        }),
        settings: Arc::from("{}"),
        people,
    }
}
