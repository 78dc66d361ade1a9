//! What somebody could do to a log, each thing once.

use super::*;
use crate::checkpoint::CheckpointSigner;
use crate::testing::{MemoryLog, call, change_record, invocation_record, look_record, record, signer};

fn check(log: &MemoryLog) -> Result<Report, VerifyError> {
    verify(log, signer().key())
}

/// Rebuilds nodes as somebody would who changes entries and covers the tracks, but has no key.
fn rebuilt(log: &MemoryLog) -> MemoryLog {
    let mut again = MemoryLog { checkpoints: log.checkpoints.clone(), ..MemoryLog::empty() };
    for entry in log.entries.iter().flatten() {
        again.append_bytes(entry.clone());
    }
    again
}

#[test]
fn a_sound_log_verifies_and_is_counted() {
    let report = check(&MemoryLog::of(23)).unwrap();
    assert_eq!((report.entries, report.checkpoints), (23, 6));
    assert_eq!((report.invocations, report.changes, report.looks), (7, 8, 8));
    assert_eq!((report.first_at, report.last_at), (Some(record(1).at()), Some(record(23).at())));
    assert_eq!(report.root, MemoryLog::of(23).frontier.root());
}

#[test]
fn an_empty_log_verifies() {
    let report = check(&MemoryLog::empty()).unwrap();
    assert_eq!((report.entries, report.first_at), (0, None));
}

#[test]
fn a_tampered_entry_is_found_even_with_its_nodes_rebuilt() {
    let mut log = MemoryLog::of(23);
    let mut changed = change_record(7);
    changed.by = "officer-9".into();
    log.entries[6] = Some(Record::Change(changed).to_canonical().unwrap());
    assert!(matches!(check(&log), Err(VerifyError::WrongNode { level: 0, index: 6 })));
    assert!(matches!(check(&rebuilt(&log)), Err(VerifyError::WrongRoot { size: 10 })));
    log.entries[6].as_mut().unwrap().push(b' ');
    assert!(matches!(check(&log), Err(VerifyError::BadEntry { index: 6, source: RecordError::NotCanonical })));
}

#[test]
fn a_missing_entry_is_named() {
    let mut log = MemoryLog::of(23);
    log.entries[11] = None;
    assert!(matches!(check(&log), Err(VerifyError::MissingEntry(11))));
    // Closing the gap does not help.
    assert!(matches!(check(&rebuilt(&log)), Err(VerifyError::Truncated { covered: 23, size: 22 })));
}

#[test]
fn swapped_entries_are_found_even_with_their_nodes_rebuilt() {
    let mut log = MemoryLog::of(23);
    log.entries.swap(3, 4);
    assert!(matches!(check(&log), Err(VerifyError::WrongNode { level: 0, index: 3 })));
    assert!(matches!(check(&rebuilt(&log)), Err(VerifyError::WrongRoot { size: 5 })));
}

#[test]
fn a_removed_or_changed_node_is_named() {
    let mut log = MemoryLog::of(23);
    let right = log.nodes.remove(&(2, 3)).unwrap();
    assert!(matches!(check(&log), Err(VerifyError::MissingNode { level: 2, index: 3 })));
    log.nodes.insert((2, 3), leaf_hash(&right));
    assert!(matches!(check(&log), Err(VerifyError::WrongNode { level: 2, index: 3 })));
}

#[test]
fn a_forged_checkpoint_is_named() {
    let mut log = MemoryLog::of(23);
    let forger = CheckpointSigner::from_seed(&[4; 32], signer().key().origin()).ok().unwrap();
    log.checkpoints[2] = forger.sign(10, [0; 32]);
    assert!(matches!(check(&log), Err(VerifyError::BadCheckpoint { number: 3, source: NoteError::Unsigned })));
    let mut log = MemoryLog::of(23);
    log.checkpoints[2] = log.checkpoints[2].replace("\n10\n", "\n11\n");
    assert!(matches!(check(&log), Err(VerifyError::BadCheckpoint { number: 3, source: NoteError::BadSignature })));
}

#[test]
fn a_checkpoint_over_other_entries_is_found_even_with_the_right_key() {
    let mut log = MemoryLog::of(23);
    log.checkpoints[2] = signer().sign(10, [0; 32]);
    assert!(matches!(check(&log), Err(VerifyError::WrongRoot { size: 10 })));
}

