//! Opening the house: keys, store, province, pilots; and at the first start, the demonstration.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use arc_swap::ArcSwap;
use pilothouse_evidence::{CheckpointSigner, Digest, MasterKey, SealKey};
use pilothouse_identity::CardLabels;
use pilothouse_province::{Cast, Licence, MERGER, Places};
use pilothouse_registry::catalogue::Catalogue;
use pilothouse_registry::oci::Layout;
use pilothouse_registry::{
    Ceiling, Effective, FacilityId, Grant, GrantState, Package, PilotId, Trust, TrustedKey, UnitCode,
    keys as vendor_keys,
};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::occasion::date_of;
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::province::{Province, class_code};
use pilothouse_runtime::record::EffectKeys;
use pilothouse_runtime::{Machine, Pilot, Providers, Terms};
use pilothouse_store::{StateChange, Store};
use serde_json::{Map, Value, json};

use super::desks::Receivers;
use super::devices::Devices;
use super::outbox::PoliceDesk;
use super::records::{Change, DAY};
use super::running::{Running, operations};
use super::synthetic::Issuers;
use super::wording::Words;
use super::{Caller, Clocks, House, HouseError, Known, Rooms, keys, now, packaging, parse};
use crate::embedded::{EmbeddedPlugin, PLUGINS};

/// Name of the log in its checkpoints; one log a data folder.
const LOG_ORIGIN: &str = "pilothouse/log";
/// How long a grant of the demonstration holds.
const DEMO_TERM: i64 = 365 * DAY;
/// The vendor of the pilots that the host brings along.
const OWN_VENDOR: &str = "demo";
/// The officers of the demonstration. Synthetic: nobody has these names.
const REQUESTER: &str = "demo-requester";
const APPROVERS: [&str; 2] = ["demo-officer-1", "demo-officer-2"];
/// The officer of the demonstration as whom the command line on this machine speaks, unless it is told otherwise.
const OWN_OFFICER: &str = "working group";

/// What a house is opened with.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The data folder.
    pub dir: PathBuf,
    /// Synthetic people.
    pub people: u32,
    /// Seed of the province.
    pub seed: u64,
    /// The operator's list of issuers of cards, PEM; `csca.pem` in the data folder when left out.
    pub csca: Option<PathBuf>,
    /// What desks' software may write in front of a card's text; nothing by default.
    pub card_labels: CardLabels,
    /// The province's own policy on what may be granted at most; none: the one that ships with the host.
    pub ceiling: Option<PathBuf>,
    /// What clocks may differ by, and how late an event may come.
    pub clocks: Clocks,
}

/// Who is told of the long steps of a start.
pub trait Progress: Sync {
    /// A step begins.
    fn step(&self, text: &str);
}

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

/// Longest policy file, in bytes: the one that ships with the host has some thousand.
const MAX_CEILING: u64 = 256 << 10;

fn read_ceiling(path: Option<&Path>) -> Result<Ceiling, HouseError> {
    let malformed = |error: pilothouse_registry::CeilingError| {
        let because = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        HouseError::Malformed { what: "ceiling", message: format!("{error}{because}") }
    };
    let Some(path) = path else { return Ceiling::embedded().map_err(malformed) };
    let unread = |source| HouseError::File { path: path.display().to_string(), source };
    let mut text = String::new();
    std::fs::File::open(path).and_then(|file| file.take(MAX_CEILING).read_to_string(&mut text)).map_err(unread)?;
    Ceiling::parse(&text).map_err(malformed)
}

