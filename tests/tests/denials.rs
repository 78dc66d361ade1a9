//! Deny tests, generated: every function of the contract that can be denied, outside each thing that a grant says, through a real
//! component on the real engine.
//!
//! Nothing here is picked by hand but the arguments. Functions come from the registry's contract; the keys of scopes are asked of the
//! scopes themselves; what each key denies is in `denials.txt`, which the test writes anew and then fails when it differs.
//!
//! **A function is new:** the first test names it. Add a line to [`calls`] that its full grant allows. **A capability or a key is new:**
//! the second test names it. Add it to [`full`]; run the test, read what changed in `denials.txt`, commit it. A key that only bounds how
//! much is kept or shown, so that no call is denied for it, goes to [`SILENT`] with its reason.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use pilothouse_evidence::{Caller, Digest, SealKey, Verdict};
use pilothouse_province::{Cast, DEFAULT_SEED};
use pilothouse_registry::contract::{FUNCTIONS, Function, Guard};
use pilothouse_registry::{AnyScope, Bilingual, Budget, Capability, CapabilityRequest, Ceiling, Effective, UnitCode};
use pilothouse_runtime::faults::{self, Faults};
use pilothouse_runtime::record::{About, EffectKeys, write_down};
use pilothouse_runtime::{
    Ended, Finished, Machine, Pilot, Providers, Replayer,
    capabilities::records,
    keys::Secret,
    people::{Arrival, Declared, Kind, Presented},
    province::Province,
};
use pilothouse_tests::asking::{ALLOWED, REGISTER, asking};
use pilothouse_tests::engine::{self, UNIT, guarded};
use pilothouse_tests::{people::PEOPLE, zoo};
use serde_json::{Value, json};
use wasmtime::component::Component;

/// A morning in August 2025, in microseconds, and a day of them.
const NOW: i64 = 1_755_000_000_000_000;
const DAY: i64 = 86_400_000_000;
/// A ward that is not the caller's.
const ELSEWHERE: &str = "18881";
/// Long enough for a machine that has more to do.
const DEADLINE: Duration = Duration::from_secs(10);
/// What the keys of scopes deny.
const PINNED: &str = "tests/denials.txt";

