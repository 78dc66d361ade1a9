//! The zoo in the engine, with every limit that production has: each specimen comes to the end that it must come to, and
//! an honest pilot beside it is answered as before.
#![expect(clippy::unwrap_used, reason = "clippy knows test functions, not the functions that they share")]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use pilothouse_registry::{Ceiling, Effective, Grant, Package};
use pilothouse_runtime::room::{CALL_BYTES, Room};
use pilothouse_runtime::{
    Ended, Finished, Machine, Pilot, Providers, Terms, capabilities::records, faults::Faults, province::Province,
};
use pilothouse_tests::engine::{self, UNIT};
use pilothouse_tests::zoo::{self, Fate, Specimen};
use wasmtime::component::Component;

/// A morning in August 2025, in microseconds.
const NOW: i64 = 1_755_000_000_000_000;
/// Longer than any deadline here by far, so that a host that hangs fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Calls that look for what the one before left.
const CANARIES: usize = 40;

/// What comes of each, one line a specimen: whoever adds one adds its line.
const NAMED: &[&str] = &[
    // refused at the door
    "zoo-text",
    "zoo-core-module",
    "zoo-cut",
    "zoo-nested",
    "zoo-many-components",
    "zoo-deep-blocks",
    "zoo-many-locals",
    "zoo-memory64",
    "zoo-shared-memory",
    "zoo-utf16",
    "zoo-url",
    "zoo-turned-import",
    "zoo-wasi",
    "zoo-unreleased",
    "zoo-unknown-function",
    "zoo-other-signature",
    "zoo-more-than-requested",
    "zoo-more-exports",
    // held by the engine
    "zoo-starts-forever",
    "zoo-describes-forever",
    "zoo-describes-too-much",
    "zoo-large-table",
    "zoo-large-memory",
    "zoo-loops",
    "zoo-asks-forever",
    "zoo-grows-memory",
    "zoo-grows-in-realloc",
    "zoo-realloc-outside",
    "zoo-grows-table",
    "zoo-recurses",
    "zoo-traps",
    "zoo-writes-and-traps",
    "zoo-turned-name",
    "zoo-long-answer",
    "zoo-answer-outside",
    "zoo-no-utf8",
    "zoo-large-answer",
    "zoo-turned-decision",
    "zoo-undeclared-decision",
    "zoo-no-json",
    "zoo-other-json",
    "zoo-deep-json",
    "zoo-collects-handles",
    "zoo-collects-answers",
    "zoo-says-a-number",
    "zoo-says-a-name",
    "zoo-counts-past-its-budget",
    "zoo-counts-until-denied",
    "zoo-fills-its-table",
    "zoo-grows-a-row",
    "zoo-counts-forever",
];

/// The engine with the embedded providers behind it.
struct Keeper {
    machine: Machine,
    providers: Arc<Providers>,
    faults: Arc<Faults>,
}

impl Keeper {
    fn new() -> Self {
        let today = time::Date::from_calendar_date(2025, time::Month::August, 12).unwrap();
        let province = Arc::new(Province::generate(1, 100, today));
        let rows = Arc::new(records::Provider::Memory(records::Memory::default()));
        let providers = Arc::new(Providers::embedded(&province, rows, Arc::default()));
        Self { machine: Machine::start().unwrap(), providers, faults: Arc::default() }
    }

