//! Grants: what a build requests, asked for in some units, within a budget, until a day.

use std::collections::BTreeSet;

use pilothouse_registry::{
    Budget, CapabilityRequest, Grant, GrantId, GrantState, Manifest, Package, PilotId, Subject, UnitCode,
};
use semver::Version;
use serde::Deserialize;

use super::approvals::{Sought, rights};
use super::builds::newest_served;
use super::demonstration::all_communes;
use super::records::DAY;
use super::turns::to_its_end;
use super::{Caller, House, HouseError, now, parse};

/// How long a grant holds where nobody says and the ceiling allows it.
const TERM_DAYS: u32 = 365;
/// A grant that ends within these days, or within the last third of its term, is asked for again beside the one in force.
const RENEW_DAYS: i64 = 60;

/// What is asked for, where it is not simply all that the newest version requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wanted {
    /// Of which installed version; the newest when left out.
    pub version: Option<String>,
    /// For which units; all communes when left out.
    pub units: Option<BTreeSet<UnitCode>>,
    /// Calls in a minute at most.
    pub calls_per_minute: Option<u32>,
    /// People in a day and unit at most.
    pub people_per_day: Option<u32>,
    /// Effects in a day at most.
    pub effects_per_day: Option<u32>,
    /// For how many days; as long as the ceiling lets, a year at most, when left out.
    pub days: Option<u32>,
}

impl Wanted {
    /// Whether it says more than a version.
    fn chooses(&self) -> bool {
        let Wanted { version: _, units, calls_per_minute, people_per_day, effects_per_day, days } = self;
        units.is_some()
            || days.is_some()
            || calls_per_minute.is_some()
            || people_per_day.is_some()
            || effects_per_day.is_some()
    }

    fn budget(&self) -> Budget {
        Budget {
            calls_per_minute: self.calls_per_minute.unwrap_or(u32::MAX),
            people_per_day: self.people_per_day.unwrap_or(u32::MAX),
            effects_per_day: self.effects_per_day.unwrap_or(u32::MAX),
        }
    }
}

