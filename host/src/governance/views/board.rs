//! The board: the plan's models by group, and every pilot of this host in one line.

use pilothouse_registry::{Bilingual, PilotId};
use pilothouse_runtime::occasion::local_date;
use pilothouse_store::indicators::{Days, Sum};
use serde::Serialize;

use super::super::indicators::IndicatorLine;
use super::super::records::{CALLS, DENIALS, FAULTS, REFUSED, day_number};
use super::super::running::Running;
use super::super::{House, HouseError, now};

/// How a model stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum PilotState {
    /// No pilot is installed.
    Planned,
    /// Installed, and not enabled.
    Off,
    /// In service.
    On,
    /// Set aside after faults.
    Quarantined {
        /// Until when, microseconds UTC.
        until: i64,
    },
}

/// One of the 35.
#[derive(Debug, Clone, Serialize)]
pub struct ModelLine {
    /// Its number in the plan.
    pub number: u8,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: Bilingual,
    /// What it is for.
    pub objective: Bilingual,
    /// Who leads it, as the plan says: in Vietnamese and English.
    pub lead: (String, String),
    /// What those agencies are called now; none where nothing changed.
    pub lead_now: Option<(String, String)>,
    /// By when, in the plan's words.
    pub deadline: (String, String),
    /// Numbers that the plan wants it to reach, in its words.
    pub targets: Vec<(String, String)>,
    /// How it stands.
    pub state: PilotState,
    /// Nothing is installed, and the plan's day is over.
    pub late: bool,
    /// The pilot that carries it out.
    pub pilot: Option<PilotId>,
}

/// A group of models.
#[derive(Debug, Clone, Serialize)]
pub struct GroupLine {
    /// Its number in the plan.
    pub number: u8,
    /// Its name.
    pub name: Bilingual,
    /// Its models.
    pub models: Vec<ModelLine>,
}

/// A pilot.
#[derive(Debug, Clone, Serialize)]
pub struct PilotLine {
    /// Its id.
    pub id: PilotId,
    /// The model it carries out.
    pub model: u8,
    /// The version in service.
    pub version: String,
    /// Digest of its package.
    pub package: String,
    /// What people call it.
    pub title: Bilingual,
    /// How it stands.
    pub state: PilotState,
    /// Calls since it came.
    pub calls: u64,
    /// Denied capability calls since it came.
    pub denials: u64,
    /// Calls that ended in a fault since it came.
    pub faults: u64,
    /// Calls that have begun and are not kept yet.
    pub under_way: u64,
    /// Calls of today, by the calendar of the province.
    pub calls_today: u64,
    /// Denied capability calls of today.
    pub denials_today: u64,
    /// Requests of today that were refused, by the pilot or before they reached it.
    pub refused_today: u64,
    /// Faults of today.
    pub faults_today: u64,
    /// What it counted.
    pub indicators: Vec<IndicatorLine>,
}

impl House {
    /// The plan's groups with their models, and how each stands.
    pub fn models(&self) -> Vec<GroupLine> {
        let running = self.0.running.load();
        let catalogue = &self.0.catalogue;
        let today = local_date(now());
        let line = |model: &pilothouse_registry::catalogue::Model| {
            let pilot = running.iter().find(|(_, version)| version.manifest.model == model.number);
            ModelLine {
                number: model.number.get(),
                slug: model.slug.to_string(),
                name: model.name.clone(),
                objective: model.objective.clone(),
                lead: catalogue.agency_name(&model.lead),
                lead_now: catalogue.agency_now(&model.lead),
                deadline: (model.deadline.words().0.to_owned(), model.deadline.words().1.to_owned()),
                targets: model.targets.iter().map(|target| owned(target.words())).collect(),
                late: pilot.is_none() && is_over(model.deadline.date.as_deref(), &today),
                state: pilot.map_or(PilotState::Planned, |(_, version)| state_of(version)),
                pilot: pilot.map(|(id, _)| id.clone()),
            }
        };
        let group = |group: &pilothouse_registry::catalogue::Group| GroupLine {
            number: group.number,
            name: group.name.clone(),
            models: catalogue.models().filter(|model| model.group == group.id).map(line).collect(),
        };
        catalogue.groups().map(group).collect()
    }

    /// All pilots of this host.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn pilots(&self) -> Result<Vec<PilotLine>, HouseError> {
        let running = self.0.running.load_full();
        let mut lines = Vec::with_capacity(running.len());
        for version in running.values() {
            lines.push(self.line(version).await?);
        }
        lines.sort_by_key(|line| line.model);
        Ok(lines)
    }

    pub(super) async fn line(&self, version: &Running) -> Result<PilotLine, HouseError> {
        let manifest = &version.manifest;
        let at = now();
        let today = day_number(at);
        let totals = self.0.store.indicators().totals(manifest.id.as_str(), Days { from: 0, to: today }).await?;
        let of_today = self.0.store.indicators().totals(manifest.id.as_str(), Days { from: today, to: today }).await?;
        let sum = |sums: &[Sum<String>], name: &str| {
            sums.iter().find(|sum| sum.of == name).map_or(0, |sum| sum.n.unsigned_abs())
        };
        Ok(PilotLine {
            id: manifest.id.clone(),
            model: manifest.model.get(),
            version: manifest.version.to_string(),
            package: version.package.to_string(),
            title: manifest.title.clone(),
            state: state_of(version),
            calls: sum(&totals, CALLS),
            denials: sum(&totals, DENIALS),
            faults: sum(&totals, FAULTS),
            under_way: version.switch.under_way(),
            calls_today: sum(&of_today, CALLS),
            denials_today: sum(&of_today, DENIALS),
            refused_today: sum(&of_today, REFUSED) + version.refused.waiting(),
            faults_today: sum(&of_today, FAULTS),
            indicators: self.indicators(version, at, &totals).await?,
        })
    }

    pub(crate) fn version(&self, id: &PilotId) -> Result<std::sync::Arc<Running>, HouseError> {
        let running = self.0.running.load();
        running.get(id).cloned().ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })
    }
}

fn owned((vi, en): (&str, &str)) -> (String, String) {
    (vi.to_owned(), en.to_owned())
}

/// Whether the day that the plan names ("before …") has come.
fn is_over(deadline: Option<&str>, today: &str) -> bool {
    // Both are YYYY-MM-DD, whose order is that of the days.
    deadline.is_some_and(|deadline| deadline <= today)
}

pub(crate) fn state_of(version: &Running) -> PilotState {
    match &version.pilot {
        Some(pilot) if version.is_on() => match pilot.quarantine.admit(now()) {
            Ok(()) => PilotState::On,
            Err(aside) => PilotState::Quarantined { until: aside.until },
        },
        _ => PilotState::Off,
    }
}
