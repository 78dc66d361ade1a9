//! The whole check: the log, and everything that stands beside it held against what the log says: recordings, answers, effects, rows of
//! pilots, and the host's own state. What differs is named; what an older version left unsaid is told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pilothouse_evidence::{
    CallRecord, CheckpointKey, Digest, EffectRecord, InvocationRecord, MasterKey, Record, ResultRecord, SealKey,
};
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::record::{fits, rows_written};
use pilothouse_runtime::{Ended, Recording};
use pilothouse_store::Store;
use pilothouse_store::beside::{RowAt, SealedAt};
use serde::Serialize;

use super::digests::{Digests, UNKEYED_BEFORE};
use super::records::DAY;
use super::states::{ROW, States, is_once, standing};
use super::views::Verified;
use super::{House, HouseError};

/// Most differences that are named.
const NAMED: usize = 16;
/// Entries that are read at once.
const PAGE: u32 = 256;
/// How often a check of a running host is begun again because the log grew meanwhile.
const TRIES: usize = 4;

/// How much of what stands beside the log was held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// Recordings whose every value is what the log commits to.
    pub recordings: u64,
    /// Recordings whose keys retention or an erasure order destroyed.
    pub destroyed: u64,
    /// Answers kept for callers' references.
    pub answers: u64,
    /// Effects.
    pub effects: u64,
    /// Rows of pilots.
    pub rows: u64,
    /// Grants, settings, credentials, devices, vendors' keys, pilots and packages.
    pub states: u64,
    /// What the log says too little of to be held against it.
    pub not_covered: Vec<String>,
}

/// What a check needs beside the store.
pub(super) struct Checker<'h> {
    pub(super) store: &'h Store,
    pub(super) log_key: &'h CheckpointKey,
    pub(super) secret: &'h Secret,
}

impl House {
    /// Re-checks the whole log, and all that stands beside it.
    ///
    /// # Errors
    /// The first thing of the log that does not hold; what beside it does not, by name.
    pub async fn verify_log(&self) -> Result<Verified, HouseError> {
        let rooms = &self.0;
        Checker { store: &rooms.store, log_key: &rooms.log_key, secret: &rooms.secret }.check().await
    }
}

/// Pilot, table and key.
type RowKey = (String, String, String);
/// Digest of the content, or none where the row was removed; the entry that says so, and its time.
type RowSaid = (Option<Digest>, u64, i64);

/// What the log says, as far as it was read.
#[derive(Default)]
struct Said {
    /// Place in the log up to which this is.
    size: u64,
    last_at: i64,
    /// Whether a change that names its rows was seen; and whether one before it did not.
    named: bool,
    unnamed: bool,
    /// By name: the digest, and the entry that said it.
    states: BTreeMap<String, (String, u64)>,
    /// Invocations: place, time, whether its caller was promised the answer, id.
    calls: BTreeMap<u64, Call>,
    /// Effects by key.
    effects: BTreeMap<String, (String, String, u64)>,
    /// Rows of pilots as their last writer left them: digest of the content, or none where it removed the row.
    rows: HashMap<RowKey, RowSaid>,
    /// Pilots of which recordings were destroyed: their rows may be of those.
    partly: BTreeSet<String>,
    /// Parts of the invocation that is being read.
    parts: Vec<CallRecord>,
    part_effects: Vec<EffectRecord>,
}

struct Call {
    id: String,
    at: i64,
    answered: bool,
    scope: String,
    reference: Option<String>,
}

/// What differs, named.
#[derive(Default)]
struct Differences(BTreeSet<String>);

impl Differences {
    fn add(&mut self, text: String) {
        if self.0.len() < NAMED {
            self.0.insert(text);
        }
    }
}

