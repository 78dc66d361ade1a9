//! What nearly every pilot names: `use pilothouse_sdk::prelude::*;`.

pub use crate::places::Site;
pub use crate::population::{Checked, Claim};
pub use crate::readers::{Assurance, Method, Reading, Seen, Signal};
pub use crate::records::{Record, Row, Table};
pub use crate::{
    Date, Denial, DenialKind, FacilityId, IfReachable, Instant, Money, NoData, Occasion, Outcome, Person, PersonKind,
    Pseudonym, Ref, Refusal, SealedPerson, TimeOfDay, ToText, UnitCode, settings,
};
pub use crate::{alerts, consent, lodging, messaging, places, population, readers, records, registers, reporting};