    /// The specimen as a linked pilot with everything granted that it requests, or nothing if the engine does not take it.
    fn linked(&self, specimen: &Specimen) -> Option<Pilot> {
        let component = specimen.component().unwrap();
        let package = Package::build(&component, &specimen.manifest("zoo"), zoo::SCHEMAS, zoo::TEXTS).unwrap();
        let manifest = Package::open_unsigned(package).unwrap().manifest().clone();
        let units: BTreeSet<_> = [UNIT.parse().unwrap()].into();
        let grants: Vec<Grant> = manifest
            .capabilities
            .iter()
            .map(|right| engine::grant(7, manifest.id.as_str(), right.clone(), units.clone(), NOW + 1_000_000_000))
            .collect();
        let component = Component::new(self.machine.engine(), &component).ok()?;
        let rights = Effective::new(&manifest.capabilities, &grants, &Ceiling::embedded().unwrap());
        let deadline = Duration::from_millis(specimen.deadline_ms().into());
        let terms = Terms { id: Arc::from(specimen.name), ..engine::terms(manifest.id.as_str(), rights, deadline) };
        Some(Pilot::new(self.machine.engine(), &component, terms).unwrap())
    }

    async fn calls(&self, pilot: &Pilot) -> Finished {
        let request = engine::request(NOW, Vec::new());
        tokio::time::timeout(PATIENCE, pilot.invoke(request, &self.providers, &self.faults))
            .await
            .expect("the host hangs")
    }

    /// What the trial says: the description, or the fault's code.
    async fn tries(&self, pilot: &Pilot) -> Result<Option<String>, &'static str> {
        let described = tokio::time::timeout(PATIENCE, pilot.describe(&self.providers)).await.expect("the host hangs");
        described.map_err(|fault| fault.code())
    }
}

