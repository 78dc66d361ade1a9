//! The facility at hand: whose notices these are, where it lies, whether it may take guests.

use pilothouse_sdk::places::Licence;
use pilothouse_sdk::prelude::*;

use crate::stays::{HOUSES, HouseRow};

/// The facility of a call.
#[derive(Clone, Debug)]
pub(crate) struct House {
    pub(crate) id: FacilityId,
    pub(crate) unit: Option<UnitCode>,
    /// Its licence is known not to be in force. Notices are owed all the same.
    pub(crate) is_unlicensed: bool,
}

impl House {
    /// The caller's own facility; for callers without one, the facility that they name in their own unit.
    ///
    /// # Errors
    /// `other-facility`, `no-facility`, `facility-unknown`, `unit-mismatch`.
    pub(crate) fn of(occasion: &Occasion, named: Option<&FacilityId>) -> Result<Self, Refusal> {
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
        let facility = match places::facility(&id) {
            Ok(Some(facility)) => facility,
            Ok(None) => return Err(facility_unknown()),
            // The list of facilities does not answer: the notice is owed all the same.
            Err(_) => return Ok(Self { id, unit: None, is_unlicensed: false }),
        };
        let unit = facility.unit();
        if !is_own && unit.as_ref().is_some_and(|unit| occasion.unit().is_ok_and(|callers| callers != *unit)) {
            return Err(Refusal::new("unit-mismatch")
                .at("/facility")
                .because("the facility lies in another unit than the caller's"));
        }
        Ok(Self { id, unit, is_unlicensed: facility.licence() != Licence::Valid })
    }

    /// Remembers that the facility notified today, and takes it off the list of silent ones. Answers whether it is its first notice.
    pub(crate) fn has_notified(&self, today: Date) -> bool {
        let row = match HOUSES.get(self.id.as_str()) {
            Ok(row) => row,
            Err(_) => return false,
        };
        match row {
            Some(row) if row.value.last >= today && row.value.listed.is_none() => false,
            // A day that is not remembered makes the facility look silent at worst; the notice itself is out.
            Some(mut row) => {
                (row.value.last, row.value.listed) = (today, None);
                let _ = HOUSES.save(&row);
                false
            }
            None => {
                let (facility, unit) = (self.id.clone(), self.unit.clone());
                let row = HouseRow { facility, unit, since: today, last: today, listed: None, reminded: None };
                HOUSES.insert(self.id.as_str(), &row).is_ok()
            }
        }
    }
}

/// The facility is none of those that this pilot serves.
pub(crate) fn facility_unknown() -> Refusal {
    Refusal::new("facility-unknown").at("/facility").because("no hotel, guesthouse or public guest house has this id")
}
