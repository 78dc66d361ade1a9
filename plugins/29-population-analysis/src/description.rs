//! Questions: the written description of a figure that the plan asks for, reviewed and versioned. Data, not code.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_sdk::population::Dimension;
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{districts, rules};

/// Most dimensions: a table with more cannot be read, and nearly every cell is small. The host's limit, too.
const MOST_DIMS: usize = 3;
/// Most units of a question: the area has 41 communes.
const MOST_UNITS: usize = 100;
/// Longest name of a question: it is part of a series' reference of 64 bytes.
const LONGEST_ID: usize = 32;
/// Longest title, purpose, legal basis or owner, in bytes.
const LONGEST_TEXT: usize = 240;

/// What is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// People.
    Count,
    /// People per square kilometre, by commune.
    Density,
    /// Parts of the total.
    Share,
    /// Dependants per 100 people of working age.
    Dependency,
    /// Children who enter school next September.
    SchoolEntry,
    /// Change over a year.
    Growth,
}

/// What is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Dim {
    /// Commune.
    Commune,
    /// Five-year bands, or the department's.
    AgeBand,
    /// Single years, 0 to 18.
    AgeSingle,
    /// Sex.
    Sex,
    /// Sensitive.
    Ethnicity,
    /// Sensitive.
    Religion,
}

impl Dim {
    /// As the capability names it.
    pub(crate) fn dimension(self) -> Dimension {
        match self {
            Self::Commune => Dimension::Commune,
            Self::AgeBand => Dimension::AgeBand,
            Self::AgeSingle => Dimension::AgeSingle,
            Self::Sex => Dimension::Sex,
            Self::Ethnicity => Dimension::Ethnicity,
            Self::Religion => Dimension::Religion,
        }
    }

    fn is_age(self) -> bool {
        matches!(self, Self::AgeBand | Self::AgeSingle)
    }

    /// Sensitive data: Decree 356/2025/NĐ-CP Article 4.
    fn is_sensitive(self) -> bool {
        matches!(self, Self::Ethnicity | Self::Religion)
    }
}

/// Where people are counted; always said in the title, as they differ most in communes with industry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Residence {
    /// Thường trú.
    Permanent,
    /// Tạm trú.
    Temporary,
    /// Thực tế cư trú.
    Actual,
}

impl Residence {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Temporary => "temporary",
            Self::Actual => "actual",
        }
    }

    /// As the capability names it.
    pub(crate) fn kind(self) -> population::Residence {
        match self {
            Self::Permanent => population::Residence::Permanent,
            Self::Temporary => population::Residence::Temporary,
            Self::Actual => population::Residence::Current,
        }
    }
}

/// First and last age in whole years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ages {
    from: u8,
    /// Open where left out.
    to: Option<u8>,
}

/// What a question says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefineQuestion {
    pub(crate) id: Ref,
    pub(crate) title_vi: String,
    pub(crate) title_en: String,
    pub(crate) measure: Measure,
    #[serde(default)]
    pub(crate) dims: Vec<Dim>,
    /// Communes in force; the whole area where left out.
    #[serde(default)]
    units: Vec<String>,
    /// Each kind is answered by a table of its own.
    pub(crate) residence: Vec<Residence>,
    ages: Option<Ages>,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    legal_basis: String,
    /// The agency that answers for the question.
    #[serde(default)]
    pub(crate) owner: String,
}

