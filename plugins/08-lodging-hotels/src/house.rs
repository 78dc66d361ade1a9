//! The facility at hand: whose notices these are, where it lies, whether it may take guests.

use pilothouse_sdk::alerts::{Alert, Severity};
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
    /// Those of [`Site::of`].
    pub(crate) fn of(occasion: &Occasion, named: Option<&FacilityId>) -> Result<Self, Refusal> {
        let site = Site::of(occasion, named)?;
        Ok(Self { unit: site.unit(), is_unlicensed: site.is_unlicensed(), id: site.id })
    }

    /// Tells the commune police, once a day, that the facility takes guests without a licence in force. The notice goes out all the same,
    /// and the desk is not held up: an alert that cannot be raised stands in the record of the call.
    pub(crate) fn tell_police(&self, today: Date) {
        let (Some(unit), Ok(subject)) = (self.unit.clone(), Ref::parse(self.id.as_str())) else { return };
        let alert = Alert {
            kind: "facility-without-licence",
            severity: Severity::Look,
            unit,
            subject,
            window: today.to_string(),
            facts: vec![("facility", self.id.to_string())],
            respond_by: None,
        };
        let _ = alerts::raise(&alert, None);
    }

    /// Remembers that the facility notified today, and takes it off the list of silent ones. Answers whether it is its first notice.
    pub(crate) fn has_notified(&self, today: Date) -> bool {
        let row = match HOUSES.get(self.id.as_str()) {
            Ok(row) => row,
            Err(_) => return false,
        };
        match row {
            Some(row) if row.value.last >= today && row.value.listed.is_none() && !row.value.is_new => false,
            // A day that is not remembered makes the facility look silent at worst; the notice itself is out.
            Some(mut row) => {
                let is_first = std::mem::take(&mut row.value.is_new);
                (row.value.last, row.value.listed) = (today, None);
                HOUSES.save(&row).is_ok() && is_first
            }
            None => {
                let (facility, unit) = (self.id.clone(), self.unit.clone());
                let row = HouseRow {
                    facility,
                    unit,
                    since: today,
                    last: today,
                    listed: None,
                    reminded: None,
                    is_new: false,
                    looked_at: None,
                };
                HOUSES.insert(self.id.as_str(), &row).is_ok()
            }
        }
    }
}
