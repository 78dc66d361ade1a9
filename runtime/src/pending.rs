//! What a call wants kept or done, held back until the call has ended well: rows, effects, counts. Kept together or not at all.

use std::collections::BTreeMap;

use crate::kept::HostTable;
use crate::natural::NaturalKey;

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
    /// Bytes of key and value that were stored when the call first wrote it; 0 where no row was, or nobody counts.
    pub stored: u64,
}

impl RowChange {
    /// Bytes of key and value as the call leaves it.
    pub(crate) fn bytes(&self, key: &str) -> u64 {
        self.value.as_ref().map_or(0, |value| (key.len() + value.len()) as u64)
    }
}

/// By how much rows become more, or fewer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Growth {
    /// Rows.
    pub rows: i64,
    /// Bytes of keys and values.
    pub bytes: i64,
}

impl Growth {
    /// From so many bytes of one row to so many; 0 is no row, as keys are never empty.
    pub(crate) fn of(before: u64, after: u64) -> Growth {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        Growth { rows: i64::from(after > 0) - i64::from(before > 0), bytes: signed(after) - signed(before) }
    }

    /// Both together.
    pub(crate) fn and(self, other: Growth) -> Growth {
        Growth { rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }
}

/// Something to be done outside, once the call is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// `lodging`, `registers`, …
    pub capability: &'static str,
    /// `notify`, `propose`, …
    pub function: &'static str,
    /// Natural key: with pilot, capability and function it never acts twice, whatever the version or vendor.
    pub key: NaturalKey,
    /// What is to be sent, with the identity data that only the provider may see. Sealed before it is stored.
    pub payload: Vec<u8>,
    /// Whether the key alone says all that is asked for. Else the payload does: under a known key another one is another effect.
    pub key_says_all: bool,
    /// Before when it must not leave. None: at once.
    pub not_before: Option<i64>,
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
    /// Rows that the host keeps for its capabilities, by table and key.
    pub kept: BTreeMap<(HostTable, NaturalKey), RowChange>,
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

impl Pending {
    /// What the call itself has written of a row that the host keeps.
    pub(crate) fn own(&self, table: HostTable, key: &NaturalKey) -> Option<RowChange> {
        self.kept.get(&(table, key.clone())).cloned()
    }

    /// Keeps a row as the call leaves it and queues its effect, together.
    pub(crate) fn keep(&mut self, table: HostTable, key: NaturalKey, change: RowChange, effect: Effect) {
        self.keep_row(table, key, change);
        self.effects.push(effect);
    }

    /// Keeps a row as the call leaves it, where nothing has to be told outside.
    pub(crate) fn keep_row(&mut self, table: HostTable, key: NaturalKey, change: RowChange) {
        match self.kept.get_mut(&(table, key.clone())) {
            // A second change in the same call: the first one's expectation holds for both.
            Some(before) => *before = RowChange { expected: before.expected, ..change },
            None => {
                self.kept.insert((table, key), change);
            }
        }
    }

    /// By how much the call makes the pilot's own rows grow so far.
    pub(crate) fn growth(&self) -> Growth {
        let each = self.rows.iter().map(|((_, key), change)| Growth::of(change.stored, change.bytes(key)));
        each.fold(Growth::default(), Growth::and)
    }

    /// Whether one more effect would be one too many.
    pub(crate) fn is_full(&self) -> bool {
        self.effects.len() >= MAX_EFFECTS
    }
}
