//! The program is ended again and again in the middle of its work, as by a power failure: what it had answered stays answered.

use std::sync::Arc;

use pilothouse_tests::house::House;
use pilothouse_tests::people;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const CHECK_IN: &str = "/v1/pilots/bhyt-checkin/operations/check-in";
/// How often the program is ended.
const KILLS: u64 = 10;
/// Desks that send at the same time.
const DESKS: u64 = 4;
/// Most answers that are waited for before the program is ended.
const MOST_ANSWERS: u64 = 30;
/// Most turns that the tasks of the desks get after that, so that requests are cut off at every point of their way.
const MOST_TURNS: u64 = 400;

/// What the host answered for.
struct Acknowledged {
    body: Value,
    evidence: String,
}

/// The next of a sequence that is the same at each run (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Checks one patient in after the other until the host is gone; answers the request that was cut off, if one was.
async fn desk(
    house: Arc<House>,
    name: String,
    patient: String,
    answered: mpsc::UnboundedSender<Acknowledged>,
) -> Option<Value> {
    for visit in 0.. {
        let reference = format!("{name}-{visit}");
        let body = json!({ "reference": reference, "input": { "patient": patient, "visit_kind": "outpatient" } });
        let token = house.token("registration-clerk");
        let reply = match house.ask(Method::POST, token, CHECK_IN, Some(&body)).await {
            Ok(reply) => reply,
            // Where no connection was made any more, nothing was asked.
            Err(error) => return Some(body).filter(|_| !error.is_connect()),
        };
        // What was refused for being busy was not done and not promised.
        if reply.status == 200 {
            let evidence = reply.str("/id").to_owned();
            if answered.send(Acknowledged { body, evidence }).is_err() {
                return None;
            }
        }
    }
    None
}

async fn still_answered(house: &House, acknowledged: &[Acknowledged]) {
    for Acknowledged { body, evidence } in acknowledged {
        let again = house.post("registration-clerk", CHECK_IN, body).await.good();
        assert_eq!(again["replayed"], true, "{}", body["reference"]);
        assert_eq!(again["id"].as_str(), Some(evidence.as_str()), "{}", body["reference"]);
    }
}

#[tokio::test]
async fn what_was_answered_before_a_kill_is_answered_alike_after_it() {
    let population = people::population();
    let patients = ["insured-adult", "insured-adult-2"].map(|name| people::cast(&population, name).number);
    let mut house = House::start();
    let mut state = 0x5eed;
    let mut all: Vec<Acknowledged> = Vec::new();
    let mut cut_off = 0;

    for kill in 0..KILLS {
        let shared = Arc::new(house);
        let (answered, mut answers) = mpsc::unbounded_channel();
        let mut desks = JoinSet::new();
        for number in 0..DESKS {
            let patient = patients[usize::try_from(number).unwrap() % patients.len()].clone();
            desks.spawn(desk(Arc::clone(&shared), format!("kill-{kill}-{number}"), patient, answered.clone()));
        }
        drop(answered);
        let mut round = Vec::new();
        for _ in 0..=next(&mut state) % MOST_ANSWERS {
            round.push(answers.recv().await.expect("the desks send until the host is gone"));
        }
        for _ in 0..next(&mut state) % MOST_TURNS {
            tokio::task::yield_now().await;
        }
        shared.kill();
        // Answers that were on their way count as well: the desks may have read them.
        while let Some(late) = answers.recv().await {
            round.push(late);
        }
        let mut cut = Vec::new();
        while let Some(ended) = desks.join_next().await {
            cut.extend(ended.unwrap());
        }
        house = Arc::into_inner(shared).expect("the desks are closed");
        house.restart();
        still_answered(&house, &round).await;
        // Whoever got no answer sends the same again, and it is done once: by then, or now.
        for body in cut {
            let evidence = house.post("registration-clerk", CHECK_IN, &body).await.good();
            let evidence = evidence["id"].as_str().unwrap().to_owned();
            round.push(Acknowledged { body, evidence });
            cut_off += 1;
        }
        all.append(&mut round);
    }

    assert!(cut_off > 0, "no kill came while a request was under way: the load is too light");
    still_answered(&house, &all).await;
    let report = house.post("auditor", "/v1/log/verify", &json!({})).await.good();
    assert!(report["invocations"].as_u64().unwrap() >= u64::try_from(all.len()).unwrap());
}
