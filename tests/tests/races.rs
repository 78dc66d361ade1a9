//! Two officers at once: whatever they do, and in whichever order it is committed, the board says what the database says, and what was
//! switched off or withdrawn answers nobody.
//!
//! `PILOTHOUSE_ROUNDS` sets how often each pair is tried; the long run takes 1,000.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::str::FromStr;

use pilothouse_tests::house::{House, Reply};
use pilothouse_tests::vendor::{APPROVERS, REQUESTER, Vendor, keeper};
use pilothouse_tests::zoo::{self, COUNTS};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

/// Rounds of each pair in a run of all tests.
const ROUNDS: usize = 12;

fn rounds() -> usize {
    std::env::var("PILOTHOUSE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

fn path(of: &str) -> String {
    format!("/v1/pilots/{}{of}", COUNTS.name)
}

/// What officers decide about a pilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Enable,
    Disable,
    Approve,
    Withdraw,
    Settings,
    Rotate,
    Install,
}

const ACTS: [Act; 7] =
    [Act::Enable, Act::Disable, Act::Approve, Act::Withdraw, Act::Settings, Act::Rotate, Act::Install];

/// A house with one pilot to decide about, and its database, looked at beside it.
struct Office {
    house: House,
    desk: String,
    package: Vec<u8>,
    database: SqlitePool,
}

impl Office {
    async fn open() -> Office {
        let house = House::start();
        let vendor = Vendor::new("zoo-races").trusted(&house).await;
        vendor.brings(&house, &COUNTS).await;
        let desk = keeper(&house).await;
        let file = format!("sqlite://{}", house.folder().join("pilothouse.db").display());
        let options = SqliteConnectOptions::from_str(&file).unwrap().read_only(true);
        let database = SqlitePool::connect_with(options).await.unwrap();
        Office { package: vendor.package(&COUNTS), house, desk, database }
    }

    async fn call(&self, reference: &str) -> Reply {
        let body = json!({ "reference": reference, "input": {} });
        self.house
            .ask(Method::POST, &self.desk, &path(&format!("/operations/{}", zoo::OPERATION)), Some(&body))
            .await
            .unwrap()
    }

    /// The grant that is not withdrawn; asked for where there is none.
    async fn grant(&self) -> Value {
        let grants = self.house.get(REQUESTER, &path("/grants")).await.list();
        match grants.into_iter().find(|grant| grant["kind"] == "reporting" && grant["state"]["state"] != "withdrawn") {
            Some(grant) => grant,
            None => self.house.post(REQUESTER, &path("/grants"), &json!({})).await.list().remove(0),
        }
    }

    /// On and granted; or on and one approval short of it.
    async fn set_out(&self, one_short: bool) -> String {
        let mut grant = self.grant().await;
        if one_short && grant["state"]["state"] == "granted" {
            let withdrawn =
                self.house.post(REQUESTER, &decide(grant["id"].as_str().unwrap(), "withdraw"), &json!({})).await;
            let _withdrawn = withdrawn.good();
            grant = self.grant().await;
        }
        let id = grant["id"].as_str().unwrap().to_owned();
        let missing = match (grant["state"]["state"].as_str().unwrap(), one_short) {
            ("requested", true) => &APPROVERS[..1],
            ("requested", false) => &APPROVERS[..],
            ("approved-once", false) => &APPROVERS[1..],
            _ => &[],
        };
        for officer in missing {
            let _approved = self.house.post(officer, &decide(&id, "approve"), &json!({})).await.good();
        }
        if !one_short {
            let _on = self.house.post(REQUESTER, &path("/enable"), &json!({})).await.good();
        }
        id
    }

    async fn act(&self, act: Act, grant: &str, round: usize) -> Reply {
        match act {
            Act::Enable => self.house.post(REQUESTER, &path("/enable"), &json!({})).await,
            Act::Disable => self.house.post(REQUESTER, &path("/disable"), &json!({})).await,
            Act::Approve => self.house.post(APPROVERS[1], &decide(grant, "approve"), &json!({})).await,
            Act::Withdraw => self.house.post(REQUESTER, &decide(grant, "withdraw"), &json!({})).await,
            Act::Settings => {
                let values = json!({ "limit": round + 1 });
                self.house.send(Method::PATCH, REQUESTER, &path("/settings"), Some(&values)).await
            }
            Act::Rotate => self.house.post(REQUESTER, &path("/keys/rotate"), &json!({})).await,
            Act::Install => self.house.install(self.package.clone()).await,
        }
    }

    /// Whether it serves, as the database has it.
    async fn stored(&self) -> bool {
        let (state,): (String,) = sqlx::query_as("SELECT state FROM pilots WHERE pilot = $1")
            .bind(COUNTS.name)
            .fetch_one(&self.database)
            .await
            .unwrap();
        let grants: Vec<(String,)> =
            sqlx::query_as("SELECT state FROM grants WHERE pilot = $1 AND capability = 'reporting'")
                .bind(COUNTS.name)
                .fetch_all(&self.database)
                .await
                .unwrap();
        let granted = grants.iter().any(|(state,)| serde_json::from_str::<Value>(state).unwrap()["state"] == "granted");
        state == "on" && granted
    }

    async fn board(&self) -> bool {
        self.house.get(REQUESTER, &path("")).await.good()["state"]["is"] == "on"
    }
}

fn decide(grant: &str, what: &str) -> String {
    format!("/v1/grants/{grant}/{what}")
}

/// An act that lost to the other one says so, and changes nothing.
fn is_an_answer(act: Act, reply: &Reply) {
    assert!(matches!(reply.status, 200 | 201 | 409 | 412), "{act:?}: {} {}", reply.status, reply.text);
    if act == Act::Disable {
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_acts_at_once_the_board_says_what_the_database_says_and_disable_and_withdrawal_win() {
    let office = Office::open().await;
    let pairs = ACTS.iter().enumerate().flat_map(|(at, first)| ACTS[at..].iter().map(move |second| (*first, *second)));
    for (first, second) in pairs {
        for round in 0..rounds() {
            let grant = office.set_out(first == Act::Approve || second == Act::Approve).await;
            // The one that is named first is not always the first to be heard.
            let (one, other) = if round % 2 == 0 { (first, second) } else { (second, first) };
            let (said, answered) = tokio::join!(office.act(one, &grant, round), office.act(other, &grant, round));
            is_an_answer(one, &said);
            is_an_answer(other, &answered);
            let (stored, board) = (office.stored().await, office.board().await);
            assert_eq!(board, stored, "{first:?} beside {second:?}, round {round}: board and database");
            let call = office.call(&format!("{first:?}-{second:?}-{round}")).await;
            if stored {
                assert_eq!(call.status, 200, "{first:?} beside {second:?}, round {round}: {}", call.text);
            } else {
                call.is_problem(503, "pilot-disabled");
            }
            let both = [(one, said.status), (other, answered.status)];
            let enabled = both.contains(&(Act::Enable, 200));
            let approved = both.contains(&(Act::Approve, 200));
            if both.contains(&(Act::Disable, 200)) && !enabled {
                assert!(!stored, "{first:?} undid a disable in round {round}");
            }
            if both.contains(&(Act::Withdraw, 200)) {
                assert!(!stored, "{first:?} beside {second:?} undid a withdrawal in round {round} ({approved})");
            }
        }
    }
}

/// How often is looked until a decision that was under way is through.
const LOOKS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_carried_to_its_end_though_who_made_it_hangs_up() {
    let office = Office::open().await;
    for round in 0..rounds() {
        let grant = office.set_out(false).await;
        // Hangs up at some moment of it: before it is committed, or between that and what comes of it.
        let patience = std::time::Duration::from_micros(400 * u64::try_from(round % 16).unwrap());
        let _hung_up = tokio::time::timeout(patience, office.act(Act::Withdraw, &grant, round)).await;
        let _settings = office.act(Act::Settings, &grant, round).await.good();
        // What was hung up on may come to the host even after that one. Wherever it stands, all comes to say the same, and stays so.
        let mut says_the_same = false;
        for look in 0..LOOKS {
            let stored = office.stored().await;
            let board = office.board().await;
            let answered = office.call(&format!("hung-up-{round}-{look}")).await.status == 200;
            says_the_same = board == stored && answered == stored && office.stored().await == stored;
            if says_the_same {
                break;
            }
        }
        assert!(says_the_same, "round {round}");
    }
}
