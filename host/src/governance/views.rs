//! What officers, callers and pages see of the house: lines and details, made of what is stored.

use std::collections::BTreeMap;

use pilothouse_evidence::{Record, Verdict};
use pilothouse_province::{MERGER, Places};
use pilothouse_registry::{Bilingual, FacilityId, PilotId, Proof, Role, UnitCode};
use pilothouse_runtime::occasion::{date_of, local_date};
use pilothouse_store::indicators::{Days, Sum};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::evidence::{CallLine, Ending, ending};
use super::fields::{Asked, FieldLine, fields};
use super::indicators::IndicatorLine;
use super::records::{CALLS, DENIALS, FAULTS, day_number};
use super::running::Running;
use super::{Caller, House, HouseError, now};

/// Invocations that a pilot's page shows.
const RECENT: u32 = 50;

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
    /// Faults of today.
    pub faults_today: u64,
    /// What it counted.
    pub indicators: Vec<IndicatorLine>,
}

/// A recent invocation.
#[derive(Debug, Clone, Serialize)]
pub struct InvocationLine {
    /// Evidence id.
    pub id: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Which export.
    pub entry: String,
    /// Decision, refusal code or fault.
    pub outcome: String,
    /// Whether it was a fault.
    pub faulty: bool,
    /// Calls that were denied.
    pub denials: usize,
    /// How it ended, in words, with its reasons.
    pub ending: Ending,
    /// Its capability calls; of a long batch the last ones.
    pub calls: Vec<CallLine>,
}

/// A version of a pilot that was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    /// Its number.
    pub version: String,
    /// Digest of its package.
    pub digest: String,
    /// Who signed it.
    pub vendor: String,
    /// When it came, microseconds UTC.
    pub at: i64,
    /// Whether it is the one in service.
    pub serves: bool,
}

/// A pilot, whole.
#[derive(Debug, Clone, Serialize)]
pub struct PilotDetail {
    /// The line.
    #[serde(flatten)]
    pub line: PilotLine,
    /// What it does.
    pub summary: Bilingual,
    /// What callers read while it is down.
    pub while_down: Bilingual,
    /// Who made it.
    pub vendor: String,
    /// What it asks for.
    pub capabilities: Vec<pilothouse_registry::CapabilityRequest>,
    /// Requested, granted, imported.
    pub proof: Proof,
    /// Every version that was taken in, newest first.
    pub versions: Vec<VersionLine>,
    /// The same down to the field.
    pub fields: Vec<FieldLine>,
    /// Calls by function, among the recent invocations.
    pub used: BTreeMap<String, u64>,
    /// The last invocations.
    pub recent: Vec<InvocationLine>,
    /// Operations with their schemas' names and callers.
    pub operations: BTreeMap<String, Vec<String>>,
}

/// What an officer's change came to.
#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// Which pilot.
    pub id: PilotId,
    /// Its version.
    pub version: String,
    /// How it stands now.
    pub state: PilotState,
    /// The longest that a call which is under way may still run, milliseconds.
    pub in_flight_until_ms: u64,
}

/// What a rotation of a pilot's keys came to.
#[derive(Debug, Clone, Serialize)]
pub struct Rotated {
    /// Which pilot.
    pub id: PilotId,
    /// How often its keys were rotated since it came.
    pub rotation: u32,
    /// The longest that a call which is under way may still run with the keys before, milliseconds.
    pub in_flight_until_ms: u64,
}

/// A package that was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    /// Which pilot.
    pub id: PilotId,
    /// Its version.
    pub version: String,
    /// Its digest.
    pub digest: String,
    /// `installed`: stored, not enabled.
    pub state: &'static str,
    /// Functions that no grant covers yet.
    pub waits_for: Vec<String>,
}

/// A department's settings.
#[derive(Debug, Clone, Serialize)]
pub struct SettingsView {
    /// Grows with every change; 0: the defaults.
    pub revision: i64,
    /// Defaults and what was set over them.
    pub values: Map<String, Value>,
    /// Earlier revisions, newest first.
    pub history: Vec<SettingLine>,
}

/// One revision of the settings.
#[derive(Debug, Clone, Serialize)]
pub struct SettingLine {
    /// Its number.
    pub revision: i64,
    /// Id of the credential that set it.
    pub by: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// What was set.
    pub values: Value,
}

