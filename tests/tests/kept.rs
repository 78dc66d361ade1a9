//! What the host keeps of consents and messages, through real components on the real engine: one call after the other, as the store and
//! the outbox leave the rows between them.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use pilothouse_province::{Cast, DEFAULT_SEED};
use pilothouse_registry::contract::{FUNCTIONS, Function};
use pilothouse_registry::{AnyScope, Bilingual, Budget, Capability, CapabilityRequest, Ceiling, Effective, Grant};
use pilothouse_runtime::capabilities::messaging::MessageRow;
use pilothouse_runtime::capabilities::records;
use pilothouse_runtime::faults::Faults;
use pilothouse_runtime::kept::{Event, HostTable};
use pilothouse_runtime::people::{Arrival, Kind, Presented};
use pilothouse_runtime::province::Province;
use pilothouse_runtime::{Ended, Finished, Machine, Pilot, Providers};
use pilothouse_tests::asking::{ALLOWED, asking};
use pilothouse_tests::engine::{self, UNIT, guarded};
use pilothouse_tests::people::PEOPLE;
use serde_json::{Value, json};
use wasmtime::component::Component;

/// 2025-08-12T19:00:00+07:00, and hours of it.
const EVENING: i64 = 1_755_000_000_000_000;
const HOUR: i64 = 3_600_000_000;

/// One pilot that may ask for consents and send messages, and the rows that are kept of it.
struct Keeper {
    machine: Machine,
    providers: Arc<Providers>,
    province: Arc<Province>,
    rows: Arc<records::Provider>,
}

impl Keeper {
    fn open() -> Keeper {
        let today = time::Date::from_calendar_date(2025, time::Month::August, 12).unwrap();
        let province = Arc::new(Province::generate(DEFAULT_SEED, PEOPLE, today));
        let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
        let providers = Arc::new(Providers::embedded(&province, Arc::clone(&rows), Arc::default()));
        Keeper { machine: Machine::start().unwrap(), providers, province, rows }
    }

    fn memory(&self) -> &records::Memory {
        match &*self.rows {
            records::Provider::Memory(memory) => memory,
            records::Provider::Store(_) => panic!("rows of a test are in memory"),
        }
    }

    fn rights(capability: Capability) -> Effective {
        let scopes = [
            (Capability::Person, json!({ "kinds": ["citizen"] })),
            (
                Capability::Consent,
                json!({ "purposes": ["loan", "study"], "data": ["income"], "longest-days": 30, "requests-per-month": 1 }),
            ),
            (Capability::Lodging, json!({ "facility-classes": ["hotel"], "foreign-guests": true, "day-window": 30 })),
            (
                Capability::Messaging,
                json!({ "audiences": ["citizen"], "channels": ["vneid-inbox"], "templates": ["news"], "per-person-month": 2 }),
            ),
        ];
        let wanted = scopes.into_iter().filter(|(of, _)| *of == capability || *of == Capability::Person);
        let requests: Vec<CapabilityRequest> = wanted
            .map(|(capability, scope)| CapabilityRequest {
                functions: guarded(capability),
                scope: AnyScope::deserialize_for(capability, scope).unwrap(),
                purpose: Bilingual::new("Thử (giả định)", "A test").unwrap(),
                legal_basis: vec!["91/2025/QH15".parse().unwrap()],
                budget: Budget { calls_per_minute: 100, people_per_day: 100, effects_per_day: 100 },
            })
            .collect();
        let units: BTreeSet<_> = [UNIT.parse().unwrap()].into();
        let expires = EVENING + 1_000 * HOUR;
        let grants: Vec<Grant> =
            requests.iter().map(|right| engine::grant(7, "keeper", right.clone(), units.clone(), expires)).collect();
        Effective::new(&requests, &grants, &Ceiling::embedded().unwrap())
    }

    /// One call at a time: what it was answered, or the code of its denial. What it leaves is kept.
    async fn asks(&self, name: &str, args: Value, at: i64) -> (String, Finished) {
        let function: &Function = FUNCTIONS.iter().find(|function| function.full_name() == name).unwrap();
        let component = Component::new(self.machine.engine(), asking(function, &args).unwrap()).unwrap();
        let terms = engine::terms("keeper", Keeper::rights(function.capability), Duration::from_secs(10));
        let pilot = Pilot::new(self.machine.engine(), &component, terms).unwrap();
        let key = Cast::find(&self.province.population, "insured-adult").unwrap();
        let person = || Arrival::known(key, Kind::Citizen, Some(Presented::typed()), None);
        let request = engine::request(at, vec![person(), person(), person()]);
        let finished = pilot.invoke(request, &self.providers, &Arc::new(Faults::default())).await;
        let Ended::Decided(decided) = &finished.recording.ended else { panic!("{:?}", finished.recording.ended) };
        for ((table, key), change) in &finished.pending.kept {
            let row = BTreeMap::from([((table.table().to_owned(), key.as_str().to_owned()), change.clone())]);
            self.memory().apply(table.owner(), &row).unwrap();
        }
        let told = match decided.decision.as_str() {
            ALLOWED => finished.recording.calls.last().unwrap().answer.clone(),
            denied => denied.to_owned(),
        };
        (told, finished)
    }

