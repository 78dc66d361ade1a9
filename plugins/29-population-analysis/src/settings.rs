//! The department's settings, as `[config]` of the manifest declares them.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules;

/// Which units figures by commune are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Bases {
    /// Today's and those of before the merger, until the working group drops one.
    Both,
    /// Today's only.
    Current,
}

/// The area of a unit from a day on.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Area {
    unit: UnitCode,
    from: Date,
    hectares: u32,
}

/// An approval of a sensitive question, by the working group.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Approval {
    question: String,
    revision: u32,
    until: Date,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    pub(crate) bands: Vec<u8>,
    pub(crate) min_cell: u32,
    pub(crate) min_cell_sensitive: u32,
    pub(crate) rounding: u32,
    pub(crate) boards: Vec<String>,
    pub(crate) bases: Bases,
    pub(crate) statistics_tolerance_percent: u64,
    pub(crate) yearbook_definition_vi: String,
    pub(crate) yearbook_definition_en: String,
    areas: Vec<Area>,
    approvals: Vec<Approval>,
    pub(crate) school_age: u16,
    pub(crate) projection_spread_percent: i64,
    pub(crate) differencing_days: i32,
}

/// What is known of a unit's area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hectares {
    /// So many, at least 1.
    Known(u32),
    /// Nothing is entered for that day.
    Unknown,
    /// 0 is entered, which no unit has.
    Zero,
}

impl Settings {
    /// The settings of this call.
    pub(crate) fn read() -> Result<Self, Refusal> {
        let settings: Self = settings()?;
        if !rules::are_bands(&settings.bands) {
            return Err(
                Refusal::new("bands").because("the setting `bands` begins with 0 and rises by multiples of 5 up to 85")
            );
        }
        Ok(settings)
    }

    /// The smallest cell that the department lets be shown.
    pub(crate) fn floor(&self, sensitive: bool) -> u32 {
        if sensitive { self.min_cell_sensitive } else { self.min_cell }
    }

    /// The area of a unit on a day: codes were given again, so the day tells which unit is meant.
    pub(crate) fn hectares(&self, unit: &str, on: Date) -> Hectares {
        let entered = self.areas.iter().filter(|area| area.unit.as_str() == unit && area.from <= on);
        match entered.max_by_key(|area| area.from) {
            Some(Area { hectares: 0, .. }) => Hectares::Zero,
            Some(area) => Hectares::Known(area.hectares),
            None => Hectares::Unknown,
        }
    }

    /// Whether the working group has approved this revision of a question, and the approval holds.
    pub(crate) fn is_approved(&self, question: &str, revision: u32, today: Date) -> bool {
        let holds = |one: &Approval| one.question == question && one.revision == revision && today <= one.until;
        self.approvals.iter().any(holds)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Defaults of the manifest, with an area and an approval.
    pub(crate) fn sample() -> Settings {
        let date = |text| Date::parse(text).unwrap();
        let unit = UnitCode::parse("18859").unwrap();
        Settings {
            bands: Vec::new(),
            min_cell: 10,
            min_cell_sensitive: 30,
            rounding: 5,
            boards: vec!["ioc".to_owned()],
            bases: Bases::Both,
            statistics_tolerance_percent: 3,
            yearbook_definition_vi: "niên giám".to_owned(),
            yearbook_definition_en: "yearbook".to_owned(),
            areas: vec![
                Area { unit: unit.clone(), from: date("2010-01-01"), hectares: 1020 },
                Area { unit, from: date("2025-07-01"), hectares: 0 },
            ],
            approvals: vec![Approval { question: "faiths".to_owned(), revision: 2, until: date("2026-12-31") }],
            school_age: 6,
            projection_spread_percent: 10,
            differencing_days: 31,
        }
    }

    #[test]
    fn an_area_holds_from_its_day_and_zero_is_no_area() {
        let on = |text| sample().hectares("18859", Date::parse(text).unwrap());
        assert_eq!(on("2009-12-31"), Hectares::Unknown);
        assert_eq!(on("2025-06-30"), Hectares::Known(1020));
        assert_eq!(on("2025-07-01"), Hectares::Zero);
        assert_eq!(sample().hectares("18871", Date::MAX), Hectares::Unknown);
    }

    #[test]
    fn an_approval_is_of_one_revision_and_ends() {
        let on = |revision, text| sample().is_approved("faiths", revision, Date::parse(text).unwrap());
        assert!(on(2, "2026-12-31"));
        assert!(!on(1, "2026-12-31") && !on(3, "2026-12-31") && !on(2, "2027-01-01"));
        assert!(!sample().is_approved("other", 2, Date::MIN));
    }
}
