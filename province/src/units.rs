//! Administrative units as dated data: a place is a code *and* a day, never a name and never a code alone.
//!
//! Codes are those of the statistics office: province two digits, district three, commune five. On 1 July 2025 districts
//! ended, Quảng Bình and the old Quảng Trị became one province under Quảng Bình's code, and communes kept the code of one of their parts.
//!
//! Sources: Resolution 1242/NQ-UBTVQH15 (1 December 2024), Resolutions 202/2025/QH15 and 1680/NQ-UBTVQH15 (1 July 2025).

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use time::{Date, Month, macros::date};

/// First day of the merged province and of the two-tier order.
pub const MERGER: Date = date!(2025 - 07 - 01);

/// Code of a unit in the statistics office's list. Meaningless without a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitCode(u16);

/// Why a text is not a unit's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a unit code has 2, 3 or 5 digits (province, district, commune): look it up in the list of units")]
pub struct UnitCodeError;

impl UnitCode {
    /// The code as a number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The level that its number of digits means.
    #[must_use]
    pub const fn level(self) -> Level {
        match self.0 {
            0..=99 => Level::Province,
            100..=999 => Level::District,
            _ => Level::Commune,
        }
    }
}

impl FromStr for UnitCode {
    type Err = UnitCodeError;

    fn from_str(text: &str) -> Result<Self, UnitCodeError> {
        let is_form = matches!(text.len(), 2 | 3 | 5) && text.bytes().all(|digit| digit.is_ascii_digit());
        let code = text.parse().ok().filter(|_| is_form).map(Self).ok_or(UnitCodeError)?;
        // A code is written with exactly the digits of its level, so that one place has one form.
        if code.to_string() == text { Ok(code) } else { Err(UnitCodeError) }
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            Level::Province => write!(f, "{:02}", self.0),
            Level::District => write!(f, "{:03}", self.0),
            Level::Commune => write!(f, "{:05}", self.0),
        }
    }
}

impl TryFrom<String> for UnitCode {
    type Error = UnitCodeError;

    fn try_from(text: String) -> Result<Self, UnitCodeError> {
        text.parse()
    }
}

impl From<UnitCode> for String {
    fn from(code: UnitCode) -> Self {
        code.to_string()
    }
}

/// Level of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Tỉnh.
    Province,
    /// Huyện, thị xã, thành phố of a province; until 30 June 2025.
    District,
    /// Xã, phường, thị trấn, đặc khu.
    Commune,
}

/// Kind of a unit, the word before its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// Tỉnh.
    Province,
    /// Thành phố of a province.
    City,
    /// Thị xã.
    Town,
    /// Huyện.
    RuralDistrict,
    /// Phường: urban.
    Ward,
    /// Thị trấn: urban, until 30 June 2025.
    Township,
    /// Xã: rural.
    Commune,
    /// Đặc khu.
    SpecialZone,
}

impl UnitKind {
    const WORDS: [(&'static str, Self); 8] = [
        ("Tỉnh ", Self::Province),
        ("Thành phố ", Self::City),
        ("Thị xã ", Self::Town),
        ("Huyện ", Self::RuralDistrict),
        ("Phường ", Self::Ward),
        ("Thị trấn ", Self::Township),
        ("Xã ", Self::Commune),
        ("Đặc khu ", Self::SpecialZone),
    ];
}

/// One unit in one period of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Code in that period.
    pub code: UnitCode,
    /// Name with the word of its kind: `Xã Minh Hóa`.
    pub name: &'static str,
    /// Kind.
    pub kind: UnitKind,
    /// The unit above it in the same period.
    pub parent: Option<UnitCode>,
    /// First day; `None` means before the plan.
    pub valid_from: Option<Date>,
    /// Last day; `None` means in force.
    pub valid_to: Option<Date>,
}

impl Unit {
    /// Whether the unit existed on that day.
    #[must_use]
    pub fn in_force(&self, on: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= on) && self.valid_to.is_none_or(|to| on <= to)
    }

    /// The name without the word of its kind.
    #[must_use]
    pub fn bare_name(&self) -> &'static str {
        UnitKind::WORDS.iter().find_map(|(word, _)| self.name.strip_prefix(word)).unwrap_or(self.name)
    }

    /// Whether income limits and housing rules take it for urban. The merger changed that for some places.
    #[must_use]
    pub const fn is_urban(&self) -> bool {
        matches!(self.kind, UnitKind::Ward | UnitKind::Township)
    }
}

/// One old unit that went whole into one new unit.
struct Step {
    old_code: UnitCode,
    old_valid_to: Date,
    new_code: UnitCode,
    new_valid_from: Date,
}

