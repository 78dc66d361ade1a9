//! The embedded province: its dated units, its calendar, and synthetic people, facilities and registers.
//!
//! Units are facts; people, facilities and register entries are made up from a seed, the same on every machine, and
//! recognisable as such: serials from 990000, names that contain Thử, Mẫu or Giả Định. Nothing here reads a clock, a file or a database.
#![forbid(unsafe_code)]

mod aggregate;
mod calendar;
mod cast;
mod day;
mod draw;
mod facilities;
mod facts;
mod generate;
mod names;
mod people;
mod registers;
mod registration;
mod suppress;
mod units;

pub use aggregate::{
    Axis, Base, Cube, Dim, Filter, Label, MAX_CELLS, MAX_DIMS, Question, QuestionError, ResidenceKind, Tally,
};
pub use calendar::{Calendar, CalendarError, MAX_ANNOUNCED_DAYS, MAX_WORKING_DAYS};
pub use cast::Cast;
pub use facilities::{Facilities, Facility, FacilityClass, Licence, TIMEZONE};
pub use facts::{
    Card, CardState, Ethnicity, HouseholdKey, HouseholdRole, IssuedCard, Life, MaritalStatus, Nationality, PolicyGroup,
    Relation, Religion,
};
pub use generate::{DEFAULT_PEOPLE, DEFAULT_SEED, MAX_PEOPLE, REFERENCE_DAY};
pub use people::{Lookup, Move, PersonView, Population};
pub use registers::{Entry, FieldValue, Register, Registers};
pub use registration::{RegistrationProvince, registration_province};
pub use suppress::{Cell, Published, Suppression};
pub use units::{Level, MERGER, Places, Unit, UnitCode, UnitCodeError, UnitKind};