/// A call that a full grant allows, for every function that can be denied: its name, what is special about this call, its arguments.
fn calls(hotel: &str) -> Vec<(&'static str, &'static str, Value)> {
    let stay = |reference: &str, arrived: i64| {
        json!({
            "reference": reference, "facility": hotel, "room": "12", "arrived": arrived, "expected-leave": "2025-08-14", "reason": 1,
            "reason-text": null, "due": NOW + DAY, "permitted-until": null,
        })
    };
    let alert = json!({
        "kind": "wrong-person", "severity": 1, "unit": UNIT, "subject": "S-1", "window": "2025-08-12", "facts": [["n", "1"]],
        "respond-by": null,
    });
    let message =
        json!({ "template": "zoo-news", "args": [["n", "1"]], "channels": ["sms-brandname"], "occasion": "O-1" });
    vec![
        ("person.pseudonym", "", json!(["$person"])),
        ("person.pseudonym", "of a foreigner", json!(["$foreigner"])),
        ("person.kind", "", json!(["$person"])),
        ("person.same", "", json!(["$person", "$other"])),
        ("person.seal", "", json!(["$person"])),
        ("person.reopen", "", json!(["00"])),
        ("population.verify", "", json!(["$person", [{ "name": "alive", "args": [] }]])),
        ("population.related", "", json!(["$person", "$other", "spouse"])),
        ("population.read", "", json!(["$person", "birth-year"])),
        ("population.household", "", json!(["$person"])),
        ("population.aggregate", "", json!(["count", ["sex"], []])),
        ("population.aggregate", "by what is sensitive", json!(["count", ["ethnicity"], []])),
        ("registers.find", "", json!([REGISTER, "$person"])),
        ("registers.entry.get", "", json!(["$entry", "valid-until"])),
        ("registers.entry.agrees", "", json!(["$entry", ["birth-year"]])),
        (
            "registers.propose",
            "",
            json!([REGISTER, "$person", "K-1", [{ "field": "valid-until", "value": "2026-01-01" }], "for a test"]),
        ),
        ("readers.reading-of", "", json!(["$person"])),
        ("readers.show", "", json!(["green", "done"])),
        ("places.unit-on", "", json!([UNIT, "2025-08-12"])),
        ("places.successors", "", json!([UNIT, "2025-08-12"])),
        ("places.predecessors", "", json!([UNIT])),
        ("places.facility-by-id", "", json!([hotel])),
        ("places.facilities", "", json!(["hotel", null, null])),
        ("places.working-day-add", "", json!(["2025-08-12", 1])),
        ("lodging.notify", "", json!(["$person", stay("S-1", NOW)])),
        ("lodging.notify", "of a foreigner", json!(["$foreigner", stay("S-2", NOW)])),
        ("lodging.notify", "a day late", json!(["$person", stay("S-3", NOW - DAY)])),
        ("lodging.amend", "", json!([hotel, "S-1", "13", null])),
        ("lodging.depart", "", json!([hotel, "S-1", NOW])),
        ("lodging.cancel", "", json!([hotel, "S-1", "double-entry"])),
        ("lodging.state", "", json!([hotel, "S-1"])),
        ("lodging.open-stays", "", json!([hotel, null])),
        ("records.get", "", json!(["zoo", "k"])),
        ("records.put", "", json!(["zoo", "k", "{}", null, [["day", "2025-08-12"]]])),
        ("records.delete", "", json!(["zoo", "k", null])),
        ("records.scan", "", json!(["zoo", "day", "", null, 1])),
        ("reporting.count", "", json!(["zoo-counts", 1, []])),
        ("reporting.obstacle", "", json!(["zoo", "zoo"])),
        ("reporting.resolve", "", json!(["zoo"])),
        ("reporting.series", "", json!(["zoo", "ioc", "2025-08", "all", []])),
        ("alerts.raise", "", json!([alert, null])),
        ("alerts.update", "", json!(["wrong-person/S-1/2025-08-12", [["n", "2"]]])),
        ("alerts.state", "", json!(["wrong-person/S-1/2025-08-12"])),
        ("consent.state", "", json!(["$person", "zoo-research", "zoo-visits"])),
        ("consent.request", "", json!(["$person", "zoo-research", "zoo-visits", "2025-08-20", "ask"])),
        ("consent.withdrawn-since", "", json!([0, null])),
        ("messaging.notify", "", json!(["$person", message])),
        ("messaging.notify-staff", "", json!([hotel, message])),
        ("messaging.receipts", "", json!([0, null])),
    ]
}

/// A scope of each capability that says every key, and allows every call of [`calls`].
fn full(capability: Capability) -> Value {
    let rows = json!({ "age-from": 0, "age-to": 150, "residents-only": false });
    match capability {
        Capability::Person => json!({ "kinds": ["citizen", "foreigner", "unidentified"], "persist": true }),
        Capability::Population => json!({
            "claims": ["alive", "relation-is"], "fields": ["birth-year"], "household": true, "measures": ["count"],
            "dims": ["sex", "ethnicity"], "min-cell": 10, "sensitive-min-cell": 30, "row-filter": rows,
        }),
        Capability::Registers => json!({
            REGISTER: { "fields": ["valid-until"], "agrees": ["birth-year"], "mode": "both", "rows": rows },
        }),
        Capability::Readers => json!({ "methods": ["manual"], "show": true }),
        Capability::Places => json!({ "classes": ["hotel"] }),
        Capability::Lodging => json!({ "facility-classes": ["hotel"], "foreign-guests": true, "day-window": 30 }),
        Capability::Records => json!({
            "max-rows": 10, "max-bytes": 10_000, "tables": { "zoo": { "indexes": ["day"], "retention-days": 30 } },
        }),
        Capability::Reporting => json!({ "indicators": ["zoo-counts"], "series": ["ioc"], "obstacles": true }),
        // Kinds are the ceiling's, so one of those.
        Capability::Alerts => json!({ "kinds": ["wrong-person"], "max-severity": 1 }),
        Capability::Consent => json!({
            "purposes": ["zoo-research"], "data": ["zoo-visits"], "longest-days": 30, "requests-per-month": 1,
        }),
        Capability::Messaging => json!({
            "audiences": ["citizen", "staff"], "channels": ["sms-brandname"], "templates": ["zoo-news"], "send-from": 7,
            "send-until": 21, "per-person-month": 1,
        }),
    }
}

