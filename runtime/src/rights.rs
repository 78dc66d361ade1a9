//! What a pilot's rights say beside "allowed or not": row filters, floors, room. Read off the scopes, never decided here.

use std::collections::BTreeSet;

use pilothouse_registry::scope::{
    ConsentScope, Dimension, MessagingScope, PopulationScope, RecordsScope, RegistersScope, RowFilter,
};
use pilothouse_registry::{
    AnyScope, Budget, Capability, Effective, FacilityClass, IndexName, RegisterName, TableName, UnitCode,
};

use crate::capabilities::records::Room;

/// Of whom a grant may be used: the filter, and the units that "resident" means.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) filter: RowFilter,
    pub(crate) units: &'a BTreeSet<UnitCode>,
}

/// Where no right is left nothing is visible, so the set of units is empty.
static NO_UNITS: BTreeSet<UnitCode> = BTreeSet::new();

/// The budget of a capability: of its first grant, which is the only one unless a second was given for other units.
pub(crate) fn budget(rights: &Effective, capability: Capability) -> Option<&Budget> {
    rights.rights(capability).first().map(|right| &right.budget)
}

fn population(rights: &Effective) -> Option<(&PopulationScope, &BTreeSet<UnitCode>)> {
    let right = rights.rights(Capability::Population).first()?;
    match &right.scope {
        AnyScope::Population(scope) => Some((scope, &right.units)),
        _ => None,
    }
}

fn records(rights: &Effective) -> Option<&RecordsScope> {
    match &rights.rights(Capability::Records).first()?.scope {
        AnyScope::Records(scope) => Some(scope),
        _ => None,
    }
}

fn registers(rights: &Effective) -> Option<(&RegistersScope, &BTreeSet<UnitCode>)> {
    let right = rights.rights(Capability::Registers).first()?;
    match &right.scope {
        AnyScope::Registers(scope) => Some((scope, &right.units)),
        _ => None,
    }
}

pub(crate) fn population_rows(rights: &Effective) -> Rows<'_> {
    population(rights).map_or(Rows { filter: RowFilter::default(), units: &NO_UNITS }, |(scope, units)| Rows {
        filter: scope.row_filter,
        units,
    })
}

pub(crate) fn register_rows<'a>(rights: &'a Effective, register: &RegisterName) -> Rows<'a> {
    registers(rights)
        .and_then(|(scope, units)| Some(Rows { filter: scope.registers.get(register)?.rows, units }))
        .unwrap_or(Rows { filter: RowFilter::default(), units: &NO_UNITS })
}

/// The smallest count that may be shown; without a right nothing may, so nothing is small enough.
pub(crate) fn minimum_cell(rights: &Effective, dimensions: &[Dimension]) -> u32 {
    population(rights).and_then(|(scope, _)| scope.minimum(dimensions)).unwrap_or(u32::MAX)
}

pub(crate) fn records_room(rights: &Effective) -> Room {
    records(rights).map_or(Room { rows: 0, bytes: 0 }, |scope| Room {
        rows: u64::from(scope.max_rows),
        bytes: u64::from(scope.max_bytes),
    })
}

/// Days after its last change that a row of this table is kept.
pub fn retention_days(rights: &Effective, table: &str) -> Option<u32> {
    records(rights)?.tables.get(table).map(|table| table.retention_days)
}

fn consent(rights: &Effective) -> Option<&ConsentScope> {
    match &rights.rights(Capability::Consent).first()?.scope {
        AnyScope::Consent(scope) => Some(scope),
        _ => None,
    }
}

fn messaging(rights: &Effective) -> Option<&MessagingScope> {
    match &rights.rights(Capability::Messaging).first()?.scope {
        AnyScope::Messaging(scope) => Some(scope),
        _ => None,
    }
}

/// How often one person may be asked for a consent in a month.
pub(crate) fn requests_per_month(rights: &Effective) -> u32 {
    consent(rights).map_or(0, |scope| scope.requests_per_month)
}

/// When people may be written to, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calm {
    /// From this hour of the day.
    pub(crate) from: u8,
    /// Until this one.
    pub(crate) until: u8,
    /// Messages to one person in a month.
    pub(crate) per_person_month: u32,
}

pub(crate) fn calm(rights: &Effective) -> Calm {
    messaging(rights).map_or(Calm { from: 0, until: 0, per_person_month: 0 }, |scope| Calm {
        from: scope.send_from,
        until: scope.send_until,
        per_person_month: scope.per_person_month,
    })
}

pub(crate) fn has_index(rights: &Effective, table: &TableName, index: &IndexName) -> bool {
    records(rights).is_some_and(|scope| scope.tables.get(table).is_some_and(|table| table.indexes.contains(index)))
}

pub(crate) fn facility_classes(rights: &Effective) -> BTreeSet<FacilityClass> {
    let right = rights.rights(Capability::Places).first();
    match right.map(|right| &right.scope) {
        Some(AnyScope::Places(scope)) => scope.classes.clone(),
        _ => BTreeSet::new(),
    }
}
