//! Which pilot may do what, for whom, and what becomes of a call: models, versions, grants, settings, credentials, the way of a call.
//!
//! **Invariant:** a decision and its record are both kept, or neither is.
//! **Invariant:** who decides is an argument ([`Caller`]); nothing here reads a clock but [`House::now`].

mod approvals;
mod archive;
mod builds;
mod checking;
mod clock;
mod counted;
mod credentials;
mod demonstration;
mod desks;
mod devices;
mod digests;
mod error;
mod evidence;
mod fields;
mod grants;
mod high_water;
mod indicators;
mod installation;
pub mod intake;
mod keys;
mod opening;
mod outbox;
mod packages;
pub mod packaging;
mod preparing;
mod reading;
mod receivers;
mod records;
mod replaying;
mod running;
mod schedules;
mod serve;
mod service;
mod settings;
mod shares;
mod states;
mod stranded;
mod switch;
mod synthetic;
mod terms;
mod tonight;
mod trial;
mod turns;
mod using;
mod vendors;
mod views;
mod wording;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, RwLock};

use arc_swap::ArcSwap;
use pilothouse_documents::Anchors;
use pilothouse_documents::code::CodeVerifier;
use pilothouse_evidence::{CheckpointKey, MasterKey, SealKey};
use pilothouse_identity::CardLabels;
use pilothouse_registry::catalogue::Catalogue;
use pilothouse_registry::{Ceiling, FacilityId, PilotId, Role, Trust, UnitCode};
use pilothouse_runtime::compile::Compiler;
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::province::Province;
use pilothouse_runtime::record::EffectKeys;
use pilothouse_runtime::{Machine, Providers};
use pilothouse_store::Store;

pub use approvals::Sought;
pub use archive::Archive;
pub use credentials::Ended;
pub(crate) use credentials::officer_named;
pub(crate) use demonstration::{CREDENTIALS, all_communes};
pub use demonstration::{Demo, DemoCredential};
pub use desks::{CarriedView, ConsentView, DutyView};
pub use devices::{Clocks, DeviceLine, NewDevice, Sender};
pub use error::{CallError, DeviceError, FieldError, HouseError};
pub use evidence::{CallLine, Coded, Ending, Evidence, Standing};
pub use fields::FieldLine;
pub use grants::Wanted;
pub use indicators::{CHART_DAYS, DayFigure, IndicatorLine, Share};
pub use installation::{Installation, Invitation, found};
pub(crate) use keys::{folder_secret, same};
pub use opening::{OpenOptions, Progress};
pub use outbox::DeskNotice;
pub use reading::{FrontDesk, SentChip, SentKiosk, SentReading};
pub use receivers::DeskMode;
pub use running::Running;
pub(crate) use running::{names, operations};
pub use serve::{Answer, CallRequest, What};
pub(crate) use serve::{Taken, allow, judge, take};
pub use settings::SettingsChange;
pub use tonight::{FacilityNight, LodgingNight};
pub use trial::TrialDesk;
pub use views::{
    Changed, CredentialLine, GroupLine, Installed, InvocationLine, InvocationView, ModelLine, NewCredential,
    PilotDetail, PilotLine, PilotState, Replayed, Rotated, SettingsView, Signed, SoughtLine, Verified, VersionLine,
};
pub(crate) use wording::Words;

/// Who asks: a credential of a desk, a device or an officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Id of the credential; never the secret.
    pub credential: String,
    /// In which role.
    pub role: Role,
    /// For which unit.
    pub unit: UnitCode,
    /// For which facility.
    pub facility: Option<FacilityId>,
    /// From which device.
    pub device: Option<Sender>,
}

/// A credential as the host checks it.
pub(crate) struct Known {
    caller: Caller,
    hash: [u8; 32],
}

/// The house: everything that answers. Cheap to clone.
#[derive(Clone)]
pub struct House(pub(crate) Arc<Rooms>);

