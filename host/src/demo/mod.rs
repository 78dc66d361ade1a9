//! A day of the province, for the demonstration: planned from a seed, sent by desks and devices through the front door.
//!
//! The plan is a pure function of its seed; a simulated clock spreads it over the day up to now. The errors that people and
//! readers make are in the plan, each with the answer that it must get.
//!
//! **Invariant:** nothing here reaches the host but over HTTP, with credentials and devices that an officer gave out.

mod asking;
mod clock;
mod crowd;
mod day;
mod door;
mod judging;
mod papers;
mod plan;
mod report;
mod stations;
mod trade;

pub(crate) use crowd::{Crowd, Folk};
pub(crate) use day::{Day, run};
pub(crate) use door::{Door, DoorError, Place};
pub(crate) use plan::Size;
pub(crate) use report::Report;