impl House {
    /// Opens the house of a data folder, made at the first start.
    ///
    /// # Errors
    /// See [`HouseError`]: a folder in use, of a newer version, keys that do not belong to it.
    pub async fn open(options: OpenOptions, compiler: Program, progress: &dyn Progress) -> Result<House, HouseError> {
        let OpenOptions { dir, people, seed, csca, card_labels, ceiling, clocks } = options;
        // Read before anything is made: a file that is wrong leaves the folder as it is.
        let ceiling = read_ceiling(ceiling.as_deref())?;
        let first = !keys::has_secret(&dir);
        let secret = Secret::new(keys::secret(&dir)?);
        let signer = signer(&secret)?;
        let log_key = signer.key().clone();
        let store = Store::open(&dir, signer).await?;
        progress.step("starting the engine, making the synthetic province");
        let machine = Machine::start().map_err(HouseError::Engine)?;
        let cache = dir.join("compiled");
        let compiler = Compiler::new(cache.clone(), secret.derive("compiled"), compiler)
            .map_err(|source| HouseError::File { path: cache.display().to_string(), source })?;
        let province = Arc::new(Province::generate(seed, people, date_of(now())));
        let rows = Arc::new(records::Provider::Store(store.clone()));
        let desk = PoliceDesk::open(dir.join("police-desk"))?;
        let receivers = Receivers::open(&dir)?;
        let providers = Arc::new(Providers::embedded(&province, rows, desk.seen_by_guests()));
        let packages = Layout::open(dir.join("packages"))?;
        let policy = |error: &dyn std::fmt::Display| HouseError::Policy(error.to_string());
        let demo = demo(&province, &secret)?;
        let issuers = Issuers::new(&secret)?;
        let anchors = issuers.trusted(&dir, csca.as_ref())?;
        tracing::info!(issuers = anchors.len(), synthetic = anchors.has_synthetic(), "issuers of cards");
        let rooms = Rooms {
            packages,
            catalogue: Catalogue::embedded().map_err(|error| policy(&error))?,
            ceiling,
            trust: RwLock::new(Trust::none()),
            credentials: RwLock::new(HashMap::new()),
            devices: Devices::default(),
            clocks,
            running: ArcSwap::from_pointee(HashMap::new()),
            master: MasterKey::from_bytes(secret.derive("master")),
            responses: SealKey::from_bytes(secret.derive("responses")),
            payloads: SealKey::from_bytes(secret.derive("payloads")),
            effect_keys: EffectKeys::new(&secret),
            faults: Arc::new(Faults::default()),
            stop: tokio_util::sync::CancellationToken::new(),
            tasks: Mutex::new(Vec::new()),
            changing: tokio::sync::Mutex::new(()),
            dir,
            store,
            machine,
            compiler,
            province,
            codes: issuers.phones.verifier(),
            issuers,
            anchors,
            card_labels,
            providers,
            secret,
            log_key,
            desk,
            receivers,
            demo,
        };
        let house = House(Arc::new(rooms));
        house.read_trust().await?;
        house.read_credentials().await?;
        house.read_devices().await?;
        house.bring_embedded(progress).await?;
        house.start_pilots(progress).await?;
        house.recount_budgets().await?;
        if first {
            tracing::info!("first start of this data folder");
        }
        house.start_outbox();
        house.start_schedules();
        house.start_retention();
        house.start_using();
        Ok(house)
    }

