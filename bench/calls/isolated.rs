//! A call in a fresh instance, the same call in a kept one, and the same work as a native function.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use pilothouse::governance::packaging;
use pilothouse_identity::PersonKey;
use pilothouse_province::{DEFAULT_SEED, Life, REFERENCE_DAY};
use pilothouse_registry::{Effective, Grant, GrantState, OfficerId, UnitCode};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::capabilities::lodging::Desk;
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::compile::{Compiler, Program};
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::people::{Arrival, Kind, PilotKeys, Presented};
use pilothouse_runtime::province::Province;
use pilothouse_runtime::{Ended, Entry, LiveInstance, Machine, Occasion, Pilot, Providers, Request, Terms};
use serde::{Deserialize, Serialize};

use super::guest::{self, Source};
use super::median;

/// Threads that call at once: as many as the smallest server has cores.
const THREADS: usize = 2;
/// How long a round of one kind runs.
const ROUND: Duration = Duration::from_millis(1_500);
/// Rounds of each kind, in turn; medians are shown.
const ROUNDS: usize = 5;
const PEOPLE: u32 = 20_000;
/// 2026-01-15T02:00:00Z.
const AT: i64 = 1_768_442_400_000_000;
const UNIT: &str = "18880";
const SECRET: [u8; 32] = [7; 32];

struct Bench {
    pilot: Pilot,
    providers: Arc<Providers>,
    province: Arc<Province>,
    faults: Arc<Faults>,
    occasion: Arc<Occasion>,
    settings: Arc<str>,
    number: AtomicU64,
}

/// Measures and prints, if it is wanted; answers what the component says of its operations.
pub(crate) fn measure(source: &Source, folder: &Path, wanted: bool) -> anyhow::Result<String> {
    // Lives as long as the measurement: dropping it ends the ticker.
    let machine = Machine::start()?;
    let (bench, schemas) = ready(source, folder, &machine)?;
    if !wanted {
        return Ok(schemas);
    }
    println!("| one call with one question through the funnel | median | calls/s, {THREADS} threads | × native |");
    println!("|---|---|---|---|");
    let bench = Arc::new(bench);
    for _ in 0..1_000 {
        current_thread()?.block_on(bench.fresh())?;
    }
    let mut figures: [(Vec<f64>, Vec<f64>); 3] = Default::default();
    for _ in 0..ROUNDS {
        for (kind, (medians, rates)) in [Way::Native, Way::Kept, Way::Fresh].into_iter().zip(&mut figures) {
            let (median, rate) = round(&bench, kind)?;
            medians.push(median);
            rates.push(rate);
        }
    }
    let [native, kept, fresh] = figures.map(|(medians, rates)| (median(medians), median(rates)));
    for (what, (microseconds, rate)) in [
        ("isolated: a fresh instance", fresh),
        ("a kept instance (no call is served so)", kept),
        ("a native function, no funnel and no record", native),
    ] {
        println!("| {what} | {microseconds:.1} µs | {rate:.0} | {:.1} |", microseconds / native.0);
    }
    println!();
    Ok(schemas)
}

#[derive(Clone, Copy)]
enum Way {
    Fresh,
    Kept,
    Native,
}

/// Median of one call in microseconds, and calls a second over all threads.
fn round(bench: &Arc<Bench>, way: Way) -> anyhow::Result<(f64, f64)> {
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let bench = Arc::clone(bench);
            std::thread::spawn(move || current_thread()?.block_on(one_thread(&bench, way)))
        })
        .collect();
    let begun = Instant::now();
    let mut all = Vec::new();
    for thread in threads {
        all.extend(thread.join().ok().context("a thread of the measurement panicked")??);
    }
    let rate = all.len() as f64 / begun.elapsed().as_secs_f64();
    Ok((median(all), rate))
}

async fn one_thread(bench: &Bench, way: Way) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(1 << 20);
    let mut kept = LiveInstance::new(&bench.pilot, bench.request()?, &bench.providers, &bench.faults).await?;
    let begun = Instant::now();
    while begun.elapsed() < ROUND {
        let one = Instant::now();
        match way {
            Way::Fresh => bench.fresh().await?,
            Way::Kept => decided(&kept.invoke(bench.request()?, &bench.providers, &bench.faults).await)?,
            Way::Native => bench.native()?,
        }
        times.push(one.elapsed().as_secs_f64() * 1e6);
    }
    Ok(times)
}

impl Bench {
    /// Another person in every call, as at a desk.
    fn person(&self) -> PersonKey {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        PersonKey::new(u32::try_from(number % u64::from(PEOPLE)).unwrap_or(0))
    }

