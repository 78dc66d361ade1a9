//! Those that pass the static checks: the engine, its limits and the host's checks of answers must hold them.

use pilothouse_registry::{Capability, contract};
use serde_json::json;

use super::{
    Fate::{AnswerRefused, Answered, Denied, FailsOnTrial, Fault},
    Specimen,
    making::{ANSWER, Module},
};

use crate::asking::asking;

/// A loop that never ends.
const FOREVER: &str = "(loop $again (br $again)) unreachable";

/// The request of those that count.
const MAY_COUNT: &str = r#"
[indicators]
zoo-counts = { kind = "count", title = { vi = "Số lần (giả định)", en = "Counts (fictional)" } }

[[capability]]
name = "reporting"
functions = ["count"]
scope = { indicators = ["zoo-counts"] }
purpose = { vi = "Thử hạn mức (giả định)", en = "Trying the budget (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 60 }
"#;

/// The request of those that write.
const MAY_WRITE: &str = r#"
[[capability]]
name = "records"
functions = ["get", "put"]
purpose = { vi = "Thử bảng riêng (giả định)", en = "Trying the tables (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 600 }
[capability.scope]
max-rows = 10
max-bytes = 10000
tables.zoo = { retention-days = 30 }
"#;

/// Writes a row; the key lies at 6010 with a length of 1, value and its length come first, the answer at 6104.
fn put(value: &str) -> String {
    format!(
        "(call $put (i32.const 6000) (i32.const 3) (i32.const 6010) (i32.const 1) {value} (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 6104))"
    )
}
const IMPORT_PUT: &str = r#"(import "pilothouse:records/tables@1.0.0" "put" (func $put (param i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32)))"#;
const ROW: &str = r#"(data (i32.const 6000) "zoo") (data (i32.const 6010) "k") (data (i32.const 6020) "{}")"#;
const WRITING: &str = "import pilothouse:records/tables@1.0.0;";

/// The request of those that read what they wrote, again and again.
const MAY_COLLECT: &str = r#"
[[capability]]
name = "records"
functions = ["get", "put"]
purpose = { vi = "Thử bộ nhớ của lượt gọi (giả định)", en = "Trying the memory of a call (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 6000 }
[capability.scope]
max-rows = 10
max-bytes = 100000
tables.zoo = { retention-days = 30 }
"#;
const IMPORT_GET: &str = r#"(import "pilothouse:records/tables@1.0.0" "get" (func $get (param i32 i32 i32 i32 i32)))"#;

/// Asks for a row of a table that no manifest names; the name lies at 6000.
fn gets_from(table: &str) -> Result<Vec<u8>, super::MakeError> {
    let call = format!(
        "(call $get (i32.const 6000) (i32.const {}) (i32.const 6000) (i32.const 1) (i32.const 6104)) {ANSWER}",
        table.len()
    );
    let more = format!(r#"(data (i32.const 6000) "{table}")"#);
    Module { imports: IMPORT_GET, more: &more, call: &call, ..Module::default() }.component(WRITING)
}

/// The request of the one that collects handles.
const MAY_FIND_PLACES: &str = r#"
[[capability]]
name = "places"
functions = ["unit-on"]
purpose = { vi = "Thử số tay nắm (giả định)", en = "Trying the handles (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 6000 }
"#;

/// Counts once: the indicator's name lies at 6000, the answer at 6100, its first byte says whether it was denied.
const COUNT: &str =
    "(call $count (i32.const 6000) (i32.const 10) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 6100))";
const IMPORT_COUNT: &str =
    r#"(import "pilothouse:reporting/reports@1.0.0" "count" (func $count (param i32 i32 i32 i32 i32 i32)))"#;
const INDICATOR: &str = r#"(data (i32.const 6000) "zoo-counts")"#;
const COUNTING: &str = "import pilothouse:reporting/reports@1.0.0;";

pub(super) const COUNTS: Specimen = Specimen {
    name: "zoo-counts-and-answers",
    does: "counts once, and has one setting",
    fate: Answered,
    requests: r#"
[config]
limit = { type = "integer", default = 1, min = 1, max = 1000000, title = { vi = "Mức (giả định)", en = "Limit (fictional)" }, source = "test" }

[indicators]
zoo-counts = { kind = "count", title = { vi = "Số lần (giả định)", en = "Counts (fictional)" } }

[[capability]]
name = "reporting"
functions = ["count"]
scope = { indicators = ["zoo-counts"] }
purpose = { vi = "Thử công tắc (giả định)", en = "Trying the switch (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 100000 }
"#,
    make: || {
        let call = format!("{COUNT} {ANSWER}");
        Module { imports: IMPORT_COUNT, more: INDICATOR, call: &call, ..Module::default() }.component(COUNTING)
    },
};

pub(super) const SLOW: Specimen = Specimen {
    name: "zoo-slow",
    does: "counts once and takes its time",
    fate: Answered,
    requests: MAY_COUNT,
    make: || {
        // Some seconds of a processor, and at most until its deadline: either is long enough to be interrupted in.
        let call = format!(
            "{COUNT} (local.set $n (i32.const 2000000000)) (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) {ANSWER}"
        );
        Module { imports: IMPORT_COUNT, more: INDICATOR, call: &call, ..Module::default() }.component(COUNTING)
    },
};

pub(super) const BUSY: Specimen = Specimen {
    name: "zoo-busy",
    does: "computes for some tens of milliseconds and answers in time",
    fate: Answered,
    requests: "",
    make: || {
        let call = format!(
            "(local.set $n (i32.const 100000000)) (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) {ANSWER}"
        );
        Module { call: &call, ..Module::default() }.component("")
    },
};

pub(super) const SHOWS_ONCE: Specimen = Specimen {
    name: "zoo-shows-once",
    does: "shows something on the reader, which it may once a day",
    fate: Answered,
    requests: r#"
[[capability]]
name = "readers"
functions = ["show"]
scope = { methods = ["manual"], show = true }
purpose = { vi = "Thử hạn mức ngày (giả định)", en = "Trying the budget of a day (fictional)" }
legal-basis = ["91/2025/QH15"]
budget = { calls-per-minute = 60, effects-per-day = 1 }
"#,
    make: || {
        let show = contract::find(Capability::Readers, "show").ok_or("the contract has no readers.show")?;
        asking(show, &json!(["green", "done"]))
    },
};

pub(super) const SPECIMENS: &[Specimen] = &[
    Specimen {
        name: "zoo-starts-forever",
        does: "loops before it can be called",
        fate: FailsOnTrial,
        requests: "",
        make: || Module { more: "(func $s (loop $again (br $again))) (start $s)", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-describes-forever",
        does: "loops when it is asked what it does",
        fate: FailsOnTrial,
        requests: "",
        make: || Module { describe: FOREVER, ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-describes-too-much",
        does: "describes itself with a megabyte",
        fate: FailsOnTrial,
        requests: "",
        make: || {
            // The whole of its memory as one text of zeros, behind a result area in its first page.
            let describe = "(i32.store (i32.const 1600) (i32.const 65536)) (i32.store (i32.const 1604) (i32.const 917504)) i32.const 1600";
            Module { memory: "16", describe, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-large-table",
        does: "declares a table of a million elements",
        fate: FailsOnTrial,
        requests: "",
        make: || Module { more: "(table 1000000 funcref)", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-large-memory",
        does: "declares a memory of 64 MiB",
        fate: FailsOnTrial,
        requests: "",
        make: || Module { memory: "1024", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-loops",
        does: "loops forever",
        fate: Fault("deadline"),
        requests: "",
        make: || Module { call: FOREVER, ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-asks-forever",
        does: "asks the host for the time forever, with calls that need no grant",
        fate: Fault("deadline"),
        requests: "",
        make: || {
            Module {
                imports: r#"(import "pilothouse:call/occasion@1.0.0" "at" (func $time (result i64)))"#,
                call: "(loop $again (drop (call $time)) (br $again)) unreachable",
                ..Module::default()
            }
            .component("import pilothouse:call/occasion@1.0.0;")
        },
    },
    Specimen {
        name: "zoo-grows-memory",
        does: "takes all the memory that there is, and fails when it gets no more",
        fate: Fault("memory"),
        requests: "",
        make: || {
            let call = "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
            Module { call, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-grows-in-realloc",
        does: "takes memory forever while the host hands it its input, and does not heed that it gets none",
        fate: Fault("memory"),
        requests: "",
        make: || {
            let realloc = "(loop $again (drop (memory.grow (i32.const 1))) (br $again)) unreachable";
            Module { realloc, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-realloc-outside",
        does: "tells the host to write its input outside the memory",
        fate: Fault("answer"),
        requests: "",
        make: || Module { realloc: "i32.const -16", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-grows-table",
        does: "grows a table until it gets no more, and fails",
        fate: Fault("table"),
        requests: "",
        make: || {
            let call = "(loop $again (br_if $again (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable";
            Module { more: "(table $t 1 funcref)", call, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-recurses",
        does: "calls itself forever",
        fate: Fault("stack"),
        requests: "",
        make: || {
            // What it does with the answer keeps it from being a loop.
            let more = "(func $deeper (param i32) (result i32) (i32.add (i32.const 1) (call $deeper (i32.add (local.get 0) (i32.const 1)))))";
            Module { more, call: "(call $deeper (i32.const 0))", ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-traps",
        does: "traps",
        fate: Fault("trapped"),
        requests: "",
        make: || Module { call: "unreachable", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-writes-and-traps",
        does: "writes a row and traps; for a longer input than `{}` it says how many such rows there are",
        fate: Fault("trapped"),
        requests: MAY_WRITE,
        make: || {
            // Table at 6000, key at 6010, value at 6020, answers at 6104; the number in the answer's data is its sixth byte.
            let put = put("(i32.const 6020) (i32.const 2)");
            let call = format!(
                "(if (i32.eq (local.get 3) (i32.const 2)) (then {put} unreachable))
                (call $get (i32.const 6000) (i32.const 3) (i32.const 6010) (i32.const 1) (i32.const 6104))
                (i32.store8 (i32.const 1105) (i32.add (i32.const 48) (i32.load8_u (i32.const 6112))))
                {ANSWER}"
            );
            let get = r#"(import "pilothouse:records/tables@1.0.0" "get" (func $get (param i32 i32 i32 i32 i32)))"#
                .to_owned();
            Module { imports: &(get + IMPORT_PUT), more: ROW, call: &call, ..Module::default() }.component(WRITING)
        },
    },
    Specimen {
        name: "zoo-turned-name",
        does: "traps in a function whose name a right-to-left override shows turned round",
        fate: Fault("trapped"),
        requests: "",
        make: || {
            let more = r#"(func $"\u{202e}dewolla" unreachable)"#;
            Module { more, call: r#"(call $"\u{202e}dewolla") i32.const 2048"#, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-long-answer",
        does: "answers with a text of 4 GB, most of it outside its memory",
        fate: Fault("answer"),
        requests: "",
        make: || Module { data: ("{}", u32::MAX), ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-answer-outside",
        does: "answers with a result outside its memory",
        fate: Fault("answer"),
        requests: "",
        make: || Module { call: "i32.const 0x7ffffff0", ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-no-utf8",
        does: "answers with bytes that are no UTF-8",
        fate: Fault("answer"),
        requests: "",
        make: || Module { data: (r"\ff\fe\c0\80", 4), ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-large-answer",
        does: "answers with more data than the contract allows, all of it in its memory",
        fate: Fault("answer"),
        requests: "",
        make: || Module { memory: "16", data: ("{}", 900_000), ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-turned-decision",
        does: "decides with a code that a right-to-left override shows turned round",
        fate: Fault("answer"),
        requests: "",
        make: || {
            Module { more: r#"(data (i32.const 5000) "\u{202e}enod")"#, decision: (5000, 7), ..Module::default() }
                .component("")
        },
    },
    Specimen {
        name: "zoo-undeclared-decision",
        does: "decides what its manifest does not declare",
        fate: AnswerRefused("undeclared-decision"),
        requests: "",
        make: || {
            Module { more: r#"(data (i32.const 5000) "grant")"#, decision: (5000, 5), ..Module::default() }
                .component("")
        },
    },
    Specimen {
        name: "zoo-no-json",
        does: "answers with data that is no JSON",
        fate: AnswerRefused("outside-schema"),
        requests: "",
        make: || Module { data: (r#"{\22n\22:"#, 5), ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-other-json",
        does: "answers with JSON outside its own schema",
        fate: AnswerRefused("outside-schema"),
        requests: "",
        make: || Module { data: (r#"{\22name\22:\22Th\e1\bb\ad\22}"#, 15), ..Module::default() }.component(""),
    },
    Specimen {
        name: "zoo-deep-json",
        does: "answers with JSON nested a hundred thousand deep",
        fate: AnswerRefused("outside-schema"),
        requests: "",
        make: || {
            let call = format!("(memory.fill (i32.const 70000) (i32.const 0x5b) (i32.const 100000))
                (i32.store (i32.const 2096) (i32.const 70000)) (i32.store (i32.const 2100) (i32.const 100000)) {ANSWER}");
            Module { memory: "4", call: &call, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-collects-handles",
        does: "asks for handles forever and lets none go",
        fate: Fault("excess"),
        requests: MAY_FIND_PLACES,
        make: || {
            Module {
                imports: r#"(import "pilothouse:places/places@1.0.0" "unit-on" (func $unit (param i32 i32 i32 i32 i32)))"#,
                more: r#"(data (i32.const 6000) "188802026-01-01")"#,
                call: "(loop $again (call $unit (i32.const 6000) (i32.const 5) (i32.const 6005) (i32.const 10) (i32.const 6100)) (br $again)) unreachable",
                ..Module::default()
            }
            .component("import pilothouse:places/places@1.0.0;")
        },
    },
    Specimen {
        name: "zoo-collects-answers",
        does: "writes a row as long as rows may be, and reads it again and again",
        fate: Fault("excess"),
        requests: MAY_COLLECT,
        make: || {
            let put = put("(i32.const 70000) (i32.const 16384)");
            // A text of backslashes: each is two in JSON, and four in JSON that stands in JSON.
            let call = format!(
                "(memory.fill (i32.const 70000) (i32.const 92) (i32.const 16384))
                (i32.store8 (i32.const 70000) (i32.const 34)) (i32.store8 (i32.const 86383) (i32.const 34))
                {put}
                (loop $again
                    (global.set $heap (i32.const 8192))
                    (call $get (i32.const 6000) (i32.const 3) (i32.const 6010) (i32.const 1) (i32.const 6104))
                    (br $again)) unreachable"
            );
            let imports = IMPORT_GET.to_owned() + IMPORT_PUT;
            Module { imports: &imports, more: ROW, call: &call, ..Module::default() }.component(WRITING)
        },
    },
    Specimen {
        name: "zoo-says-a-number",
        does: "asks for a table whose name has as many digits as a personal number",
        fate: Denied("invalid"),
        requests: MAY_COLLECT,
        make: || gets_from("t123456789"),
    },
    Specimen {
        name: "zoo-says-a-name",
        does: "asks for a table that is named as somebody might be",
        fate: Denied("not-granted"),
        requests: MAY_COLLECT,
        make: || gets_from("nguyen-van-thu"),
    },
    Specimen {
        name: "zoo-counts-past-its-budget",
        does: "goes on calling a capability when its budget is spent, and answers well",
        fate: Denied("budget-spent"),
        requests: MAY_COUNT,
        make: || {
            let call = format!(
                "(local.set $n (i32.const 200))
                (loop $again {COUNT} (global.set $heap (i32.const 8192))
                    (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                {ANSWER}"
            );
            Module { imports: IMPORT_COUNT, more: INDICATOR, call: &call, ..Module::default() }.component(COUNTING)
        },
    },
    Specimen {
        name: "zoo-counts-until-denied",
        does: "calls a capability until its budget is spent, then answers",
        fate: Denied("budget-spent"),
        requests: MAY_COUNT,
        make: || {
            let call =
                format!("(loop $again {COUNT} (br_if $again (i32.eqz (i32.load8_u (i32.const 6100))))) {ANSWER}");
            Module { imports: IMPORT_COUNT, more: INDICATOR, call: &call, ..Module::default() }.component(COUNTING)
        },
    },
    Specimen {
        name: "zoo-fills-its-table",
        does: "writes one row after the other in one call until it is denied, then answers",
        fate: Denied("max-rows"),
        requests: MAY_WRITE,
        make: || {
            let put = put("(i32.const 6020) (i32.const 2)");
            let call = format!(
                "(loop $again
                    (i32.store8 (i32.const 6010) (i32.add (i32.const 97) (local.get $n)))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    {put} (br_if $again (i32.eqz (i32.load8_u (i32.const 6104)))))
                {ANSWER}"
            );
            Module { imports: IMPORT_PUT, more: ROW, call: &call, ..Module::default() }.component(WRITING)
        },
    },
    Specimen {
        name: "zoo-grows-a-row",
        does: "writes a small row and makes it larger than all its rows may be",
        fate: Denied("max-bytes"),
        requests: MAY_WRITE,
        make: || {
            let (small, large) = (put("(i32.const 6020) (i32.const 2)"), put("(i32.const 20000) (i32.const 12000)"));
            // JSON all the same: an object of nothing but spaces.
            let call = format!(
                "{small} (memory.fill (i32.const 20000) (i32.const 32) (i32.const 12000))
                (i32.store8 (i32.const 20000) (i32.const 123)) (i32.store8 (i32.const 31999) (i32.const 125))
                {large} {ANSWER}"
            );
            Module { imports: IMPORT_PUT, more: ROW, call: &call, ..Module::default() }.component(WRITING)
        },
    },
    Specimen {
        name: "zoo-counts-forever",
        does: "calls a capability forever and heeds no denial",
        fate: Fault("excess"),
        requests: MAY_COUNT,
        make: || {
            // The denials' texts land on its heap again and again, so that it is its going on that ends it.
            let call = format!("(loop $again {COUNT} (global.set $heap (i32.const 8192)) (br $again)) unreachable");
            Module { imports: IMPORT_COUNT, more: INDICATOR, call: &call, ..Module::default() }.component(COUNTING)
        },
    },
];
