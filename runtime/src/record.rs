//! From an ended call to its evidence: what goes into the log, as names, pseudonyms and commitments, and nothing else.

use pilothouse_evidence::{
    CallRecord, Caller, Commitment, Digest, EffectRecord, InvocationRecord, ResultRecord, SealKey,
};

use crate::ended::Ended;
use crate::invoke::{Entry, Finished};
use crate::keys::{Secret, mac};
use crate::natural::NaturalKey;
use crate::pending::Effect;

/// What is true of an invocation beside what it did.
pub struct About {
    /// Version of the pilot.
    pub version: String,
    /// Digest of its package.
    pub package: Digest,
    /// Digest of its effective rights.
    pub grants: Digest,
    /// Digest of the department's settings.
    pub settings: Digest,
    /// Who asked.
    pub caller: Caller,
}

/// Turns natural keys into what the log and the outbox show of them: equal for equal effects, saying nothing of the stay or person.
pub struct EffectKeys([u8; 32]);

impl EffectKeys {
    /// The keys of an installation.
    pub fn new(secret: &Secret) -> EffectKeys {
        EffectKeys(secret.derive("effect-keys"))
    }

    /// The key of an effect: pilot, capability, function and natural key, never the version, so that shadow, retry and roll-back collapse.
    pub fn key(&self, pilot: &str, capability: &str, function: &str, natural: &NaturalKey) -> Commitment {
        let parts = [pilot, capability, function, natural.as_str()].map(str::as_bytes);
        Commitment::from_bytes(mac(&self.0, &parts))
    }

    /// As keys were made before natural keys were tuples. What was queued then leaves under it, and is found by it.
    pub fn old_key(&self, model: u8, capability: &str, natural: &str) -> Commitment {
        Commitment::from_bytes(mac(&self.0, &[&[model], capability.as_bytes(), natural.as_bytes()]))
    }

    /// What must be equal for the same key to be the same effect. Under a secret: a payload names people.
    pub fn content(&self, effect: &Effect) -> [u8; 32] {
        let payload: &[u8] = if effect.key_says_all { b"" } else { &effect.payload };
        mac(&self.0, &[b"content", effect.capability.as_bytes(), effect.function.as_bytes(), b"is", payload])
    }
}

/// Writes an ended invocation down.
pub fn write_down(finished: &Finished, about: About, key: &SealKey, effects: &EffectKeys) -> InvocationRecord {
    let recording = &finished.recording;
    let commit = |label: &str, bytes: &[u8]| key.commit(label, bytes);
    let request = match &recording.entry {
        Entry::Operation { input, .. } => commit("request", input.as_bytes()),
        Entry::Reading => commit("request", b"reading"),
        Entry::Tick { name } => commit("request", name.as_bytes()),
    };
    let result = match &recording.ended {
        Ended::Decided(decided) => ResultRecord::Decided {
            decision: decided.decision.clone(),
            reasons: decided.reasons.clone(),
            outcome: commit("outcome", &outcome_bytes(&recording.ended)),
        },
        Ended::Refused { code, field, .. } => ResultRecord::Refused { code: code.clone(), field: field.clone() },
        Ended::Fault { fault } => ResultRecord::Fault { code: fault.code().to_owned() },
    };
    let calls = recording.calls.iter().zip(0_u32..).map(|(call, n)| CallRecord {
        n,
        function: call.function.clone(),
        person: call.pseudonym.clone(),
        asked: call.asked.clone(),
        verdict: call.verdict.clone(),
        line: (!call.line.is_empty()).then(|| call.line.clone()),
        args: commit(&format!("args/{n}"), call.args.as_bytes()),
        answer: commit(&format!("answer/{n}"), call.answer.as_bytes()),
    });
    let effects = finished.pending.effects.iter().zip(0_u32..).map(|(effect, n)| EffectRecord {
        capability: effect.capability.to_owned(),
        key: effects.key(&finished.pilot, effect.capability, effect.function, &effect.key),
        n,
    });
    let read = recording.people.first().and_then(|person| person.presented.as_ref());
    let read = read.filter(|_| matches!(recording.entry, Entry::Reading));
    InvocationRecord {
        v: pilothouse_evidence::record::RECORD_VERSION,
        id: recording.id.clone(),
        at: recording.occasion.at,
        captured_at: Some(recording.occasion.captured_at).filter(|captured| *captured != recording.occasion.at),
        pilot: finished.pilot.to_string(),
        version: about.version,
        package: about.package,
        grants: about.grants,
        config: about.settings,
        entry: recording.entry.name(),
        caller: about.caller,
        read: read.map(|presented| presented.method.as_str().to_owned()),
        reference: Some(commit("reference", recording.occasion.reference.as_bytes())),
        request,
        result,
        calls: calls.collect(),
        effects: effects.collect(),
    }
}

/// The bytes of an ending that a replay must reproduce.
pub fn outcome_bytes(ended: &Ended) -> Vec<u8> {
    // Texts and lists always serialise; should they not, the empty answer differs from every recorded one.
    serde_json::to_vec(ended).unwrap_or_default()
}
