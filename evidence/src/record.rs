//! What the log holds: one canonical record per invocation, change or look. Codes, ids, pseudonyms and commitments;
//! never a value of a person, because nothing is ever taken out of the log again.
//!
//! "Canonical" is RFC 8785 (JSON Canonicalization Scheme): one record has exactly one sequence of bytes, so its leaf
//! hash can be recomputed by anybody, in any language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Commitment, Digest};

mod canonical;
mod parts;
mod writer;

pub use canonical::{MAX_RECORD_BYTES, RecordError};

/// The version of the record's form that this crate writes and reads.
pub const RECORD_VERSION: u32 = 1;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// A pilot was called.
    Invocation(Box<InvocationRecord>),
    /// Calls and effects of an invocation that has more of them than one entry holds.
    Part(PartRecord),
    /// A grant, setting, credential or the like was changed.
    Change(ChangeRecord),
    /// Somebody looked into the record itself.
    Look(LookRecord),
}

impl Record {
    /// The record's own id, unique in the log.
    pub fn id(&self) -> &str {
        match self {
            Record::Invocation(record) => &record.id,
            Record::Part(record) => &record.id,
            Record::Change(record) => &record.id,
            Record::Look(record) => &record.id,
        }
    }

    /// When it happened: microseconds since 1970, UTC.
    pub fn at(&self) -> i64 {
        match self {
            Record::Invocation(record) => record.at,
            Record::Part(record) => record.at,
            Record::Change(record) => record.at,
            Record::Look(record) => record.at,
        }
    }

    /// The version of its form; [`RECORD_VERSION`] in all that this crate accepts.
    pub fn version(&self) -> u32 {
        match self {
            Record::Invocation(record) => record.v,
            Record::Part(record) => record.v,
            Record::Change(record) => record.v,
            Record::Look(record) => record.v,
        }
    }
}

/// One call of one pilot: what was asked, under which grants, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvocationRecord {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// The invocation's id, a UUID v7.
    pub id: String,
    /// When the request arrived: microseconds since 1970, UTC.
    pub at: i64,
    /// When the event happened by the host's clock, where that is not when the request arrived: microseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<i64>,
    /// Which pilot.
    pub pilot: String,
    /// Which version of it, by semver.
    pub version: String,
    /// The package that ran.
    pub package: Digest,
    /// The effective grants that it ran under.
    pub grants: Digest,
    /// The configuration that it was given.
    pub config: Digest,
    /// Which export: `operations.check-in`, `readings.on-reading`, `schedules.remind`.
    pub entry: String,
    /// Who asked.
    pub caller: Caller,
    /// How the person was read, where the call is a reading that was handed to the pilot: `nfc-chip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// The caller's own reference of the case, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Commitment>,
    /// The request as it came in.
    pub request: Commitment,
    /// What came of it.
    pub result: ResultRecord,
    /// Every capability call, allowed or denied, in order; the last of them where parts stand before this record.
    pub calls: Vec<CallRecord>,
    /// Every effect that was committed with it; the last of them where parts stand before this record.
    pub effects: Vec<EffectRecord>,
    /// What of it could not be written out: then it ended as a fault, and this stands for its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwritten: Option<Unwritten>,
}

/// Calls that could not be written out one by one: how many there were, and what commits to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unwritten {
    /// How many capability calls.
    pub calls: u32,
    /// All of them, with arguments and answers.
    pub trail: Commitment,
}

/// The earlier calls and effects of a long invocation, such as a batch. Parts stand directly before their invocation's
/// record, in order, appended with it in one step; [`InvocationRecord::into_records`] makes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRecord {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// The invocation's id, a dot and the part's number.
    pub id: String,
    /// As in the invocation.
    pub at: i64,
    /// The invocation's id.
    pub invocation: String,
    /// Its number, from 1.
    pub part: u32,
    /// As in the invocation.
    pub calls: Vec<CallRecord>,
    /// As in the invocation.
    pub effects: Vec<EffectRecord>,
}

