//! Components that ask one thing: made from the contract itself, so that every function of it can be asked with any arguments.
//!
//! Each imports the function that it asks, and what it takes to get the handles that it asks with; calls it once; and answers with the
//! denial that it got: its code as the decision, what it was about as the only reason. Where it was not denied it decides [`ALLOWED`].

use std::collections::BTreeSet;
use std::path::Path;

use pilothouse_registry::contract::Function;
use serde_json::Value;
use wit_parser::abi::AbiVariant;
use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind};

use crate::zoo::MakeError;
use crate::zoo::making::{ANSWER, Module};

/// The decision of a component whose call was not denied.
pub const ALLOWED: &str = crate::zoo::DECISION;

/// Where arguments lie: far above what the module keeps for itself and the heap.
const ARGUMENTS: usize = 73_728;
/// Where answers are put.
const ANSWERED: usize = 71_680;
/// Where the answer's parts lie in the result area of the module, which [`ANSWER`] begins.
const DECISION: usize = 2_052;
const REASONS: usize = 2_060;

/// The tokens behind the names that arguments may use for people.
const PEOPLE: [(&str, &str); 3] = [("$person", "person:0"), ("$other", "person:1"), ("$foreigner", "person:2")];
/// The name for the entry of `$person` in a register. Who adds a resource that is asked with adds here how it is got.
const ENTRY: &str = "$entry";
/// The register of `ENTRY`.
pub const REGISTER: &str = "health-insurance";

/// Arguments on their way into a module: constants of the text format, bytes in memory, handles by the name of their global.
struct Arguments<'r> {
    resolve: &'r Resolve,
    sizes: SizeAlign,
    memory: Vec<u8>,
    stores: String,
    handles: BTreeSet<String>,
}

