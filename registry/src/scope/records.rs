//! What a grant of `records` may say: the pilot's own tables, their indexes, how much and how long they keep.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, both_maps, name_words};
use crate::ids::{IndexName, TableName};

/// What a grant may say of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TableScope {
    /// Indexes that may be scanned.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub indexes: BTreeSet<IndexName>,
    /// Days after its last change that a row is kept.
    pub retention_days: u32,
}

/// What a grant of `records` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RecordsScope {
    /// Most rows, over all tables.
    pub max_rows: u32,
    /// Most bytes of keys and values, over all tables.
    pub max_bytes: u32,
    /// By table.
    pub tables: BTreeMap<TableName, TableScope>,
}

/// What a call asks of `records`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordsAsk<'a> {
    /// A row of this table.
    Table(&'a TableName),
    /// An index of this table.
    Index {
        /// Of this table.
        table: &'a TableName,
        /// This index.
        index: &'a IndexName,
    },
}

impl TableScope {
    fn narrow(&self, other: &Self) -> Option<Self> {
        Some(Self {
            indexes: both(&self.indexes, &other.indexes),
            retention_days: self.retention_days.min(other.retention_days),
        })
    }
}

impl Scope for RecordsScope {
    type Ask<'a> = RecordsAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            max_rows: self.max_rows.min(other.max_rows),
            max_bytes: self.max_bytes.min(other.max_bytes),
            tables: both_maps(&self.tables, &other.tables, TableScope::narrow),
        }
    }

    fn permits(&self, ask: &RecordsAsk<'_>) -> Result<(), ScopeMiss> {
        let (RecordsAsk::Table(table) | RecordsAsk::Index { table, .. }) = ask;
        let Some(scope) = self.tables.get(*table) else {
            return Err(ScopeMiss::new("tables", table, MissKind::Field));
        };
        match ask {
            RecordsAsk::Index { index, .. } if !scope.indexes.contains(*index) => {
                Err(ScopeMiss::new("indexes", index, MissKind::Field))
            }
            RecordsAsk::Index { .. } | RecordsAsk::Table(_) => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let mut found: Vec<Difference> = [
            Difference::of_maxima("max-rows", old.max_rows, self.max_rows, ("Số dòng được lưu", "Rows kept")),
            Difference::of_maxima("max-bytes", old.max_bytes, self.max_bytes, ("Số byte được lưu", "Bytes kept")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_first = old.tables.is_empty();
        for (name, new) in &self.tables {
            let Some(old) = old.tables.get(name) else {
                let (vi, en) = if is_first { ("Bảng", "") } else { ("Thêm bảng", " too") };
                found.push(Difference::new(
                    "tables",
                    format!("{vi} {name}, lưu {} ngày", new.retention_days),
                    format!("Table {name}{en}, kept for {} days", new.retention_days),
                ));
                continue;
            };
            let of = |what: &str| format!("{name}: {what}");
            found.extend(Difference::of_sets(
                "indexes",
                &old.indexes,
                &new.indexes,
                (&of("chỉ mục{ thêm}"), &of("indexes{ in addition}")),
                name_words,
            ));
            found.extend(Difference::of_maxima(
                "retention-days",
                old.retention_days,
                new.retention_days,
                (&of("số ngày lưu"), &of("days kept")),
            ));
        }
        found
    }
}
