//! The catalogue of the plan's 35 models, as data: groups, agencies, models with their leads, deadlines and targets.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::ids::ModelNumber;
use crate::text::Bilingual;

const PLAN: &str = include_str!("../models.toml");
const AGENCIES_NOW: &str = include_str!("../agencies-now.toml");

/// The catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Its form.
    #[error("the catalogue of models cannot be read: correct the line that the cause names")]
    Form(#[from] toml::de::Error),
    /// A text of it.
    #[error("a text of the catalogue is empty or not printable: correct it in both languages")]
    Text(#[from] crate::text::TextError),
    /// A model names what is not listed.
    #[error("model {model} names `{id}`, which the catalogue does not list: add it, or correct the model")]
    Dangling {
        /// Which model.
        model: u8,
        /// What it names.
        id: String,
    },
}

/// A group of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its number in the plan.
    pub number: u8,
    /// Its name.
    pub name: Bilingual,
}

#[derive(Debug, Deserialize)]
struct GroupRow {
    id: String,
    number: u8,
    vi: String,
    en: String,
}

#[derive(Debug, Deserialize)]
struct AgencyRow {
    id: String,
    vi: String,
    en: String,
}

/// Under which name an agency of the plan works since.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyNow {
    /// The plan's agency.
    pub id: String,
    /// Since when, `YYYY-MM-DD`.
    pub since: String,
    /// Whether the name itself was read in a source.
    pub verified: bool,
    vi: String,
    en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Now {
    agencies: Vec<AgencyNow>,
}

/// By when a model is due.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deadline {
    /// `date`, `roadmap`, `upon-integration`, `after`, `continuous`, `programme`.
    pub kind: String,
    /// The day, where the plan names one: `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "day")]
    pub date: Option<String>,
    vi: String,
    en: String,
}

/// A date of TOML, which is no text, as `YYYY-MM-DD`.
fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    toml::value::Datetime::deserialize(from).map(|date| Some(date.to_string()))
}

/// A number that the plan wants a model to reach.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its short name.
    pub key: String,
    /// `exactly`, `at-least`, `up-to`.
    pub bound: String,
    /// The number.
    pub value: u64,
    /// Of what: `services`, `percent`, …
    pub unit: String,
    vi: String,
    en: String,
}

impl Target {
    /// The plan's words, in Vietnamese and English.
    pub fn words(&self) -> (&str, &str) {
        (&self.vi, &self.en)
    }
}

impl Deadline {
    /// The plan's words, in Vietnamese and English.
    pub fn words(&self) -> (&str, &str) {
        (&self.vi, &self.en)
    }
}

/// One of the plan's 35 models.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Model {
    /// Its number, 1 to 35.
    pub number: ModelNumber,
    /// The group it belongs to.
    pub group: String,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: Bilingual,
    /// What it is for.
    pub objective: Bilingual,
    /// Who leads it: ids of agencies.
    pub lead: Vec<String>,
    /// By when.
    pub deadline: Deadline,
    /// Numbers that the plan states.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Whether C06 assesses its information security before the official start.
    pub security_review: bool,
    /// `none`, `aggregate`, `personal`, `sensitive`.
    pub personal_data: String,
    /// Why.
    pub personal_data_reason: Bilingual,
}

#[derive(Debug, Deserialize)]
struct Plan {
    groups: Vec<GroupRow>,
    agencies: Vec<AgencyRow>,
    models: Vec<Model>,
}

/// The plan, and what its agencies are called now.
#[derive(Debug, Clone)]
pub struct Catalogue {
    groups: Vec<Group>,
    agencies: BTreeMap<String, (String, String)>,
    now: BTreeMap<String, AgencyNow>,
    models: Vec<Model>,
}

impl Catalogue {
    /// The catalogue that belongs to this version.
    ///
    /// # Errors
    /// Where the files that it is built from are wrong; a test reads them.
    pub fn embedded() -> Result<Self, CatalogueError> {
        Self::parse(PLAN, AGENCIES_NOW)
    }