impl Arguments<'_> {
    fn place(&mut self, size: usize, align: usize) -> usize {
        let at = self.memory.len().next_multiple_of(align.max(1));
        self.memory.resize(at + size, 0);
        at
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.memory[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn text(&mut self, value: &Value) -> Result<(usize, usize), MakeError> {
        let text = value.as_str().ok_or("a text is wanted")?.to_owned();
        let at = self.place(text.len(), 1);
        self.write(at, text.as_bytes());
        Ok((ARGUMENTS + at, text.len()))
    }

    fn list(&mut self, of: &Type, value: &Value) -> Result<(usize, usize), MakeError> {
        let values = value.as_array().ok_or("a list is wanted")?.clone();
        let (size, align) = (self.sizes.size(of).size_wasm32(), self.sizes.align(of).align_wasm32());
        let at = self.place(size * values.len(), align);
        for (n, value) in values.iter().enumerate() {
            self.store(of, value, at + n * size)?;
        }
        Ok((ARGUMENTS + at, values.len()))
    }

    fn handle(&mut self, value: &Value) -> Result<String, MakeError> {
        let name = value.as_str().ok_or("the name of a handle is wanted")?.to_owned();
        self.handles.insert(name.clone());
        Ok(format!("(global.get {name})"))
    }

    fn kind(&self, ty: &Type) -> Option<TypeDefKind> {
        let Type::Id(id) = ty else { return None };
        Some(self.resolve.types[*id].kind.clone())
    }

    /// As parameters of a call.
    fn flat(&mut self, ty: &Type, value: &Value, out: &mut Vec<String>) -> Result<(), MakeError> {
        let word = |n: usize| format!("(i32.const {n})");
        match (ty, self.kind(ty)) {
            (Type::String, _) => {
                let (at, length) = self.text(value)?;
                out.extend([word(at), word(length)]);
            }
            (Type::U32 | Type::S32, _) => {
                out.push(format!("(i32.const {})", value.as_i64().ok_or("a number is wanted")? as i32));
            }
            (Type::U64 | Type::S64, _) => {
                out.push(format!("(i64.const {})", value.as_i64().ok_or("a number is wanted")?));
            }
            (Type::Bool, _) => out.push(word(usize::from(value.as_bool().ok_or("yes or no is wanted")?))),
            (_, Some(TypeDefKind::Type(ty))) => self.flat(&ty, value, out)?,
            (_, Some(TypeDefKind::Record(record))) => {
                for field in &record.fields {
                    self.flat(&field.ty, &value[field.name.as_str()], out)?;
                }
            }
            (_, Some(TypeDefKind::Tuple(tuple))) => {
                for (n, ty) in tuple.types.iter().enumerate() {
                    self.flat(ty, &value[n], out)?;
                }
            }
            (_, Some(TypeDefKind::Option(ty))) if value.is_null() => {
                out.push(word(0));
                self.nothing(&ty, out)?;
            }
            (_, Some(TypeDefKind::Option(ty))) => {
                out.push(word(1));
                self.flat(&ty, value, out)?;
            }
            (_, Some(TypeDefKind::List(ty))) => {
                let (at, length) = self.list(&ty, value)?;
                out.extend([word(at), word(length)]);
            }
            (_, Some(TypeDefKind::Handle(_))) => {
                let handle = self.handle(value)?;
                out.push(handle);
            }
            (ty, kind) => return Err(format!("no way yet to ask with {ty:?} {kind:?}: add it here").into()),
        }
        Ok(())
    }

    /// What stands in the parameters for a value that is not there.
    fn nothing(&self, ty: &Type, out: &mut Vec<String>) -> Result<(), MakeError> {
        let mut types = [wit_parser::abi::WasmType::I32; 16];
        let mut flat = wit_parser::abi::FlatTypes::new(&mut types);
        if !self.resolve.push_flat(ty, &mut flat) {
            return Err("an option has too many parts".into());
        }
        for ty in flat.to_vec() {
            let wide = matches!(ty, wit_parser::abi::WasmType::I64);
            out.push(if wide { "(i64.const 0)" } else { "(i32.const 0)" }.to_owned());
        }
        Ok(())
    }

    /// As bytes in memory.
    fn store(&mut self, ty: &Type, value: &Value, at: usize) -> Result<(), MakeError> {
        match (ty, self.kind(ty)) {
            (Type::String, _) => {
                let (text, length) = self.text(value)?;
                self.write(at, &(text as u32).to_le_bytes());
                self.write(at + 4, &(length as u32).to_le_bytes());
            }
            (Type::U32 | Type::S32, _) => {
                let n = value.as_i64().ok_or("a number is wanted")? as u32;
                self.write(at, &n.to_le_bytes());
            }
            (Type::U64 | Type::S64, _) => {
                let n = value.as_i64().ok_or("a number is wanted")?;
                self.write(at, &n.to_le_bytes());
            }
            (Type::Bool, _) => self.write(at, &[u8::from(value.as_bool().ok_or("yes or no is wanted")?)]),
            (_, Some(TypeDefKind::Type(ty))) => self.store(&ty, value, at)?,
            (_, Some(TypeDefKind::Record(record))) => {
                let types: Vec<Type> = record.fields.iter().map(|field| field.ty).collect();
                let offsets: Vec<usize> =
                    self.sizes.field_offsets(&types).iter().map(|(offset, _)| offset.size_wasm32()).collect();
                for (field, offset) in record.fields.iter().zip(offsets) {
                    self.store(&field.ty, &value[field.name.as_str()], at + offset)?;
                }
            }
            (_, Some(TypeDefKind::Tuple(tuple))) => {
                let offsets: Vec<usize> =
                    self.sizes.field_offsets(&tuple.types).iter().map(|(offset, _)| offset.size_wasm32()).collect();
                for (n, (ty, offset)) in tuple.types.iter().zip(offsets).enumerate() {
                    self.store(ty, &value[n], at + offset)?;
                }
            }
            (_, Some(TypeDefKind::Option(_))) if value.is_null() => self.write(at, &[0]),
            (_, Some(TypeDefKind::Option(ty))) => {
                self.write(at, &[1]);
                let payload = self.sizes.align(&ty).align_wasm32();
                self.store(&ty, value, at + payload)?;
            }
            (_, Some(TypeDefKind::List(ty))) => {
                let (list, length) = self.list(&ty, value)?;
                self.write(at, &(list as u32).to_le_bytes());
                self.write(at + 4, &(length as u32).to_le_bytes());
            }
            (_, Some(TypeDefKind::Handle(_))) => {
                let handle = self.handle(value)?;
                self.stores.push_str(&format!("(i32.store (i32.const {}) {handle})\n", ARGUMENTS + at));
            }
            (ty, kind) => return Err(format!("no way yet to ask with {ty:?} {kind:?}: add it here").into()),
        }
        Ok(())
    }
}

/// An import of the contract, as both the world and the text format name it.
fn import(
    resolve: &Resolve,
    capability: &str,
    interface: &str,
    function: &str,
    name: &str,
) -> Result<(String, wit_parser::Function, String), MakeError> {
    let (_, found) = resolve
        .interfaces
        .iter()
        .find(|(_, found)| {
            let package = found.package.map(|id| &resolve.packages[id].name.name);
            package.is_some_and(|package| package == capability) && found.name.as_deref() == Some(interface)
        })
        .ok_or_else(|| format!("the contract has no {capability}/{interface}"))?;
    let asked = found.functions.get(function).ok_or_else(|| format!("the contract has no {function}"))?.clone();
    let package = found.package.map(|id| resolve.packages[id].name.clone()).ok_or("an interface without a package")?;
    let version = package.version.as_ref().ok_or("a package without a version")?;
    let instance = format!("pilothouse:{capability}/{interface}@{version}");
    let signature = resolve.wasm_signature(AbiVariant::GuestImport, &asked);
    let parameters: Vec<String> = signature.params.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect();
    let text = format!(
        "(import \"{instance}\" \"{function}\" (func ${name} (param {})))\n",
        parameters.join(" ").replace("pointerori64", "i64").replace("pointer", "i32").replace("length", "i32")
    );
    Ok((instance, asked, text))
}

/// A component that asks this function once with these arguments, given as a list of JSON in the order of the contract. A resource is
/// named: `$person`, `$other`, `$foreigner` are the first three people of the call, `$entry` the entry of the first in [`REGISTER`].
///
/// # Errors
/// Where the arguments do not fit the function.
pub fn asking(function: &Function, arguments: &Value) -> Result<Vec<u8>, MakeError> {
    let mut resolve = Resolve::default();
    resolve.push_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit"))?;
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve);
    let (instance, asked, mut imports) =
        import(&resolve, function.capability.as_str(), function.interface, function.wit, "asked")?;
    let mut instances = BTreeSet::from([instance]);
    let mut lowered =
        Arguments { resolve: &resolve, sizes, memory: Vec::new(), stores: String::new(), handles: BTreeSet::new() };
    let values = arguments.as_array().ok_or("a list of arguments is wanted")?;
    if values.len() != asked.params.len() {
        return Err(format!("{} wants {} arguments", function.wit, asked.params.len()).into());
    }
    let mut parameters = Vec::new();
    if resolve.wasm_signature(AbiVariant::GuestImport, &asked).indirect_params {
        let types: Vec<Type> = asked.params.iter().map(|parameter| parameter.ty).collect();
        let whole = lowered.sizes.params(&types);
        let offsets: Vec<usize> =
            lowered.sizes.field_offsets(&types).iter().map(|(offset, _)| offset.size_wasm32()).collect();
        let at = lowered.place(whole.size.size_wasm32(), whole.align.align_wasm32());
        for ((ty, value), offset) in types.iter().zip(values).zip(offsets) {
            lowered.store(ty, value, at + offset)?;
        }
        parameters.push(format!("(i32.const {})", ARGUMENTS + at));
    } else {
        for (parameter, value) in asked.params.iter().zip(values) {
            lowered.flat(&parameter.ty, value, &mut parameters)?;
        }
    }
    let (mut before, mut globals) = (String::new(), String::new());
    if lowered.handles.remove(ENTRY) {
        lowered.handles.insert("$person".to_owned());
        globals.push_str(&format!("(global {ENTRY} (mut i32) (i32.const 0))\n"));
        let (_, _, text) = import(&resolve, "registers", "sector", "find", "find")?;
        imports.push_str(&text);
        let (at, length) = lowered.text(&Value::from(REGISTER))?;
        before = format!(
            "(call $find (i32.const {at}) (i32.const {length}) (global.get $person) (i32.const {ANSWERED}))
             (if (i32.or (i32.load8_u (i32.const {ANSWERED})) (i32.eqz (i32.load8_u (i32.const {option})))) (then unreachable))
             (global.set {ENTRY} (i32.load (i32.const {handle})))\n",
            option = ANSWERED + 4,
            handle = ANSWERED + 8,
        );
    }
    if !lowered.handles.is_empty() {
        let (instance, _, text) = import(&resolve, "person", "people", "from-token", "person_of")?;
        instances.insert(instance);
        imports.push_str(&text);
    }
    for handle in std::mem::take(&mut lowered.handles) {
        let (_, token) = PEOPLE.iter().find(|(name, _)| *name == handle).ok_or_else(|| format!("who is {handle}?"))?;
        let (at, length) = lowered.text(&Value::from(*token))?;
        globals.push_str(&format!("(global {handle} (mut i32) (i32.const 0))\n"));
        before = format!(
            "(call $person_of (i32.const {at}) (i32.const {length}) (i32.const {ANSWERED}))
             (global.set {handle} (i32.load (i32.const {})))\n{before}",
            ANSWERED + 4
        );
    }
    // The denial begins where an answer would: behind the byte that says which of the two it is.
    let result = asked.result.ok_or("a function without an answer cannot be denied")?;
    let denial = ANSWERED + lowered.sizes.align(&result).align_wasm32();
    let call = format!(
        "{before}{stores}(call $asked {parameters} (i32.const {ANSWERED}))
         (if (i32.load8_u (i32.const {ANSWERED})) (then
            (i64.store align=4 (i32.const {DECISION}) (i64.load align=4 (i32.const {denial})))
            (i32.store (i32.const {REASONS}) (i32.const {about}))
            (i32.store (i32.const {count}) (i32.const 1))))
         {ANSWER}",
        stores = lowered.stores,
        parameters = parameters.join(" "),
        about = denial + 8,
        count = REASONS + 4,
    );
    let bytes: String = lowered.memory.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let more = format!("{globals}(data (i32.const {ARGUMENTS}) \"{bytes}\")");
    let world: String = instances.iter().map(|instance| format!("import {instance}; ")).collect();
    Module { imports: &imports, more: &more, call: &call, ..Module::default() }.component(&world)
}