impl House {
    /// The grants of a pilot.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn grants(&self, id: &PilotId) -> Result<Vec<Grant>, HouseError> {
        rights(self.0.store.grants().of_pilot(id.as_str()).await?)
    }

    /// Asks for everything that a version opens and nobody has approved: its capabilities, each in a grant of its own and within the
    /// host's ceiling, the build with its whole manifest, and, for a version older than the newest that served, the way back.
    ///
    /// # Errors
    /// Where there is no such pilot or version, or the ceiling does not let what is asked for.
    pub async fn request_grants(&self, by: &Caller, id: &PilotId, wanted: Wanted) -> Result<Vec<Sought>, HouseError> {
        let (house, by, id) = (self.clone(), by.clone(), id.clone());
        to_its_end(async move { house.request(&by, &id, &wanted).await }).await
    }

    async fn request(&self, by: &Caller, id: &PilotId, wanted: &Wanted) -> Result<Vec<Sought>, HouseError> {
        let _turn = self.turn(id).await;
        let package = self.asked_about(id, wanted.version.as_deref()).await?;
        let manifest = package.manifest();
        self.is_owned(manifest).await?;
        let known = self.sought(id).await?;
        let (units, expires) = (self.units(wanted)?, self.term(wanted)?);
        let mut asked = Vec::new();
        let _eyes = self.0.eyes.lock().await;
        let act = self.act(by).await?;
        for request in &manifest.capabilities {
            let limited = self.0.ceiling.limit(request);
            let right = CapabilityRequest { budget: limited.budget.narrow(&wanted.budget()), ..limited };
            if known.iter().any(|sought| covers(sought, manifest, &right, &units, wanted.chooses().then_some(expires)))
            {
                continue;
            }
            let grant = Grant {
                id: parse::<GrantId>("grant", &super::records::new_id())?,
                pilot: id.clone(),
                vendor: Some(manifest.vendor.clone()),
                build: Some(package.digest().clone()),
                right,
                units: units.clone(),
                expires,
                state: GrantState::Requested { by: act.clone() },
            };
            let sought = Sought::Right(grant);
            let row = sought.row(0)?;
            self.keep_sought(by, &sought, &act, "request", vec![row]).await?;
            asked.push(sought);
        }
        for subject in self.beside(id, &package, &known).await? {
            asked.push(self.seek(by, id, subject).await?);
        }
        Ok(asked)
    }

    /// What has to be approved beside the capabilities, and nobody has asked for yet.
    async fn beside(&self, id: &PilotId, package: &Package, known: &[Sought]) -> Result<Vec<Subject>, HouseError> {
        let manifest = package.manifest();
        let approvals = self.approvals(id).await?;
        let waits = |is: &dyn Fn(&Subject) -> bool| {
            known.iter().any(|sought| {
                matches!(sought, Sought::Other(approval) if approval.state.is_waiting() && is(&approval.subject))
            })
        };
        let mut subjects = Vec::new();
        let opens = self.beyond_approved(&approvals, package)?;
        let of_build = |subject: &Subject| matches!(subject, Subject::Build { build, .. } if build == package.digest());
        if !opens.is_empty() && !waits(&of_build) {
            subjects.push(Subject::Build {
                vendor: manifest.vendor.clone(),
                version: manifest.version.clone(),
                build: package.digest().clone(),
                opens,
            });
        }
        let stored = self.0.store.pilots().find(id.as_str()).await?;
        if let Some(newest) = stored.as_ref().and_then(newest_served)
            && manifest.version.cmp_precedence(&newest).is_lt()
        {
            let is_way_back = |subject: &Subject| matches!(subject, Subject::Older { build, below, .. } if build == package.digest() && *below == newest);
            let approved =
                approvals.iter().any(|approval| approval.state.is_in_force() && is_way_back(&approval.subject));
            if !approved && !waits(&is_way_back) {
                subjects.push(Subject::Older {
                    version: manifest.version.clone(),
                    build: package.digest().clone(),
                    below: newest,
                });
            }
        }
        Ok(subjects)
    }

    /// The package that a request is about: of the version that is named, or the newest that was taken in.
    async fn asked_about(&self, id: &PilotId, version: Option<&str>) -> Result<Package, HouseError> {
        let packages = self.0.store.pilots().packages(id.as_str()).await?;
        let number = |text: &str| text.split('+').next().and_then(|text| Version::parse(text).ok());
        let found = match version {
            Some(version) => packages
                .iter()
                .filter(|package| package.version.split('+').next() == version.split('+').next())
                .max_by_key(|package| package.at),
            None => packages.iter().max_by_key(|package| (number(&package.version), package.at)),
        };
        let Some(found) = found else {
            return Err(match version {
                Some(version) if !packages.is_empty() => {
                    HouseError::Unknown { what: "version", id: pilothouse_registry::escape_name(version) }
                }
                _ => HouseError::Unknown { what: "pilot", id: id.to_string() },
            });
        };
        self.taken_in(id, &found.digest).await
    }

    fn units(&self, wanted: &Wanted) -> Result<BTreeSet<UnitCode>, HouseError> {
        let all = all_communes(now())?;
        let Some(units) = &wanted.units else { return Ok(all) };
        if let Some(unknown) = units.iter().find(|unit| !all.contains(*unit)) {
            return Err(HouseError::Unknown { what: "unit", id: unknown.to_string() });
        }
        if units.is_empty() {
            return Err(HouseError::Malformed { what: "units", message: "name at least one commune".to_owned() });
        }
        Ok(units.clone())
    }

    fn term(&self, wanted: &Wanted) -> Result<i64, HouseError> {
        let longest = self.0.ceiling.longest_term_days;
        let days = wanted.days.unwrap_or_else(|| TERM_DAYS.min(longest));
        if days == 0 || days > longest {
            return Err(HouseError::Malformed {
                what: "days",
                message: format!("the ceiling lets a grant hold for 1 to {longest} days: ask for as many"),
            });
        }
        Ok(now().saturating_add(i64::from(days).saturating_mul(DAY)))
    }
}

/// Whether what was sought before makes a request needless. `until`: the end that was asked for by name.
fn covers(
    sought: &Sought,
    manifest: &Manifest,
    right: &CapabilityRequest,
    units: &BTreeSet<UnitCode>,
    until: Option<i64>,
) -> bool {
    let Sought::Right(grant) = sought else { return false };
    let within = grant.vendor.as_ref() == Some(&manifest.vendor)
        && grant.right.capability() == right.capability()
        && right.scope.is_within(&grant.right.scope)
        && right.functions.is_subset(&grant.right.functions)
        && right.purpose == grant.right.purpose
        && right.legal_basis == grant.right.legal_basis
        && right.budget.narrow(&grant.right.budget) == right.budget
        && units.is_subset(&grant.units);
    // What waits for its approval is not asked for twice; what ends soon is asked for again while it holds.
    let GrantState::Granted { since, .. } = &grant.state else { return within && grant.state.is_waiting() };
    let soon = (RENEW_DAYS * DAY).min(grant.expires.saturating_sub(*since) / 3);
    let holds = grant.expires > now().saturating_add(soon);
    let lasts = until.is_none_or(|until| until <= grant.expires.saturating_add(DAY));
    within && holds && lasts
}