/// Keys for which no call is denied, and why that is right.
const SILENT: &[(&str, &str)] =
    &[("records tables.zoo.retention-days", "bounds how long a row is kept, not who may write it")];

/// One thing that a grant says, said narrower: the key and the scope without it.
struct Narrowed {
    key: String,
    scope: Value,
}

/// Every key of a capability's scope, and the full scope narrowed by that key. The keys are asked of the scope's own type: it names
/// them when it is given one that it does not have.
fn narrowed(capability: Capability) -> Vec<Narrowed> {
    let full = full(capability);
    let mut found = Vec::new();
    keys_below(capability, &full, &mut Vec::new(), &mut found);
    found
}

fn keys_below(capability: Capability, full: &Value, path: &mut Vec<String>, found: &mut Vec<Narrowed>) {
    let pointer = |path: &[String]| path.iter().map(|part| format!("/{part}")).collect::<String>();
    let mut probe = full.clone();
    probe.pointer_mut(&pointer(path)).unwrap()["no-such-key"] = json!(0);
    let told = AnyScope::deserialize_for(capability, probe).unwrap_err().to_string();
    let here = full.pointer(&pointer(path)).unwrap().as_object().unwrap();
    // A struct says which keys it has; a map takes every name, and says what is wrong with the value instead.
    let keys: Vec<String> = match told.strip_prefix("unknown field `no-such-key`, expected ") {
        Some(list) => list.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        None => here.keys().cloned().collect(),
    };
    assert!(!keys.is_empty(), "{capability} {}: {told}", pointer(path));
    for key in keys {
        let value =
            here.get(&key).unwrap_or_else(|| panic!("`full` says nothing of {capability}: {}/{key}", pointer(path)));
        path.push(key.clone());
        let named = path.join(".");
        let mut with = |what: &str, change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut scope = full.clone();
            change(scope.pointer_mut(&pointer(&path[..path.len() - 1])).unwrap().as_object_mut().unwrap());
            found.push(Narrowed { key: format!("{named}{what}"), scope });
        };
        match (key.as_str(), value) {
            ("mode", _) => {
                for mode in ["read", "propose"] {
                    with(&format!("={mode}"), &|scope| scope["mode"] = mode.into());
                }
            }
            ("age-from", _) => with("=150", &|scope| scope["age-from"] = 150.into()),
            ("send-from", _) => with("=24", &|scope| scope["send-from"] = 24.into()),
            ("min-cell" | "sensitive-min-cell", _) => with("", &|scope| drop(scope.remove(&key))),
            (_, Value::Array(_)) => with("", &|scope| scope[&key] = json!([])),
            (_, Value::Bool(value)) => with("", &|scope| scope[&key] = json!(!value)),
            (_, Value::Number(_)) => with("", &|scope| scope[&key] = json!(0)),
            (_, Value::Object(_)) => {
                if !["row-filter", "rows"].contains(&key.as_str()) {
                    with("", &|scope| match scope[&key].as_object_mut() {
                        Some(inner) if key == "tables" => inner.clear(),
                        _ => drop(scope.remove(&key)),
                    });
                }
                keys_below(capability, full, path, found);
            }
            (_, value) => panic!("no way yet to narrow {capability}: {named} = {value}"),
        }
        path.pop();
    }
}

/// What a grant says beside functions and scope.
#[derive(Clone)]
struct Says {
    scope: Value,
    budget: Budget,
    expires: i64,
    purpose: &'static str,
    unit: &'static str,
    /// Whether an older grant says everything of the function, for another unit.
    wide_elsewhere: bool,
}

const PLENTY: Budget = Budget { calls_per_minute: 1_000, people_per_day: 1_000, effects_per_day: 100 };

/// One call: whether it was denied, how, and by which line of the grant.
struct Came {
    finished: Finished,
    decision: String,
    about: Option<String>,
    line: String,
    denied: bool,
    answer: String,
}

