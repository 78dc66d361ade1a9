//! What governance refuses, one variant for each thing that someone would do differently about.

use super::Installation;
use pilothouse_registry::signed_request::SignatureError;
use pilothouse_registry::{Bilingual, Difference, DoorError, PilotId, Role, VendorId};
use pilothouse_runtime::Fault;
use pilothouse_store::{CommitError, OpenError, StoreError};
use semver::Version;

/// A field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// JSON Pointer.
    pub pointer: String,
    /// What is wrong and how to mend it; no value.
    pub message: String,
}

/// Why a call of a pilot gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No such pilot here.
    #[error("there is no pilot `{0}` on this host: see `pilot pilots` for those that are installed")]
    UnknownPilot(PilotId),
    /// Switched off.
    #[error("{pilot} is disabled: go on by the paper procedure, or ask the working group to enable it")]
    Disabled {
        /// Which.
        pilot: PilotId,
        /// What the manifest says to callers.
        while_down: Bilingual,
    },
    /// Set aside after faults.
    #[error("{pilot} was set aside after repeated faults: go on by the paper procedure, it is tried again by itself")]
    Quarantined {
        /// Which.
        pilot: PilotId,
        /// Until when, microseconds UTC.
        until: i64,
        /// What the manifest says to callers.
        while_down: Bilingual,
    },
    /// It made as much evidence in this minute as it may.
    #[error(
        "{pilot} has made as much evidence in this minute as a pilot may: nothing was done; send the request again when the minute is over"
    )]
    EvidenceSpent {
        /// Which.
        pilot: PilotId,
        /// How long that is.
        left: std::time::Duration,
        /// What the manifest says to callers.
        while_down: Bilingual,
    },
    /// No such operation or reading.
    #[error("{pilot} has no `{name}`: see its operations under /v1/pilots/{pilot}")]
    UnknownOperation {
        /// Which.
        pilot: PilotId,
        /// What was asked for, escaped.
        name: String,
    },
    /// The caller's role may not.
    #[error(
        "the role `{role}` may not call this operation: use a credential of one of the roles that the manifest names"
    )]
    Forbidden {
        /// The caller's.
        role: Role,
    },
    /// The input does not fit the schema.
    #[error("the input does not fit the operation's schema: correct the fields that are named")]
    Invalid {
        /// Each field.
        errors: Vec<FieldError>,
    },
    /// A person of the input cannot be taken.
    #[error("{message}")]
    Person {
        /// JSON Pointer.
        pointer: String,
        /// Stable name.
        code: String,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// The pilot refused the request.
    #[error("the pilot refused the request with `{code}`: see its words, correct the field and send it again")]
    Refused {
        /// Evidence id.
        id: String,
        /// Code of its catalogue.
        code: String,
        /// JSON Pointer.
        field: Option<String>,
        /// In English, for developers.
        why: Option<String>,
        /// The code in both languages.
        words: (String, String),
    },
    /// The pilot refused because a grant that it needs has ended.
    #[error(
        "the term of a grant that this pilot needs is over: go on by the paper procedure, and have the working group renew it"
    )]
    TermOver {
        /// Evidence id.
        id: String,
        /// What the manifest says to callers.
        while_down: Bilingual,
    },
    /// Its pilot or its caller has every place that it may have.
    #[error(
        "this pilot or this credential has as many calls under way as it may, so nothing was done: send it again after the time that is named"
    )]
    Overloaded {
        /// After how many seconds.
        retry_after: u64,
    },
    /// The component failed.
    #[error("{fault}")]
    Fault {
        /// Evidence id.
        id: String,
        /// How.
        fault: Fault,
        /// What the manifest says to callers.
        while_down: Bilingual,
    },
    /// The reference was used for something else.
    #[error("this reference was used for another request: give each request a reference of its own")]
    ReferenceUsed,
    /// The reference is malformed.
    #[error(
        "the reference must have 1 to 64 printable characters: use the number that your own software gave the case"
    )]
    Reference,
    /// When the event happened is missing, or no instant.
    #[error("captured_at is no time of an event: send RFC 3339 with its offset; a device always sends it")]
    CapturedAt,
    /// The event has not happened yet.
    #[error("captured_at is in the future: set the clock of the device right, and read again")]
    Future,
    /// The event is too old to be taken.
    #[error("captured_at is too long ago for this host: enter the case by hand, with its paper")]
    TooOld,
    /// The request speaks of another facility than its caller's.
    #[error("this credential or device belongs to another facility: use one of the facility that is named")]
    OtherFacility,
    /// A code or a result that was taken before.
    #[error("this code or result was taken before: each is good once, have a new one made")]
    Spent,
    /// The device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Others changed the same rows again and again.
    #[error("others changed the same records meanwhile: send the request again")]
    Busy,
    /// It could not be kept. Nothing was done.
    #[error("the host cannot keep its record now, so nothing was done: {0}")]
    Store(#[from] CommitError),
}

