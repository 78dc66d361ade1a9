//! The demonstration: its credentials, the pilots that the binary brings along, and their grants. Synthetic people only.

use std::collections::BTreeSet;

use pilothouse_evidence::Digest;
use pilothouse_province::{Cast, Licence, MERGER, Places};
use pilothouse_registry::{Grant, GrantState, PilotId, UnitCode, keys as vendor_keys};
use pilothouse_runtime::occasion::date_of;
use pilothouse_runtime::province::{Province, class_code};
use pilothouse_store::StateChange;

use super::approvals::Sought;
use super::credentials::{DEPARTMENT, PILOTS};
use super::opening::Progress;
use super::records::{Change, DAY};
use super::views::Installed;
use super::{Caller, House, HouseError, Installation, keys, now, packaging, parse};
use crate::embedded::{EmbeddedPlugin, PLUGINS};

/// How long a grant of the demonstration holds.
const DEMO_TERM: i64 = 365 * DAY;
/// The vendor of the pilots that the host brings along.
const OWN_VENDOR: &str = "demo";
/// The officers of the demonstration. Synthetic: nobody has these names.
const REQUESTER: &str = "demo-requester";
const APPROVERS: [&str; 2] = ["demo-officer-1", "demo-officer-2"];
/// The officer of the demonstration as whom the command line on this machine speaks, unless it is told otherwise.
pub(super) const OWN_OFFICER: &str = "working group";

/// A credential of the demonstration.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DemoCredential {
    /// What it is for.
    pub name: &'static str,
    /// In which role.
    pub role: &'static str,
    /// For which facility.
    pub facility: Option<String>,
    /// For which unit.
    pub unit: String,
    /// The token, to be shown: it opens synthetic data only.
    pub token: String,
}

/// The demonstration: who can be tried with which credential.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Demo {
    /// One for each desk.
    pub credentials: Vec<DemoCredential>,
    /// Number of a synthetic insured adult.
    pub patient_number: String,
    /// Id of a synthetic hospital.
    pub hospital: String,
    /// Id of a synthetic hotel.
    pub hotel: String,
}

impl Demo {
    /// That of a real installation.
    pub(super) fn none() -> Demo {
        Demo { credentials: Vec::new(), patient_number: String::new(), hospital: String::new(), hotel: String::new() }
    }
}

/// The file of a demonstration's data folder that has its credentials, for `pilot demo --credentials`.
pub(crate) const CREDENTIALS: &str = "demonstration.json";

impl House {
    /// Takes the pilots in that this binary brings along: packaged, signed with a key of this installation, through the same door as
    /// every vendor's. In a demonstration, one that was never seen is granted and enabled too, and the record says so. Everywhere else, and
    /// whenever the program brings another build, it is offered: an officer puts it in service.
    pub(super) async fn bring_embedded(&self, progress: &dyn Progress) -> Result<(), HouseError> {
        let path = self.0.dir.join("keys").join("own-pilots.pem");
        let malformed = |error: &dyn std::fmt::Display| HouseError::Malformed {
            what: "own-pilots.pem",
            message: error.to_string(),
        };
        if !path.exists() {
            let key = vendor_keys::generate().map_err(|error| malformed(&error))?;
            vendor_keys::write(&path, &key).map_err(|error| malformed(&error))?;
        }
        let key = vendor_keys::read(&path).map_err(|error| malformed(&error))?;
        let host = self.host_caller()?;
        let known = vendor_keys::key_id(&key.verifying_key());
        if self.0.trust.read().unwrap_or_else(std::sync::PoisonError::into_inner).keys().all(|(id, _)| *id != known) {
            self.trust(&host, OWN_VENDOR, &key.verifying_key(), now(), now() + 10 * DEMO_TERM).await?;
        }
        for plugin in PLUGINS {
            self.bring(plugin, &key, &host, progress).await?;
        }
        Ok(())
    }