    /// What happens outside to the one row that a call left.
    fn happens(&self, finished: &Finished, event: Event, at: i64) {
        let (table, key) = finished.pending.kept.keys().next().unwrap();
        let key = key.as_str();
        let (value, version) = self.memory().find(table.owner(), table.table(), key).unwrap();
        let change = table.after(&value, version, event, at).unwrap();
        let row = BTreeMap::from([((table.table().to_owned(), key.to_owned()), change)]);
        self.memory().apply(table.owner(), &row).unwrap();
    }
}

fn ask(purpose: &str) -> Value {
    json!(["$person", purpose, "income", "2025-08-20", "ask"])
}

fn news(occasion: &str) -> Value {
    json!(["$person", { "template": "news", "args": [], "channels": ["vneid-inbox"], "occasion": occasion }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_asked_for_once_a_month_holds_to_its_last_day_and_can_be_taken_back() {
    let keeper = Keeper::open();
    let state = json!(["$person", "loan", "income"]);
    assert!(keeper.asks("consent.state", state.clone(), EVENING).await.0.contains("never-asked"));
    let (asked, first) = keeper.asks("consent.request", ask("loan"), EVENING).await;
    assert!(asked.contains("asked"), "{asked}");
    assert_eq!(first.pending.effects.len(), 1);
    let (_, again) = keeper.asks("consent.request", ask("loan"), EVENING).await;
    assert!(again.pending.effects.is_empty(), "the same request waits already");
    assert_eq!(keeper.asks("consent.request", ask("study"), EVENING).await.0, "budget-spent");

    keeper.happens(&first, Event::Granted, EVENING + HOUR);
    for (days, expected) in [(0, "granted"), (8, "granted"), (9, "lapsed")] {
        let told = keeper.asks("consent.state", state.clone(), EVENING + days * 24 * HOUR).await.0;
        assert!(told.contains(expected), "after {days} days: {told}");
    }
    keeper.happens(&first, Event::Withdrawn, EVENING + 2 * HOUR);
    assert!(keeper.asks("consent.state", state, EVENING).await.0.contains("withdrawn"));
    let listed = keeper.asks("consent.withdrawn-since", json!([EVENING + 2 * HOUR, null]), EVENING).await.0;
    assert!(listed.contains("loan"), "{listed}");
    let later = keeper.asks("consent.withdrawn-since", json!([EVENING + 3 * HOUR, null]), EVENING).await.0;
    assert!(!later.contains("loan"), "{later}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_night_is_held_counted_and_never_sent_to_who_wants_none() {
    let keeper = Keeper::open();
    let (_, day) = keeper.asks("messaging.notify", news("O-1"), EVENING).await;
    assert_eq!(day.pending.effects[0].not_before, None);
    let (_, again) = keeper.asks("messaging.notify", news("O-1"), EVENING).await;
    assert!(again.pending.effects.is_empty(), "the same message is on its way already");
    // 23:00: held until 07:00.
    let (_, night) = keeper.asks("messaging.notify", news("O-2"), EVENING + 4 * HOUR).await;
    assert_eq!(night.pending.effects[0].not_before, Some(EVENING + 12 * HOUR));
    assert_eq!(keeper.asks("messaging.notify", news("O-3"), EVENING).await.0, "budget-spent");
    keeper.happens(&night, Event::Accepted, EVENING + 12 * HOUR);
    let receipts = keeper.asks("messaging.receipts", json!([EVENING + 5 * HOUR, null]), EVENING + 13 * HOUR).await.0;
    assert!(receipts.contains("delivered") && receipts.contains("O-2") && !receipts.contains("O-1"), "{receipts}");

    let table = HostTable::Messages;
    let (_, key) = night.pending.kept.keys().next().unwrap();
    let (row, _) = keeper.memory().find(table.owner(), table.table(), key.as_str()).unwrap();
    let row: MessageRow = serde_json::from_str(&row).unwrap();
    let (key, opt_out) = MessageRow::opt_out(&row.pilot, &row.recipient, EVENING);
    let row = BTreeMap::from([((table.table().to_owned(), key.as_str().to_owned()), opt_out.change(0))]);
    keeper.memory().apply(table.owner(), &row).unwrap();
    let next_month = EVENING + 30 * 24 * HOUR;
    assert_eq!(keeper.asks("messaging.notify", news("O-4"), next_month).await.0, "opted-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_occasion_of_a_message_passes_for_another_recipient_or_text() {
    let keeper = Keeper::open();
    let mut keys = BTreeSet::new();
    for (occasion, days) in [("a", 0), ("a/b", 0), ("a~1b", 25)] {
        let (_, sent) = keeper.asks("messaging.notify", news(occasion), EVENING + days * 24 * HOUR).await;
        let effect = &sent.pending.effects[0];
        assert_eq!(effect.key.parts().last().map(String::as_str), Some(occasion));
        keys.insert(effect.key.clone());
    }
    assert_eq!(keys.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_a_facility_speaks_for_none() {
    let keeper = Keeper::open();
    let stay = json!({
        "reference": "S-1", "facility": "hotel-001", "room": "12", "arrived": EVENING, "expected-leave": null, "reason": 1,
        "reason-text": null, "due": EVENING + 4 * HOUR, "permitted-until": null,
    });
    let (told, came) = keeper.asks("lodging.notify", json!(["$person", stay]), EVENING).await;
    assert_eq!(told, "not-found");
    assert!(came.pending.effects.is_empty() && came.pending.kept.is_empty());
}