impl CallError {
    /// Stable name: the `type` of the problem, and the key of its wording.
    pub fn code(&self) -> &'static str {
        match self {
            CallError::UnknownPilot(_) => "unknown-pilot",
            CallError::Disabled { .. } => "pilot-disabled",
            CallError::Quarantined { .. } => "pilot-quarantined",
            CallError::EvidenceSpent { .. } => "evidence-spent",
            CallError::UnknownOperation { .. } => "unknown-operation",
            CallError::Forbidden { .. } => "role-not-allowed",
            CallError::Invalid { .. } => "invalid-input",
            CallError::Person { .. } => "person-not-taken",
            CallError::Refused { .. } => "refused-by-pilot",
            CallError::Fault { fault: Fault::KeyTaken, .. } => "key-taken",
            CallError::TermOver { .. } => "term-over",
            CallError::Overloaded { .. } | CallError::Fault { fault: Fault::Full | Fault::Late, .. } => "overloaded",
            CallError::Fault { .. } => "pilot-failed",
            CallError::ReferenceUsed => "reference-used",
            CallError::Reference => "invalid-reference",
            CallError::CapturedAt => "invalid-captured-at",
            CallError::Future => "captured-in-future",
            CallError::TooOld => "captured-too-long-ago",
            CallError::OtherFacility => "other-facility",
            CallError::Spent => "reading-used",
            CallError::Device(error) => error.code(),
            CallError::Busy => "busy",
            CallError::Store(error) => of_commit(error).0,
        }
    }

    /// Whether the request itself was refused before it became a call. What the pilot refused has a record of its own; and that a host
    /// or a pilot is away is nobody's request's fault.
    pub fn is_refusal(&self) -> bool {
        match self {
            CallError::UnknownOperation { .. }
            | CallError::Forbidden { .. }
            | CallError::Invalid { .. }
            | CallError::Person { .. }
            | CallError::ReferenceUsed
            | CallError::Reference
            | CallError::CapturedAt
            | CallError::Future
            | CallError::TooOld
            | CallError::OtherFacility
            | CallError::Spent
            | CallError::Device(_) => true,
            CallError::UnknownPilot(_)
            | CallError::Disabled { .. }
            | CallError::Quarantined { .. }
            | CallError::EvidenceSpent { .. }
            | CallError::Refused { .. }
            | CallError::TermOver { .. }
            | CallError::Overloaded { .. }
            | CallError::Fault { .. }
            | CallError::Busy
            | CallError::Store(_) => false,
        }
    }

    /// The HTTP status that says it.
    pub fn status(&self) -> u16 {
        match self {
            CallError::UnknownPilot(_) | CallError::UnknownOperation { .. } => 404,
            CallError::TermOver { .. }
            | CallError::Disabled { .. }
            | CallError::Quarantined { .. }
            | CallError::EvidenceSpent { .. }
            | CallError::Busy => 503,
            CallError::Store(error) => of_commit(error).1,
            CallError::Forbidden { .. } | CallError::OtherFacility => 403,
            CallError::Device(error) => error.status(),
            CallError::Invalid { .. }
            | CallError::Person { .. }
            | CallError::Refused { .. }
            | CallError::CapturedAt
            | CallError::Future
            | CallError::TooOld => 422,
            CallError::Reference => 400,
            CallError::ReferenceUsed | CallError::Spent => 409,
            CallError::Fault { fault: Fault::Deadline, .. } => 504,
            CallError::Fault { fault: Fault::KeyTaken, .. } => 409,
            CallError::Overloaded { .. } | CallError::Fault { fault: Fault::Full | Fault::Late, .. } => 503,
            CallError::Fault { .. } => 502,
        }
    }
}

