//! Types of functions, written out in full, so that a component's can be compared with the contract's.
//!
//! The contract's are in `signatures.txt`, made from the WIT folder by a test; a test fails where they differ. Names of types do not
//! matter to the linker and are not written; names of resources are, by where they are defined.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::LazyLock;

use wasmparser::component_types::{ComponentDefinedType, ComponentFuncType, ComponentValType, ResourceId};
use wasmparser::types::TypesRef;

use super::limits;

/// Every released function: `pilothouse:population/individuals.verify = (…) -> …`, one a line.
pub(super) const RELEASED: &str = include_str!("../../signatures.txt");

/// The contract's signature of a function: `pilothouse:population/individuals` and `verify`.
pub(super) fn of_contract(interface: &str, function: &str) -> Option<&'static str> {
    static TABLE: LazyLock<BTreeMap<&'static str, &'static str>> =
        LazyLock::new(|| RELEASED.lines().filter_map(|line| line.split_once(" = ")).collect());
    TABLE.get(format!("{interface}.{function}").as_str()).copied()
}

/// Where each resource is defined: `pilothouse:person/people.person`.
pub(super) type Resources = HashMap<ResourceId, String>;

/// The signature of a component's function. None: longer than any of the contract's, or of types that the contract does not use.
pub(super) fn of_function(types: TypesRef<'_>, resources: &Resources, function: &ComponentFuncType) -> Option<String> {
    let mut writer = Writer { types, resources, out: String::new() };
    writer.out.push('(');
    for (n, (name, ty)) in function.params.iter().enumerate() {
        writer.separate(n)?;
        write!(writer.out, "{name}: ").ok()?;
        writer.value(ty)?;
    }
    writer.out.push(')');
    if let Some(result) = &function.result {
        writer.out.push_str(" -> ");
        writer.value(result)?;
    }
    (!function.async_).then_some(writer.out)
}

struct Writer<'t> {
    types: TypesRef<'t>,
    resources: &'t Resources,
    out: String,
}

/// Writes types by recursion, which validation bounds in depth (100), and its own output in length: a type that holds another twice,
/// and that one another twice, is short in the file and endless on paper.
impl Writer<'_> {
    fn separate(&mut self, n: usize) -> Option<()> {
        if n > 0 {
            self.out.push_str(", ");
        }
        (self.out.len() <= limits::SIGNATURE_BYTES).then_some(())
    }

    fn value(&mut self, ty: &ComponentValType) -> Option<()> {
        self.separate(0)?;
        match ty {
            ComponentValType::Primitive(primitive) => {
                self.out.push_str(primitive_name(*primitive)?);
                Some(())
            }
            ComponentValType::Type(id) => {
                let types = self.types;
                self.defined(types.get(*id)?)
            }
        }
    }

    fn optional(&mut self, ty: Option<&ComponentValType>) -> Option<()> {
        match ty {
            Some(ty) => self.value(ty),
            None => {
                self.out.push('_');
                Some(())
            }
        }
    }

    fn within(&mut self, open: &str, ty: &ComponentValType) -> Option<()> {
        self.out.push_str(open);
        self.value(ty)?;
        self.out.push('>');
        Some(())
    }

    fn resource(&mut self, open: &str, id: ResourceId) -> Option<()> {
        write!(self.out, "{open}{}>", self.resources.get(&id)?).ok()
    }

    fn defined(&mut self, ty: &ComponentDefinedType) -> Option<()> {
        match ty {
            ComponentDefinedType::Primitive(primitive) => {
                self.out.push_str(primitive_name(*primitive)?);
                Some(())
            }
            ComponentDefinedType::Record(record) => {
                self.out.push_str("record{");
                for (n, (name, ty)) in record.fields.iter().enumerate() {
                    self.separate(n)?;
                    write!(self.out, "{name}: ").ok()?;
                    self.value(ty)?;
                }
                self.out.push('}');
                Some(())
            }
            ComponentDefinedType::Enum(names) => {
                self.out.push_str("enum{");
                for (n, name) in names.iter().enumerate() {
                    self.separate(n)?;
                    write!(self.out, "{name}").ok()?;
                }
                self.out.push('}');
                Some(())
            }
            ComponentDefinedType::Tuple(tuple) => {
                self.out.push_str("tuple<");
                for (n, ty) in tuple.types.iter().enumerate() {
                    self.separate(n)?;
                    self.value(ty)?;
                }
                self.out.push('>');
                Some(())
            }
            ComponentDefinedType::List { element, .. } => self.within("list<", element),
            ComponentDefinedType::Option { ty, .. } => self.within("option<", ty),
            ComponentDefinedType::Result { ok, err, .. } => {
                self.out.push_str("result<");
                self.optional(ok.as_ref())?;
                self.out.push_str(", ");
                self.optional(err.as_ref())?;
                self.out.push('>');
                Some(())
            }
            ComponentDefinedType::Own(id) => self.resource("own<", id.resource()),
            ComponentDefinedType::Borrow(id) => self.resource("borrow<", id.resource()),
            // The contract has none of these; where it gets one, the test that writes it asks for the form.
            ComponentDefinedType::Variant(_)
            | ComponentDefinedType::Flags(_)
            | ComponentDefinedType::Map { .. }
            | ComponentDefinedType::FixedLengthList { .. }
            | ComponentDefinedType::Future { .. }
            | ComponentDefinedType::Stream { .. } => None,
        }
    }
}

