//! Opening the house: keys, store, province, pilots; and at the first start, the demonstration.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use arc_swap::ArcSwap;
use pilothouse_evidence::{CallRecord, CheckpointKey, CheckpointSigner, MasterKey, Record, SealKey, Verdict};
use pilothouse_identity::CardLabels;
use pilothouse_registry::catalogue::Catalogue;
use pilothouse_registry::contract;
use pilothouse_registry::oci::Layout;
use pilothouse_registry::{Ceiling, FacilityId, Trust, TrustedKey};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::occasion::date_of;
use pilothouse_runtime::province::Province;
use pilothouse_runtime::record::EffectKeys;
use pilothouse_runtime::{Machine, Providers};
use pilothouse_store::{StateChange, Store};

use super::clock::Clock;
use super::credentials::{DEPARTMENT, PILOTS};
use super::demonstration::{CREDENTIALS, OWN_OFFICER, demo, demo_body};
use super::desks::Receivers;
use super::devices::Devices;
use super::digests::Digests;
use super::high_water::HighWater;
use super::installation::INVITATION;
use super::outbox::PoliceDesk;
use super::records::Change;
use super::schedules::Timetable;
use super::shares::Shares;
use super::states::States;
use super::synthetic::Issuers;
use super::{Caller, Clocks, Demo, House, HouseError, Installation, Known, Rooms, keys, now, parse};

/// Name of the log in its checkpoints; one log a data folder.
const LOG_ORIGIN: &str = "pilothouse/log";

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
    /// What the folder must be, where only one will do. A folder that is not there becomes a demonstration.
    pub expects: Option<Installation>,
    /// Where the high-water mark stands; none: in the user's state folder for a real installation, nowhere for a demonstration.
    pub high_water: Option<PathBuf>,
    /// Whether a copy of the folder that is older than its mark is taken, and what was revoked since is revoked again.
    pub accepts_older_copy: bool,
}

