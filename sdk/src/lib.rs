//! What a pilot is written with: the contract's bindings, operations as typed functions, one module a capability.
//!
//! A pilot is rules and words. Everything between them and the host (parsing, JSON Schemas, dispatch, memory) is here, so that it is the
//! same in every pilot. Functions that a pilot does not use leave no import in its component: what it *can* do is read off the binary.
//!
//! ```
//! use pilothouse_sdk::prelude::*;
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Greet {
//!     guest: Person,
//! }
//!
//! #[derive(Default, Serialize, JsonSchema)]
//! struct Greeted {
//!     known: bool,
//! }
//!
//! /// Someone comes in.
//! fn greet(occasion: &Occasion, req: Greet) -> Result<Outcome<Greeted>, Refusal> {
//!     let [alive] = population::verify(&req.guest, [Claim::Alive])?;
//!     Ok(Outcome::new("greeted").say("welcome", [("day", occasion.local_date().to_text())]).data(Greeted { known: alive.is_yes() }))
//! }
//!
//! pilothouse_sdk::export! { operations: { "greet" => greet } }
//! ```
#![warn(missing_docs)]

pub mod alerts;
#[cfg(target_arch = "wasm32")]
mod allocator;
#[doc(hidden)]
pub mod bindings;
mod codes;
pub mod consent;
mod date;
mod denial;
#[doc(hidden)]
pub mod export;
mod instant;
pub mod lodging;
pub mod messaging;
mod names;
mod occasion;
mod outcome;
mod person;
pub mod places;
pub mod population;
pub mod prelude;
pub mod readers;
pub mod records;
pub mod registers;
pub mod reporting;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time_of_day;

pub use date::Date;
pub use denial::{Denial, DenialKind, IfReachable};
pub use instant::Instant;
pub use names::{FacilityId, Money, ParseError, Ref, UnitCode};
pub use occasion::Occasion;
pub use outcome::{NoData, Outcome, Refusal};
pub use person::{Person, PersonKind, Pseudonym, SealedPerson};
pub use settings::settings;
pub use text::ToText;
pub use time_of_day::TimeOfDay;