impl Checker<'_> {
    pub(super) async fn check(&self) -> Result<Verified, HouseError> {
        let report = self.store.log().verify(self.log_key, &[]).await?;
        let mut said = Said::default();
        let mut beside = Beside::default();
        let mut differences = Differences::default();
        for line in self.store.beside().damage().await? {
            differences.add(format!("the database file: {line}"));
        }
        let mut left: Option<BTreeSet<String>> = None;
        for _ in 0..TRIES {
            // What was read of the log before stays true; what stands beside it may be newer than what was read.
            self.read(&mut said, &mut beside, &mut differences).await?;
            let mut now = Differences::default();
            let counted = self.compare(&said, &mut now).await?;
            beside = Beside { recordings: beside.recordings, destroyed: beside.destroyed, ..counted };
            // Where nothing was written meanwhile, this is what differs; else only what still does is.
            let quiet = self.store.log().size().await? == said.size;
            let found = match left.take() {
                Some(before) if !quiet => before.intersection(&now.0).cloned().collect(),
                Some(_) | None => now.0,
            };
            let done = quiet || found.is_empty();
            left = Some(found);
            if done {
                break;
            }
        }
        differences.0.extend(left.unwrap_or_default());
        if !differences.0.is_empty() {
            return Err(HouseError::Differs(differences.0.into_iter().collect()));
        }
        Ok(Verified::new(&report, self.log_key.to_string(), beside))
    }

    /// Reads on in the log, and holds recordings against their records on the way.
    async fn read(
        &self,
        said: &mut Said,
        beside: &mut Beside,
        differences: &mut Differences,
    ) -> Result<(), HouseError> {
        let master = MasterKey::from_bytes(self.secret.derive("master"));
        let mut gone: Vec<(String, i64, u64)> = Vec::new();
        loop {
            let entries = self.store.log().entries(said.size, PAGE).await?;
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                // A key is destroyed when its term is over, or by an order that is in the record.
                for (name, keep_until, seq) in gone {
                    if keep_until > super::now() && !said.states.contains_key(&name) {
                        differences.add(format!("entry {seq}: the key of its recording is gone, which nothing says"));
                    }
                }
                return Ok(());
            };
            let (from, to) = (first.seq, last.seq);
            let mut sealed: BTreeMap<u64, SealedAt> = BTreeMap::new();
            let mut next = from;
            while next <= to {
                let page = self.store.beside().sealed(next).await?;
                let Some(end) = page.last().map(|row| row.seq) else { break };
                next = end + 1;
                sealed.extend(page.into_iter().filter(|row| row.seq <= to).map(|row| (row.seq, row)));
            }
            for entry in &entries {
                said.size = entry.seq + 1;
                said.last_at = said.last_at.max(entry.at);
                let values = sealed.remove(&entry.seq);
                let of = |what: &str| format!("entry {} ({}): {what}", entry.seq, entry.id);
                match Record::from_canonical(&entry.body)? {
                    Record::Part(part) => {
                        said.parts.extend(part.calls);
                        said.part_effects.extend(part.effects);
                    }
                    Record::Look(_) => {}
                    Record::Change(change) => said.change(&change.detail, entry.seq),
                    Record::Invocation(record) => {
                        let parts = std::mem::take(&mut said.parts);
                        let recording = match values {
                            None => {
                                differences.add(of("its recording is not there"));
                                None
                            }
                            Some(SealedAt { sealed: None, keep_until, .. }) => {
                                beside.destroyed += 1;
                                said.partly.insert(record.pilot.clone());
                                gone.push((format!("sealed/{}/destroyed", record.id), keep_until, entry.seq));
                                None
                            }
                            Some(SealedAt { sealed: Some(sealed), .. }) => {
                                let opened = master
                                    .unwrap(&sealed.wrapped_key, &record.id)
                                    .and_then(|key| Ok((key.open(&record.id, &sealed.ciphertext)?, key)));
                                match opened {
                                    Ok((plain, key)) => match recorded(&record, &parts, &plain, &key) {
                                        Ok(recording) => {
                                            beside.recordings += 1;
                                            recording
                                        }
                                        Err(what) => {
                                            differences.add(of(what));
                                            None
                                        }
                                    },
                                    Err(_) => {
                                        differences.add(of("its recording is damaged, or is not its own"));
                                        None
                                    }
                                }
                            }
                        };
                        said.invocation(&record, recording.as_ref(), entry.seq);
                    }
                }
            }
            for row in sealed.keys() {
                differences.add(format!("entry {row}: there are sealed values of a call, which it is not of"));
            }
        }
    }

    /// Holds what stands there now against what the log said.
    async fn compare(&self, said: &Said, differences: &mut Differences) -> Result<Beside, HouseError> {
        let mut beside = Beside::default();
        self.states(said, &mut beside, differences).await?;
        self.answers(said, &mut beside, differences).await?;
        self.effects(said, &mut beside, differences).await?;
        self.rows(said, &mut beside, differences).await?;
        Ok(beside)
    }

    async fn states(&self, said: &Said, beside: &mut Beside, differences: &mut Differences) -> Result<(), HouseError> {
        let states = States::new(self.secret);
        let mut left: BTreeMap<&str, u64> = said.states.iter().map(|(name, (_, seq))| (name.as_str(), *seq)).collect();
        let mut unsaid = 0_u64;
        for fact in standing(self.store).await? {
            left.remove(fact.name.as_str());
            match said.states.get(&fact.name) {
                Some((digest, _)) if *digest == states.digest(&fact) => beside.states += 1,
                Some((_, seq)) => differences.add(format!("{}: is not what entry {seq} says", fact.name)),
                None if fact.name == format!("meta/{UNKEYED_BEFORE}") => {}
                // Of before changes named their rows.
                None if said.unnamed || !said.named => unsaid += 1,
                None => differences.add(format!("{}: no entry says that it is there", fact.name)),
            }
        }
        for (name, seq) in left.into_iter().filter(|(name, _)| !name.starts_with("sealed/")) {
            differences.add(format!("{name}: is not there, though entry {seq} says so"));
        }
        if unsaid > 0 {
            beside.not_covered.push(format!("{unsaid} states of the host, from before changes said what they leave"));
        }
        Ok(())
    }

    async fn answers(&self, said: &Said, beside: &mut Beside, differences: &mut Differences) -> Result<(), HouseError> {
        let responses = SealKey::from_bytes(self.secret.derive("responses"));
        let digests = Digests::new(self.secret, self.store).await?;
        let (mut from, mut oldest, mut there) = (0, None, BTreeSet::new());
        loop {
            let page = self.store.beside().answers(from).await?;
            let Some(last) = page.last() else { break };
            from = last.seq + 1;
            for answer in page {
                let of = |what: &str| format!("answer of entry {}: {what}", answer.seq);
                oldest = oldest.or(Some(answer.seq));
                there.insert(answer.seq);
                let Some(call) = said.calls.get(&answer.seq).filter(|call| call.answered) else {
                    if answer.seq < said.size {
                        differences.add(of("the entry answered nobody"));
                    }
                    continue;
                };
                if !answer.found_by {
                    differences.add(of("nothing leads from its reference to it"));
                }
                // Without its recording nobody knows the reference that it is sealed for.
                let Some(reference) = &call.reference else { continue };
                let mut labels = digests.references(reference).into_iter().map(|it| format!("{}/{it}", call.scope));
                if labels.any(|label| responses.open(&label, &answer.response).is_ok()) {
                    beside.answers += 1;
                } else {
                    differences.add(of("it is damaged, or is another call's"));
                }
            }
        }
        for (seq, call) in said.calls.iter().filter(|(_, call)| call.answered) {
            // Answers go in the order of their terms, and none within a day.
            let kept = oldest.is_some_and(|oldest| *seq > oldest) || call.at + DAY > said.last_at;
            if kept && !there.contains(seq) {
                differences.add(format!("answer of entry {seq} ({}): is not there", call.id));
            }
        }
        Ok(())
    }

    async fn effects(&self, said: &Said, beside: &mut Beside, differences: &mut Differences) -> Result<(), HouseError> {
        let payloads = SealKey::from_bytes(self.secret.derive("payloads"));
        let (mut after, mut there) = (String::new(), BTreeSet::new());
        loop {
            let page = self.store.beside().effects(&after).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.key);
            for effect in page {
                let of = |what: &str| format!("effect {}: {what}", effect.key);
                match said.effects.get(&effect.key) {
                    Some((pilot, capability, _)) if *pilot == effect.pilot && *capability == effect.capability => {
                        beside.effects += 1;
                    }
                    Some((.., seq)) => differences.add(of(&format!("is not what entry {seq} says"))),
                    None if effect.seq >= said.size => {}
                    None => differences.add(of("no entry says that it was asked for")),
                }
                if !effect.payload.is_empty() && payloads.open(&effect.key, &effect.payload).is_err() {
                    differences.add(of("what is to be sent is damaged"));
                }
                there.insert(effect.key);
            }
        }
        for (key, (_, _, seq)) in said.effects.iter().filter(|(key, _)| !there.contains(*key)) {
            differences.add(format!("effect {key}: is not there, though entry {seq} asked for it"));
        }
        Ok(())
    }

    async fn rows(&self, said: &Said, beside: &mut Beside, differences: &mut Differences) -> Result<(), HouseError> {
        let mut last: Option<RowAt> = None;
        let mut there = BTreeSet::new();
        loop {
            let page = self.store.beside().rows(last.as_ref()).await?;
            for row in &page {
                let key = (row.pilot.clone(), row.table.clone(), row.key.clone());
                let name = format!("row of {} in `{}`", row.pilot, row.table);
                match said.rows.get(&key) {
                    Some((Some(digest), ..)) if *digest == of_row(row) => beside.rows += 1,
                    Some((_, seq, _)) => differences.add(format!("{name}: is not what entry {seq} wrote")),
                    // The host's own owners have a dot: what it keeps for its capabilities is said by no recording alone.
                    None if row.pilot.contains('.') || said.partly.contains(&row.pilot) => {}
                    None => differences.add(format!("{name}: no entry wrote it")),
                }
                there.insert(key);
            }
            let Some(end) = page.into_iter().last() else { break };
            last = Some(end);
        }
        for ((pilot, table, key), (_, seq, _)) in said.rows.iter().filter(|(_, (digest, _, at))| {
            // Retention takes no row within a day.
            digest.is_some() && at + DAY > said.last_at
        }) {
            if !there.contains(&(pilot.clone(), table.clone(), key.clone())) {
                differences.add(format!("row of {pilot} in `{table}`: is not there, though entry {seq} wrote it"));
            }
        }
        for usage in self.store.beside().usage().await? {
            differences.add(format!("rows of {}: they are not as many as are counted", usage.pilot));
        }
        for (pilot, table) in self.store.beside().stray_indexes().await? {
            differences.add(format!("row of {pilot} in `{table}`: an index leads to none"));
        }
        beside.not_covered.extend(
            said.partly.iter().map(|pilot| format!("rows of {pilot} that calls wrote whose recordings were destroyed")),
        );
        Ok(())
    }
}

