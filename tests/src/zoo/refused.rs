//! Those that the static checks refuse: nothing of them is ever compiled.

use super::{
    Fate::Refused,
    MakeError, Specimen,
    making::{self, Module},
};

/// A request for counting, for those that import it.
const COUNTING: &str = "import pilothouse:reporting/reports@1.0.0;";

pub(super) const SPECIMENS: &[Specimen] = &[
    Specimen {
        name: "zoo-text",
        does: "is the text of a component, which some engines would take",
        fate: Refused("door.not-wasm"),
        requests: "",
        make: || Ok(b"(component)".to_vec()),
    },
    Specimen {
        name: "zoo-core-module",
        does: "is a core module",
        fate: Refused("door.not-component"),
        requests: "",
        make: || making::text("(module)"),
    },
    Specimen {
        name: "zoo-cut",
        does: "ends in the middle of a section",
        fate: Refused("door.cut"),
        requests: "",
        make: cut,
    },
    Specimen {
        name: "zoo-nested",
        does: "nests components twelve deep",
        fate: Refused("door.limit"),
        requests: "",
        make: || making::text(&format!("{}{}", "(component ".repeat(12), ")".repeat(12))),
    },
    Specimen {
        name: "zoo-many-components",
        does: "holds two hundred components",
        fate: Refused("door.limit"),
        requests: "",
        make: || making::text(&format!("(component {})", "(component) ".repeat(200))),
    },
    Specimen {
        name: "zoo-deep-blocks",
        does: "nests blocks two thousand deep, which costs a compiler more than its size says",
        fate: Refused("door.limit"),
        requests: "",
        make: || {
            let blocks = format!("(func {} {})", "block ".repeat(2_000), "end ".repeat(2_000));
            Module { more: &blocks, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-many-locals",
        does: "declares fifty thousand locals in a few bytes",
        fate: Refused("door.limit"),
        requests: "",
        make: || {
            let locals = format!("(func (local {}))", "i64 ".repeat(50_000));
            Module { more: &locals, ..Module::default() }.component("")
        },
    },
    Specimen {
        name: "zoo-memory64",
        does: "has a memory of 64 bits",
        fate: Refused("door.invalid"),
        requests: "",
        make: || making::text("(component (core module (memory i64 1)))"),
    },
    Specimen {
        name: "zoo-shared-memory",
        does: "has a memory that threads could share",
        fate: Refused("door.invalid"),
        requests: "",
        make: || making::text("(component (core module (memory 1 1 shared)))"),
    },
    Specimen {
        name: "zoo-utf16",
        does: "passes strings as UTF-16",
        fate: Refused("door.canonical"),
        requests: "",
        make: || {
            making::text(
                r#"(component
                  (core module $m
                    (memory (export "memory") 1)
                    (func (export "f") (param i32 i32))
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
                  (core instance $i (instantiate $m))
                  (func $f (param "s" string)
                    (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
                  (export "f" (func $f)))"#,
            )
        },
    },
    Specimen {
        name: "zoo-url",
        does: "imports from a URL",
        fate: Refused("door.import-form"),
        requests: "",
        make: || making::text(r#"(component (import "url=<https://zoo.invalid/x>" (func)))"#),
    },
    Specimen {
        name: "zoo-turned-import",
        does: "imports a name that a right-to-left override would show turned round",
        fate: Refused("door.invalid"),
        requests: "",
        make: || making::text(r#"(component (import "pilothouse:\u{202e}llac" (func)))"#),
    },
    Specimen {
        name: "zoo-wasi",
        does: "imports a system's clock and does not say so",
        fate: Refused("door.wasi"),
        requests: "",
        make: || {
            making::text(
                r#"(component (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
            )
        },
    },
    Specimen {
        name: "zoo-unreleased",
        does: "imports `occasion@1.0.999`, which a linker takes for 1.0.0",
        fate: Refused("door.never-released"),
        requests: "",
        make: unreleased,
    },
    Specimen {
        name: "zoo-unknown-function",
        does: "imports a function that the contract does not have",
        fate: Refused("door.unknown-function"),
        requests: "",
        make: || {
            Module {
                imports: r#"(import "pilothouse:call/settings@1.0.0" "secret" (func (param i32)))"#,
                ..Module::default()
            }
            .against(
                "import pilothouse:call/settings@1.0.0;",
                &[("all: func() -> string;", "secret: func() -> string;")],
            )
        },
    },
    Specimen {
        name: "zoo-other-signature",
        does: "imports a function of the contract with other parameters",
        fate: Refused("door.signature-differs"),
        requests: "",
        make: || {
            Module {
                imports: r#"(import "pilothouse:reporting/reports@1.0.0" "count" (func (param i32 i32 i64 i32 i32 i32)))"#,
                ..Module::default()
            }
            .against(COUNTING, &[("count: func(indicator: string, n: u32,", "count: func(indicator: string, n: u64,")])
        },
    },
    Specimen {
        name: "zoo-more-than-requested",
        does: "imports what its manifest does not request",
        fate: Refused("door.not-requested"),
        requests: "",
        make: || {
            Module {
                imports: r#"(import "pilothouse:reporting/reports@1.0.0" "count" (func (param i32 i32 i32 i32 i32 i32)))"#,
                ..Module::default()
            }
            .component(COUNTING)
        },
    },
    Specimen {
        name: "zoo-more-exports",
        does: "exports an interface that the contract does not have",
        fate: Refused("door.unknown-export"),
        requests: "",
        make: || {
            Module { more: r#"(func (export "open-sesame"))"#, ..Module::default() }
                .component("export open-sesame: func();")
        },
    },
];

fn cut() -> Result<Vec<u8>, MakeError> {
    let mut component = making::calm()?;
    component.truncate(component.len() / 2);
    Ok(component)
}

fn unreleased() -> Result<Vec<u8>, MakeError> {
    Module { imports: r#"(import "pilothouse:call/occasion@1.0.999" "at" (func (result i64)))"#, ..Module::default() }
        .against(
            "import pilothouse:call/occasion@1.0.999;",
            &[
                ("pilothouse:call@1.0.0", "pilothouse:call@1.0.999"),
                ("pilothouse:call/types@1.0.0", "pilothouse:call/types@1.0.999"),
                ("pilothouse:call/occasion@1.0.0", "pilothouse:call/occasion@1.0.999"),
                ("pilothouse:call/settings@1.0.0", "pilothouse:call/settings@1.0.999"),
            ],
        )
}