impl DefineQuestion {
    /// Whether it asks by ethnicity or religion.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.dims.iter().any(|dim| dim.is_sensitive())
    }

    /// Where the commune stands in the labels of a cell.
    pub(crate) fn commune_place(&self) -> Option<usize> {
        self.dims.iter().position(|dim| *dim == Dim::Commune)
    }

    /// The communes named. None: the whole area.
    pub(crate) fn named_units(&self) -> Option<Vec<UnitCode>> {
        let units = self.units.iter().filter_map(|unit| UnitCode::parse(unit).ok()).collect();
        (!self.units.is_empty()).then_some(units)
    }

    /// The communes counted, the whole area written out.
    pub(crate) fn all_units(&self) -> BTreeSet<UnitCode> {
        self.named_units().map_or_else(districts::whole_area, BTreeSet::from_iter)
    }

    /// First and last age that are counted, whatever the dimensions.
    pub(crate) fn ages(&self) -> (u8, u8) {
        let (from, to) = self.ages.map_or((0, rules::OLDEST), |ages| (ages.from, ages.to.unwrap_or(rules::OLDEST)));
        // The table by single years leaves older people out.
        if self.dims.contains(&Dim::AgeSingle) { (from, to.min(rules::LAST_SINGLE_AGE)) } else { (from, to) }
    }

    /// What is wrong with it, but for its units.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let name = self.id.as_str();
        let is_name = name.len() <= LONGEST_ID
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            // A run of digits could be somebody's number.
            && !name.as_bytes().split(|b| !b.is_ascii_digit()).any(|run| run.len() > 8);
        if !is_name {
            return Err(Refusal::invalid("/id", "a question's name has at most 32 small letters, digits and hyphens"));
        }
        let texts = [
            ("/title_vi", &self.title_vi),
            ("/title_en", &self.title_en),
            ("/purpose", &self.purpose),
            ("/legal_basis", &self.legal_basis),
            ("/owner", &self.owner),
        ];
        for (field, text) in texts {
            if text.trim().is_empty() || text.len() > LONGEST_TEXT || text.chars().any(char::is_control) {
                return Err(Refusal::invalid(field, "a description needs this, in at most 240 bytes on one line"));
            }
        }
        if self.dims.len() > MOST_DIMS {
            return Err(Refusal::invalid("/dims", "at most 3 dimensions: describe two questions"));
        }
        if self.dims.iter().collect::<BTreeSet<_>>().len() != self.dims.len()
            || self.dims.iter().filter(|dim| dim.is_age()).count() > 1
        {
            return Err(Refusal::invalid("/dims", "two dimensions say the same: leave one out"));
        }
        if self.residence.is_empty() || self.residence.iter().collect::<BTreeSet<_>>().len() != self.residence.len() {
            return Err(Refusal::invalid("/residence", "say which residence is counted, each kind once"));
        }
        if self.ages.is_some() {
            let (from, to) = self.ages.map_or((0, 0), |ages| (ages.from, ages.to.unwrap_or(rules::OLDEST)));
            if !rules::is_age_range(from, to) {
                return Err(Refusal::invalid("/ages", "single years up to 18, whole five-year bands above"));
            }
        }
        self.check_measure()
    }

    fn check_measure(&self) -> Result<(), Refusal> {
        let by_age = self.dims.iter().any(|dim| dim.is_age());
        match self.measure {
            Measure::Density if self.dims != [Dim::Commune] => {
                Err(Refusal::invalid("/dims", "a density is by commune, and by nothing else"))
            }
            Measure::Share if self.dims.is_empty() => {
                Err(Refusal::invalid("/dims", "a share needs a dimension whose parts are compared"))
            }
            Measure::Dependency if by_age || self.ages.is_some() || self.dims.len() >= MOST_DIMS => {
                Err(Refusal::invalid(
                    "/dims",
                    "dependency is worked out from all ages: at most 2 dimensions, none of them an age",
                ))
            }
            Measure::SchoolEntry if by_age || self.ages.is_some() => {
                Err(Refusal::invalid("/dims", "school entry is one year of birth: leave the ages out"))
            }
            _ => Ok(()),
        }
    }

    /// Checks the units. What no longer stands is answered with what stands in its place.
    pub(crate) fn check_units(&self, today: Date) -> Result<BTreeMap<String, Vec<UnitCode>>, Refusal> {
        if self.units.len() > MOST_UNITS {
            return Err(Refusal::invalid("/units", "at most 100 communes; leave them out for the whole area"));
        }
        let mut offered = BTreeMap::new();
        for (place, text) in self.units.iter().enumerate() {
            let field = format!("/units/{place}");
            if let Some(communes) = districts::communes_of(text) {
                offered.insert(text.clone(), communes);
                continue;
            }
            let unit = UnitCode::parse(text).map_err(|_| {
                Refusal::new("not-a-commune")
                    .at(&field)
                    .because("a hamlet or another part of a commune is not counted: name the commune's five digits")
            })?;
            if self.units.iter().take(place).any(|earlier| earlier == text) {
                return Err(Refusal::invalid(field, "the commune is named twice"));
            }
            // The list of units does not go down with the population database; where it does, the host's own check holds.
            let Some(in_force) = places::unit_on(&unit, today).if_reachable()? else { continue };
            if in_force.is_none() {
                let successors = places::successors(&unit, today).if_reachable()?.unwrap_or_default();
                if successors.is_empty() {
                    return Err(Refusal::new("not-a-commune").at(&field).because("no commune has or had this code"));
                }
                offered.insert(text.clone(), successors);
            } else if !districts::whole_area().contains(&unit) {
                return Err(Refusal::new("outside-the-area")
                    .at(&field)
                    .because("the plan's area is the former Quảng Bình"));
            }
        }
        Ok(offered)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A question of all people by sex.
    pub(crate) fn sample() -> DefineQuestion {
        DefineQuestion {
            id: Ref::parse("by-sex").unwrap(),
            title_vi: "Dân số theo giới tính".to_owned(),
            title_en: "Population by sex".to_owned(),
            measure: Measure::Count,
            dims: vec![Dim::Sex],
            units: Vec::new(),
            residence: vec![Residence::Permanent],
            ages: None,
            purpose: "Họp giao ban".to_owned(),
            legal_basis: "Plan 179/KH-TCTTKĐA".to_owned(),
            owner: "Sở Nội vụ".to_owned(),
        }
    }

    fn field(change: impl FnOnce(&mut DefineQuestion)) -> Option<String> {
        let mut question = sample();
        change(&mut question);
        question.check().err().and_then(|refusal| refusal.field().map(str::to_owned))
    }

    #[test]
    fn a_complete_description_is_taken() {
        assert_eq!(field(|_| {}), None);
        assert_eq!(field(|q| q.ages = Some(Ages { from: 65, to: None })), None);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let wrong = |name: &str, change: fn(&mut DefineQuestion)| assert_eq!(field(change).as_deref(), Some(name));
        wrong("/id", |q| q.id = Ref::parse("By Sex").unwrap());
        wrong("/id", |q| q.id = Ref::parse("q-123456789").unwrap());
        wrong("/owner", |q| q.owner = "  ".to_owned());
        wrong("/purpose", |q| q.purpose.clear());
        wrong("/title_vi", |q| q.title_vi = "x".repeat(241));
        wrong("/dims", |q| q.dims = vec![Dim::Sex, Dim::Commune, Dim::AgeBand, Dim::Religion]);
        wrong("/dims", |q| q.dims = vec![Dim::Sex, Dim::Sex]);
        wrong("/dims", |q| q.dims = vec![Dim::AgeBand, Dim::AgeSingle]);
        wrong("/residence", |q| q.residence.clear());
        wrong("/ages", |q| q.ages = Some(Ages { from: 19, to: Some(24) }));
        wrong("/dims", |q| q.measure = Measure::Density);
        wrong("/dims", |q| (q.measure, q.dims) = (Measure::Share, Vec::new()));
        wrong("/dims", |q| (q.measure, q.dims) = (Measure::SchoolEntry, vec![Dim::AgeSingle]));
        wrong("/dims", |q| (q.measure, q.dims) = (Measure::Dependency, vec![Dim::AgeBand]));
    }

    #[test]
    fn ethnicity_and_religion_are_sensitive() {
        assert!(!sample().is_sensitive());
        for dim in [Dim::Ethnicity, Dim::Religion] {
            assert!(DefineQuestion { dims: vec![Dim::Sex, dim], ..sample() }.is_sensitive());
        }
    }

    #[test]
    fn a_table_by_single_years_counts_nobody_over_eighteen() {
        assert_eq!(sample().ages(), (0, rules::OLDEST));
        assert_eq!(DefineQuestion { dims: vec![Dim::AgeSingle], ..sample() }.ages(), (0, 18));
    }
}
