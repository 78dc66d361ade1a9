//! What nearly every pilot names: `use pilothouse_sdk::prelude::*;`.

pub use crate::population::Claim;
pub use crate::readers::{Assurance, Method, Reading, Signal};
pub use crate::records::{Record, Row, Table};
pub use crate::{
    Date, Denial, DenialKind, FacilityId, IfReachable, Instant, Money, NoData, Occasion, Outcome, Person, PersonKind,
    Pseudonym, Ref, Refusal, SealedPerson, ToText, UnitCode, settings,
};
pub use crate::{lodging, places, population, readers, records, registers, reporting};