impl Said {
    fn change(&mut self, detail: &BTreeMap<String, String>, seq: u64) {
        let mut names = false;
        for said in detail.iter().filter(|(key, _)| key.starts_with(ROW)).map(|(_, said)| said) {
            let Some((name, digest)) = said.rsplit_once(' ') else { continue };
            names = true;
            if !(is_once(name) && self.states.contains_key(name)) {
                self.states.insert(name.to_owned(), (digest.to_owned(), seq));
            }
        }
        self.unnamed |= !names && !self.named;
        self.named |= names;
    }

    fn invocation(&mut self, record: &InvocationRecord, recording: Option<&Recording>, seq: u64) {
        for effect in std::mem::take(&mut self.part_effects).iter().chain(&record.effects) {
            let known = (record.pilot.clone(), effect.capability.clone(), seq);
            self.effects.entry(effect.key.to_string()).or_insert(known);
        }
        let decided = matches!(record.result, ResultRecord::Decided { .. });
        let call = Call {
            id: record.id.clone(),
            at: record.at,
            answered: decided && !record.entry.starts_with("schedules."),
            scope: format!("{}/{}/{}", record.caller.credential, record.pilot, record.entry),
            reference: recording.map(|recording| recording.occasion.reference.clone()),
        };
        self.calls.insert(seq, call);
        let Some(recording) = recording.filter(|recording| matches!(recording.ended, Ended::Decided(_))) else {
            return;
        };
        for (table, key, left) in rows_written(recording) {
            let digest = left.map(|(value, indexes)| digest(value.as_bytes(), &indexes));
            self.rows.insert((record.pilot.clone(), table, key), (digest, seq, record.at));
        }
    }
}

/// A recording that is what its record commits to; none where the record itself says that it was not kept.
fn recorded(
    record: &InvocationRecord,
    parts: &[CallRecord],
    plain: &[u8],
    key: &SealKey,
) -> Result<Option<Recording>, &'static str> {
    if record.unwritten.is_some() {
        return Ok(None);
    }
    let recording: Recording = serde_json::from_slice(plain).map_err(|_| "its recording cannot be read")?;
    if fits(record, parts, &recording, key) {
        Ok(Some(recording))
    } else {
        Err("its recording is not what it commits to")
    }
}

fn of_row(row: &RowAt) -> Digest {
    digest(&row.value, &row.indexes)
}

fn digest(value: &[u8], indexes: &[(String, String)]) -> Digest {
    let mut indexes: Vec<_> = indexes.iter().collect();
    indexes.sort();
    let mut bytes = serde_json::to_vec(&indexes).unwrap_or_default();
    bytes.extend_from_slice(value);
    Digest::of(&bytes)
}