/// One field a room.
pub(crate) struct Rooms {
    pub(crate) dir: PathBuf,
    /// Where the host listens, as it says in its data folder; empty while it does not.
    pub(crate) address: std::sync::OnceLock<String>,
    pub(crate) store: Store,
    pub(crate) machine: Machine,
    pub(crate) compiler: Compiler,
    pub(crate) province: Arc<Province>,
    pub(crate) issuers: synthetic::Issuers,
    pub(crate) anchors: Anchors,
    pub(crate) card_labels: CardLabels,
    pub(crate) codes: CodeVerifier,
    pub(crate) providers: Arc<Providers>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) packages: pilothouse_registry::oci::Layout,
    pub(crate) catalogue: Catalogue,
    pub(crate) ceiling: Ceiling,
    pub(crate) trust: RwLock<Trust>,
    pub(crate) credentials: RwLock<HashMap<String, Known>>,
    pub(crate) devices: devices::Devices,
    pub(crate) clocks: Clocks,
    pub(crate) shares: shares::Shares,
    pub(crate) clock: clock::Clock,
    pub(crate) timetable: schedules::Timetable,
    pub(crate) running: ArcSwap<HashMap<PilotId, Arc<Running>>>,
    pub(crate) secret: Secret,
    pub(crate) master: MasterKey,
    pub(crate) responses: SealKey,
    pub(crate) payloads: SealKey,
    pub(crate) effect_keys: EffectKeys,
    pub(crate) digests: digests::Digests,
    pub(crate) states: states::States,
    pub(crate) log_key: CheckpointKey,
    pub(crate) desk: outbox::PoliceDesk,
    pub(crate) receivers: desks::Receivers,
    pub(crate) demo: Demo,
    /// Outside the folder; none where none is kept.
    pub(crate) high_water: Option<high_water::HighWater>,
    pub(crate) installation: Installation,
    /// Whether the folder was made at this start.
    pub(crate) is_new: bool,
    /// One officer enrols at a time: a one-time secret is used once.
    pub(crate) enrolling: tokio::sync::Mutex<()>,
    pub(crate) stop: tokio_util::sync::CancellationToken,
    pub(crate) tasks: Mutex<Vec<tokio::task::JoinHandle<()>>>,
    pub(crate) lasting: Mutex<HashMap<PilotId, running::Lasting>>,
    /// One change of a pilot at a time.
    pub(crate) turns: turns::Turns,
    /// Held while it is decided whose eyes a credential is, and by whoever acts on it: neither changes under the other.
    pub(crate) eyes: tokio::sync::Mutex<()>,
}

impl House {
    /// The only clock of the house: microseconds since 1970, UTC.
    pub fn now(&self) -> i64 {
        now()
    }

    /// Who shows this token; none where it is unknown or revoked.
    pub fn authenticate(&self, token: &str) -> Option<Caller> {
        let (id, secret) = keys::split_token(token)?;
        let known = self.0.credentials.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = known.get(id)?;
        keys::same(&known.hash, &keys::token_hash(secret)).then(|| known.caller.clone())
    }

    /// Whose credential this is; none where it is unknown or was revoked meanwhile.
    pub(crate) fn holder(&self, credential: &str) -> Option<Caller> {
        let known = self.0.credentials.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.get(credential).map(|known| known.caller.clone())
    }

    /// Who is called without a credential of its own: the host's ticks and its own changes.
    pub(crate) fn host_caller(&self) -> Result<Caller, HouseError> {
        Ok(Caller {
            credential: "host".to_owned(),
            role: parse("role", "host")?,
            unit: parse("unit", SEAT)?,
            facility: None,
            device: None,
        })
    }

    /// Says in the data folder where the host listens: for who uses it on this machine.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn listens_at(&self, address: &str) -> Result<(), HouseError> {
        // A house listens once: a second address would be that of another program.
        let _first = self.0.address.set(address.to_owned());
        keys::write_private(&self.0.dir.join(crate::introduction::ADDRESS), address.as_bytes())
    }

    /// What only the host of this data folder can answer at its address; none before it listens.
    pub(crate) fn introduction(&self, nonce: &crate::introduction::Nonce) -> Option<[u8; 32]> {
        Some(crate::introduction::code(&self.0.secret, nonce, self.0.address.get()?))
    }

    /// The demonstration's people and credentials.
    pub fn demo(&self) -> &Demo {
        &self.0.demo
    }

    /// Whether the data folder was made at this start.
    pub fn is_new(&self) -> bool {
        self.0.is_new
    }

    /// The synthetic province behind the embedded providers.
    pub fn province(&self) -> &Arc<Province> {
        &self.0.province
    }

    /// Declared faults of providers, for drills.
    pub fn faults(&self) -> &Arc<Faults> {
        &self.0.faults
    }

    /// The key that checkpoints of the log are signed with, as C2SP writes it.
    pub fn log_key(&self) -> String {
        self.0.log_key.to_string()
    }

    /// Returns when nothing more can be kept: after [`House::close`], or because the disk failed. No call is answered then.
    pub async fn ended(&self) {
        self.0.store.ended().await;
    }

    /// Ends the background work and keeps what is under way.
    pub async fn close(&self) {
        self.0.stop.cancel();
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        for task in tasks {
            // A task that panicked has said so; the others are waited for.
            let _ended = task.await;
        }
        self.0.store.close().await;
    }
}

/// The ward where the province's seat is (Phường Đồng Hới); the host's own ticks speak from there.
pub(crate) const SEAT: &str = "18880";

/// The clock of the house, for those who have none.
pub(crate) fn clock() -> i64 {
    now()
}

pub(crate) fn now() -> i64 {
    let nanos = time::OffsetDateTime::now_utc().unix_timestamp_nanos();
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

/// Parses an id of the house's own or of a caller's; the text is not repeated.
pub(crate) fn parse<T: std::str::FromStr<Err = pilothouse_registry::IdError>>(
    what: &'static str,
    text: &str,
) -> Result<T, HouseError> {
    text.parse()
        .map_err(|error: pilothouse_registry::IdError| HouseError::Malformed { what, message: error.to_string() })
}