/// Who is told of the long steps of a start.
pub trait Progress: Sync {
    /// A step begins.
    fn step(&self, text: &str);
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
        let OpenOptions {
            dir,
            people,
            seed,
            csca,
            card_labels,
            ceiling,
            clocks,
            expects,
            high_water,
            accepts_older_copy,
        } = options;
        // Read before anything is made: a file that is wrong leaves the folder as it is.
        let ceiling = read_ceiling(ceiling.as_deref())?;
        let first = !keys::has_secret(&dir);
        if first && expects == Some(Installation::Real) {
            return Err(HouseError::NoInstallation { path: dir.display().to_string() });
        }
        let secret = Secret::new(keys::secret(&dir)?);
        let signer = signer(&secret)?;
        let log_key = signer.key().clone();
        let store = Store::open(&dir, signer).await?;
        let known = Installation::of(&store).await?;
        let installation = known.unwrap_or(Installation::Demonstration);
        if expects.is_some_and(|expected| expected != installation) {
            store.close().await;
            return Err(HouseError::OtherInstallation { is: installation });
        }
        let is_demonstration = installation == Installation::Demonstration;
        let high_water = high_water.or_else(|| if is_demonstration { None } else { mark_of(&log_key) });
        let high_water = match high_water {
            Some(path) => match HighWater::open(path, &store, &log_key, accepts_older_copy).await {
                Ok(high_water) => Some(high_water),
                Err(error) => {
                    store.close().await;
                    return Err(error);
                }
            },
            None => {
                if !is_demonstration {
                    tracing::warn!(
                        "no high-water mark is kept, so that an older copy of the folder is not noticed: name a file with --high-water"
                    );
                }
                None
            }
        };
        progress.step("starting the engine, making the synthetic province");
        let machine = Machine::start().map_err(HouseError::Engine)?;
        let cache = dir.join("compiled");
        let compiler = Compiler::new(cache.clone(), secret.derive("compiled"), compiler)
            .map_err(|source| HouseError::File { path: cache.display().to_string(), source })?;
        let today = date_of(now());
        let province = if is_demonstration { Province::generate(seed, people, today) } else { Province::nobody(today) };
        let province = Arc::new(province);
        let rows = Arc::new(records::Provider::Store(store.clone()));
        let desk = PoliceDesk::open(dir.join("police-desk"))?;
        let receivers = Receivers::open(&dir)?;
        let providers = Arc::new(Providers::embedded(&province, rows, desk.seen_by_guests()));
        let packages = Layout::open(dir.join("packages"))?;
        let policy = |error: &dyn std::fmt::Display| HouseError::Policy(error.to_string());
        let demo =
            if is_demonstration { demo(&province, &keys::demonstration(&dir, &secret, first)?)? } else { Demo::none() };
        let issuers = Issuers::new(&secret, is_demonstration)?;
        let anchors = issuers.trusted(&dir, csca.as_ref())?;
        tracing::info!(issuers = anchors.len(), synthetic = anchors.has_synthetic(), "issuers of cards");
        for unread in anchors.unread() {
            tracing::warn!(%unread, "part of the list of issuers");
        }
        if anchors.without_revocations() > 0 {
            let issuers = anchors.without_revocations();
            tracing::warn!(issuers, "issuers of cards without a revocation list: add theirs to the list (csca)");
        }
        let rooms = Rooms {
            packages,
            catalogue: Catalogue::embedded().map_err(|error| policy(&error))?,
            ceiling,
            trust: RwLock::new(Trust::none()),
            credentials: RwLock::new(HashMap::new()),
            devices: Devices::default(),
            clocks,
            shares: Shares::default(),
            clock: Clock::new(now(), std::time::Instant::now()),
            timetable: Timetable::default(),
            running: ArcSwap::from_pointee(HashMap::new()),
            master: MasterKey::from_bytes(secret.derive("master")),
            responses: SealKey::from_bytes(secret.derive("responses")),
            payloads: SealKey::from_bytes(secret.derive("payloads")),
            effect_keys: EffectKeys::new(&secret),
            states: States::new(&secret),
            digests: Digests::new(&secret, &store).await?,
            faults: Arc::new(Faults::default()),
            stop: tokio_util::sync::CancellationToken::new(),
            tasks: Mutex::new(Vec::new()),
            lasting: Mutex::default(),
            turns: super::turns::Turns::default(),
            eyes: tokio::sync::Mutex::new(()),
            dir,
            address: std::sync::OnceLock::new(),
            store,
            machine,
            compiler,
            province,
            codes: issuers.verifier(),
            issuers,
            anchors,
            card_labels,
            providers,
            secret,
            log_key,
            desk,
            receivers,
            demo,
            high_water,
            installation,
            is_new: first,
            enrolling: tokio::sync::Mutex::new(()),
        };
        let house = House(Arc::new(rooms));
        match installation {
            Installation::Real => house.without_embedded_providers(),
            Installation::Demonstration if known.is_none() => house.is_a_demonstration().await?,
            Installation::Demonstration => {}
        }
        house.read_trust().await?;
        house.read_credentials().await?;
        house.read_devices().await?;
        house.carry_over().await?;
        house.switch_off_what_does_not_stand().await?;
        house.bring_embedded(progress).await?;
        house.start_pilots(progress).await?;
        house.recount_budgets().await?;
        if first {
            tracing::info!("first start of this data folder");
        }
        house.hold_to_mark().await?;
        house.start_marking();
        house.watch_clock().await?;
        house.start_terms();
        house.start_outbox();
        house.start_watch_over_notices();
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
            let found = self.0.store.credentials().find(id).await?;
            if found.is_none() {
                let added = StateChange::CredentialAdded {
                    id: id.to_owned(),
                    kind: "demonstration".to_owned(),
                    role: demo.role.to_owned(),
                    unit: demo.unit.clone(),
                    facility: demo.facility.clone(),
                    hash: hex::encode(keys::token_hash(secret)),
                    body: demo_body(demo),
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
            if let Some(found) = found
                && demo.role == DEPARTMENT
                && found.revoked.is_none()
                && found.body.get(PILOTS).is_none()
            {
                let row = StateChange::CredentialConfirmed { id: id.to_owned(), body: demo_body(demo) };
                let change = Change {
                    by: &host,
                    subject: "credential",
                    of: id.to_owned(),
                    action: "name-pilots",
                    detail: Vec::new(),
                };
                self.keep_change(change, vec![row]).await?;
            }
            if demo.name == OWN_OFFICER {
                keys::write_private(&self.0.dir.join("admin.token"), demo.token.as_bytes())?;
            }
        }
        if self.0.installation == Installation::Demonstration {
            let credentials = serde_json::to_vec(&self.0.demo.credentials);
            let credentials = credentials.map_err(|error| HouseError::Policy(error.to_string()))?;
            keys::write_private(&self.0.dir.join(CREDENTIALS), &credentials)?;
        }
        let mut known = HashMap::new();
        for credential in self.0.store.credentials().all().await? {
            // A one-time secret is no credential: it opens enrolment only.
            if credential.revoked.is_some() || credential.kind == INVITATION {
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

    /// Fills today's budgets again from today's record, so that a restart is no way around them.
    async fn recount_budgets(&self) -> Result<(), HouseError> {
        let today = now();
        let since = super::records::day_start(today);
        let running = self.0.running.load();
        for (id, version) in running.iter() {
            let Some(pilot) = &version.pilot else { continue };
            let (mut before, mut unit) = (None, String::new());
            'pages: loop {
                let page = self.0.store.log().latest(Some(id.as_str()), 500, before).await?;
                let Some(last) = page.last() else { break };
                before = Some(last.seq);
                for entry in &page {
                    if entry.at < since {
                        break 'pages;
                    }
                    let Ok(record) = Record::from_canonical(&entry.body) else { continue };
                    let (at, calls) = match &record {
                        Record::Invocation(record) => {
                            record.caller.unit.clone_into(&mut unit);
                            (record.at, &record.calls)
                        }
                        // It stands before its invocation, so that one was read last.
                        Record::Part(part) => (part.at, &part.calls),
                        Record::Change(_) | Record::Look(_) => continue,
                    };
                    for call in calls.iter().filter(|call| call.line.is_some()) {
                        recount(pilot.budgets(), call, &unit, at, today);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Where the mark of this log stands unless it is told: in the user's state folder, which no copy of the data folder brings along.
fn mark_of(key: &CheckpointKey) -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local").join("state")))?;
    let folder = state.join("pilothouse");
    std::fs::create_dir_all(&folder).ok()?;
    // The key's text holds characters that no file name may; its digest names it as well.
    Some(folder.join(format!(
        "{}.json",
        pilothouse_evidence::Digest::of(key.to_string().as_bytes()).to_string().replace(':', "-")
    )))
}

/// Counts a call of the log as the funnel counted it.
fn recount(budgets: &Budgets, call: &CallRecord, unit: &str, at: i64, now: i64) {
    let Some((capability, name)) = call.function.split_once('.') else { return };
    let Ok(capability) = capability.parse() else { return };
    // What the budget itself denied was a call of its minute, and no more.
    let spent = matches!(&call.verdict, Verdict::Denied { code } if code == "budget-spent");
    let effect = !spent && contract::find(capability, name).is_some_and(|function| function.effect);
    let person = call.person.as_deref().filter(|_| !spent);
    budgets.remember(capability, unit, person, effect, at, now);
}

/// Signs the checkpoints of this data folder's log.
pub(super) fn signer(secret: &Secret) -> Result<CheckpointSigner, HouseError> {
    CheckpointSigner::from_seed(&secret.derive("log"), LOG_ORIGIN)
        .map_err(|_| HouseError::Policy("the log's origin".to_owned()))
}