    fn request(&self) -> anyhow::Result<Request> {
        let key = self.person();
        self.province.population.get(key).context("the person exists")?;
        Ok(Request {
            id: "0199aa00-0000-7000-8000-000000000000".to_owned(),
            entry: Entry::Operation { name: "greet".to_owned(), input: r#"{"patient":"person:0"}"#.to_owned() },
            occasion: Arc::clone(&self.occasion),
            settings: Arc::clone(&self.settings),
            people: vec![Arrival::known(key, Kind::Citizen, Some(Presented::typed()), None)],
        })
    }

    async fn fresh(&self) -> anyhow::Result<()> {
        let finished = self.pilot.invoke(self.request()?, &self.providers, &self.faults).await;
        decided(&finished.recording.ended)
    }

    /// What the pilot does, as a function of this program: input parsed, register asked, outcome written.
    fn native(&self) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Greet<'a> {
            patient: &'a str,
        }
        #[derive(Serialize)]
        struct Outcome<'a> {
            decision: &'a str,
            reasons: &'a [&'a str],
        }
        let input: Greet<'_> = serde_json::from_str(black_box(r#"{"patient":"person:0"}"#))?;
        black_box(input.patient);
        let person = self.province.population.get(self.person()).context("the person exists")?;
        let outcome = match person.life() {
            Life::Alive => Outcome { decision: "known", reasons: &[] },
            _ => Outcome { decision: "unknown", reasons: &["no-answer"] },
        };
        black_box(serde_json::to_string(&outcome)?);
        Ok(())
    }
}

fn decided(ended: &Ended) -> anyhow::Result<()> {
    match ended {
        Ended::Decided(_) => Ok(()),
        other => bail!("the call did not end with an outcome: {other:?}"),
    }
}

fn current_thread() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn ready(source: &Source, folder: &Path, machine: &Machine) -> anyhow::Result<(Bench, String)> {
    let manifest = source.manifest()?;
    let officer =
        |number: u128| -> anyhow::Result<OfficerId> { Ok(uuid::Uuid::from_u128(number).to_string().parse()?) };
    let state = GrantState::Requested { by: officer(1)?.into() }.approve(officer(2)?, AT)?.approve(officer(3)?, AT)?;
    let units = std::iter::once(UNIT.parse::<UnitCode>()?).collect();
    let grants = manifest.capabilities.iter().map(|right| {
        let id = uuid::Uuid::now_v7().to_string().parse()?;
        let (pilot, right, state) = (manifest.id.clone(), right.clone(), state.clone());
        let units = std::collections::BTreeSet::clone(&units);
        anyhow::Ok(Grant { id, pilot, vendor: None, build: None, right, units, expires: i64::MAX, state })
    });
    let grants = grants.collect::<anyhow::Result<Vec<_>>>()?;
    let terms = Terms {
        id: Arc::from(manifest.id.as_str()),
        rights: Arc::new(Effective::new(&manifest.capabilities, &grants, &guest::ceiling()?)),
        keys: Arc::new(PilotKeys::new(&Secret::new(SECRET), &manifest.id, 0)),
        budgets: Arc::new(Budgets::default()),
        deadline: Duration::from_millis(500),
        memory: manifest.limits.memory_kib as usize * 1024,
    };
    let compiler = Compiler::new(folder.join("compiled"), SECRET, Program::InProcess)?;
    let province = Arc::new(Province::generate(DEFAULT_SEED, PEOPLE, REFERENCE_DAY));
    let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
    let desk = Arc::new(Desk::default());
    let providers = Arc::new(Providers::embedded(&province, rows, desk));
    let wasm = packaging::component(&source.core)?;
    let (id, memory) = (&manifest.id, terms.memory);
    let schemas = packaging::describe(&wasm, id, memory, machine, &compiler, &providers);
    let schemas = current_thread()?.block_on(schemas)?;
    let component = current_thread()?.block_on(compiler.component(machine.engine(), &wasm))?;
    let occasion = Occasion {
        at: AT,
        captured_at: AT,
        unit: UNIT.to_owned(),
        facility: Some("hospital-001".to_owned()),
        facility_class: Some("hospital".to_owned()),
        role: "registration-clerk".to_owned(),
        device: None,
        reference: "measured".to_owned(),
        seed: 0,
    };
    let bench = Bench {
        pilot: Pilot::new(machine.engine(), &component, terms)?,
        providers,
        province,
        faults: Arc::default(),
        occasion: Arc::new(occasion),
        settings: Arc::from("{}"),
        number: AtomicU64::new(0),
    };
    Ok((bench, schemas))
}