/// A credential to be given out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// In which role.
    pub role: Role,
    /// For which unit.
    pub unit: UnitCode,
    /// For which facility.
    pub facility: Option<FacilityId>,
}

/// A credential as the list shows it.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialLine {
    /// Its id.
    pub id: String,
    /// Its role.
    pub role: String,
    /// Its unit.
    pub unit: String,
    /// Its facility.
    pub facility: Option<String>,
    /// When it was given out, microseconds UTC.
    pub created: i64,
    /// When it ended.
    pub revoked: Option<i64>,
}

/// An invocation with its proof.
#[derive(Debug, Clone, Serialize)]
pub struct InvocationView {
    /// Its place in the log.
    pub seq: u64,
    /// Its record.
    pub record: Value,
    /// Sibling hashes, leaf first, hex (RFC 6962, 2.1.1).
    pub inclusion: Vec<String>,
    /// The signed checkpoint that it is proven against.
    pub checkpoint: String,
}

/// A signed state of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// How many entries it covers.
    pub size: u64,
    /// Their root, hex.
    pub root: String,
    /// The time of the newest record that it covers first, microseconds UTC.
    pub at: i64,
}

/// What a check of the whole log came to: it holds, or there is an error instead.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Entries, of every kind.
    pub entries: u64,
    /// Signed checkpoints.
    pub checkpoints: u64,
    /// Invocations.
    pub invocations: u64,
    /// Changes of what may be done.
    pub changes: u64,
    /// Looks into the record.
    pub looks: u64,
    /// The key that the checkpoints are signed with, as C2SP writes it.
    pub key: String,
}

impl Verified {
    pub(crate) fn new(report: &pilothouse_evidence::Report, key: String) -> Verified {
        let pilothouse_evidence::Report { entries, checkpoints, invocations, changes, looks, .. } = *report;
        Verified { entries, checkpoints, invocations, changes, looks, key }
    }
}

/// What a replay came to.
#[derive(Debug, Clone, Serialize)]
pub struct Replayed {
    /// Which invocation.
    pub id: String,
    /// Whether it gave the same bytes.
    pub same: bool,
    /// Where it left the recording.
    pub difference: Option<String>,
    /// Calls that it made.
    pub calls: usize,
    /// Bytes of its ending.
    pub bytes: usize,
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

