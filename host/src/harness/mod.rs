//! Runs a pilot's scenarios on the real runtime: embedded province, memory for rows, declared faults; what differs is told in words.
//!
//! **Invariant:** requests pass the same intake, schemas and checks of outcomes as those of a desk ([`crate::governance`]).
//! **Invariant:** a scenario has a clock of its own and a province of its day, so it ends the same on every day and machine.

mod compare;
mod run;
mod scenario;
mod stage;

pub use run::{Harness, HarnessError, Ready, Report};
