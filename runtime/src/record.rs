//! From an ended call to its evidence: what goes into the log, as names, pseudonyms and commitments, and nothing else.

use pilothouse_evidence::{
    CallRecord, Caller, Commitment, Digest, EffectRecord, InvocationRecord, ResultRecord, SealKey, Unwritten,
};

use crate::ended::{Ended, Fault, has_digits};
use crate::invoke::{Entry, Finished};
use crate::keys::{Secret, mac};
use crate::natural::NaturalKey;
use crate::pending::Effect;
use crate::recording::Recording;
use crate::trail::CallEntry;

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

/// Stands in a record for a name that the component made up: what its manifest does not name is what a component chose to say, and
/// is committed to with the arguments. No name of a manifest has such a mark.
pub const OTHER_NAME: &str = "#other";
/// Most names of one call that are written out; a record's lists have no more than 64.
const MAX_NAMES: usize = 63;
/// Longest name that is written out.
const MAX_NAME: usize = 128;

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

/// The names that a call asked for, as a record may hold them: those that its manifest or the contract names, and a mark for others.
fn names(asked: &[String], known: &dyn Fn(&str) -> bool) -> Vec<String> {
    let written = |name: &String| {
        let fits = (1..=MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic())
            && !has_digits(name);
        if fits && known(name) { name.clone() } else { OTHER_NAME.to_owned() }
    };
    let more = (asked.len() > MAX_NAMES).then(|| OTHER_NAME.to_owned());
    asked.iter().take(MAX_NAMES).map(written).chain(more).collect()
}

/// Writes an invocation down whose calls cannot be written one by one: their number, and what commits to all of them. It ended as a
/// fault, whatever it came to.
pub fn write_down_unwritten(finished: &Finished, about: About, key: &SealKey) -> InvocationRecord {
    let recording = &finished.recording;
    let trail = serde_json::to_vec(&recording.calls).unwrap_or_default();
    let calls: usize = recording.calls.iter().map(CallEntry::times).sum();
    let unwritten = Unwritten { calls: u32::try_from(calls).unwrap_or(u32::MAX), trail: key.commit("trail", &trail) };
    let result = ResultRecord::Fault { code: Fault::Excess.code().to_owned() };
    InvocationRecord { unwritten: Some(unwritten), ..head(finished, about, key, result) }
}

/// Writes an ended invocation down. `known` are the names that its manifest and the contract
/// have.
pub fn write_down(
    finished: &Finished,
    about: About,
    key: &SealKey,
    effects: &EffectKeys,
    known: &dyn Fn(&str) -> bool,
) -> InvocationRecord {
    let recording = &finished.recording;
    let commit = |label: &str, bytes: &[u8]| key.commit(label, bytes);
    let result = result_of(recording, key);
    let calls = recording.calls.iter().zip(0_u32..).map(|(call, n)| CallRecord {
        n,
        function: call.function.clone(),
        person: call.pseudonym.clone(),
        asked: names(&call.asked, known),
        verdict: call.verdict.clone(),
        line: (!call.line.is_empty()).then(|| call.line.clone()),
        args: commit(&format!("args/{n}"), call.args.as_bytes()),
        answer: commit(&format!("answer/{n}"), call.answer.as_bytes()),
        again: call.again.as_ref().map(|again| again.n),
    });
    let effects = finished.pending.effects.iter().zip(0_u32..).map(|(effect, n)| EffectRecord {
        capability: effect.capability.to_owned(),
        key: effects.key(&finished.pilot, effect.capability, effect.function, &effect.key),
        n,
    });
    let (calls, effects) = (calls.collect(), effects.collect());
    InvocationRecord { calls, effects, ..head(finished, about, key, result) }
}

fn request_of(recording: &Recording, key: &SealKey) -> Commitment {
    let request = match &recording.entry {
        Entry::Operation { input, .. } => input.as_bytes(),
        Entry::Reading => b"reading",
        Entry::Tick { name } => name.as_bytes(),
    };
    key.commit("request", request)
}

fn result_of(recording: &Recording, key: &SealKey) -> ResultRecord {
    match &recording.ended {
        Ended::Decided(decided) => ResultRecord::Decided {
            decision: decided.decision.clone(),
            reasons: decided.reasons.clone(),
            outcome: key.commit("outcome", &outcome_bytes(&recording.ended)),
        },
        Ended::Refused { code, field, .. } => ResultRecord::Refused { code: code.clone(), field: field.clone() },
        Ended::Fault { fault } => ResultRecord::Fault { code: fault.code().to_owned() },
    }
}