fn primitive_name(primitive: wasmparser::PrimitiveValType) -> Option<&'static str> {
    use wasmparser::PrimitiveValType::{
        Bool, Char, ErrorContext, F32, F64, S8, S16, S32, S64, String, U8, U16, U32, U64,
    };
    Some(match primitive {
        Bool => "bool",
        S8 => "s8",
        U8 => "u8",
        S16 => "s16",
        U16 => "u16",
        S32 => "s32",
        U32 => "u32",
        S64 => "s64",
        U64 => "u64",
        F32 => "f32",
        F64 => "f64",
        Char => "char",
        String => "string",
        ErrorContext => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use wit_parser::{Handle, Resolve, Type, TypeDefKind};

    use super::*;

    fn ty(resolve: &Resolve, of: &Type) -> String {
        let id = match of {
            Type::Bool => return "bool".into(),
            Type::S32 => return "s32".into(),
            Type::S64 => return "s64".into(),
            Type::U32 => return "u32".into(),
            Type::U64 => return "u64".into(),
            Type::String => return "string".into(),
            Type::Id(id) => *id,
            other => panic!("the contract uses {other:?}: write its form here"),
        };
        let list = |types: &[String]| types.join(", ");
        match &resolve.types[id].kind {
            TypeDefKind::Type(inner) => ty(resolve, inner),
            TypeDefKind::List(inner) => format!("list<{}>", ty(resolve, inner)),
            TypeDefKind::Option(inner) => format!("option<{}>", ty(resolve, inner)),
            TypeDefKind::Result(result) => {
                let part =
                    |part: &Option<Type>| part.as_ref().map_or_else(|| "_".to_owned(), |inner| ty(resolve, inner));
                format!("result<{}, {}>", part(&result.ok), part(&result.err))
            }
            TypeDefKind::Tuple(tuple) => {
                format!("tuple<{}>", list(&tuple.types.iter().map(|inner| ty(resolve, inner)).collect::<Vec<_>>()))
            }
            TypeDefKind::Record(record) => {
                let fields: Vec<_> =
                    record.fields.iter().map(|field| format!("{}: {}", field.name, ty(resolve, &field.ty))).collect();
                format!("record{{{}}}", list(&fields))
            }
            TypeDefKind::Enum(names) => {
                format!("enum{{{}}}", list(&names.cases.iter().map(|case| case.name.clone()).collect::<Vec<_>>()))
            }
            TypeDefKind::Handle(Handle::Own(inner)) => format!("own<{}>", resource(resolve, *inner)),
            TypeDefKind::Handle(Handle::Borrow(inner)) => format!("borrow<{}>", resource(resolve, *inner)),
            TypeDefKind::Resource => format!("own<{}>", resource(resolve, id)),
            other => panic!("the contract uses {other:?}: write its form here"),
        }
    }

    fn resource(resolve: &Resolve, id: wit_parser::TypeId) -> String {
        let def = &resolve.types[id];
        match &def.kind {
            TypeDefKind::Type(Type::Id(inner)) => resource(resolve, *inner),
            _ => {
                let wit_parser::TypeOwner::Interface(owner) = def.owner else { panic!("a resource of a world") };
                format!("{}.{}", interface(resolve, owner), def.name.as_ref().unwrap())
            }
        }
    }

    fn interface(resolve: &Resolve, id: wit_parser::InterfaceId) -> String {
        let interface = &resolve.interfaces[id];
        let package = &resolve.packages[interface.package.unwrap()].name;
        format!("{}:{}/{}", package.namespace, package.name, interface.name.as_ref().unwrap())
    }

    #[test]
    fn the_released_signatures_are_those_of_the_wit_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut resolve = Resolve::default();
        resolve.push_dir(folder.join("../wit")).unwrap();
        let mut lines = Vec::new();
        for (id, of) in resolve.interfaces.iter() {
            for (name, function) in &of.functions {
                let params: Vec<_> = function
                    .params
                    .iter()
                    .map(|param| format!("{}: {}", param.name, ty(&resolve, &param.ty)))
                    .collect();
                let result =
                    function.result.as_ref().map_or_else(String::new, |result| format!(" -> {}", ty(&resolve, result)));
                lines.push(format!("{}.{name} = ({}){result}\n", interface(&resolve, id), params.join(", ")));
            }
        }
        lines.sort();
        let made = lines.concat();
        if made != RELEASED {
            std::fs::write(folder.join("signatures.txt"), &made).unwrap();
            panic!(
                "signatures.txt was not that of the WIT folder and has been written again: what is released may only grow"
            );
        }
        assert!(lines.iter().all(|line| line.len() < limits::SIGNATURE_BYTES / 4));
    }
}
