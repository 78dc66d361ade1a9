//! A copy of the log, fetched from somebody who would like it to say something else.

use pilothouse_evidence::layout::{parse_bundle, parse_tile};
use pilothouse_evidence::record::{ChangeRecord, RECORD_VERSION};
use pilothouse_evidence::{CheckpointSigner, Frontier, Record, leaf_hash};

const SIZE: u64 = 1;

fn signer() -> CheckpointSigner {
    CheckpointSigner::from_seed(&[9; 32], "house.test/pilothouse").expect("a name")
}

fn record() -> Record {
    Record::Change(ChangeRecord {
        v: RECORD_VERSION,
        id: "019cb000-0000-7000-8000-000000000001".into(),
        at: 1_772_467_200_000_000,
        by: "officer-2".into(),
        subject: "grant".into(),
        of: "lodging-hotels".into(),
        action: "approve".into(),
        detail: [("revision".into(), "3".into())].into(),
    })
}

fn note() -> String {
    let mut frontier = Frontier::default();
    let _nodes = frontier.append(leaf_hash(&record().to_canonical().expect("a record")));
    signer().sign(SIZE, frontier.root())
}

/// By the first byte: a record, a checkpoint, a tile of the width of the second byte, a bundle of that width.
pub(crate) fn file(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 4 {
        0 => {
            let Ok(record) = Record::from_canonical(rest) else { return };
            assert_eq!(record.to_canonical().ok().as_deref(), Some(rest), "one record has two forms");
        }
        1 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(checkpoint) = signer().key().verify(text) {
                assert_eq!(checkpoint.size, SIZE, "a checkpoint that nobody signed verifies");
            }
        }
        kind => {
            let Some((width, rest)) = rest.split_first() else { return };
            let width = u16::from(*width) + 1;
            if kind == 2 {
                assert!(
                    parse_tile(rest, width).is_ok_and(|hashes| hashes.len() * 32 == rest.len())
                        || rest.len() != usize::from(width) * 32
                );
            } else if let Ok(entries) = parse_bundle(rest, width) {
                let length: usize = entries.iter().map(|entry| entry.len() + 2).sum();
                assert_eq!((entries.len(), length), (usize::from(width), rest.len()));
            }
        }
    }
}

pub(crate) fn files() -> Vec<Vec<u8>> {
    let entry = record().to_canonical().expect("a record");
    let length = u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes();
    vec![
        [&[0], entry.as_slice()].concat(),
        [b"\x01", note().as_bytes()].concat(),
        [&[2, 0], leaf_hash(&entry).as_slice()].concat(),
        [&[3, 0], length.as_slice(), entry.as_slice()].concat(),
    ]
}
