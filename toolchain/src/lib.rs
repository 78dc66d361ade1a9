//! Builds guests for `wasm32-unknown-unknown` on any network.
//!
//! Two questions, asked in this order: where does the target's standard library come from ([`ensure_std`]), and what do
//! these crates compile to ([`build_guests`])? Used by the host's build script for the embedded pilots and by
//! `pilot build` for vendors. No dependencies, since it is compiled before everything else.
//!
//! **Invariant:** nothing is installed on the machine but a rustup target; all else stays in the folders given.
//! **Invariant:** every program that is run has a limit of time.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod bounded;
mod compiler;
mod debian;
mod environment;
mod error;
mod guests;
mod standard;

pub use compiler::Toolchain;
pub use error::{ToolchainError, Tried};
pub use guests::{Built, Guest, Order, build_guests};
pub use standard::{STD_VARIABLE, Std, Way, ensure_std};

/// The target that every guest is built for: it has no imports but those that the contract gives it.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The stack of a guest, in bytes. One WebAssembly page: an instance lives for one call, and touching and resetting its
/// memory is what a call costs.
pub const STACK_BYTES: u32 = 64 * 1024;

/// Told what is going on, one line at a time.
pub type Say<'a> = &'a mut dyn FnMut(&str);