    async fn line(&self, version: &Running) -> Result<PilotLine, HouseError> {
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
            faults_today: sum(&of_today, FAULTS),
            indicators: self.indicators(version, at, &totals).await?,
        })
    }

    pub(crate) fn version(&self, id: &PilotId) -> Result<std::sync::Arc<Running>, HouseError> {
        let running = self.0.running.load();
        running.get(id).cloned().ok_or_else(|| HouseError::Unknown { what: "pilot", id: id.to_string() })
    }

    /// A pilot, whole.
    ///
    /// # Errors
    /// Where there is none, and those of the store.
    pub async fn pilot(&self, id: &PilotId) -> Result<PilotDetail, HouseError> {
        let version = self.version(id)?;
        let manifest = &version.manifest;
        let grants = self.grants(id).await?;
        let bytes = self.0.packages.get(&super::parse("package", &format!("sha256:{}", version.package))?)?;
        let imports = pilothouse_registry::Imports::read(&bytes)?;
        let proof = Proof::new(manifest, &imports, &self.0.ceiling).with_grants(&grants);
        let (mut used, mut asked) = (BTreeMap::new(), Asked::new());
        let mut recent = Vec::new();
        for entry in self.0.store.log().latest(Some(id.as_str()), RECENT, None).await? {
            let Ok(Record::Invocation(record)) = Record::from_canonical(&entry.body) else { continue };
            for call in &record.calls {
                *used.entry(call.function.clone()).or_insert(0) += 1;
                let capability = call.function.split('.').next().unwrap_or_default();
                for name in &call.asked {
                    *asked.entry((capability.to_owned(), name.clone())).or_insert(0) += 1;
                }
            }
            let ending = ending(Some(&version), &record.result);
            let denials = record.calls.iter().filter(|call| matches!(call.verdict, Verdict::Denied { .. })).count();
            recent.push(InvocationLine {
                id: record.id,
                at: record.at,
                entry: record.entry,
                outcome: ending.outcome.code.clone(),
                faulty: ending.faulty,
                denials,
                calls: record.calls.iter().map(CallLine::from).collect(),
                ending,
            });
        }
        let packages = self.0.store.pilots().packages(id.as_str()).await?;
        let serving = version.package.to_string();
        let versions = packages.into_iter().map(|package| VersionLine {
            serves: serving.ends_with(package.digest.trim_start_matches("sha256:")),
            version: package.version,
            digest: package.digest,
            vendor: package.vendor,
            at: package.at,
        });
        let roles = |operation: &pilothouse_registry::manifest::Operation| {
            operation.callers.iter().map(ToString::to_string).collect()
        };
        Ok(PilotDetail {
            line: self.line(&version).await?,
            summary: manifest.summary.clone(),
            while_down: manifest.while_down.clone(),
            vendor: manifest.vendor.to_string(),
            capabilities: manifest.capabilities.clone(),
            versions: versions.collect(),
            fields: fields(&manifest.capabilities, &grants, &proof, &asked),
            proof,
            used,
            recent,
            operations: manifest
                .operations
                .iter()
                .map(|(name, operation)| (name.to_string(), roles(operation)))
                .collect(),
        })
    }

    /// An invocation's record with its inclusion proof. The look is itself recorded.
    ///
    /// # Errors
    /// Where there is none, and those of the store.
    pub async fn invocation(&self, by: &Caller, id: &str) -> Result<InvocationView, HouseError> {
        let unknown = || HouseError::Unknown { what: "invocation", id: pilothouse_registry::escape_name(id) };
        let entry = self.0.store.log().entry_by_id(id).await?.ok_or_else(unknown)?;
        self.keep_look(by, "invocation", &entry.id).await?;
        let proof = self.0.store.log().inclusion(entry.seq).await?.ok_or_else(unknown)?;
        Ok(InvocationView {
            seq: entry.seq,
            record: serde_json::from_slice(&entry.body).unwrap_or_default(),
            inclusion: proof.hashes.iter().map(hex::encode).collect(),
            checkpoint: proof.checkpoint.note,
        })
    }

    /// Re-checks the whole log.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub async fn verify_log(&self) -> Result<Verified, HouseError> {
        let report = self.0.store.log().verify(&self.0.log_key, &[]).await?;
        Ok(Verified::new(&report, self.log_key()))
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn checkpoint(&self) -> Result<Option<String>, HouseError> {
        Ok(self.0.store.log().checkpoint().await?.map(|checkpoint| checkpoint.note))
    }

    /// The newest signed state of the log: how many entries, their root, and when; none before the first record.
    ///
    /// # Errors
    /// Those of the store, and where it is not signed with the house's own key.
    pub async fn signed(&self) -> Result<Option<Signed>, HouseError> {
        let Some(newest) = self.0.store.log().checkpoint().await? else { return Ok(None) };
        let read = self.0.log_key.verify(&newest.note);
        let read = read.map_err(|_| HouseError::Open(pilothouse_store::OpenError::ForeignKey))?;
        Ok(Some(Signed { size: read.size, root: hex::encode(read.root), at: newest.at }))
    }

    /// The name of a unit on a day, with its code; the code alone where nobody knows it.
    pub fn unit_name(&self, code: &str, at: i64) -> String {
        let unit = code.parse().ok().and_then(|parsed| Places::embedded().unit(parsed, date_of(at)));
        unit.map_or_else(|| code.to_owned(), |unit| format!("{} ({code})", unit.name))
    }

    /// The communes of the plan's area as they are now, each with its name, by code.
    pub fn communes(&self) -> Vec<(UnitCode, String)> {
        let on = date_of(now()).max(MERGER);
        let communes = Places::embedded().plan_communes(on);
        communes.filter_map(|unit| Some((unit.code.to_string().parse().ok()?, unit.name.to_owned()))).collect()
    }

    /// How many entries the log has.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn log_size(&self) -> Result<u64, HouseError> {
        Ok(self.0.store.log().size().await?)
    }

    /// Whether the house can serve, and why not: (what, whether it is well, in words).
    pub async fn readiness(&self) -> Vec<(&'static str, bool, String)> {
        let store = match self.0.store.log().size().await {
            Ok(size) => ("store", true, format!("{size} entries in the log")),
            Err(error) => ("store", false, error.to_string()),
        };
        let ticks = self.0.machine.ticks();
        vec![store, ("deadlines", ticks > 0, format!("the epoch has moved {ticks} times"))]
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
