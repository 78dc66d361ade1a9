//! What the right that a call was decided by says beside "allowed": row filter, floor, room. Read off its scope, never decided
//! here. A pilot may hold several grants of a capability; what one of them says never serves a call that another allowed.

use std::collections::BTreeSet;

use pilothouse_registry::scope::{Dimension, RowFilter};
use pilothouse_registry::{
    AnyScope, Capability, Effective, EffectiveRight, FacilityClass, IndexName, RegisterName, TableName, UnitCode,
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

/// The right that a call was decided by; none for a call that is denied.
type Decided<'a> = Option<&'a EffectiveRight>;

/// What a decided right says of its own capability, by the variant of its scope.
macro_rules! scope_of {
    ($right:expr, $variant:ident) => {
        $right.and_then(|right| match &right.scope {
            AnyScope::$variant(scope) => Some((scope, &right.units)),
            _ => None,
        })
    };
}

pub(crate) fn population_rows(right: Decided<'_>) -> Rows<'_> {
    scope_of!(right, Population).map_or(Rows { filter: RowFilter::default(), units: &NO_UNITS }, |(scope, units)| {
        Rows { filter: scope.row_filter, units }
    })
}

pub(crate) fn register_rows<'a>(right: Decided<'a>, register: &RegisterName) -> Rows<'a> {
    scope_of!(right, Registers)
        .and_then(|(scope, units)| Some(Rows { filter: scope.registers.get(register)?.rows, units }))
        .unwrap_or(Rows { filter: RowFilter::default(), units: &NO_UNITS })
}

/// The smallest count that may be shown; without a right nothing may, so nothing is small enough.
pub(crate) fn minimum_cell(right: Decided<'_>, dimensions: &[Dimension]) -> u32 {
    scope_of!(right, Population).and_then(|(scope, _)| scope.minimum(dimensions)).unwrap_or(u32::MAX)
}

pub(crate) fn records_room(right: Decided<'_>) -> Room {
    scope_of!(right, Records).map_or(Room { rows: 0, bytes: 0 }, |(scope, _)| Room {
        rows: u64::from(scope.max_rows),
        bytes: u64::from(scope.max_bytes),
    })
}

/// Days after its last change that a row of this table is kept: the shortest of those that any grant gives it.
pub fn retention_days(rights: &Effective, table: &str) -> Option<u32> {
    let days = |right: &EffectiveRight| match &right.scope {
        AnyScope::Records(scope) => scope.tables.get(table).map(|table| table.retention_days),
        _ => None,
    };
    rights.rights(Capability::Records).iter().filter_map(days).min()
}

/// How often one person may be asked for a consent in a month.
pub(crate) fn requests_per_month(right: Decided<'_>) -> u32 {
    scope_of!(right, Consent).map_or(0, |(scope, _)| scope.requests_per_month)
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

pub(crate) fn calm(right: Decided<'_>) -> Calm {
    scope_of!(right, Messaging).map_or(Calm { from: 0, until: 0, per_person_month: 0 }, |(scope, _)| Calm {
        from: scope.send_from,
        until: scope.send_until,
        per_person_month: scope.per_person_month,
    })
}

pub(crate) fn has_index(right: Decided<'_>, table: &TableName, index: &IndexName) -> bool {
    scope_of!(right, Records)
        .is_some_and(|(scope, _)| scope.tables.get(table).is_some_and(|table| table.indexes.contains(index)))
}

pub(crate) fn facility_classes(right: Decided<'_>) -> BTreeSet<FacilityClass> {
    scope_of!(right, Places).map(|(scope, _)| scope.classes.clone()).unwrap_or_default()
}
