//! Everything that Pilothouse keeps: one data folder, one database, and every query of the product.
//!
//! What happens together is one [`Unit`]: a record of the log and all its consequences (rows, effects, answers,
//! decisions), committed by one writer in groups, each under one signed checkpoint. Reading is done by rooms, one a
//! concern: `store.rows()`, `store.outbox()`, `store.log()`.
//!
//! **Invariant:** no state changes without a record in the same transaction, but for attempts to send an effect, what
//! retention takes away, and sums that are folded from the log itself (`used`).
//! **Invariant:** the log's entries are never changed or removed; `seq` has no gaps.
//! **Invariant:** SQL stands in this crate only, and what only SQLite understands in `sqlite.rs` and `migrations/`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod beside;
mod changes;
pub mod counters;
pub mod credentials;
mod db;
pub mod devices;
mod durable;
mod error;
mod folder;
pub mod grants;
pub mod indicators;
pub mod log;
pub mod meta;
pub mod obstacles;
pub mod once;
pub mod outbox;
pub mod pilots;
mod plan;
mod plan_write;
mod recent;
pub mod retention;
pub mod rows;
pub mod schedules;
mod schema;
pub mod seals;
pub mod series;
pub mod settings;
mod sqlite;
pub mod standing;
mod store;
pub mod unit;
pub mod used;
pub mod vendors;
mod writer;

pub use error::{CommitError, OpenError, StoreError};
pub use outbox::{Effect, EffectState, Settlement};
pub use retention::{Due, Retired};
pub use store::Store;
pub use unit::{
    CounterAdd, EffectRow, Expected, IndicatorAdd, Once, Part, RowChange, RowWrite, Sealed, StateChange, Unit,
    next_version,
};
pub use writer::Committed;

#[cfg(test)]
mod tests;