/// All that a record says beside its calls and effects.
fn head(finished: &Finished, about: About, key: &SealKey, result: ResultRecord) -> InvocationRecord {
    let recording = &finished.recording;
    let commit = |label: &str, bytes: &[u8]| key.commit(label, bytes);
    let request = request_of(recording, key);
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
        calls: Vec::new(),
        effects: Vec::new(),
        unwritten: None,
    }
}

/// Whether a recording is what its record commits to, call by call. `earlier` are the calls of the parts before the record.
pub fn fits(record: &InvocationRecord, earlier: &[CallRecord], recording: &Recording, key: &SealKey) -> bool {
    let calls = || earlier.iter().chain(&record.calls);
    let same = |(n, (written, call)): (u32, (&CallRecord, &CallEntry))| {
        written.function == call.function
            && written.args == key.commit(&format!("args/{n}"), call.args.as_bytes())
            && written.answer == key.commit(&format!("answer/{n}"), call.answer.as_bytes())
    };
    let reference = key.commit("reference", recording.occasion.reference.as_bytes());
    record.id == recording.id
        && record.request == request_of(recording, key)
        && record.reference.is_none_or(|written| written == reference)
        && record.result == result_of(recording, key)
        && calls().count() == recording.calls.len()
        && (0..).zip(calls().zip(&recording.calls)).all(same)
}

/// A row as a call left it: table, key, and value with its indexes, or none where it removed the row.
pub type RowWritten = (String, String, Option<(String, Vec<(String, String)>)>);

/// The rows of its own tables that a call left, in the order of its changes.
pub fn rows_written(recording: &Recording) -> Vec<RowWritten> {
    type Put = (String, String, String, Option<u64>, Vec<(String, String)>);
    type Delete = (String, String, Option<u64>);
    let allowed = recording.calls.iter().filter(|call| matches!(call.verdict, pilothouse_evidence::Verdict::Allowed));
    let written = allowed.filter_map(|call| match call.function.as_str() {
        "records.put" => {
            let (table, key, value, _, indexes) = serde_json::from_str::<Put>(&call.args).ok()?;
            Some((table, key, Some((value, indexes))))
        }
        "records.delete" => {
            let (table, key, _) = serde_json::from_str::<Delete>(&call.args).ok()?;
            Some((table, key, None))
        }
        _ => None,
    });
    written.collect()
}

/// The bytes of an ending that a replay must reproduce.
pub fn outcome_bytes(ended: &Ended) -> Vec<u8> {
    // Texts and lists always serialise; should they not, the empty answer differs from every recorded one.
    serde_json::to_vec(ended).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_of_the_manifest_is_written_and_every_other_is_not() {
        let known = |name: &str| ["visits", "alive"].contains(&name);
        let of = |asked: &[&str]| names(&asked.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), &known);
        assert_eq!(of(&["visits", "nguyen-van-thu", "alive"]), ["visits", OTHER_NAME, "alive"]);
        assert_eq!(of(&["visits"; 64]).len(), 64);
        assert_eq!(of(&["visits"; 4_000]).len(), 64);
    }

    proptest! {
        /// Whatever a component asks for, of whichever function, and whatever its manifest is taken to name.
        #[test]
        fn no_name_keeps_a_record_from_being_written(
            asked in prop::collection::vec(prop_oneof!["\\PC{0,200}", "[a-z]{0,3}[0-9]{9,12}", "[ -~]{0,40}", ".{0,9}"], 0..130),
        ) {
            let written = names(&asked, &|_| true);
            let key = SealKey::from_bytes([1; 32]);
            let call = CallRecord {
                n: 0,
                function: "records.get".to_owned(),
                person: None,
                asked: written,
                verdict: pilothouse_evidence::Verdict::Allowed,
                line: None,
                args: key.commit("args", b""),
                answer: key.commit("answer", b""),
                again: None,
            };
            let record = pilothouse_evidence::Record::Part(pilothouse_evidence::PartRecord {
                v: pilothouse_evidence::record::RECORD_VERSION,
                id: "a.1".to_owned(),
                at: 1,
                invocation: "a".to_owned(),
                part: 1,
                calls: vec![call],
                effects: Vec::new(),
            });
            prop_assert!(record.to_canonical().is_ok());
        }
    }
}