/// Why a device was not believed. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No such key is enrolled.
    #[error("no device with this keyid is enrolled here: have the working group enrol it with its public key")]
    Unknown,
    /// It was revoked.
    #[error("this device was revoked: take it out of use and ask the working group for another")]
    Revoked,
    /// Its signature does not fit.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The request was sent to a name that is not this host's.
    #[error(
        "the request is for a name that is not this host's: send it to this host's own, or have the operator name it with --authority"
    )]
    Host,
    /// Its clock is off by more than the allowance.
    #[error(
        "the clock of the device is off by {ahead_seconds} seconds: set it right, and send the request signed anew"
    )]
    Clock {
        /// How far it is ahead of the host's; negative: behind.
        ahead_seconds: i64,
    },
    /// This very signature was believed before, or may have been before the host was started.
    #[error(
        "this signature was used before, or is older than the host's start: sign each request anew, with another nonce"
    )]
    Replayed,
    /// More signatures than are remembered.
    #[error("this device sends too many requests: wait a minute, and send events in backlogs")]
    Busy,
}

impl DeviceError {
    /// Stable name: the `type` of the problem.
    pub fn code(self) -> &'static str {
        match self {
            DeviceError::Unknown => "device-unknown",
            DeviceError::Revoked => "device-revoked",
            DeviceError::Signature(SignatureError::Signature) => "device-signature",
            DeviceError::Signature(SignatureError::Body) => "device-body",
            DeviceError::Signature(SignatureError::Expired) => "device-signature-expired",
            DeviceError::Signature(_) => "device-signature-form",
            DeviceError::Host => "device-host",
            DeviceError::Clock { .. } => "device-clock",
            DeviceError::Replayed => "device-replayed",
            DeviceError::Busy => "device-busy",
        }
    }

    /// The HTTP status that says it.
    pub fn status(self) -> u16 {
        match self {
            DeviceError::Unknown
            | DeviceError::Revoked
            | DeviceError::Signature(SignatureError::Signature | SignatureError::Expired)
            | DeviceError::Clock { .. }
            | DeviceError::Replayed => 401,
            DeviceError::Signature(_) => 400,
            DeviceError::Host => 421,
            DeviceError::Busy => 429,
        }
    }
}

