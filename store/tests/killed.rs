//! A host that is killed at any moment: what was acknowledged is there once, and the log verifies.
//!
//! This program is its own child: started with a folder in the environment it commits units and writes the place of
//! each acknowledged one to its output, until it is killed.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use pilothouse_evidence::record::ChangeRecord;
use pilothouse_evidence::{CheckpointSigner, Record};
use pilothouse_store::{EffectRow, Once, Store, Unit};

const FOLDER: &str = "PILOTHOUSE_KILLED_FOLDER";
const ROUND: &str = "PILOTHOUSE_KILLED_ROUND";
/// After how many acknowledged units the child is killed, round after round in the same folder.
const KILLED_AFTER: [usize; 6] = [0, 1, 7, 60, 400, 1_500];
const CALLERS: usize = 40;

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match (std::env::var(FOLDER), std::env::var(ROUND)) {
        (Ok(folder), Ok(round)) => runtime.block_on(child(Path::new(&folder), &round)),
        _ => runtime.block_on(parent()),
    }
}

fn signer() -> Result<CheckpointSigner, Failed> {
    Ok(CheckpointSigner::from_seed(&[7; 32], "example.gov.vn/killed")?)
}

fn unit(id: &str) -> Result<Unit, Failed> {
    let record = Record::Change(ChangeRecord {
        v: 1,
        id: id.to_owned(),
        at: 1,
        by: "host".into(),
        subject: "setting".into(),
        of: "pilot-a".into(),
        action: "changed".into(),
        detail: BTreeMap::new(),
    });
    let effect = EffectRow {
        digest: [0; 32],
        key: format!("lodging/{id}"),
        pilot: "pilot-a".into(),
        capability: "lodging".into(),
        function: "notify".into(),
        payload: vec![1; 100],
        due: 0,
    };
    let once = Once { scope: "desk/pilot-a/arrive".into(), reference: id.to_owned(), ..Once::default() };
    Ok(Unit {
        record: record.to_canonical()?,
        record_id: id.to_owned(),
        record_at: 1,
        once: Some(once),
        effects: vec![effect],
        ..Unit::default()
    })
}

/// Commits for ever, from several callers at once.
async fn child(folder: &Path, round: &str) -> Result<(), Failed> {
    let store = Store::open(folder, signer()?).await?;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (store, round) = (store.clone(), round.to_owned());
        callers.spawn(async move {
            for n in 0.. {
                let id = format!("{round}-{caller}-{n}");
                let kept = store.commit(unit(&id)?).await?;
                // One write, so that lines of several callers do not mix.
                std::io::stdout().write_all(format!("{} {id}\n", kept.seq).as_bytes())?;
            }
            Ok::<(), Failed>(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn parent() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut acknowledged: BTreeMap<u64, String> = BTreeMap::new();
    for (round, after) in KILLED_AFTER.into_iter().enumerate() {
        let mut child = Command::new(std::env::current_exe()?)
            .env(FOLDER, folder.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut seen = 0;
        let mut line = String::new();
        while seen < after {
            line.clear();
            assert!(lines.read_line(&mut line)? > 0, "the child ended by itself");
            seen += note(&line, &mut acknowledged);
        }
        child.kill()?;
        child.wait()?;
        // What it had written before it died counts too; a line cut in the middle was not read by any caller.
        line.clear();
        while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
            note(&line, &mut acknowledged);
            line.clear();
        }
        check(folder.path(), &acknowledged).await?;
    }
    assert!(acknowledged.len() >= KILLED_AFTER.iter().sum(), "every round acknowledged what it waited for");
    std::io::stdout()
        .write_all(format!("killed 6 times, {} acknowledged units kept\n", acknowledged.len()).as_bytes())?;
    Ok(())
}

fn note(line: &str, acknowledged: &mut BTreeMap<u64, String>) -> usize {
    let (seq, id) = line.trim_end().split_once(' ').expect("a place and an id");
    let before = acknowledged.insert(seq.parse().expect("a place"), id.to_owned());
    assert!(before.is_none(), "place {seq} was given twice");
    1
}

async fn check(folder: &Path, acknowledged: &BTreeMap<u64, String>) -> Result<(), Failed> {
    let store = Store::open(folder, signer()?).await?;
    let report = store.log().verify(signer()?.key(), &[]).await?;
    assert!(report.entries >= acknowledged.len() as u64);
    for (seq, id) in acknowledged {
        let entry = store.log().entry(*seq).await?.ok_or("an acknowledged record is gone")?;
        assert_eq!(&entry.id, id, "another record has the place");
        let effect = store.outbox().find(&format!("lodging/{id}")).await?.ok_or("an effect is gone")?;
        assert_eq!(effect.seq, *seq);
        let answered = store.once().find("desk/pilot-a/arrive", id).await?.ok_or("a reference is gone")?;
        assert_eq!(answered.seq, *seq);
    }
    // Nothing half done: each record has its effect, and no effect is without its record.
    let counts = store.outbox().counts().await?;
    assert_eq!(counts.queued, report.entries);
    store.close().await;
    Ok(())
}