    fn parse(plan: &str, now: &str) -> Result<Self, CatalogueError> {
        let plan: Plan = toml::from_str(plan)?;
        let now: Now = toml::from_str(now)?;
        let agencies: BTreeMap<String, (String, String)> =
            plan.agencies.into_iter().map(|agency| (agency.id, (agency.vi, agency.en))).collect();
        let mut groups = Vec::with_capacity(plan.groups.len());
        for row in plan.groups {
            groups.push(Group { id: row.id, number: row.number, name: Bilingual::new(row.vi, row.en)? });
        }
        for model in &plan.models {
            let unknown = model.lead.iter().find(|id| !agencies.contains_key(*id));
            let group = (!groups.iter().any(|group| group.id == model.group)).then_some(&model.group);
            if let Some(id) = unknown.or(group) {
                return Err(CatalogueError::Dangling { model: model.number.get(), id: id.clone() });
            }
        }
        let now = now.agencies.into_iter().map(|agency| (agency.id.clone(), agency)).collect();
        Ok(Self { groups, agencies, now, models: plan.models })
    }

    /// The groups, in the plan's order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    /// The models, in the plan's order.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter()
    }

    /// The model of this number.
    pub fn model(&self, number: ModelNumber) -> Option<&Model> {
        self.models.iter().find(|model| model.number == number)
    }

    /// What the plan calls these agencies, in its order: in Vietnamese and English.
    pub fn agency_name(&self, ids: &[String]) -> (String, String) {
        joined(ids.iter().filter_map(|id| self.agencies.get(id)).map(|(vi, en)| (vi.as_str(), en.as_str())))
    }

    /// What they are called now; none where nothing changed.
    pub fn agency_now(&self, ids: &[String]) -> Option<(String, String)> {
        if !ids.iter().any(|id| self.now.contains_key(id)) {
            return None;
        }
        let name = |id: &String| match self.now.get(id) {
            Some(now) => Some((now.vi.as_str(), now.en.as_str())),
            None => self.agencies.get(id).map(|(vi, en)| (vi.as_str(), en.as_str())),
        };
        Some(joined(ids.iter().filter_map(name)))
    }
}

fn joined<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> (String, String) {
    let (mut vi, mut en) = (Vec::new(), Vec::new());
    for (name_vi, name_en) in names {
        // Two agencies of the plan that became one are named once.
        if !vi.contains(&name_vi) {
            vi.push(name_vi);
            en.push(name_en);
        }
    }
    (vi.join(", "), en.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_has_thirty_five_models_in_five_groups() {
        let catalogue = Catalogue::embedded().unwrap();
        let sizes: Vec<usize> = catalogue
            .groups()
            .map(|group| catalogue.models().filter(|model| model.group == group.id).count())
            .collect();
        assert_eq!(sizes, [4, 11, 10, 3, 7]);
        let numbers: Vec<u8> = catalogue.models().map(|model| model.number.get()).collect();
        assert_eq!(numbers, (1..=35).collect::<Vec<u8>>());
    }

    #[test]
    fn a_models_deadline_and_targets_are_the_plans() {
        let catalogue = Catalogue::embedded().unwrap();
        let model = catalogue.model("02".parse().unwrap()).unwrap();
        assert_eq!(
            (model.deadline.date.as_deref(), model.deadline.words().0),
            (Some("2023-12-31"), "Trước 31/12/2023")
        );
        assert_eq!((model.targets[0].value, model.targets[0].bound.as_str()), (20, "at-least"));
        assert_eq!(catalogue.models().filter(|model| model.security_review).count(), 10);
        let dated = catalogue.models().filter(|model| model.deadline.date.is_some()).count();
        assert_eq!(dated, catalogue.models().filter(|model| model.deadline.kind == "date").count());
    }

    #[test]
    fn an_agency_that_was_merged_is_shown_under_both_names() {
        let catalogue = Catalogue::embedded().unwrap();
        let ids = ["dept-transport".to_owned()];
        assert_eq!(catalogue.agency_name(&ids).0, "Sở Giao thông vận tải");
        assert_eq!(catalogue.agency_now(&ids).unwrap().0, "Sở Xây dựng");
        assert_eq!(catalogue.agency_now(&["provincial-police".to_owned()]), None);
    }

    #[test]
    fn every_agency_of_today_is_one_of_the_plans() {
        let catalogue = Catalogue::embedded().unwrap();
        for id in catalogue.now.keys() {
            assert!(catalogue.agencies.contains_key(id), "{id}");
        }
    }

    #[test]
    fn a_model_that_names_nobody_known_is_refused() {
        let plan = PLAN.replace("lead = [\"provincial-departments\"]", "lead = [\"nobody\"]");
        assert!(matches!(Catalogue::parse(&plan, AGENCIES_NOW), Err(CatalogueError::Dangling { .. })));
    }
}
