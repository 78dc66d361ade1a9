//! What a call costs: the isolated call alone, and the whole HTTP path with durable evidence beside a bare handler, in one run.
//!
//! `cargo bench -p pilothouse --bench calls`. Prints a table; ratios taken within the run hold better than absolutes.

#![expect(clippy::print_stdout, reason = "the table is what a bench is for")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pilothouse::api::{ApiLimits, router};
use pilothouse::governance::{CallRequest, House, OpenOptions, Progress, What};
use pilothouse_province::DEFAULT_SEED;
use pilothouse_runtime::compile::Program;
use serde_json::{Value, json};

/// Connections of the load, and how long each measurement runs.
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(4);
/// Measurements of each kind; the median is shown.
const ROUNDS: usize = 3;

struct Silent;

impl Progress for Silent {
    fn step(&self, _text: &str) {}
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(run());
}

async fn run() {
    let dir = std::env::temp_dir().join(format!("pilothouse-bench-{}", std::process::id()));
    let options = OpenOptions { dir: dir.clone(), people: 20_000, seed: DEFAULT_SEED };
    let begun = Instant::now();
    let house = House::open(options.clone(), Program::InProcess, &Silent).await.expect("a first start");
    let first = begun.elapsed();
    house.close().await;
    drop(house);
    let begun = Instant::now();
    let house = House::open(options, Program::InProcess, &Silent).await.expect("a second start");
    let second = begun.elapsed();

    let token =
        house.demo().credentials.iter().find(|one| one.role == "registration-clerk").expect("a desk").token.clone();
    let number = house.demo().patient_number.clone();
    let input = json!({ "patient": number, "visit_kind": "follow-up" });

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let bare = axum::Router::new()
        .route("/bare", axum::routing::post(|body: axum::Json<Value>| async move { axum::Json(body.0) }));
    let app = router(house.clone(), ApiLimits { per_second: u32::MAX / 4 }).merge(bare);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        rates[0].push(load(&format!("http://{address}/bare"), &token, &input, &format!("bare-{round}")).await);
        let path = format!("http://{address}/v1/pilots/bhyt-checkin/operations/check-in");
        rates[1].push(load(&path, &token, &input, &format!("http-{round}")).await);
        rates[2].push(inside(&house, &token, &input, &format!("inside-{round}")).await);
    }
    let [bare, http, inside] = rates.map(median);
    println!("| what | figure | of the bare handler |");
    println!("|---|---|---|");
    println!("| bare handler over loopback, {CONNECTIONS} connections | {bare:.0}/s | 1.00 |");
    println!("| check-in over HTTP: about ten capability calls, durable evidence | {http:.0}/s | {:.2} |", http / bare);
    println!("| the same without HTTP, {CONNECTIONS} at once | {inside:.0}/s | {:.2} |", inside / bare);
    println!("| first start | {:.0} ms | |", first.as_secs_f64() * 1e3);
    println!("| second start, ready | {:.0} ms | |", second.as_secs_f64() * 1e3);
    server.abort();
    house.close().await;
    std::fs::remove_dir_all(dir).expect("the bench's folder");
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Requests a second, each under a reference of its own.
async fn load(url: &str, token: &str, input: &Value, name: &str) -> f64 {
    let client = reqwest::Client::new();
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for connection in 0..CONNECTIONS {
        let (client, done) = (client.clone(), Arc::clone(&done));
        let (url, token, input, name) = (url.to_owned(), token.to_owned(), input.clone(), name.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut n = 0_u64;
            while begun.elapsed() < ROUND {
                let body = json!({ "reference": format!("{name}-{connection}-{n}"), "input": input });
                let response = client.post(&url).bearer_auth(&token).json(&body).send().await.expect("an answer");
                assert!(response.status().is_success(), "{}", response.status());
                response.bytes().await.expect("a body");
                n += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for task in tasks {
        task.await.expect("the load");
    }
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// The same calls from within the process: what HTTP adds is the difference.
async fn inside(house: &House, token: &str, input: &Value, name: &str) -> f64 {
    let caller = house.authenticate(token).expect("the desk");
    let done = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for connection in 0..CONNECTIONS {
        let (house, caller, done) = (house.clone(), caller.clone(), Arc::clone(&done));
        let (input, name) = (input.clone(), name.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut n = 0_u64;
            while begun.elapsed() < ROUND {
                let what = What::Operation { name: "check-in".parse().expect("a name"), input: input.clone() };
                let reference = format!("{name}-{connection}-{n}");
                let call =
                    CallRequest { pilot: "bhyt-checkin".parse().expect("a pilot"), what, reference, captured_at: None };
                house.call(&caller, call).await.expect("an outcome");
                n += 1;
                done.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    for task in tasks {
        task.await.expect("the load");
    }
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}