    async fn read_trust(&self) -> Result<(), HouseError> {
        let known = self.0.store.vendors().keys().await?;
        let mut trust = Trust::none();
        for key in known {
            let Some(verifying) = key
                .public_key
                .as_slice()
                .try_into()
                .ok()
                .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(bytes).ok())
            else {
                continue;
            };
            trust.add(TrustedKey {
                vendor: parse("vendor", &key.vendor)?,
                key: verifying,
                valid_from: key.valid_from,
                valid_until: key.valid_to,
                revoked: key.revoked,
            });
        }
        *self.0.trust.write().unwrap_or_else(std::sync::PoisonError::into_inner) = trust;
        Ok(())
    }

    async fn read_credentials(&self) -> Result<(), HouseError> {
        let host = self.host_caller()?;
        for demo in &self.0.demo.credentials {
            let Some((id, secret)) = keys::split_token(&demo.token) else { continue };
            if self.0.store.credentials().find(id).await?.is_none() {
                let added = StateChange::CredentialAdded {
                    id: id.to_owned(),
                    kind: "demonstration".to_owned(),
                    role: demo.role.to_owned(),
                    unit: demo.unit.clone(),
                    facility: demo.facility.clone(),
                    hash: hex::encode(keys::token_hash(secret)),
                    body: json!({ "name": demo.name }),
                };
                let change = Change {
                    by: &host,
                    subject: "credential",
                    of: id.to_owned(),
                    action: "add",
                    detail: vec![("role", demo.role.to_owned())],
                };
                self.keep_change(change, vec![added]).await?;
            }
            if demo.name == OWN_OFFICER {
                keys::write_private(&self.0.dir.join("admin.token"), demo.token.as_bytes())?;
            }
        }
        let mut known = HashMap::new();
        for credential in self.0.store.credentials().all().await? {
            if credential.revoked.is_some() {
                continue;
            }
            let Some(hash) = hex::decode(&credential.hash).ok().and_then(|bytes| bytes.try_into().ok()) else {
                continue;
            };
            let caller = Caller {
                credential: credential.id.clone(),
                role: parse("role", &credential.role)?,
                unit: parse("unit", &credential.unit)?,
                facility: credential.facility.as_deref().map(|id| parse::<FacilityId>("facility", id)).transpose()?,
                device: None,
            };
            known.insert(credential.id, Known { caller, hash });
        }
        *self.0.credentials.write().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
        Ok(())
    }

    /// Takes the pilots in that this binary brings along: packaged, signed with a key of this installation, through the same door as
    /// every vendor's. At the first start they are granted and enabled too, as a demonstration that says so in the record.
    async fn bring_embedded(&self, progress: &dyn Progress) -> Result<(), HouseError> {
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
        if self.0.store.meta().get(&marker).await?.as_deref() == Some(build.to_string().as_str()) {
            return Ok(());
        }
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
        if self.grants(&id).await?.is_empty() {
            for request in &manifest.capabilities {
                self.demo_grant(&id, request.clone(), host).await?;
            }
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
        self.put_in_service(host, &id, &installed.version, true).await?;
        Ok(())
    }

    async fn demo_grant(
        &self,
        pilot: &PilotId,
        right: pilothouse_registry::CapabilityRequest,
        host: &Caller,
    ) -> Result<(), HouseError> {
        let capability = right.capability();
        let id = super::records::new_id();
        let officer = super::officers::officer_named;
        let at = now();
        let state = GrantState::Requested { by: officer(REQUESTER)? }
            .approve(officer(APPROVERS[0])?, at)?
            .approve(officer(APPROVERS[1])?, at)?;
        let grant = Grant {
            id: parse("grant", &id)?,
            pilot: pilot.clone(),
            right,
            units: all_communes(at)?,
            expires: at + DEMO_TERM,
            state,
        };
        let body = serde_json::to_value(&grant).map_err(|error| HouseError::Policy(error.to_string()))?;
        let state = serde_json::to_value(&grant.state).map_err(|error| HouseError::Policy(error.to_string()))?;
        let row = StateChange::Grant {
            id: id.clone(),
            pilot: pilot.to_string(),
            capability: capability.to_string(),
            body,
            state,
            seen: 0,
        };
        let detail = vec![
            ("capability", capability.to_string()),
            ("approvers", APPROVERS.join(" ")),
            ("demonstration", "true".to_owned()),
        ];
        let change = Change { by: host, subject: "grant", of: id, action: "approve", detail };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    async fn start_pilots(&self, progress: &dyn Progress) -> Result<(), HouseError> {
        let mut running = HashMap::new();
        for pilot in self.0.store.pilots().all().await? {
            let id: PilotId = parse("pilot", &pilot.pilot)?;
            progress.step(&format!("linking {id} {}", pilot.version));
            let version = self.prepare(&id, &pilot.package, None).await?;
            version.switch.set(pilot.state == "on");
            running.insert(id, Arc::new(version));
        }
        self.0.running.store(Arc::new(running));
        Ok(())
    }

    /// A version made ready: compiled or from the cache, linked with exactly what it was granted, its schemas and words parsed.
    pub(crate) async fn prepare(
        &self,
        id: &PilotId,
        package: &str,
        before: Option<&Running>,
    ) -> Result<Running, HouseError> {
        let digest: pilothouse_registry::Digest = parse("package", package)?;
        let bytes = self.0.packages.get(&digest)?;
        // It passed the door when it was taken in; its key may have been revoked since, which stops new packages, not this one.
        let package = Package::open_unsigned(bytes)?;
        let manifest = package.manifest().clone();
        let grants = self.grants(id).await?;
        let rights = Arc::new(Effective::new(&manifest.capabilities, &grants, &self.0.ceiling));
        let rights_json = serde_json::to_vec(rights.as_ref()).map_err(|error| HouseError::Policy(error.to_string()))?;
        let settings = self.settings_of(id, &manifest).await?;
        let budgets = before
            .and_then(|before| before.pilot.as_ref())
            .map_or_else(|| Arc::new(Budgets::default()), |pilot| Arc::clone(pilot.budgets()));
        let terms = Terms {
            id: Arc::from(id.as_str()),
            rights: Arc::clone(&rights),
            keys: Arc::new(PilotKeys::new(&self.0.secret, id, self.rotation(id).await?)),
            budgets,
            deadline: std::time::Duration::from_millis(u64::from(manifest.limits.deadline_ms)),
            memory: manifest.limits.memory_kib as usize * 1024,
        };
        let component = self.0.compiler.component(self.0.machine.engine(), package.bytes()).await?;
        let pilot = Pilot::new(self.0.machine.engine(), &component, terms).ok();
        let settings_text: Arc<str> = Arc::from(Value::Object(settings).to_string());
        Ok(Running {
            package: Digest::of(package.bytes()),
            switch: before.map_or_else(Arc::default, |before| Arc::clone(&before.switch)),
            pilot,
            rights_digest: Digest::of(&rights_json),
            settings_digest: Digest::of(settings_text.as_bytes()),
            settings: settings_text,
            operations: operations(&package),
            words: Words::new(package.texts()),
            manifest,
        })
    }

    /// The settings in force: the department's over the manifest's defaults.
    pub(crate) async fn settings_of(
        &self,
        id: &PilotId,
        manifest: &pilothouse_registry::Manifest,
    ) -> Result<Map<String, Value>, HouseError> {
        let set = self.0.store.settings().current(id.as_str()).await?;
        let values = set.and_then(|set| set.body.as_object().cloned()).unwrap_or_default();
        // A key that a newer version no longer has is left out; it stays in the history.
        let known: Map<String, Value> =
            values.into_iter().filter(|(key, _)| manifest.config.settings.contains_key(key.as_str())).collect();
        manifest
            .config
            .check(&known)
            .map_err(|error| HouseError::Setting { key: error.key().to_owned(), message: error.to_string() })
    }

    /// Fills today's budgets again from today's record, so that a restart is no way around them.
    async fn recount_budgets(&self) -> Result<(), HouseError> {
        let since = super::records::day_start(now());
        let running = self.0.running.load();
        for (id, version) in running.iter() {
            let Some(pilot) = &version.pilot else { continue };
            let mut before = None;
            'pages: loop {
                let page = self.0.store.log().latest(Some(id.as_str()), 500, before).await?;
                let Some(last) = page.last() else { break };
                before = Some(last.seq);
                for entry in &page {
                    if entry.at < since {
                        break 'pages;
                    }
                    let Ok(record) = pilothouse_evidence::Record::from_canonical(&entry.body) else { continue };
                    let pilothouse_evidence::Record::Invocation(record) = record else { continue };
                    for call in &record.calls {
                        let capability =
                            call.function.split_once('.').and_then(|(capability, _)| capability.parse().ok());
                        if let (Some(capability), Some(person)) = (capability, &call.person) {
                            pilot.budgets().remember(capability, &record.caller.unit, person, false, record.at);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Signs the checkpoints of this data folder's log.
pub(super) fn signer(secret: &Secret) -> Result<CheckpointSigner, HouseError> {
    CheckpointSigner::from_seed(&secret.derive("log"), LOG_ORIGIN)
        .map_err(|_| HouseError::Policy("the log's origin".to_owned()))
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

fn demo(province: &Province, secret: &Secret) -> Result<Demo, HouseError> {
    let key = secret.derive("demonstration");
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
        let (token, _) = keys::demo_token(&format!("demo-{role}{number}"), &key);
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