/// Why governance did not do what an officer asked, or the house could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// The data folder.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No host was ever started on this folder.
    #[error("{path} is no data folder of a host: name the one that `pilot up` was given, with --data")]
    NoHouse {
        /// Which folder.
        path: String,
    },
    /// Something else is there.
    #[error("something is in {path} already: name a folder that is not there yet, or is empty")]
    Occupied {
        /// Which folder.
        path: String,
    },
    /// No installation is in the folder.
    #[error("there is no installation in {path}: make one with `pilot init {path}`")]
    NoInstallation {
        /// Which folder.
        path: String,
    },
    /// The folder is of the other kind.
    #[error("{}", of_other_kind(*.is))]
    OtherInstallation {
        /// What it is.
        is: Installation,
    },
    /// The folder is older than what its host wrote.
    #[error(
        "this data folder is an older copy, or was changed: its log has {entries} entries, and is not the one whose {seen} entries {path} saw. Restore the newest copy; or start with --accept-older-copy, and what was revoked since is revoked again"
    )]
    Older {
        /// The mark.
        path: String,
        /// Entries in the folder's log.
        entries: u64,
        /// Entries that the mark saw.
        seen: u64,
    },
    /// A real installation was asked for something of the demonstration's.
    #[error("this is a real installation: it has no synthetic people, and no receivers that can be set")]
    NoDemonstration,
    /// No one-time secret, or one that was used or is over.
    #[error(
        "send the one-time secret as `Authorization: Bearer SECRET`: it may be misspelt, used, or over; whoever holds the data folder makes another with `pilot officer invite`"
    )]
    NotInvited,
    /// A file of the data folder.
    #[error("{path} cannot be read or written: see that it belongs to this user and has not been changed")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A synthetic person without a card.
    #[error("this synthetic person has no card: choose one who has")]
    WithoutCard,
    /// The operator's list of issuers.
    #[error("{path}: {source}")]
    Issuers {
        /// The file.
        path: String,
        /// Why it is not taken.
        #[source]
        source: pilothouse_documents::AnchorError,
    },
    /// The engine.
    #[error("the wasm engine could not be started: lift the limit on virtual memory for this process")]
    Engine(#[source] pilothouse_runtime::engine::EngineError),
    /// A package was refused at the door.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The store of packages.
    #[error(transparent)]
    Packages(#[from] pilothouse_registry::oci::LayoutError),
    /// A component could not be compiled.
    #[error(transparent)]
    Compile(#[from] pilothouse_runtime::compile::CompileError),
    /// It does not link with its grants.
    #[error(
        "{pilot} imports what no grant covers: have it approved (`pilot grant request {pilot}`, then two approvals), or keep the version in service"
    )]
    NotGranted {
        /// Which.
        pilot: PilotId,
        /// The functions.
        functions: Vec<String>,
    },
    /// It opens what two officers have not approved.
    #[error(
        "{pilot} {version} opens what nobody has approved: have it approved (`pilot grant request {pilot} --in-version {version}`, then two approvals); the version in service goes on"
    )]
    Wider {
        /// Which.
        pilot: PilotId,
        /// Which version.
        version: Version,
        /// What, in plain words.
        wider: Vec<Difference>,
    },
    /// Another vendor's.
    #[error(
        "{pilot} is a pilot of {owner}, and this is a package of {vendor}: give it an id of its own, or have the pilot handed over (`pilot vendor hand-over {pilot} {vendor}`, then two approvals)"
    )]
    OtherVendor {
        /// Which.
        pilot: PilotId,
        /// Whose it is.
        owner: VendorId,
        /// Whose package it is.
        vendor: VendorId,
    },
    /// Older than what served.
    #[error(
        "{pilot} {version} is older than {newest}, which has served: what was mended since is open again, so two officers approve the way back (`pilot grant request {pilot} --in-version {version}`)"
    )]
    OlderVersion {
        /// Which.
        pilot: PilotId,
        /// Which version.
        version: Version,
        /// The newest that served.
        newest: Version,
    },
    /// Its trial failed.
    #[error("the component failed when it was asked to describe itself: {}", of_trial(*fault))]
    Trial {
        /// How.
        fault: Fault,
    },
    /// What it says of itself is not what its package says.
    #[error("the component describes other operations than its package: build it again with `pilot build`")]
    Describes,
    /// No such thing.
    #[error("there is no {what} `{id}`: see the list of those that are")]
    Unknown {
        /// A pilot, a grant, an invocation, …
        what: &'static str,
        /// Which, escaped.
        id: String,
    },
    /// This version is here already, with other content.
    #[error("{pilot} {version} is installed already with other content: give the new build another version")]
    VersionExists {
        /// Which.
        pilot: PilotId,
        /// Which version.
        version: String,
    },
    /// A setting that does not fit.
    #[error("{message}")]
    Setting {
        /// Which.
        key: String,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// Somebody else changed it meanwhile.
    #[error("{0} was changed meanwhile: look at what is there now and decide again")]
    Stale(&'static str),
    /// Four eyes.
    #[error(transparent)]
    Approve(#[from] pilothouse_registry::ApproveError),
    /// An officer's second credential is not another officer.
    #[error(
        "this credential counts as your own, since you gave it out or it was given out by one that does: let another officer confirm it"
    )]
    OwnCredential,
    /// Fewer than two officers would be left.
    #[error(
        "two officers must remain, or nothing can be approved any more: give another one a credential and have it confirmed first"
    )]
    LastOfficers,
    /// Another department's pilot.
    #[error("{pilot} is not among the pilots of this credential: use that of the department that answers for it")]
    OtherDepartment {
        /// Which.
        pilot: PilotId,
    },
    /// The values of this invocation are gone.
    #[error(
        "the values of this invocation were destroyed by retention or an erasure order: its record stays, a replay is no longer possible"
    )]
    Destroyed,
    /// What stands beside the log is not what the log says.
    #[error("{}: keep the data folder as it is, and compare it with the latest back-up", .0.join("; "))]
    Differs(Vec<String>),
    /// The calls of this invocation were too much to be written out.
    #[error(
        "the calls of this invocation could not be written out: its record has their number and a commitment, a replay is not possible"
    )]
    Unwritten,
    /// A text that is no id, key, role, …
    #[error("{what}: {message}")]
    Malformed {
        /// The field.
        what: &'static str,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be kept.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A record could not be written.
    #[error("the record of this change could not be written, so nothing was changed")]
    Record(#[from] pilothouse_evidence::RecordError),
    /// Sealing failed.
    #[error("a value could not be sealed or opened: the keys of this data folder are not those that it was made with")]
    Seal(#[from] pilothouse_evidence::SealError),
    /// The embedded policy files.
    #[error("a policy file that belongs to this version cannot be read: {0}")]
    Policy(String),
}

fn of_other_kind(is: Installation) -> &'static str {
    match is {
        Installation::Demonstration => {
            "this data folder is a demonstration: make a real one with `pilot init FOLDER`, or leave --real out"
        }
        Installation::Real => {
            "this data folder is a real installation: leave --people and --demo-day out, they are for a demonstration"
        }
    }
}

/// Name and status of what the store answers: by its cause, so that who reads it does what helps.
fn of_store(error: &StoreError) -> (&'static str, u16) {
    match error {
        StoreError::Full(_) => ("disk-full", 507),
        StoreError::ReadOnly(_) => ("disk-read-only", 503),
        StoreError::Disk(_) | StoreError::NotDurable(_) => ("disk-failed", 503),
        StoreError::Damaged(_) | StoreError::Unreadable { .. } => ("data-damaged", 500),
        StoreError::Log(_) | StoreError::Verify(_) | StoreError::Differs { .. } => ("log-damaged", 500),
        StoreError::Database(_) | StoreError::Closed => ("not-kept", 503),
    }
}

/// The same of what it answers to a unit.
fn of_commit(error: &CommitError) -> (&'static str, u16) {
    match error {
        CommitError::Store(cause) => of_store(cause),
        CommitError::Unknown { .. } => ("not-found", 404),
        CommitError::Exists { .. } => ("exists-already", 409),
        CommitError::Stale { .. } | CommitError::Conflict { .. } => ("changed-meanwhile", 412),
        CommitError::TooLarge { .. } => ("too-much-to-keep", 413),
        CommitError::Duplicate { .. } => ("reference-used", 409),
        CommitError::EffectKnown { .. } => ("exists-already", 409),
        CommitError::RecordKnown | CommitError::Malformed { .. } => ("not-recorded", 500),
        CommitError::Closed => ("not-kept", 503),
    }
}

/// What a fault says where the manifest's limits do not hold yet.
fn of_trial(fault: Fault) -> String {
    match fault {
        Fault::Deadline => format!(
            "it took longer than the {} ms that a description may take: a corrected version is needed",
            super::packaging::TRIAL_DEADLINE.as_millis()
        ),
        other => other.to_string(),
    }
}

impl HouseError {
    /// Stable name: the `type` of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            HouseError::Open(_)
            | HouseError::NoHouse { .. }
            | HouseError::Occupied { .. }
            | HouseError::NoInstallation { .. }
            | HouseError::Older { .. }
            | HouseError::OtherInstallation { .. } => "data-folder",
            HouseError::NoDemonstration => "no-demonstration",
            HouseError::NotInvited => "no-credential",
            HouseError::File { .. } => "data-file",
            HouseError::WithoutCard => "person-without-card",
            HouseError::Issuers { .. } => "issuers",
            HouseError::Engine(_) => "engine",
            HouseError::Door(error) => error.code(),
            HouseError::Packages(_) => "package-store",
            HouseError::Compile(_) => "not-compiled",
            HouseError::NotGranted { .. } => "not-granted",
            HouseError::Wider { .. } => "wider",
            HouseError::OtherVendor { .. } => "other-vendor",
            HouseError::OlderVersion { .. } => "older-version",
            HouseError::Trial { .. } => "trial-failed",
            HouseError::Describes => "schemas-differ",
            HouseError::Unknown { .. } => "not-found",
            HouseError::VersionExists { .. } => "version-exists",
            HouseError::Setting { .. } => "invalid-setting",
            HouseError::Stale(_) => "changed-meanwhile",
            HouseError::Approve(error) => error.code(),
            HouseError::OwnCredential => "own-credential",
            HouseError::LastOfficers => "last-officers",
            HouseError::OtherDepartment { .. } => "other-department",
            HouseError::Destroyed => "values-destroyed",
            HouseError::Malformed { .. } => "malformed",
            HouseError::Unwritten => "values-unwritten",
            HouseError::Differs(_) => "log-damaged",
            HouseError::Store(error) => of_store(error).0,
            HouseError::Commit(error) => of_commit(error).0,
            HouseError::Record(_) => "not-recorded",
            HouseError::Seal(_) => "not-sealed",
            HouseError::Policy(_) => "policy",
        }
    }

    /// The HTTP status that says it.
    pub fn status(&self) -> u16 {
        match self {
            HouseError::Door(_) | HouseError::Trial { .. } | HouseError::Describes | HouseError::Compile(_) => 422,
            HouseError::Setting { .. } | HouseError::Malformed { .. } | HouseError::WithoutCard => 422,
            HouseError::NotGranted { .. } | HouseError::Approve(_) | HouseError::VersionExists { .. } => 409,
            HouseError::OwnCredential | HouseError::LastOfficers => 409,
            HouseError::OtherDepartment { .. } => 403,
            HouseError::Wider { .. } | HouseError::OtherVendor { .. } | HouseError::OlderVersion { .. } => 409,
            HouseError::Stale(_) => 412,
            HouseError::Unknown { .. } | HouseError::NoDemonstration => 404,
            HouseError::NotInvited => 401,
            HouseError::Destroyed | HouseError::Unwritten => 410,
            HouseError::Differs(_) => 500,
            HouseError::Store(error) => of_store(error).1,
            HouseError::Commit(error) => of_commit(error).1,
            HouseError::Open(_)
            | HouseError::NoHouse { .. }
            | HouseError::Occupied { .. }
            | HouseError::NoInstallation { .. }
            | HouseError::Older { .. }
            | HouseError::OtherInstallation { .. }
            | HouseError::File { .. }
            | HouseError::Issuers { .. }
            | HouseError::Engine(_)
            | HouseError::Record(_) => 500,
            HouseError::Seal(_) | HouseError::Policy(_) | HouseError::Packages(_) => 500,
        }
    }

    /// Whether a build that serves is to be switched off for this: nobody, or no trusted key, stands behind it any more.
    pub(super) fn ends_service(&self) -> bool {
        matches!(
            self,
            HouseError::OlderVersion { .. } | HouseError::Wider { .. } | HouseError::Door(DoorError::Signer(_))
        )
    }

    /// What to do next, where the text does not say it.
    pub fn help(&self) -> Option<String> {
        match self {
            HouseError::Door(error) => Some(error.help()),
            _ => None,
        }
    }
}