/// The list of units with the steps between them.
pub struct Places {
    units: Vec<Unit>,
    steps: Vec<Step>,
}

impl Places {
    /// Quảng Bình before the merger, the step of 2024, and all 78 units after. Read once.
    pub fn embedded() -> &'static Self {
        static PLACES: OnceLock<Places> = OnceLock::new();
        PLACES.get_or_init(|| Self {
            units: rows(include_str!("../data/admin-units.csv")).filter_map(unit).collect(),
            steps: rows(include_str!("../data/admin-units-map-2025.csv")).filter_map(step).collect(),
        })
    }

    /// The unit with that code on that day.
    #[must_use]
    pub fn unit(&self, code: UnitCode, on: Date) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.code == code && unit.in_force(on))
    }

    /// All units of a level on a day, in the order of the list.
    pub fn units(&self, level: Level, on: Date) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.code.level() == level && unit.in_force(on))
    }

    /// All communes on a day: those of Quảng Bình until 30 June 2025, all 78 of the merged province since.
    pub fn communes(&self, on: Date) -> impl Iterator<Item = &Unit> {
        self.units(Level::Commune, on)
    }

    /// The communes of the plan's area on a day: Quảng Bình's, and since the merger the 41 that they became.
    pub fn plan_communes(&self, on: Date) -> impl Iterator<Item = &Unit> {
        self.communes(on).filter(move |unit| on < MERGER || !self.predecessors(unit.code, on).is_empty())
    }

    /// The units that the unit with this code on that day was made of, one step back. Empty if it is older than the list.
    #[must_use]
    pub fn predecessors(&self, code: UnitCode, on: Date) -> Vec<&Unit> {
        let Some(from) = self.unit(code, on).and_then(|unit| unit.valid_from) else { return Vec::new() };
        let steps = self.steps.iter().filter(|step| step.new_code == code && step.new_valid_from == from);
        steps.filter_map(|step| self.unit(step.old_code, step.old_valid_to)).collect()
    }

    /// The unit into which the unit with this code on that day went, one step forward; at most one, as no commune was ever split.
    #[must_use]
    pub fn successors(&self, code: UnitCode, on: Date) -> Vec<&Unit> {
        let Some(to) = self.unit(code, on).and_then(|unit| unit.valid_to) else { return Vec::new() };
        let steps = self.steps.iter().filter(|step| step.old_code == code && step.old_valid_to == to);
        steps.filter_map(|step| self.unit(step.new_code, step.new_valid_from)).collect()
    }

    /// What the unit with this code on day `on` has become by day `then`; itself if nothing happened.
    #[must_use]
    pub fn became(&self, code: UnitCode, on: Date, then: Date) -> Option<&Unit> {
        let mut unit = self.unit(code, on)?;
        while !unit.in_force(then) {
            let last_day = unit.valid_to?;
            unit = self.successors(unit.code, last_day).into_iter().next()?;
        }
        Some(unit)
    }
}

fn rows(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    file.lines().skip(1).map(|line| line.split(',').collect())
}

fn unit(row: Vec<&'static str>) -> Option<Unit> {
    let [code, name, _, parent, from, to] = row.try_into().ok()?;
    let kind = UnitKind::WORDS.iter().find(|(word, _)| name.starts_with(word))?.1;
    let parent = parent.parse().ok();
    Some(Unit { code: code.parse().ok()?, name, kind, parent, valid_from: iso_date(from), valid_to: iso_date(to) })
}

fn step(row: Vec<&'static str>) -> Option<Step> {
    let [old_code, _, _, old_valid_to, new_code, _, new_valid_from] = row.try_into().ok()?;
    Some(Step {
        old_code: old_code.parse().ok()?,
        old_valid_to: iso_date(old_valid_to)?,
        new_code: new_code.parse().ok()?,
        new_valid_from: iso_date(new_valid_from)?,
    })
}