/// Who asked, without saying who that is as a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Id of the credential that was shown, never the credential.
    pub credential: String,
    /// In which role.
    pub role: String,
    /// Code of the administrative unit.
    pub unit: String,
    /// Id of the facility, where the caller is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility: Option<String>,
    /// Id of the device, where one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How far the device's clock was ahead, in seconds, where the time of the event was corrected by it; negative: behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<i64>,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ResultRecord {
    /// The pilot decided.
    Decided {
        /// One of the decisions that its manifest names.
        decision: String,
        /// Codes of the reasons.
        reasons: Vec<String>,
        /// The whole outcome.
        outcome: Commitment,
    },
    /// The pilot, or the host before it, did not take the request.
    Refused {
        /// Why.
        code: String,
        /// Which field of the request, where it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    /// The pilot failed: trap, deadline, limit.
    Fault {
        /// Which fault.
        code: String,
    },
}

/// One capability call at the funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRecord {
    /// Its number in the invocation, from 0.
    pub n: u32,
    /// Which function: `population.verify`.
    pub function: String,
    /// Pseudonym, for this pilot only, of the person it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Names of the claims, fields or tables asked for; never their values.
    pub asked: Vec<String>,
    /// What the funnel said.
    pub verdict: Verdict,
    /// The line of the grant that decided: `population: scope.claims`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The arguments.
    pub args: Commitment,
    /// The answer, or the denial as the guest read it.
    pub answer: Commitment,
    /// How many more calls the same denial answered that are not written out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<u32>,
}

/// A call as those who count read it: reading a whole record is mostly reading its commitments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CallGlance<'r> {
    /// Which function: `population.verify`.
    #[serde(borrow)]
    pub function: Cow<'r, str>,
    /// Names of the claims, fields or tables asked for.
    #[serde(borrow)]
    pub asked: Vec<Cow<'r, str>>,
    /// What the funnel said.
    pub verdict: Verdict,
}

/// A record as those who count read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Glance<'r> {
    /// Its calls; none of a record that is not of an invocation.
    #[serde(borrow, default)]
    pub calls: Vec<CallGlance<'r>>,
    /// How the person was read that was handed to the pilot.
    #[serde(borrow, default)]
    pub read: Option<Cow<'r, str>>,
}

impl Glance<'_> {
    /// Of a record that the log holds, and whose form was checked when it came there.
    ///
    /// # Errors
    /// [`RecordError::Shape`].
    pub fn of(record: &[u8]) -> Result<Glance<'_>, RecordError> {
        serde_json::from_slice(record).map_err(|error| RecordError::Shape { column: error.column() })
    }
}

/// What the funnel said to one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
    /// It went through.
    Allowed,
    /// It did not.
    Denied {
        /// The denial's code, as the guest read it.
        code: String,
    },
    /// It was allowed, but the provider did not answer in time.
    Unavailable,
}

/// One effect outside that was committed with the invocation and leaves from the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectRecord {
    /// Which capability sends it.
    pub capability: String,
    /// The idempotency key, made of the natural key that the guest gave. Take the outbox's own keyed hash
    /// (`Commitment::from_bytes`), so that two records of one effect show the same key.
    pub key: Commitment,
    /// The number of the call that asked for it.
    pub n: u32,
}

/// One change of what may be done: a grant, a setting, a credential, a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// The change's id, a UUID v7.
    pub id: String,
    /// When: microseconds since 1970, UTC.
    pub at: i64,
    /// Id of the officer who did it, or `host`.
    pub by: String,
    /// What kind of thing: `grant`, `setting`, `pilot`, `credential`, `package`, `vendor-key`, `budget`.
    pub subject: String,
    /// Which one: a pilot or an id.
    pub of: String,
    /// What was done: `approve`, `withdraw`, `enable`.
    pub action: String,
    /// What a reader needs besides, as codes, numbers, ids and digests. Wording and reasons in free text stay in the
    /// store, where they can be erased; here stands their digest.
    pub detail: BTreeMap<String, String>,
}

/// One look into the record itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookRecord {
    /// [`RECORD_VERSION`].
    pub v: u32,
    /// The look's id, a UUID v7.
    pub id: String,
    /// When: microseconds since 1970, UTC.
    pub at: i64,
    /// Id of who looked.
    pub by: String,
    /// What was looked at: `invocation`, `access-log`, `replay`.
    pub what: String,
    /// Which one: an id or a pseudonym.
    pub of: String,
}
