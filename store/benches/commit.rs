//! Units a second that become durable: one caller after the other, and many at once (groups).
//!
//! `cargo bench -p pilothouse-store --bench commit`. A unit is what one call of a pilot leaves: a record of 1 KiB,
//! 1 KiB of sealed values, an answered reference, one row with one index, one effect in four, one indicator.

#![forbid(unsafe_code)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use pilothouse_evidence::record::ChangeRecord;
use pilothouse_evidence::{CheckpointSigner, Record};
use pilothouse_store::{EffectRow, Expected, IndicatorAdd, Once, RowChange, RowWrite, Sealed, Store, Unit};

type Failed = Box<dyn std::error::Error + Send + Sync>;

const ALONE: usize = 5000;
const TOGETHER: usize = 60_000;
/// The desks of a hospital.
const FEW: usize = 16;
/// Those of a province.
const MANY: usize = 512;

fn main() -> Result<(), Failed> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(folder.path(), CheckpointSigner::from_seed(&[7; 32], "example.gov.vn/bench")?).await?;

    let alone: Vec<Unit> = (0..ALONE).map(|n| unit(n, true)).collect::<Result<_, _>>()?;
    let begin = Instant::now();
    for unit in alone {
        store.commit(unit).await?;
    }
    say("whole call, one at a time", ALONE, begin.elapsed())?;
    let mut first = ALONE;
    for (what, whole, callers) in [
        ("whole call, few at once", true, FEW),
        ("whole call, many at once", true, MANY),
        ("record only, many at once", false, MANY),
    ] {
        let units: Vec<Unit> = (first..first + TOGETHER).map(|n| unit(n, whole)).collect::<Result<_, _>>()?;
        first += TOGETHER;
        let took = together(&store, units, callers).await?;
        say(what, TOGETHER, took)?;
    }
    let begin = Instant::now();
    let report = store.log().verify(CheckpointSigner::from_seed(&[7; 32], "example.gov.vn/bench")?.key(), &[]).await?;
    say("verified entries", usize::try_from(report.entries)?, begin.elapsed())?;
    let begin = Instant::now();
    for n in 0..10_000 {
        store.rows().get("lodging-hotels", "stays", &format!("stay-{n}")).await?;
    }
    say("rows read, one at a time", 10_000, begin.elapsed())?;
    store.close().await;
    Ok(())
}

async fn together(store: &Store, units: Vec<Unit>, callers: usize) -> Result<Duration, Failed> {
    let mut shares: Vec<Vec<Unit>> = (0..callers).map(|_| Vec::new()).collect();
    for (n, unit) in units.into_iter().enumerate() {
        shares[n % callers].push(unit);
    }
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for share in shares {
        let store = store.clone();
        tasks.spawn(async move {
            for unit in share {
                store.commit(unit).await?;
            }
            Ok::<(), Failed>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begin.elapsed())
}

fn say(what: &str, count: usize, took: Duration) -> Result<(), Failed> {
    let rate = count as f64 / took.as_secs_f64();
    std::io::stdout().write_all(format!("{what}: {rate:.0}/s ({count} in {took:.2?})\n").as_bytes())?;
    Ok(())
}

fn unit(n: usize, whole: bool) -> Result<Unit, Failed> {
    let id = format!("0197{n:08x}-0000-7000-8000-000000000000");
    let at = 1_764_000_000_000_000 + i64::try_from(n)?;
    let record = Record::Change(ChangeRecord {
        v: 1,
        id: id.clone(),
        at,
        by: "host".into(),
        subject: "setting".into(),
        of: "lodging-hotels".into(),
        action: "changed".into(),
        detail: (b'a'..b'i').map(|key| (char::from(key).to_string(), "x".repeat(110))).collect(),
    });
    let pilot = "lodging-hotels".to_owned();
    let mut unit = Unit {
        record: record.to_canonical()?,
        record_id: id,
        record_at: at,
        pilot: Some(pilot.clone()),
        keep_until: at + 1,
        ..Unit::default()
    };
    if !whole {
        return Ok(unit);
    }
    unit.sealed = Some(Sealed { ciphertext: vec![3; 1_024], wrapped_key: vec![4; 72] });
    unit.once = Some(Once {
        scope: format!("desk-{}/lodging-hotels/operations.arrive", n % 97),
        reference: format!("{:064x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        request_digest: [5; 32],
        response: vec![6; 400],
        keep_until: at + 1,
        before: None,
    });
    unit.rows.push(RowWrite {
        pilot: pilot.clone(),
        table: "stays".into(),
        key: format!("stay-{n}"),
        expected: Expected::Absent,
        change: RowChange::Put {
            value: vec![7; 300],
            indexes: vec![("arrived".into(), format!("{n:012}"))],
            keep_until: None,
        },
    });
    if n.is_multiple_of(4) {
        unit.effects.push(EffectRow {
            digest: [0; 32],
            key: format!("8/lodging/{n}"),
            pilot: pilot.clone(),
            capability: "lodging".into(),
            function: "notify".into(),
            payload: vec![8; 300],
            due: at,
        });
    }
    unit.indicators.push(IndicatorAdd {
        pilot,
        indicator: "notices-on-time".into(),
        unit: format!("{:05}", n % 145),
        facility_class: "hotel".into(),
        day: 20_251_124,
        dims: String::new(),
        add: 1,
    });
    Ok(unit)
}