#[test]
fn every_specimen_is_named() {
    assert!(zoo::unnamed(NAMED).is_empty(), "{:?}", zoo::unnamed(NAMED));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_specimen_comes_to_its_end_and_the_calm_one_never_notices() {
    let keeper = Keeper::new();
    let calm = keeper.linked(&zoo::CALM).expect("an honest component is taken");
    assert_eq!(keeper.tries(&calm).await, Ok(Some(zoo::SCHEMAS.to_owned())));
    let mut wrong = Vec::new();
    for specimen in zoo::all().filter(|specimen| !matches!(specimen.fate, Fate::Refused(_))) {
        let came = match keeper.linked(specimen) {
            None => "fails-on-trial".to_owned(),
            Some(pilot) => match keeper.tries(&pilot).await {
                Err(_) => "fails-on-trial".to_owned(),
                Ok(_) => end_of(&keeper.calls(&pilot).await),
            },
        };
        let must = match specimen.fate {
            Fate::FailsOnTrial => "fails-on-trial".to_owned(),
            Fate::Fault(code) => format!("fault {code}"),
            Fate::Denied(code) => format!("decided, denied {code}"),
            // That the host refuses these answers is for `zoo_in_service.rs`.
            Fate::AnswerRefused(_) | Fate::Answered => "decided".to_owned(),
            Fate::Refused(_) => unreachable!("filtered out above"),
        };
        if came != must {
            wrong.push(format!("{}: {came}, but must be {must}", specimen.name));
        }
        let ended = keeper.calls(&calm).await.recording.ended;
        assert!(
            matches!(&ended, Ended::Decided(decided) if decided.decision == zoo::DECISION),
            "{}: {ended:?}",
            specimen.name
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_leaves_nothing_to_be_kept() {
    let keeper = Keeper::new();
    let specimen = zoo::all().find(|specimen| specimen.name == "zoo-counts-forever").unwrap();
    let finished = keeper.calls(&keeper.linked(specimen).unwrap()).await;
    assert!(matches!(finished.recording.ended, Ended::Fault { .. }));
    assert!(finished.pending.counts.is_empty(), "counts of a failed call are dropped");
    assert!(!finished.recording.calls.is_empty(), "but what it asked is evidence");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_so_many_bytes_of_what_it_was_answered_and_gives_them_back() {
    let keeper = Keeper::new();
    let specimen = zoo::all().find(|specimen| specimen.name == "zoo-collects-answers").unwrap();
    let finished = keeper.calls(&keeper.linked(specimen).unwrap()).await;
    let calls = &finished.recording.calls;
    let kept: usize = calls.iter().map(|call| call.args.len() + call.answer.len()).sum();
    assert!(kept <= CALL_BYTES && kept > CALL_BYTES / 4, "{kept} bytes in {} calls", calls.len());
    assert!(keeper.providers.room.taken() >= kept, "it is counted until it is written down");
    drop(finished);
    assert_eq!(keeper.providers.room.taken(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_host_has_no_room_a_call_waits_for_no_memory_and_is_nobodys_fault() {
    let mut keeper = Keeper::new();
    let room = Arc::new(Room::of(3 << 20));
    Arc::get_mut(&mut keeper.providers).unwrap().room = Arc::clone(&room);
    let specimen = zoo::all().find(|specimen| specimen.name == "zoo-collects-answers").unwrap();
    let finished = keeper.calls(&keeper.linked(specimen).unwrap()).await;
    assert_eq!(end_of(&finished), "fault full");
    assert!(finished.recording.calls.last().unwrap().answer.len() < 20, "the answer that had no room is not kept");
    drop(finished);
    assert_eq!(room.taken(), 0);
    let calm = keeper.linked(&zoo::CALM).unwrap();
    assert_eq!(end_of(&keeper.calls(&calm).await), "decided");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_denied_again_and_again_is_counted_and_ends_the_call_that_heeds_nothing() {
    let keeper = Keeper::new();
    let finished_of = async |name: &str| {
        let specimen = zoo::all().find(|specimen| specimen.name == name).unwrap();
        keeper.calls(&keeper.linked(specimen).unwrap()).await.recording
    };
    // Sixty are granted, sixteen denials are written out, and all others are in the last of these.
    let past = finished_of("zoo-counts-past-its-budget").await;
    assert_eq!((past.calls.len(), past.calls.iter().map(|call| call.times()).sum::<usize>()), (76, 200));
    assert_eq!(past.calls.last().unwrap().again.as_ref().unwrap().n, 124);
    let forever = finished_of("zoo-counts-forever").await;
    assert_eq!((forever.calls.len(), forever.calls.iter().map(|call| call.times()).sum::<usize>()), (76, 221));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_keeps_as_much_as_its_tables_may_hold_and_no_more() {
    let keeper = Keeper::new();
    let finished_of = async |name: &str| {
        let specimen = zoo::all().find(|specimen| specimen.name == name).unwrap();
        keeper.calls(&keeper.linked(specimen).unwrap()).await
    };
    assert_eq!(finished_of("zoo-fills-its-table").await.pending.rows.len(), 10);
    let rows = finished_of("zoo-grows-a-row").await.pending.rows;
    let values: Vec<_> = rows.values().map(|change| change.value.as_deref()).collect();
    assert_eq!(values, [Some("{}")], "the row stays as it was before it grew too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_call_leaves_in_its_memory_no_other_call_finds() {
    let keeper = Keeper::new();
    // Two pilots of the same component, so that one is given the place of the other too.
    let pilots = [keeper.linked(&zoo::TRACES).unwrap(), keeper.linked(&zoo::TRACES).unwrap()];
    for n in 0..CANARIES {
        let ended = keeper.calls(&pilots[n % 2]).await.recording.ended;
        assert!(matches!(ended, Ended::Decided(_)), "call {n} found what another left: {ended:?}");
    }
}

fn end_of(finished: &Finished) -> String {
    const TOLD: [&str; 5] = ["budget-spent", "not-granted", "max-rows", "max-bytes", "invalid"];
    let mut answers = finished.recording.calls.iter().map(|call| &call.answer);
    let denied = answers.find_map(|answer| TOLD.into_iter().find(|told| answer.contains(told)));
    match (&finished.recording.ended, denied) {
        (Ended::Fault { fault }, _) => format!("fault {}", fault.code()),
        (Ended::Decided(_), Some(code)) => format!("decided, denied {code}"),
        (Ended::Decided(_), None) => "decided".to_owned(),
        (Ended::Refused { code, .. }, _) => format!("refused {code}"),
    }
}
