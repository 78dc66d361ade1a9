//! What one call left in the record, for whoever may look: its calls with their grant lines, its leaf, and the proof, checked.

use std::collections::BTreeMap;

use pilothouse_evidence::merkle::verify_inclusion;
use pilothouse_evidence::{CallRecord, InvocationRecord, Record, ResultRecord, Verdict, leaf_hash};
use pilothouse_registry::{Bilingual, PilotId};
use pilothouse_runtime::Fault;
use serde::Serialize;

use super::running::Running;
use super::wording::common;
use super::{Caller, House, HouseError};

/// Roles that may look into every invocation. A desk sees its own.
const LOOKERS: [&str; 2] = ["working-group", "auditor"];
/// Most earlier parts of one invocation that are shown: a batch of thousands of calls has some dozens.
const MAX_PARTS: u32 = 64;

/// A code with its words, in Vietnamese and English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coded {
    /// As it stands in the record.
    pub code: String,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// A capability call of an invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallLine {
    /// Its number, from 0.
    pub n: u32,
    /// Which function.
    pub function: String,
    /// Names of the claims, fields or tables asked for.
    pub asked: Vec<String>,
    /// What the funnel said.
    pub verdict: Verdict,
    /// The line of the grant that decided.
    pub line: Option<String>,
    /// Pseudonym of the person, for this pilot only.
    pub person: Option<String>,
}

impl From<&CallRecord> for CallLine {
    fn from(call: &CallRecord) -> CallLine {
        CallLine {
            n: call.n,
            function: call.function.clone(),
            asked: call.asked.clone(),
            verdict: call.verdict.clone(),
            line: call.line.clone(),
            person: call.person.clone(),
        }
    }
}

/// How an invocation ended, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// Decision, refusal or fault.
    pub outcome: Coded,
    /// Why.
    pub reasons: Vec<Coded>,
    /// Whether it was a fault.
    pub faulty: bool,
}

/// Where a record stands in the log, and that it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Its place.
    pub seq: u64,
    /// Hash of the leaf (RFC 6962, 2.1), hex.
    pub leaf: String,
    /// Sibling hashes, leaf first, hex (RFC 6962, 2.1.1).
    pub siblings: Vec<String>,
    /// How many entries the signed log has.
    pub size: u64,
    /// Its root, hex.
    pub root: String,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The key that it is signed with, as C2SP writes it.
    pub key: String,
    /// Whether signature and proof hold: computed anew for whoever asks.
    pub holds: bool,
}

/// An invocation as the record has it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Which pilot.
    pub pilot: PilotId,
    /// What people call it; none where it is not installed any more.
    pub title: Option<Bilingual>,
    /// The record.
    pub record: InvocationRecord,
    /// How it ended.
    pub ending: Ending,
    /// Every call, of earlier parts too.
    pub calls: Vec<CallLine>,
    /// Capabilities of its effects, each with how many.
    pub effects: BTreeMap<String, usize>,
    /// Where it stands.
    pub standing: Standing,
    /// The record's bytes, which the leaf is the hash of.
    pub canonical: String,
}

impl House {
    /// What a call left in the record. The look is itself recorded. What the caller may not see is not there.
    ///
    /// # Errors
    /// Where there is none for this caller, and those of the store.
    pub async fn evidence(&self, by: &Caller, id: &str) -> Result<Evidence, HouseError> {
        let unknown = || HouseError::Unknown { what: "invocation", id: pilothouse_registry::escape_name(id) };
        let entry = self.0.store.log().entry_by_id(id).await?.ok_or_else(unknown)?;
        let Ok(Record::Invocation(record)) = Record::from_canonical(&entry.body) else { return Err(unknown()) };
        let is_own = record.caller.credential == by.credential;
        if !is_own && !LOOKERS.contains(&by.role.as_str()) {
            return Err(unknown());
        }
        self.keep_look(by, "invocation", &entry.id).await?;
        let proof = self.0.store.log().inclusion(entry.seq).await?.ok_or_else(unknown)?;
        let signed = self.0.log_key.verify(&proof.checkpoint.note).ok();
        let leaf = leaf_hash(&entry.body);
        let holds = signed
            .as_ref()
            .is_some_and(|signed| verify_inclusion(leaf, entry.seq, signed.size, &proof.hashes, signed.root));
        let (size, root) = signed.map_or((0, String::new()), |signed| (signed.size, hex::encode(signed.root)));
        let mut calls = Vec::with_capacity(record.calls.len());
        let mut effects = BTreeMap::new();
        for part in 1..=MAX_PARTS {
            let Some(earlier) = self.0.store.log().entry_by_id(&format!("{id}.{part}")).await? else { break };
            let Ok(Record::Part(part)) = Record::from_canonical(&earlier.body) else { break };
            calls.extend(part.calls.iter().map(CallLine::from));
            part.effects.iter().for_each(|effect| *effects.entry(effect.capability.clone()).or_insert(0) += 1);
        }
        calls.extend(record.calls.iter().map(CallLine::from));
        record.effects.iter().for_each(|effect| *effects.entry(effect.capability.clone()).or_insert(0) += 1);
        let pilot: PilotId = super::parse("pilot", &record.pilot)?;
        let version = self.version(&pilot).ok();
        let ending = ending(version.as_deref(), &record.result);
        let title = version.map(|version| version.manifest.title.clone());
        let standing = Standing {
            seq: entry.seq,
            leaf: hex::encode(leaf),
            siblings: proof.hashes.iter().map(hex::encode).collect(),
            size,
            root,
            checkpoint: proof.checkpoint.note,
            key: self.0.log_key.to_string(),
            holds,
        };
        let canonical = String::from_utf8_lossy(&entry.body).into_owned();
        Ok(Evidence { pilot, title, record: *record, ending, calls, effects, standing, canonical })
    }
}

/// How it ended, in the pilot's words where it is here.
pub(super) fn ending(version: Option<&Running>, result: &ResultRecord) -> Ending {
    let coded = |kind: &str, code: &str| {
        let (vi, en) = version.map_or_else(|| common(kind, code), |version| version.words.code(kind, code));
        Coded { code: code.to_owned(), vi, en }
    };
    match result {
        ResultRecord::Decided { decision, reasons, .. } => Ending {
            outcome: coded("decision", decision),
            reasons: reasons.iter().map(|reason| coded("reason", reason)).collect(),
            faulty: false,
        },
        ResultRecord::Refused { code, .. } => {
            Ending { outcome: coded("refusal", code), reasons: Vec::new(), faulty: false }
        }
        ResultRecord::Fault { code } => Ending {
            outcome: coded("fault", code),
            reasons: Vec::new(),
            faulty: ![Fault::Withdrawn, Fault::Overtaken, Fault::Late, Fault::Full]
                .map(Fault::code)
                .contains(&code.as_str()),
        },
    }
}