impl Came {
    /// As `denials.txt` has it.
    fn told(&self) -> String {
        match (&self.about, self.denied) {
            (Some(about), true) => format!("{} {about} | {}", self.decision, self.line),
            _ => format!("answered {}", self.answer),
        }
    }
}

struct Court {
    machine: Machine,
    providers: Arc<Providers>,
    province: Arc<Province>,
    hotel: String,
    hotel_unit: UnitCode,
    components: BTreeMap<String, Component>,
}

impl Court {
    fn open() -> Court {
        let today = time::Date::from_calendar_date(2025, time::Month::August, 12).unwrap();
        let province = Arc::new(Province::generate(DEFAULT_SEED, PEOPLE, today));
        let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
        let providers = Arc::new(Providers::embedded(&province, rows, Arc::default()));
        let hotel = province.facility("hotel-001").unwrap();
        let (hotel, hotel_unit) = (hotel.id.clone(), hotel.unit.to_string().parse().unwrap());
        let machine = Machine::start().unwrap();
        Court { machine, providers, province, hotel, hotel_unit, components: BTreeMap::new() }
    }

    fn calls(&self) -> Vec<(&'static Function, String, Value)> {
        let known = |name: &str| {
            FUNCTIONS.iter().find(|function| function.full_name() == name).unwrap_or_else(|| panic!("{name}?"))
        };
        let label = |name: &str, how: &str| if how.is_empty() { name.to_owned() } else { format!("{name} {how}") };
        calls(&self.hotel).into_iter().map(|(name, how, args)| (known(name), label(name, how), args)).collect()
    }

    fn component(&mut self, function: &Function, args: &Value) -> Component {
        let key = format!("{} {args}", function.full_name());
        let made = self.components.entry(key).or_insert_with_key(|key| {
            let component = asking(function, args).unwrap_or_else(|error| panic!("{key}: {error}"));
            Component::new(self.machine.engine(), component).unwrap_or_else(|error| panic!("{key}: {error:#}"))
        });
        made.clone()
    }

    fn all(&self, function: &Function) -> Says {
        let scope = full(function.capability);
        Says { scope, budget: PLENTY, expires: NOW + DAY, purpose: "reception", unit: UNIT, wide_elsewhere: false }
    }

    /// The rights to ask this function, as a grant says it, and whatever it takes to get there.
    fn rights(&self, function: &Function, prelude: bool, says: &Says, without: bool) -> Effective {
        let purpose = |text: &str| Bilingual::new("Thử (giả định)", text).unwrap();
        let request = |capability: Capability, functions: BTreeSet<String>, scope: Value, budget: Budget, why: &str| {
            CapabilityRequest {
                functions,
                scope: AnyScope::deserialize_for(capability, scope).unwrap(),
                purpose: purpose(why),
                legal_basis: vec!["91/2025/QH15".parse().unwrap()],
                budget,
            }
        };
        let everything =
            |capability: Capability| request(capability, guarded(capability), full(capability), PLENTY, "reception");
        let grant = |number: u8, right: CapabilityRequest, expires: i64, unit: &str| {
            let units = [unit.parse().unwrap(), self.hotel_unit.clone()].into();
            engine::grant(number, "denials", right, units, expires)
        };
        let capability = function.capability;
        let mut requests = vec![everything(capability)];
        let mut grants = Vec::new();
        if capability != Capability::Person {
            requests.push(everything(Capability::Person));
            grants.push(grant(1, everything(Capability::Person), NOW + DAY, UNIT));
        }
        if prelude {
            // Its own grant for what comes before, so that only the call itself meets what is narrowed; the budget is one.
            let find = request(capability, ["find".to_owned()].into(), full(capability), says.budget, "reception");
            grants.push(grant(2, find, NOW + DAY, UNIT));
        }
        if says.wide_elsewhere {
            let all = request(capability, [function.name.to_owned()].into(), full(capability), PLENTY, "reception");
            let units = [ELSEWHERE.parse().unwrap()].into();
            grants.insert(0, engine::grant(4, "denials", all, units, NOW + DAY));
        }
        let mut functions = BTreeSet::from([function.name.to_owned()]);
        if without {
            functions = guarded(capability);
            functions.remove(function.name);
        }
        let right = request(capability, functions, says.scope.clone(), says.budget, says.purpose);
        grants.push(grant(3, right, says.expires, says.unit));
        Effective::new(&requests, &grants, &Ceiling::embedded().unwrap())
    }

