//! What a hospital's calls take beside a pilot that computes: alone, beside some calls that end in time, beside many, and beside a flood
//! of one credential. Times are of a whole request over HTTP, a hundred a second on one connection.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use pilothouse::api::{ApiLimits, Authorities, router};
use pilothouse::governance::{House, NewCredential};
use serde_json::json;

use super::guest::Source;
use super::load::{Answer, Connection};
use super::served;

/// How long each kind of load runs.
const ROUND: Duration = Duration::from_secs(8);
/// Between two requests of the hospital.
const PACE: Duration = Duration::from_millis(10);
/// The hospital's pilot, and the one that computes.
const GREETS: &str = "bench-guest";
const COMPUTES: &str = "bench-busy";
/// Steps of the call that says how fast this machine computes.
const PROBE: u64 = 20_000_000;

/// Busy calls at once, and how long each computes.
const LOADS: [(&str, usize, Duration); 5] = [
    ("alone", 0, Duration::ZERO),
    ("beside 4 calls of 400 ms", 4, Duration::from_millis(400)),
    ("beside 32 calls of 50 ms", 32, Duration::from_millis(50)),
    ("beside 300 calls of one credential that run to their deadline", 300, Duration::from_secs(3_600)),
    ("alone again", 0, Duration::ZERO),
];

/// Measures and prints.
pub(crate) fn measure(source: &Source, schemas: &str, folder: &Path) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(source, schemas, folder))
}

async fn run(source: &Source, schemas: &str, folder: &Path) -> anyhow::Result<()> {
    let house = House::open(served::options(folder, "beside")?, served::PROGRAM, &served::Silent).await?;
    served::install(&house, source, &source.manifest, schemas).await?;
    let busy = source.manifest.replace(GREETS, COMPUTES).replace("deadline-ms = 500", "deadline-ms = 2000");
    served::install(&house, source, &busy, schemas).await?;
    let hospital = served::of_role(&house, "registration-clerk")?;
    let officer = served::of_role(&house, "working-group")?;
    let officer = house.authenticate(&officer).context("the working group")?;
    let role = "registration-clerk".parse()?;
    let given = NewCredential { role, unit: officer.unit.clone(), facility: None, pilots: None };
    let (_, flooding) = house.add_credential(&officer, given).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = router(house.clone(), ApiLimits { per_second: u32::MAX / 4 }, Authorities::new(&[address], Vec::new()));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let patient = json!({ "patient": house.demo().patient_number }).to_string();
    let measured = tokio::task::spawn_blocking(move || all(address, &hospital, &flooding, &patient)).await?;
    server.abort();
    house.close().await;
    measured
}

fn all(address: SocketAddr, hospital: &str, flooding: &str, patient: &str) -> anyhow::Result<()> {
    let mut probe = Connection::to(address)?;
    computes(&mut probe, flooding, "probe-0", 1)?;
    let begun = Instant::now();
    anyhow::ensure!(computes(&mut probe, flooding, "probe-1", PROBE)?.is_good(), "the machine's speed is not known");
    let a_second = PROBE as f64 / begun.elapsed().as_secs_f64();

    println!("| a hospital's calls, 100 a second | p50 | p99 | refused or failed | answers of the others |");
    println!("|---|---|---|---|---|");
    for (round, (name, calls, each)) in LOADS.into_iter().enumerate() {
        let steps = (a_second * each.as_secs_f64()) as u64;
        let over = AtomicBool::new(false);
        let (mut times, failed, others) = std::thread::scope(|scope| {
            let over = &over;
            let busy: Vec<_> = (0..calls)
                .map(|call| {
                    scope.spawn(move || {
                        let (mut connection, mut done) = (Connection::to(address)?, 0_u64);
                        while !over.load(Ordering::Relaxed) {
                            let answer = computes(&mut connection, flooding, &format!("{round}-{call}-{done}"), steps)?;
                            done += 1;
                            if let Some(wait) = answer.retry_after() {
                                std::thread::sleep(wait.min(Duration::from_secs(1)));
                            }
                        }
                        anyhow::Ok(done)
                    })
                })
                .collect();
            let measured = paced(address, hospital, patient, round);
            over.store(true, Ordering::Relaxed);
            let mut others = 0;
            for one in busy {
                others += one.join().ok().context("a connection panicked")??;
            }
            let (times, failed) = measured?;
            anyhow::Ok((times, failed, others))
        })?;
        times.sort();
        let at = |hundredth: usize| times.get(times.len() * hundredth / 100).copied().unwrap_or_default();
        let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        println!("| {name} | {} | {} | {failed} of {} | {others} |", shown(at(50)), shown(at(99)), times.len());
    }
    println!();
    Ok(())
}

/// A call that computes for so many steps.
fn computes<'c>(
    connection: &'c mut Connection,
    token: &str,
    reference: &str,
    steps: u64,
) -> anyhow::Result<Answer<'c>> {
    let body = format!(r#"{{"reference":"{reference}","input":{{"steps":{steps}}}}}"#);
    connection.post(&format!("/v1/pilots/{COMPUTES}/operations/compute"), token, &body)
}

/// The times of a round of the hospital's requests, and how many were not answered well.
fn paced(address: SocketAddr, token: &str, input: &str, round: usize) -> anyhow::Result<(Vec<Duration>, usize)> {
    let mut connection = Connection::to(address)?;
    let (mut times, mut failed, begun) = (Vec::new(), 0, Instant::now());
    let path = format!("/v1/pilots/{GREETS}/operations/greet");
    while begun.elapsed() < ROUND {
        let body = format!(r#"{{"reference":"hospital-{round}-{}","input":{input}}}"#, times.len());
        let sent = Instant::now();
        failed += usize::from(!connection.post(&path, token, &body)?.is_good());
        let took = sent.elapsed();
        times.push(took);
        std::thread::sleep(PACE.saturating_sub(took));
    }
    Ok((times, failed))
}