    async fn bring(
        &self,
        plugin: &EmbeddedPlugin,
        key: &ed25519_dalek::SigningKey,
        host: &Caller,
        progress: &dyn Progress,
    ) -> Result<(), HouseError> {
        let manifest = pilothouse_registry::Manifest::parse("pilot.toml", plugin.manifest).map_err(|error| {
            HouseError::Malformed { what: "manifest of an embedded pilot", message: error.to_string() }
        })?;
        let build = Digest::of(
            &[plugin.core, plugin.manifest.as_bytes(), text(plugin, "vi").as_bytes(), text(plugin, "en").as_bytes()]
                .concat(),
        );
        let marker = format!("embedded/{}", manifest.id);
        let seen = self.0.store.meta().get(&marker).await?;
        if seen.as_deref() == Some(build.to_string().as_str()) {
            return Ok(());
        }
        let is_first_sight = self.0.installation == Installation::Demonstration && seen.is_none();
        progress.step(&format!("taking in {} {}", manifest.id, manifest.version));
        let component = packaging::component(plugin.core)?;
        let memory = manifest.limits.memory_kib as usize * 1024;
        let schemas =
            packaging::describe(&component, &manifest.id, memory, &self.0.machine, &self.0.compiler, &self.0.providers)
                .await?;
        let bytes =
            packaging::signed(&component, plugin.manifest, &schemas, (text(plugin, "vi"), text(plugin, "en")), key)?;
        // A rebuilt host may bring another build under the same version; a vendor's versions are never replaced.
        let installed = self.install_as(host, bytes, true).await?;
        let id = installed.id.clone();
        if is_first_sight && self.grants(&id).await?.is_empty() {
            for request in &manifest.capabilities {
                self.demo_grant(&id, request.clone(), &installed, host).await?;
            }
        }
        if is_first_sight {
            let package = self.taken_in(&id, &installed.digest).await?;
            if !self.beyond_approved(&self.approvals(&id).await?, &package)?.is_empty() {
                let sought = self.approved_build(&id, &package, demo_approved(now())?)?;
                self.keep_demo(&sought, host).await?;
            }
            match self.put_in_service(host, &id, &installed.version).await {
                // It stays off, and an officer reads what it lacks; the others start all the same.
                Err(error @ HouseError::NotGranted { .. }) => {
                    tracing::warn!(pilot = %id, %error, "a pilot is not put in service")
                }
                other => drop(other?),
            }
        } else {
            tracing::info!(pilot = %id, version = %installed.version, "a build is offered: an officer puts it in service");
        }
        let state = StateChange::Meta { key: marker, value: build.to_string() };
        let change = Change {
            by: host,
            subject: "package",
            of: id.to_string(),
            action: "embedded",
            detail: vec![("build", build.to_string())],
        };
        self.keep_change(change, vec![state]).await?;
        Ok(())
    }

    async fn demo_grant(
        &self,
        pilot: &PilotId,
        right: pilothouse_registry::CapabilityRequest,
        installed: &Installed,
        host: &Caller,
    ) -> Result<(), HouseError> {
        let at = now();
        let term = DEMO_TERM.min(i64::from(self.0.ceiling.longest_term_days) * DAY);
        let grant = Grant {
            id: parse("grant", &super::records::new_id())?,
            pilot: pilot.clone(),
            vendor: Some(parse("vendor", OWN_VENDOR)?),
            build: Some(parse("package", &installed.digest)?),
            right: self.0.ceiling.limit(&right),
            units: all_communes(at)?,
            expires: at + term,
            state: demo_approved(at)?,
        };
        self.keep_demo(&Sought::Right(grant), host).await
    }

    /// Keeps what the demonstration approves by itself; its record says so.
    async fn keep_demo(&self, sought: &Sought, host: &Caller) -> Result<(), HouseError> {
        let detail = vec![
            ("capability", sought.kind()),
            ("approvers", APPROVERS.join(" ")),
            ("demonstration", "true".to_owned()),
        ];
        let change = Change { by: host, subject: "grant", of: sought.id().to_string(), action: "approve", detail };
        self.keep_change(change, vec![sought.row(0)?]).await?;
        Ok(())
    }
}