    fn pilot(&mut self, function: &Function, args: &Value, says: &Says, without: bool) -> Option<Pilot> {
        let component = self.component(function, args);
        let terms = engine::terms("denials", self.rights(function, is_of_an_entry(args), says, without), DEADLINE);
        Pilot::new(self.machine.engine(), &component, terms).ok()
    }

    async fn asks(&mut self, function: &Function, args: &Value, says: &Says, faults: &Arc<Faults>) -> Came {
        let pilot = self.pilot(function, args, says, false).expect("what it imports is granted");
        let known = |name: &str| {
            let key = Cast::find(&self.province.population, name).unwrap();
            Arrival::known(key, Kind::Citizen, Some(Presented::typed()), None)
        };
        let paper =
            Declared { document: "passport".to_owned(), country: Some("USA".to_owned()), number: None, name: None };
        let mut request =
            engine::request(NOW, vec![known("insured-adult"), known("insured-adult-2"), Arrival::declared(paper)]);
        Arc::make_mut(&mut request.occasion).facility = Some(self.hotel.clone());
        let finished = pilot.invoke(request, &self.providers, faults).await;
        let name = function.full_name();
        let Ended::Decided(decided) = &finished.recording.ended else {
            panic!("{name} {args}: {:?}", finished.recording.ended)
        };
        let last = finished.recording.calls.last().unwrap();
        assert!(last.function.ends_with(function.name), "{name}: the last call was {}", last.function);
        let denied = decided.decision != ALLOWED;
        // A replay decides the same, without any provider.
        let component = self.component(function, args);
        let terms = engine::terms("denials", Effective::none(), DEADLINE);
        let replayer = Replayer::new(self.machine.engine(), &component, terms).unwrap();
        let again = replayer.replay(&finished.recording, &self.providers).await;
        assert_eq!((&again.recording.ended, &again.difference), (&finished.recording.ended, &None), "{name}");
        Came {
            decision: decided.decision.clone(),
            about: decided.reasons.first().cloned(),
            line: last.line.clone(),
            denied,
            answer: last.answer.clone(),
            finished,
        }
    }
}

/// Whether the call is made with an entry, which another call of the same capability has to find first.
fn is_of_an_entry(args: &Value) -> bool {
    args[0] == "$entry"
}

fn is_of_a_person(args: &Value) -> bool {
    args.as_array().unwrap().iter().any(|arg| arg == "$person" || arg == "$foreigner")
}

/// Holds a call to a denial: what the guest got, what the recording has, what goes into the log, and that no effect is left.
fn is_denied(label: &str, came: &Came, code: &str, about: &str, line: &str) {
    assert_eq!(came.told(), format!("{code} {about} | {line}"), "{label}");
    let about_it = About {
        version: "1.0.0".to_owned(),
        package: Digest::of(b"package"),
        grants: Digest::of(b"grants"),
        settings: Digest::of(b"settings"),
        caller: Caller {
            credential: "c".to_owned(),
            role: zoo::ROLE.to_owned(),
            unit: UNIT.to_owned(),
            facility: None,
            device: None,
            clock_ahead: None,
        },
    };
    let keys = EffectKeys::new(&Secret::new([7; 32]));
    let record = write_down(&came.finished, about_it, &SealKey::from_bytes([1; 32]), &keys, &|_| true);
    let last = record.calls.last().unwrap();
    assert_eq!(last.verdict, Verdict::Denied { code: code.to_owned() }, "{label}");
    assert_eq!(last.line.as_deref(), Some(line), "{label}: the evidence names the line of the grant");
    assert!(record.effects.is_empty(), "{label}: a denied effect is left");
}

