//! Records and a log in memory for this crate's own tests. Synthetic throughout.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use crate::checkpoint::CheckpointSigner;
use crate::merkle::{Frontier, Hash, leaf_hash};
use crate::record::*;
use crate::verify::Log;
use crate::{Commitment, Digest};

/// 2 March 2026, 16:00 UTC, in microseconds.
const START: i64 = 1_772_467_200_000_000;

fn id(n: u64) -> String {
    format!("019cb000-0000-7000-8000-{n:012}")
}

fn commitment(label: &str) -> Commitment {
    crate::SealKey::from_bytes([5; 32]).commit(label, b"value")
}

pub(crate) fn call(n: u32) -> CallRecord {
    CallRecord {
        n,
        function: "population.verify".into(),
        person: Some("p_7f3a9c".into()),
        asked: vec!["alive".into(), "age-over-18".into()],
        verdict: if n.is_multiple_of(2) { Verdict::Allowed } else { Verdict::Denied { code: "budget-spent".into() } },
        line: Some("population: scope.claims".into()),
        args: commitment("args"),
        answer: commitment("answer"),
        again: None,
    }
}

pub(crate) fn effect(n: u32) -> EffectRecord {
    EffectRecord { capability: "lodging".into(), key: commitment("key"), n }
}

pub(crate) fn invocation_record(n: u64) -> InvocationRecord {
    InvocationRecord {
        v: RECORD_VERSION,
        id: id(n),
        at: START + n as i64,
        captured_at: None,
        read: Some("nfc-chip".to_owned()),
        pilot: "lodging-hotels".into(),
        version: "1.2.0".into(),
        package: Digest::of(b"package"),
        grants: Digest::of(b"grants"),
        config: Digest::of(b"config"),
        entry: "operations.arrive".into(),
        caller: Caller {
            credential: "desk-7".into(),
            role: "receptionist".into(),
            unit: "18859".into(),
            facility: Some("nha-khach-mau".into()),
            device: None,
            clock_ahead: None,
        },
        reference: Some(commitment("reference")),
        request: commitment("request"),
        result: ResultRecord::Decided {
            decision: "notified".into(),
            reasons: vec!["in-time".into()],
            outcome: commitment("outcome"),
        },
        calls: vec![call(0), call(1)],
        effects: vec![effect(0)],
        unwritten: None,
    }
}

pub(crate) fn change_record(n: u64) -> ChangeRecord {
    ChangeRecord {
        v: RECORD_VERSION,
        id: id(n),
        at: START + n as i64,
        by: "officer-2".into(),
        subject: "grant".into(),
        of: "lodging-hotels".into(),
        action: "approve".into(),
        detail: BTreeMap::from([("revision".into(), "3".into())]),
    }
}

pub(crate) fn look_record(n: u64) -> LookRecord {
    LookRecord {
        v: RECORD_VERSION,
        id: id(n),
        at: START + n as i64,
        by: "auditor-1".into(),
        what: "invocation".into(),
        of: id(1),
    }
}

/// Records of every kind in turn.
pub(crate) fn record(n: u64) -> Record {
    match n % 3 {
        0 => Record::Invocation(Box::new(invocation_record(n))),
        1 => Record::Change(change_record(n)),
        _ => Record::Look(look_record(n)),
    }
}

pub(crate) fn signer() -> CheckpointSigner {
    CheckpointSigner::from_seed(&[3; 32], "quangbinh.example/thu").ok().unwrap()
}

/// A log whose every piece a test may change.
#[derive(Clone)]
pub(crate) struct MemoryLog {
    pub(crate) entries: Vec<Option<Vec<u8>>>,
    pub(crate) nodes: HashMap<(u8, u64), Hash>,
    pub(crate) checkpoints: Vec<String>,
    pub(crate) frontier: Frontier,
}

impl MemoryLog {
    pub(crate) fn empty() -> Self {
        let frontier = Frontier::empty();
        let checkpoints = vec![signer().sign(0, frontier.root())];
        Self { entries: Vec::new(), nodes: HashMap::new(), checkpoints, frontier }
    }

    /// A sound log of that many records, with a checkpoint every fifth and at the end.
    pub(crate) fn of(size: u64) -> Self {
        let mut log = Self::empty();
        for n in 1..=size {
            log.append(&record(n));
            if n % 5 == 0 || n == size {
                log.sign();
            }
        }
        log
    }

    pub(crate) fn append(&mut self, record: &Record) {
        self.append_bytes(record.to_canonical().unwrap());
    }

    pub(crate) fn append_bytes(&mut self, entry: Vec<u8>) {
        for node in self.frontier.append(leaf_hash(&entry)) {
            self.nodes.insert((node.level, node.index), node.hash);
        }
        self.entries.push(Some(entry));
    }

    pub(crate) fn sign(&mut self) {
        self.checkpoints.push(signer().sign(self.frontier.size(), self.frontier.root()));
    }
}

impl Log for MemoryLog {
    type Error = Infallible;

    fn size(&self) -> Result<u64, Infallible> {
        Ok(self.entries.len() as u64)
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.entries.get(index as usize).cloned().flatten())
    }

    fn node(&self, level: u8, index: u64) -> Result<Option<Hash>, Infallible> {
        Ok(self.nodes.get(&(level, index)).copied())
    }

    fn checkpoints(&self) -> Result<Vec<String>, Infallible> {
        Ok(self.checkpoints.clone())
    }
}
