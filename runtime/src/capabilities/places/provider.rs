//! Who answers for places: the embedded units, facilities and calendar.

use std::collections::BTreeSet;
use std::sync::Arc;

use pilothouse_province::{Level, Licence, Places, UnitCode as Code};
use pilothouse_registry::{FacilityClass, UnitCode};
use time::Date;

use super::host::{Facility, Unit};
use crate::capabilities::funnel::{Permit, Trouble};
use crate::occasion::parse_date;
use crate::province::{Province, class_code};

/// Ids of one answer; the contract says so.
const PAGE: usize = 100;

/// Units, facilities, calendar.
pub enum Provider {
    /// Of the synthetic province; the units are facts.
    Embedded(Arc<Province>),
}

fn code(text: &str) -> Result<Code, Trouble> {
    text.parse().map_err(|_| Trouble::Invalid("code"))
}

fn day(text: &str) -> Result<Date, Trouble> {
    parse_date(text).ok_or(Trouble::Invalid("date"))
}

impl Provider {
    fn province(&self) -> &Province {
        let Provider::Embedded(province) = self;
        province
    }

    /// Class and unit of a facility: what the gate needs before it decides.
    pub(crate) fn class_and_unit(&self, id: &str) -> Option<(FacilityClass, UnitCode)> {
        let facility = self.province().facility(id)?;
        Some((class_code(facility).parse().ok()?, facility.unit.to_string().parse().ok()?))
    }

    pub(crate) async fn unit_on(&self, _permit: Permit, unit: &str, date: &str) -> Result<Option<Unit>, Trouble> {
        let unit = Places::embedded().unit(code(unit)?, day(date)?);
        Ok(unit.map(|unit| Unit {
            code: unit.code.to_string(),
            name: unit.name.to_owned(),
            level: match unit.code.level() {
                Level::Province => "province",
                Level::District => "district",
                Level::Commune => "commune",
            }
            .to_owned(),
            parent: unit.parent.map(|parent| parent.to_string()),
            valid_from: unit.valid_from.map(|date| date.to_string()),
            valid_to: unit.valid_to.map(|date| date.to_string()),
        }))
    }

    pub(crate) async fn successors(&self, _permit: Permit, unit: &str, date: &str) -> Result<Vec<String>, Trouble> {
        let (places, unit, then) = (Places::embedded(), code(unit)?, day(date)?);
        // A code was given again, so the unit that is meant is the last one of that code before `date`.
        let before =
            [then, pilothouse_province::MERGER.previous_day().unwrap_or(then), time::macros::date!(2024 - 11 - 30)];
        let found = before.into_iter().filter(|on| *on <= then).find_map(|on| places.became(unit, on, then));
        Ok(found.map(|unit| unit.code.to_string()).into_iter().collect())
    }

    pub(crate) async fn predecessors(&self, _permit: Permit, unit: &str) -> Result<Vec<String>, Trouble> {
        let units = Places::embedded().predecessors(code(unit)?, pilothouse_province::MERGER);
        Ok(units.into_iter().map(|unit| unit.code.to_string()).collect())
    }

    pub(crate) async fn facility(
        &self,
        _permit: Permit,
        id: &str,
        classes: &BTreeSet<FacilityClass>,
    ) -> Result<Option<Facility>, Trouble> {
        let found = self.province().facility(id).filter(|facility| classes.contains(class_code(facility)));
        Ok(found.map(|facility| Facility {
            id: facility.id.clone(),
            class: class_code(facility).to_owned(),
            unit: facility.unit.to_string(),
            capacity: Some(facility.capacity),
            licence: match facility.licence {
                Licence::Valid { .. } => "valid",
                Licence::Suspended { .. } => "suspended",
                Licence::Ended { .. } => "expired",
            }
            .to_owned(),
            insurance_code: facility.insurance_code.clone(),
        }))
    }

    pub(crate) async fn facilities(
        &self,
        _permit: Permit,
        class: &FacilityClass,
        unit: Option<&str>,
        after: Option<&str>,
    ) -> Result<Vec<String>, Trouble> {
        let unit = unit.map(code).transpose()?;
        let of_class = self.province().facilities().iter().filter(|facility| class_code(facility) == class.as_str());
        let here = of_class.filter(|facility| unit.is_none_or(|unit| facility.unit == unit));
        let mut ids: Vec<String> = here
            .map(|facility| facility.id.clone())
            .filter(|id| after.is_none_or(|after| id.as_str() > after))
            .collect();
        ids.sort();
        ids.truncate(PAGE);
        Ok(ids)
    }

    pub(crate) async fn working_day_add(&self, _permit: Permit, date: &str, days: i32) -> Result<String, Trouble> {
        let calendar = &self.province().calendar;
        let from = day(date)?;
        let mut found = from;
        for _ in 0..days.unsigned_abs() {
            loop {
                let next = if days > 0 { found.next_day() } else { found.previous_day() };
                found = next.ok_or(Trouble::Invalid("date"))?;
                if calendar.is_working_day(found) {
                    break;
                }
            }
        }
        Ok(found.to_string())
    }
}
