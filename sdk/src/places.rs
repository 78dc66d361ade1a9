//! Units, facilities and the working-day calendar. No personal data.

use crate::bindings::imports::pilothouse::places::places;
use crate::codes::codes;
use crate::{Date, Denial, DenialKind, FacilityId, Occasion, Refusal, UnitCode};

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

/// The facility that a call is about: where a person stands, stays or deals.
#[derive(Debug)]
pub struct Site {
    /// Which.
    pub id: FacilityId,
    /// What the list of facilities says of it. None: the list does not answer, which keeps nobody waiting.
    pub facility: Option<Facility>,
}

impl Site {
    /// The caller's own facility; for callers without one, the facility that they name in their own unit.
    ///
    /// # Errors
    /// The refusals `other-facility`, `no-facility`, `facility-unknown` (or of a class outside the grant), `unit-mismatch`.
    pub fn of(occasion: &Occasion, named: Option<&FacilityId>) -> Result<Self, Refusal> {
        let own = occasion.facility();
        let is_own = own.is_some();
        let id = match (own, named) {
            (Some(own), Some(named)) if own != *named => {
                return Err(Refusal::new("other-facility")
                    .at("/facility")
                    .because("leave it out: the desk has its own"));
            }
            (Some(own), _) => own,
            (None, Some(named)) => named.clone(),
            (None, None) => {
                return Err(Refusal::new("no-facility").at("/facility").because("name the facility"));
            }
        };
        let facility = match facility(&id) {
            Ok(Some(facility)) => facility,
            Ok(None) => return Err(Self::unknown()),
            Err(_) => return Ok(Self { id, facility: None }),
        };
        let elsewhere = facility.unit().is_some_and(|unit| occasion.unit().is_ok_and(|callers| callers != unit));
        if !is_own && elsewhere {
            return Err(Refusal::new("unit-mismatch")
                .at("/facility")
                .because("the facility lies in another unit than the caller's"));
        }
        Ok(Self { id, facility: Some(facility) })
    }

    /// The refusal for a facility that is none of those that the pilot serves.
    pub fn unknown() -> Refusal {
        Refusal::new("facility-unknown").at("/facility").because("no facility of this pilot's classes has this id")
    }

    /// The unit that it lies in, where that is known.
    pub fn unit(&self) -> Option<UnitCode> {
        self.facility.as_ref().and_then(Facility::unit)
    }

    /// Whether its licence is known not to be in force.
    pub fn is_unlicensed(&self) -> bool {
        self.facility.as_ref().is_some_and(|facility| facility.licence() != Licence::Valid)
    }
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
