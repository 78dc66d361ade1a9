//! From a few lines of WebAssembly text to a whole component, encoded as a guest's build encodes it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::MakeError;

/// What an honest specimen answers to `describe`.
pub(crate) const DESCRIPTION: &str = r#"{"operations":{"go":{"input":{"type":"object"},"data":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}}}}"#;

/// Where its parts lie in memory: far enough from each other for what is put there, the heap last.
mod at {
    pub(crate) const DECISION: u32 = 1024;
    pub(crate) const DATA: u32 = 1100;
    pub(crate) const DESCRIBED: u32 = 1600;
    pub(crate) const RESULT: u32 = 2048;
    pub(crate) const DESCRIPTION: u32 = 3072;
    pub(crate) const HEAP: u32 = 8192;
}

/// A core module in parts, each WebAssembly text. What a specimen does not change is honest.
pub(crate) struct Module<'a> {
    /// Imported functions.
    pub(crate) imports: &'a str,
    /// The limits of its memory, in pages.
    pub(crate) memory: &'a str,
    /// Further fields: functions, tables, data.
    pub(crate) more: &'a str,
    /// Body of `cabi_realloc`: old pointer, old size, alignment (2) and new size (3); $at is a spare local.
    pub(crate) realloc: &'a str,
    /// Body of `describe`.
    pub(crate) describe: &'a str,
    /// Body of `call`; $n is a spare local.
    pub(crate) call: &'a str,
    /// Where the answer's decision lies, and its length in bytes.
    pub(crate) decision: (u32, u32),
    /// The answer's data: its bytes as a string of the text format, and its length.
    pub(crate) data: (&'a str, u32),
}

/// The result area of `call`.
pub(crate) const ANSWER: &str = "i32.const 2048";
/// The result area of `describe`: pointer and length of the description.
const DESCRIBED: &str = "i32.const 1600";
/// Hands out memory upwards and never takes any back; an instance lives for one call.
const BUMP: &str = "(local.set $at (i32.and (i32.add (global.get $heap) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (local.get $at)";

impl Default for Module<'_> {
    fn default() -> Self {
        Self {
            imports: "",
            memory: "2",
            more: "",
            realloc: BUMP,
            describe: DESCRIBED,
            call: ANSWER,
            decision: (at::DECISION, 4),
            data: (r#"{\22n\22:1}"#, 7),
        }
    }
}

impl Module<'_> {
    fn text(&self) -> String {
        let Self { imports, memory, more, realloc, describe, call, decision, data } = self;
        // result<outcome, refusal>: which of the two, then decision, reasons, say (absent), next, data.
        let result: String =
            [0, decision.0, decision.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, at::DATA, data.1].map(word).concat();
        let described = [at::DESCRIPTION, DESCRIPTION.len() as u32].map(word).concat();
        let description = DESCRIPTION.replace('"', "\\22");
        format!(
            r#"(module
  {imports}
  (memory (export "memory") {memory})
  (global $heap (mut i32) (i32.const {heap}))
  (data (i32.const {decision_at}) "done")
  (data (i32.const {data_at}) "{data}")
  (data (i32.const {described_at}) "{described}")
  (data (i32.const {result_at}) "{result}")
  (data (i32.const {description_at}) "{description}")
  {more}
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    {realloc})
  (func (export "pilothouse:pilot/operations@1.0.0#describe") (result i32)
    {describe})
  (func $call (export "pilothouse:pilot/operations@1.0.0#call") (param i32 i32 i32 i32) (result i32) (local $n i32)
    {call}))"#,
            heap = at::HEAP,
            decision_at = at::DECISION,
            data_at = at::DATA,
            data = data.0,
            described_at = at::DESCRIBED,
            result_at = at::RESULT,
            description_at = at::DESCRIPTION,
        )
    }

    /// The component of this module, with these imports of the contract.
    pub(crate) fn component(&self, imported: &str) -> Result<Vec<u8>, MakeError> {
        let mut resolve = Resolve::default();
        resolve.push_dir(contract())?;
        encode(resolve, imported, &self.text())
    }

    /// The same, built against a contract in which these texts were exchanged.
    pub(crate) fn against(&self, imported: &str, exchanged: &[(&str, &str)]) -> Result<Vec<u8>, MakeError> {
        let folder = tempfile::tempdir()?;
        exchange(&contract(), folder.path(), exchanged)?;
        let mut resolve = Resolve::default();
        resolve.push_dir(folder.path())?;
        encode(resolve, imported, &self.text())
    }
}

/// The honest specimen.
pub(crate) fn calm() -> Result<Vec<u8>, MakeError> {
    Module::default().component("")
}

/// The specimen that looks for traces: from its second page on, all memory up to the limit must hold nothing.
pub(super) fn leaves_traces() -> Result<Vec<u8>, MakeError> {
    let call = format!(
        "(if (i32.eq (memory.grow (i32.const 13)) (i32.const -1)) (then unreachable))
         (local.set $n (i32.const 65536))
         (loop $again
            (if (i64.ne (i64.load (local.get $n)) (i64.const 0)) (then unreachable))
            (local.set $n (i32.add (local.get $n) (i32.const 8)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 983040))))
         (memory.fill (i32.const 65536) (i32.const 0xa5) (i32.const 917504))
         {ANSWER}"
    );
    Module { call: &call, ..Module::default() }.component("")
}

/// A component that is text as a whole.
pub(crate) fn text(component: &str) -> Result<Vec<u8>, MakeError> {
    Ok(wat::parse_str(component)?)
}

fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

fn encode(mut resolve: Resolve, imported: &str, module: &str) -> Result<Vec<u8>, MakeError> {
    let world =
        format!("package zoo:specimen; world specimen {{ {imported} export pilothouse:pilot/operations@1.0.0; }}");
    let package = resolve.push_str("specimen.wit", &world)?;
    let world = resolve.select_world(&[package], None)?;
    let mut module = wat::parse_str(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(ComponentEncoder::default().module(&module)?.encode()?)
}

/// Copies a folder of WIT with texts exchanged. One that stands nowhere is an error: the contract has changed.
fn exchange(from: &Path, to: &Path, exchanged: &[(&str, &str)]) -> Result<(), MakeError> {
    let mut found = vec![false; exchanged.len()];
    copy(from, to, exchanged, &mut found)?;
    match found.iter().position(|found| !found) {
        Some(missing) => Err(format!("`{}` stands nowhere in the contract", exchanged[missing].0).into()),
        None => Ok(()),
    }
}

fn copy(from: &Path, to: &Path, exchanged: &[(&str, &str)], found: &mut [bool]) -> Result<(), MakeError> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target, exchanged, found)?;
        } else if path.extension().is_some_and(|ending| ending == "wit") {
            let mut text = fs::read_to_string(&path)?;
            for ((from, to), found) in exchanged.iter().zip(&mut *found) {
                *found |= text.contains(from);
                text = text.replace(from, to);
            }
            fs::write(target, text)?;
        }
    }
    Ok(())
}

/// A number as the text format's bytes.
fn word(value: u32) -> String {
    value.to_le_bytes().map(|byte| format!("\\{byte:02x}")).concat()
}
