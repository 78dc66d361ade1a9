//! Runs pilots: one engine, a linker per version, a fresh instance per call, every capability call through one funnel.
//!
//! Takes a pilot version and a request, gives an outcome and what the evidence is made of. Entry point: [`Pilot::invoke`].
//!
//! **Invariant:** knows nothing of HTTP, officers or languages.
//! **Invariant:** no instance serves two calls. [`LiveInstance`] measures what that costs; no host makes one.
//! **Invariant:** a linker holds only functions that its pilot was granted.
//! **Invariant:** a replay asks no provider: every answer comes from the recording.

pub mod budgets;
mod call;
pub mod capabilities;
pub mod compile;
mod contract;
mod ended;
pub mod engine;
pub mod faults;
mod invoke;
pub mod kept;
pub mod keys;
mod limits;
mod link;
pub mod natural;
pub mod occasion;
pub mod pending;
pub mod people;
pub mod province;
pub mod quarantine;
pub mod record;
mod recording;
pub mod rights;
pub mod room;
mod trail;
mod turns;

pub use capabilities::Providers;
pub use ended::{Decided, Ended, Fault};
pub use engine::Machine;
pub use invoke::{Entry, Finished, LiveInstance, Named, Pilot, Replayer, Request, Terms};
pub use link::LinkError;
pub use occasion::Occasion;
pub use recording::{RecordedPerson, Recording};
pub use trail::{Again, CallEntry, MAX_CALLS};