/// Asked for and approved by the synthetic officers of the demonstration.
fn demo_approved(at: i64) -> Result<GrantState, HouseError> {
    let officer = super::credentials::officer_named;
    Ok(GrantState::Requested { by: officer(REQUESTER)?.into() }
        .approve(officer(APPROVERS[0])?, at)?
        .approve(officer(APPROVERS[1])?, at)?)
}

fn text(plugin: &EmbeddedPlugin, language: &str) -> &'static str {
    plugin.texts.iter().find(|(found, _)| *found == language).map_or("", |(_, text)| text)
}

/// The communes of the plan's area, as they are on the day.
pub(crate) fn all_communes(at: i64) -> Result<BTreeSet<UnitCode>, HouseError> {
    Places::embedded()
        .plan_communes(date_of(at).max(MERGER))
        .map(|unit| parse("unit", &unit.code.to_string()))
        .collect()
}

/// What is kept of a credential of the demonstration: its name, and for the department the pilots that it answers for.
pub(super) fn demo_body(credential: &DemoCredential) -> serde_json::Value {
    let mut body = serde_json::json!({ "name": credential.name });
    if credential.role == DEPARTMENT {
        let manifests = PLUGINS.iter().filter_map(|plugin| {
            pilothouse_registry::Manifest::parse("pilot.toml", plugin.manifest).ok().map(|manifest| manifest.id)
        });
        body[PILOTS] = manifests.map(|id| serde_json::Value::from(id.to_string())).collect();
    }
    body
}

pub(super) fn demo(province: &Province, key: &[u8; 32]) -> Result<Demo, HouseError> {
    let open = |class: &str| {
        province
            .facilities()
            .iter()
            .find(|facility| class_code(facility) == class && matches!(facility.licence, Licence::Valid { .. }))
    };
    let missing = |what: &str| HouseError::Policy(format!("the synthetic province has no {what}"));
    let hospital = open("hospital").ok_or_else(|| missing("hospital"))?;
    let hotel = open("hotel").ok_or_else(|| missing("hotel"))?;
    let patient = Cast::find(&province.population, "insured-adult").and_then(|key| province.population.get(key));
    let patient = patient.and_then(|person| person.number()).ok_or_else(|| missing("insured adult"))?;
    // Three officers of the working group: one asks for a grant, two others approve it.
    let desks: [(&'static str, &'static str, &str, Option<&pilothouse_province::Facility>); 13] = [
        ("hospital desk", "registration-clerk", "", Some(hospital)),
        ("hotel desk", "receptionist", "", Some(hotel)),
        ("coach conductor", "conductor", "", open("coach")),
        ("pawnshop counter", "shopkeeper", "", open("pawnshop")),
        ("credit officer", "credit-officer", "", open("policy-bank")),
        // The police of the commune in which the hotel lies.
        ("commune police", "police-officer", "", None),
        ("statistics officer", "statistics-officer", "", None),
        ("leader", "leader", "", None),
        (OWN_OFFICER, "working-group", "", None),
        ("second officer", "working-group", "-2", None),
        ("third officer", "working-group", "-3", None),
        ("department", "department", "", None),
        ("auditor", "auditor", "", None),
    ];
    let credentials = desks.into_iter().map(|(name, role, number, facility)| {
        let (token, _) = keys::demo_token(&format!("demo-{role}{number}"), key);
        let of_unit = facility.or_else(|| (role == "police-officer").then_some(hotel));
        let unit = of_unit.map_or_else(|| super::SEAT.to_owned(), |facility| facility.unit.to_string());
        DemoCredential { name, role, facility: facility.map(|facility| facility.id.clone()), unit, token }
    });
    Ok(Demo {
        credentials: credentials.collect(),
        patient_number: patient.reveal().to_owned(),
        hospital: hospital.id.clone(),
        hotel: hotel.id.clone(),
    })
}
