//! The door: what a component must pass before anything is compiled. Each step can refuse before the next costs anything.
//!
//! Signature and sections are the package's (`package`); here: structure, validation, imports and exports as the linker would resolve
//! them, and the proof. Compilation in a child process and the trial instantiation are the runtime's.

mod imports;
pub mod limits;
mod prepass;
mod proof;
mod signature;
#[cfg(test)]
mod tests;
mod validate;

pub use imports::{Entry, Imports};
pub use prepass::{Structure, prepass};
pub use proof::{Proof, ProofRow};
pub use validate::FEATURES;

use crate::error::DoorError;
use crate::text::escape;

/// Longest sentence that is repeated from a parser: guests' names may stand in it.
const MAX_WHY: usize = 200;

fn malformed(error: &wasmparser::BinaryReaderError) -> DoorError {
    DoorError::Malformed { offset: error.offset(), why: escape(error.message(), MAX_WHY) }
}

fn invalid(error: &wasmparser::BinaryReaderError) -> DoorError {
    DoorError::Invalid { offset: error.offset(), why: escape(error.message(), MAX_WHY) }
}
