//! The whole way of a call over HTTP, with evidence on disk before the answer, beside a bare handler on the same server.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use axum::{Json, Router, routing::post};
use pilothouse::api::{ApiLimits, Authorities, router};
use pilothouse::governance::{CallRequest, Caller, Clocks, House, OpenOptions, Progress, Wanted, What, packaging};
use pilothouse_identity::CardLabels;
use pilothouse_province::DEFAULT_SEED;
use pilothouse_registry::{Manifest, keys};
use pilothouse_runtime::compile::Program;
use serde_json::{Value, json};

use super::guest::{self, Source};
use super::{load, median};

/// Rounds of each kind, in turn; the medians are shown.
const ROUNDS: usize = 3;
const PEOPLE: u32 = 20_000;

/// Compiles in this process: nobody measured here is hostile.
pub(crate) const PROGRAM: Program = Program::InProcess;

/// Is told of the steps of a start, and says nothing.
pub(crate) struct Silent;

impl Progress for Silent {
    fn step(&self, _text: &str) {}
}

/// Measures and prints.
pub(crate) fn measure(source: &Source, schemas: &str, folder: &Path) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(source, schemas, folder))
}

async fn run(source: &Source, schemas: &str, folder: &Path) -> anyhow::Result<()> {
    let options = options(folder, "data")?;
    let begun = Instant::now();
    let house = House::open(options.clone(), PROGRAM, &Silent).await?;
    let first = begun.elapsed();
    house.close().await;
    drop(house);
    let begun = Instant::now();
    let house = House::open(options, PROGRAM, &Silent).await?;
    let second = begun.elapsed();
    let idle = resident()?;
    install(&house, source, &source.manifest, schemas).await?;

    let token = of_role(&house, "registration-clerk")?;
    let number = house.demo().patient_number.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let bare = Router::new().route("/bare", post(|body: Json<Value>| async move { Json(body.0) }));
    let app = router(house.clone(), ApiLimits { per_second: u32::MAX / 4 }, Authorities::new(&[address], Vec::new()))
        .merge(bare);
    let server = tokio::spawn(async move {
        let nodelay = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _slower = stream.set_nodelay(true);
        });
        axum::serve(nodelay, app).await
    });

    let greet = json!({ "patient": number });
    for connections in load::CONNECTIONS {
        println!("| over HTTP, {connections} connections, load on the same cores | requests/s | × bare |");
        println!("|---|---|---|");
        let (mut bare, mut served, mut inside) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let name = |kind: &str| format!("{kind}-{connections}-{round}");
            bare.push(posted(address, "/bare", &token, &greet, connections, name("bare")).await?);
            let path = "/v1/pilots/bench-guest/operations/greet";
            served.push(posted(address, path, &token, &greet, connections, name("served")).await?);
            inside.push(within(&house, &token, &greet, connections, &name("inside")).await?);
        }
        let [bare, served, inside] = [bare, served, inside].map(median);
        for (what, rate) in [
            ("bare handler: JSON in, JSON out", bare),
            ("a call with one question, evidence on disk before the answer", served),
            ("the same call without HTTP", inside),
        ] {
            println!("| {what} | {rate:.0} | {:.2} |", rate / bare);
        }
        println!();
    }
    println!("| start and memory, {PEOPLE} people, the embedded pilots | |");
    println!("|---|---|");
    println!("| first start: make, sign, verify, compile, install, enable | {:.0} ms |", first.as_secs_f64() * 1e3);
    println!("| next start, ready | {:.0} ms |", second.as_secs_f64() * 1e3);
    println!("| resident, idle | {idle:.0} MiB |");
    println!("| resident, after the load | {:.0} MiB |", resident()?);
    server.abort();
    house.close().await;
    Ok(())
}

/// A house in this folder, with room for a measurement.
pub(crate) fn options(folder: &Path, name: &str) -> anyhow::Result<OpenOptions> {
    let ceiling = folder.join("ceiling.toml");
    std::fs::write(&ceiling, guest::ceiling_text())?;
    Ok(OpenOptions {
        dir: folder.join(name),
        people: PEOPLE,
        seed: DEFAULT_SEED,
        csca: None,
        card_labels: CardLabels::none(),
        ceiling: Some(ceiling),
        clocks: Clocks::default(),
        expects: None,
        high_water: None,
        accepts_older_copy: false,
    })
}

/// Installs the measured pilot through the same door as every other, with three officers.
pub(crate) async fn install(house: &House, source: &Source, manifest: &str, schemas: &str) -> anyhow::Result<()> {
    let group = house.demo().credentials.iter().filter(|one| one.role == "working-group");
    let mut officers = group.filter_map(|one| house.authenticate(&one.token));
    let officer = officers.next().context("the working group")?;
    let others: Vec<_> = officers.collect();
    let (text, manifest) = (manifest, Manifest::parse("pilot.toml", manifest)?);
    let key = keys::generate()?;
    let public = keys::public_pem(&key.verifying_key())?;
    house.trust_key(&officer, &manifest.vendor, &public, 30).await?;
    let component = packaging::component(&source.core)?;
    let package = packaging::signed(&component, text, schemas, (&source.texts[0], &source.texts[1]), &key)?;
    house.install(&officer, package).await?;
    for sought in house.request_grants(&officer, &manifest.id, Wanted::default()).await? {
        for other in &others {
            house.approve_grant(other, sought.id()).await?;
        }
    }
    house.enable(&officer, &manifest.id, None).await?;
    Ok(())
}

pub(crate) fn of_role(house: &House, role: &str) -> anyhow::Result<String> {
    let found = house.demo().credentials.iter().find(|one| one.role == role);
    Ok(found.context("the demonstration has a credential of each role")?.token.clone())
}

/// Requests a second; each under a reference of its own.
async fn posted(
    address: SocketAddr,
    path: &'static str,
    token: &str,
    input: &Value,
    connections: usize,
    name: String,
) -> anyhow::Result<f64> {
    let (token, input) = (token.to_owned(), input.to_string());
    tokio::task::spawn_blocking(move || {
        load::requests_per_second(address, path, &token, connections, |connection, n| {
            format!(r#"{{"reference":"{name}-{connection}-{n}","input":{input}}}"#)
        })
    })
    .await?
}

/// The same calls from within the process: what HTTP adds is the difference.
async fn within(house: &House, token: &str, input: &Value, connections: usize, name: &str) -> anyhow::Result<f64> {
    let caller = house.authenticate(token).context("the desk")?;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|connection| {
            let (house, caller, input) = (house.clone(), caller.clone(), input.clone());
            let name = format!("{name}-{connection}");
            tokio::spawn(async move { calls(&house, &caller, &input, &name, begun).await })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

async fn calls(house: &House, caller: &Caller, input: &Value, name: &str, begun: Instant) -> anyhow::Result<u64> {
    let mut done = 0;
    while begun.elapsed() < load::ROUND {
        let what = What::Operation { name: "greet".parse()?, input: input.clone() };
        let call =
            CallRequest { pilot: "bench-guest".parse()?, what, reference: format!("{name}-{done}"), captured_at: None };
        house.call(caller, call).await?;
        done += 1;
    }
    Ok(done)
}

/// Resident memory of this process, MiB.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the system says what is resident")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