/// A day as `yyyy-MM-dd`.
pub(crate) fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_form = parts.next().is_none() && (year.len(), month.len(), day.len()) == (4, 2, 2);
    let month = Month::try_from(month.parse::<u8>().ok().filter(|_| is_form)?).ok()?;
    Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use time::{Date, macros::date};

    use super::{Level, MERGER, Places, Unit, UnitCode, UnitKind};

    const PLAN: Date = date!(2023 - 11 - 09);
    const WINTER: Date = date!(2025 - 01 - 15);
    const TODAY: Date = date!(2026 - 12 - 01);

    fn code(text: &str) -> UnitCode {
        text.parse().unwrap()
    }

    fn unit(text: &str, on: Date) -> &'static Unit {
        Places::embedded().unit(code(text), on).unwrap()
    }

    #[test]
    fn every_row_of_the_files_is_read() {
        let places = Places::embedded();
        assert_eq!(places.units.len(), include_str!("../data/admin-units.csv").lines().count() - 1);
        assert_eq!(places.steps.len(), include_str!("../data/admin-units-map-2025.csv").lines().count() - 1);
        assert!(places.units.iter().all(|unit| unit.code.level() == Level::Province || unit.parent.is_some()));
    }

    #[test]
    fn the_counts_of_each_period_are_those_of_the_resolutions() {
        let places = Places::embedded();
        assert_eq!(places.communes(PLAN).count(), 151);
        assert_eq!(places.communes(WINTER).count(), 145);
        assert_eq!(places.communes(TODAY).count(), 78);
        assert_eq!(places.plan_communes(WINTER).count(), 145);
        let plan: Vec<_> = places.plan_communes(TODAY).collect();
        assert_eq!(plan.len(), 41);
        assert_eq!(plan.iter().filter(|unit| unit.kind == UnitKind::Ward).count(), 5);
        assert_eq!(places.units(Level::District, WINTER).count(), 8);
        assert_eq!(places.units(Level::District, TODAY).count(), 0);
        assert_eq!(places.communes(TODAY).filter(|unit| unit.kind == UnitKind::SpecialZone).count(), 1);
    }

    #[test]
    fn code_44_changes_its_meaning_and_45_ends() {
        assert_eq!(unit("44", date!(2025 - 06 - 30)).name, "Tỉnh Quảng Bình");
        assert_eq!(unit("44", MERGER).name, "Tỉnh Quảng Trị");
        assert!(Places::embedded().unit(code("45"), MERGER).is_none());
    }

    #[test]
    fn a_new_commune_keeps_the_code_of_one_of_its_parts() {
        assert_eq!(unit("18901", WINTER).name, "Thị trấn Quy Đạt");
        assert_eq!(unit("18901", TODAY).name, "Xã Minh Hóa");
    }

    #[test]
    fn names_move_to_other_places() {
        for (name, before, after) in [("Xã Minh Hóa", "18931", "18901"), ("Xã Hòa Trạch", "19183", "19033")] {
            assert_eq!((unit(before, WINTER).name, unit(after, TODAY).name), (name, name));
        }
        assert_eq!(unit("19303", WINTER).name, "Xã Mỹ Thủy");
        assert_eq!(unit("19741", TODAY).name, "Xã Mỹ Thủy");
        assert!(Places::embedded().predecessors(code("19741"), TODAY).is_empty());
        assert_eq!(unit("19195", PLAN).name, "Xã Nam Trạch");
        assert_eq!(unit("19198", TODAY).name, "Xã Nam Trạch");
    }

    #[test]
    fn district_names_became_commune_names() {
        let places = Places::embedded();
        for district in places.units(Level::District, WINTER) {
            let heirs = places.plan_communes(TODAY).filter(|unit| unit.bare_name() == district.bare_name());
            assert_eq!(heirs.count(), 1, "{}", district.name);
        }
    }

    #[test]
    fn every_old_commune_goes_whole_into_one_of_the_41() {
        let places = Places::embedded();
        let mut parts = 0;
        for old in places.communes(WINTER) {
            let heir = places.became(old.code, WINTER, TODAY).unwrap();
            assert_eq!(places.successors(old.code, WINTER), [heir]);
            parts += 1;
        }
        let listed: usize = places.plan_communes(TODAY).map(|unit| places.predecessors(unit.code, TODAY).len()).sum();
        assert_eq!((parts, listed), (145, 145));
    }

    #[test]
    fn an_address_of_2023_is_followed_through_both_steps() {
        let places = Places::embedded();
        assert_eq!(unit("18919", PLAN).name, "Xã Hóa Tiến");
        let heir = |old: &str| places.became(code(old), PLAN, TODAY).map(|unit| unit.code.to_string());
        assert_eq!(heir("18910").as_deref(), Some("18919"));
        assert_eq!(heir("19201").as_deref(), Some("19207"));
        assert_eq!(heir("18931").as_deref(), Some("18943"));
        assert_eq!(heir("18868").as_deref(), Some("18880"));
        let names: Vec<_> =
            places.predecessors(code("19207"), date!(2024 - 12 - 01)).iter().map(|unit| unit.name).collect();
        assert_eq!(names, ["Thị trấn Quán Hàu", "Xã Lương Ninh"]);
    }

    #[test]
    fn a_code_has_one_form() {
        for text in ["44", "450", "18859"] {
            assert_eq!(code(text).to_string(), text);
        }
        for text in ["", "4", "044", "0044", "18859 ", "00450", "99999", "x8859"] {
            assert!(text.parse::<UnitCode>().is_err(), "{text}");
        }
    }
}