#[test]
fn a_log_rolled_back_behind_its_checkpoint_is_found() {
    let mut log = MemoryLog::of(23);
    log.entries.truncate(20);
    assert!(matches!(check(&log), Err(VerifyError::Truncated { covered: 23, size: 20 })));
    let mut log = MemoryLog::of(23);
    log.checkpoints.swap(2, 3);
    assert!(matches!(check(&log), Err(VerifyError::Shrank { number: 4, size: 10, before: 15 })));
}

#[test]
fn a_log_rolled_back_with_its_checkpoints_is_found_by_who_kept_one() {
    let kept = [MemoryLog::of(23).checkpoints.last().unwrap().clone()];
    let shorter = MemoryLog::of(20);
    assert!(check(&shorter).is_ok(), "from the copy alone, nobody can tell");
    let found = verify_with(&shorter, signer().key(), &kept);
    assert!(matches!(found, Err(VerifyError::Truncated { covered: 23, size: 20 })));

    // Grown again, with another past, and signed by the right key.
    let mut forked = MemoryLog::of(20);
    (30..40).for_each(|n| forked.append(&record(n)));
    forked.sign();
    assert!(check(&forked).is_ok());
    assert!(matches!(verify_with(&forked, signer().key(), &kept), Err(VerifyError::WrongRoot { size: 23 })));

    let mut honest = MemoryLog::of(23);
    (30..40).for_each(|n| honest.append(&record(n)));
    honest.sign();
    assert!(verify_with(&honest, signer().key(), &kept).is_ok());
}

#[test]
fn entries_after_the_last_checkpoint_are_not_verified() {
    let mut log = MemoryLog::of(20);
    log.append(&record(21));
    assert!(matches!(check(&log), Err(VerifyError::NotCovered { covered: 20, size: 21 })));
    log.checkpoints.clear();
    assert!(matches!(check(&log), Err(VerifyError::NotCovered { covered: 0, size: 21 })));
}

#[test]
fn a_record_entered_twice_is_found() {
    let mut log = MemoryLog::of(20);
    log.append(&record(4));
    log.sign();
    assert!(matches!(check(&log), Err(VerifyError::DoubleId(20))));
}

#[test]
fn a_batch_stands_in_the_log_whole_or_is_found() {
    let mut batch = invocation_record(50);
    batch.calls = (0..500).map(call).collect();
    let records = batch.into_records();
    assert!(records.len() > 3);
    let of = |records: &[&Record]| {
        let mut log = MemoryLog::of(20);
        records.iter().for_each(|record| log.append(record));
        log.sign();
        log
    };
    let all: Vec<&Record> = records.iter().collect();
    assert_eq!(check(&of(&all)).unwrap().invocations, 7);
    assert!(matches!(check(&of(&all[1..])), Err(VerifyError::BrokenParts(20))));
    assert!(matches!(check(&of(&[all[0], all[2]])), Err(VerifyError::BrokenParts(21))));
    assert!(matches!(check(&of(&all[..2])), Err(VerifyError::BrokenParts(22))));
    assert!(matches!(check(&of(&[all[0], &Record::Look(look_record(60))])), Err(VerifyError::BrokenParts(21))));
    let other = Record::Invocation(Box::new(invocation_record(61)));
    assert!(matches!(check(&of(&[all[0], &other])), Err(VerifyError::BrokenParts(21))));
}

#[test]
fn a_size_that_cannot_be_ends_at_once() {
    let begun = Verifier::new(signer().key(), &[], &[], u64::MAX).err();
    assert!(matches!(begun, Some(VerifyError::TooLarge(u64::MAX))));
}

#[test]
fn a_copy_that_ends_early_is_not_a_verified_log() {
    let log = MemoryLog::of(20);
    let mut verifier = Verifier::new(signer().key(), &log.checkpoints, &[], 20).ok().unwrap();
    for entry in log.entries.iter().take(19).flatten() {
        verifier.push(entry).unwrap();
    }
    assert!(matches!(verifier.finish(), Err(VerifyError::MissingEntry(19))));
}
