//! Units, facilities and the working-day calendar. No personal data.

use crate::bindings::imports::pilothouse::places::places;
use crate::codes::codes;
use crate::{Date, Denial, DenialKind, FacilityId, UnitCode};

codes! {
    /// Level of a unit.
    pub enum Level {
        /// Tỉnh.
        Province = "province",
        /// Huyện, until 2025-06-30.
        District = "district",
        /// Xã, phường, đặc khu.
        Commune = "commune",
    }
}

codes! {
    /// State of a facility's licence.
    pub enum Licence {
        /// In force.
        Valid = "valid",
        /// Taken away for a time.
        Suspended = "suspended",
        /// Run out.
        Expired = "expired",
        /// There is none.
        Absent = "none",
    }
}

/// An administrative unit on a day.
#[derive(Debug)]
pub struct Unit(places::Unit);

impl Unit {
    /// The code.
    pub fn code(&self) -> String {
        self.0.code()
    }

    /// The Vietnamese name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// The level; one that is newer than this SDK reads as a commune.
    pub fn level(&self) -> Level {
        Level::from_code(&self.0.level()).unwrap_or(Level::Commune)
    }

    /// The unit above.
    pub fn parent(&self) -> Option<String> {
        self.0.parent()
    }

    /// First day; none: before the records begin.
    pub fn valid_from(&self) -> Option<Date> {
        self.0.valid_from().and_then(|text| Date::parse(&text).ok())
    }

    /// Last day; none: in force.
    pub fn valid_to(&self) -> Option<Date> {
        self.0.valid_to().and_then(|text| Date::parse(&text).ok())
    }
}

/// A facility.
#[derive(Debug)]
pub struct Facility(places::Facility);

impl Facility {
    /// The id.
    pub fn id(&self) -> String {
        self.0.id()
    }

    /// `hospital`, `commune-station`, `hotel`, `guesthouse`, `public-guest-house`, …
    pub fn class(&self) -> String {
        self.0.class()
    }

    /// Commune-level unit that it lies in; none where the host's list names none.
    pub fn unit(&self) -> Option<UnitCode> {
        UnitCode::parse(&self.0.unit()).ok()
    }

    /// People that it may take at once, where a licence says so.
    pub fn capacity(&self) -> Option<u32> {
        self.0.capacity()
    }

    /// State of the licence; one that is newer than this SDK reads as absent.
    pub fn licence(&self) -> Licence {
        Licence::from_code(&self.0.licence()).unwrap_or(Licence::Absent)
    }

    /// Five-character code of the health insurer.
    pub fn insurance_code(&self) -> Option<String> {
        self.0.insurance_code()
    }
}

/// The unit with this code on that day. None: no such unit on that day.
///
/// # Errors
/// `invalid`.
pub fn unit_on(code: &UnitCode, date: Date) -> Result<Option<Unit>, Denial> {
    places::unit_on(code.as_str(), &date.to_string()).map(|unit| unit.map(Unit)).map_err(Denial::received)
}

/// The units in force on `date` that the unit went into (itself, where it still stands).
///
/// # Errors
/// `invalid`.
pub fn successors(code: &UnitCode, date: Date) -> Result<Vec<UnitCode>, Denial> {
    codes_of(places::successors(code.as_str(), &date.to_string()).map_err(Denial::received)?)
}

/// The units that the unit in force today was made of.
///
/// # Errors
/// `invalid`.
pub fn predecessors(code: &UnitCode) -> Result<Vec<UnitCode>, Denial> {
    codes_of(places::predecessors(code.as_str()).map_err(Denial::received)?)
}

fn codes_of(codes: Vec<String>) -> Result<Vec<UnitCode>, Denial> {
    codes.iter().map(|code| UnitCode::parse(code).map_err(|_| Denial::local(DenialKind::Invalid, "unit"))).collect()
}

/// A facility of a class that the grant names. None: no such facility, or of another class.
///
/// # Errors
/// `not-granted`.
pub fn facility(id: &FacilityId) -> Result<Option<Facility>, Denial> {
    places::facility_by_id(id.as_str()).map(|facility| facility.map(Facility)).map_err(Denial::received)
}

/// At most 100 ids of facilities of a class, in a unit where given, in their order after `after`.
///
/// # Errors
/// `field-not-granted` (class).
pub fn facilities(class: &str, unit: Option<&UnitCode>, after: Option<&FacilityId>) -> Result<Vec<FacilityId>, Denial> {
    let ids = places::facilities(class, unit.map(UnitCode::as_str), after.map(FacilityId::as_str))
        .map_err(Denial::received)?;
    ids.iter().map(|id| FacilityId::parse(id).map_err(|_| Denial::local(DenialKind::Invalid, "facility"))).collect()
}

/// The date `days` (−400 to 400) working days on. Weekends and the announced holidays do not count.
///
/// # Errors
/// `invalid` beyond the range or the announced years.
pub fn working_day_add(date: Date, days: i32) -> Result<Date, Denial> {
    let text = places::working_day_add(&date.to_string(), days).map_err(Denial::received)?;
    Date::parse(&text).map_err(|_| Denial::local(DenialKind::Unavailable, "places.working-day-add"))
}