#[test]
fn every_function_that_can_be_denied_is_asked() {
    let asked: BTreeSet<&str> = calls("hotel-001").into_iter().map(|(name, _, _)| name).collect();
    let guarded = FUNCTIONS.iter().filter(|function| function.guard == Guard::Guarded).map(Function::full_name);
    let forgotten: Vec<String> = guarded.filter(|name| !asked.contains(name.as_str())).collect();
    assert!(forgotten.is_empty(), "no call in `calls` asks {forgotten:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_functions_term_purpose_units_and_budgets_every_function_is_denied_before_its_provider_is_asked() {
    let mut court = Court::open();
    for (function, label, args) in court.calls() {
        let (name, capability) = (function.full_name(), function.capability);
        let all = court.all(function);
        let up = Arc::new(Faults::default());
        let allowed = court.asks(function, &args, &all, &up).await;
        assert!(!allowed.denied || allowed.decision == "not-found", "{label} is not allowed: {}", allowed.told());
        assert!(
            court.pilot(function, &args, &all, true).is_none(),
            "{label}: it links without a grant of the function"
        );

        // With a provider that is down, whoever was asked would be told so.
        let down = Arc::new(Faults::default());
        let prelude = is_of_an_entry(&args);
        if !prelude {
            down.set(capability, Some(faults::Fault::Down));
            let told = court.asks(function, &args, &all, &down).await;
            assert_eq!(told.decision, "unavailable", "{label}");
        }
        let cases = [
            (Says { expires: NOW, ..all.clone() }, "expired", "expires"),
            (Says { purpose: "advertising", ..all.clone() }, "purpose-mismatch", "purpose"),
            (Says { unit: ELSEWHERE, ..all.clone() }, "out-of-unit", "units"),
        ];
        for (says, code, key) in cases {
            let came = court.asks(function, &args, &says, &down).await;
            is_denied(&label, &came, code, &name, &format!("{capability}: {key}"));
        }
        let before = u32::from(prelude);
        let budgets = [
            ("calls-per-minute", Budget { calls_per_minute: before, ..PLENTY }, true),
            ("people-per-day", Budget { people_per_day: 0, ..PLENTY }, is_of_a_person(&args)),
            ("effects-per-day", Budget { effects_per_day: 0, ..PLENTY }, function.effect),
        ];
        for (key, budget, _) in budgets.into_iter().filter(|(_, _, applies)| *applies) {
            let came = court.asks(function, &args, &Says { budget, ..all.clone() }, &down).await;
            is_denied(&label, &came, "budget-spent", key, &format!("{capability}: budget.{key}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_each_key_of_its_scope_every_function_is_denied_as_pinned_whatever_another_grant_says() {
    let mut court = Court::open();
    let (up, mut pinned, mut cased) = (Arc::new(Faults::default()), String::new(), BTreeSet::new());
    let mut keys = BTreeSet::new();
    for capability in Capability::ALL {
        keys.extend(narrowed(*capability).into_iter().map(|narrowed| format!("{capability} {}", narrowed.key)));
    }
    for (function, label, args) in court.calls() {
        let capability = function.capability;
        let all = court.all(function);
        let allowed = court.asks(function, &args, &all, &up).await.told();
        let down = Arc::new(Faults::default());
        down.set(capability, Some(faults::Fault::Down));
        for Narrowed { key, scope } in narrowed(capability) {
            let says = Says { scope, ..all.clone() };
            let came = court.asks(function, &args, &says, &up).await;
            let told = came.told();
            // What another grant says, which does not allow this call, makes nothing of it wider.
            let beside = court.asks(function, &args, &Says { wide_elsewhere: true, ..says.clone() }, &up).await.told();
            assert_eq!(
                beside.split(" | ").next(),
                told.split(" | ").next(),
                "{label} without {key}, with a grant elsewhere"
            );
            if told == allowed {
                continue;
            }
            cased.insert(format!("{capability} {key}"));
            writeln!(pinned, "{label} without {key}: {told}").unwrap();
            if told.starts_with("field-not-granted") {
                is_denied(&label, &came, "field-not-granted", came.about.as_deref().unwrap_or_default(), &came.line);
                assert!(came.line.starts_with(&format!("{capability}: scope.")), "{label}: {}", came.line);
                if !is_of_an_entry(&args) {
                    let unasked = court.asks(function, &args, &says, &down).await;
                    assert_eq!(unasked.told(), told, "{label} without {key}: the provider was asked");
                }
            }
        }
    }
    let silent: BTreeSet<String> = SILENT.iter().map(|(key, _)| (*key).to_owned()).collect();
    let forgotten: Vec<_> = keys.difference(&cased).filter(|key| !silent.contains(*key)).collect();
    assert!(forgotten.is_empty(), "no call in `calls` is denied outside {forgotten:?}");
    let spoken: Vec<_> = silent.iter().filter(|key| cased.contains(*key) || !keys.contains(*key)).collect();
    assert!(spoken.is_empty(), "`SILENT` has what is not silent or not there: {spoken:?}");
    let path = format!("{}/{PINNED}", env!("CARGO_MANIFEST_DIR"));
    if std::fs::read_to_string(&path).unwrap_or_default() != pinned {
        std::fs::write(&path, &pinned).unwrap();
        panic!("{PINNED} was not what the scopes deny and is written anew: read what changed, and commit it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_whom_an_answer_speaks_of_counts_towards_the_people_of_a_day() {
    let mut court = Court::open();
    let up = Arc::new(Faults::default());
    for name in ["population.related", "population.household"] {
        let (function, label, args) = court.calls().into_iter().find(|(_, label, _)| label == name).unwrap();
        let one = Says { budget: Budget { people_per_day: 1, ..PLENTY }, ..court.all(function) };
        let came = court.asks(function, &args, &one, &up).await;
        is_denied(&label, &came, "budget-spent", "people-per-day", "population: budget.people-per-day");
        let many = Says { budget: Budget { people_per_day: 32, ..PLENTY }, ..one };
        assert!(!court.asks(function, &args, &many, &up).await.denied, "{label}");
    }
}

/// The ends of both widths, signed and unsigned, and what stands next to nothing. In 32 bits the longer ones are 0 and -1.
const EXTREMES: [i64; 7] = [i64::MIN, i32::MIN as i64, -1, 0, i32::MAX as i64, u32::MAX as i64, i64::MAX];
/// Where a call of [`calls`] leaves a number out, and what stands there when it is given.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("records.put", "/3", "0"),
    ("records.delete", "/2", "0"),
    ("alerts.raise", "/0/respond-by", "0"),
    ("reporting.series", "/4", r#"[{"labels":["n"],"value":0}]"#),
];
/// How much longer than with its usual numbers a call may take: far more than a loaded machine adds, far less than a walk through all
/// numbers there are.
const AT_MOST: u32 = 200;

/// The pointers of all numbers below a value.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(n, value)| numbers(value, &format!("{at}/{n}"), found))
        }
        Value::Object(values) => values.iter().for_each(|(name, value)| numbers(value, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_least_and_the_greatest_number_cost_a_call_no_more_than_others() {
    let mut court = Court::open();
    let up = Arc::new(Faults::default());
    let mut asked = 0;
    for (function, label, mut args) in court.calls() {
        for (_, pointer, value) in LEFT_OUT.iter().filter(|(name, ..)| *name == function.full_name()) {
            *args.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        }
        let mut all = Vec::new();
        numbers(&args, "", &mut all);
        let says = court.all(function);
        for pointer in all {
            let mut usual = Duration::MAX;
            for extreme in [None, None].into_iter().chain(EXTREMES.map(Some)) {
                let mut args = args.clone();
                if let Some(extreme) = extreme {
                    *args.pointer_mut(&pointer).unwrap() = extreme.into();
                }
                // Made ready before, so that only the call is measured; which is answered or denied, and neither fails nor panics.
                let _ready = court.component(function, &args);
                let begun = std::time::Instant::now();
                let _came = court.asks(function, &args, &says, &up).await;
                let took = begun.elapsed();
                match extreme {
                    None => usual = usual.min(took),
                    Some(extreme) => {
                        let most = usual.max(Duration::from_millis(1)) * AT_MOST;
                        assert!(took < most, "{label}: {extreme} at {pointer} took {took:?}, and usually {usual:?}");
                        asked += 1;
                    }
                }
            }
        }
    }
    assert!(asked >= 15 * EXTREMES.len(), "only {asked} calls with a number were made");
}
