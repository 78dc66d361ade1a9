//! What a call wants kept or done, held back until the call has ended well: rows, effects, counts. Kept together or not at all.

use std::collections::BTreeMap;

/// Most rows that one call may change: a group of 100 stays with two rows each, and some.
pub const MAX_ROWS: usize = 400;
/// Most effects of one call.
pub const MAX_EFFECTS: usize = 400;
/// Most indicator counts of one call.
pub const MAX_COUNTS: usize = 400;

/// A row as this call leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// The version that it had when the call first touched it; 0 for none. None: any.
    pub expected: Option<u64>,
    /// The new value; none: removed.
    pub value: Option<String>,
    /// Values for the declared indexes.
    pub indexes: Vec<(String, String)>,
    /// Version after the call, as the guest was told.
    pub version: u64,
}

/// Something to be done outside, once the call is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// `lodging`, `registers`, …
    pub capability: &'static str,
    /// `notify`, `propose`, …
    pub function: &'static str,
    /// Natural key: the same key never acts twice, whatever the version or vendor.
    pub key: String,
    /// What is to be sent, with the identity data that only the provider may see. Sealed before it is stored.
    pub payload: Vec<u8>,
}

/// One count of an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Declared indicator.
    pub indicator: String,
    /// Further dimensions, in their order.
    pub dimensions: Vec<(String, String)>,
    /// How many.
    pub n: u32,
}

/// A published series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Name within the pilot.
    pub name: String,
    /// Board that shows it.
    pub board: String,
    /// The day it speaks of.
    pub as_of: String,
    /// Base of its units.
    pub base: String,
    /// Its points, as JSON.
    pub body: String,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Pending {
    /// By (table, key).
    pub rows: BTreeMap<(String, String), RowChange>,
    /// Stays that the host keeps, by key.
    pub stays: BTreeMap<String, RowChange>,
    /// In the order asked for.
    pub effects: Vec<Effect>,
    /// Indicators.
    pub counts: Vec<Count>,
    /// Obstacles said (text key) or resolved (none), by kind.
    pub obstacles: BTreeMap<String, Option<String>>,
    /// Series.
    pub series: Vec<Series>,
    /// What the desk's reader shows: signal and text key. The last one holds.
    pub shown: Option<(String, String)>,
}
