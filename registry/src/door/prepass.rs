//! The structural pre-pass: one stream over the file, counting, without recursion and before any check that costs more.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentType, ComponentTypeDeclaration, CoreType, Encoding, FunctionBody,
    InstanceTypeDeclaration, ModuleTypeDeclaration, Operator, Parser, Payload,
};

use super::{limits, malformed};
use crate::error::DoorError;

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    /// Modules and components, the outermost included.
    pub components: u64,
    /// Deepest nesting; the outermost is 1.
    pub depth: u64,
    /// Core and component instances.
    pub instances: u64,
    /// Functions of all kinds.
    pub functions: u64,
    /// Types of all kinds.
    pub types: u64,
    /// Imports.
    pub imports: u64,
    /// Exports.
    pub exports: u64,
    /// Aliases and globals.
    pub aliases: u64,
    /// Sections.
    pub sections: u64,
    /// Bytes of data segments.
    pub data_bytes: u64,
}

/// Adds, and refuses at the limit.
fn add(count: &mut u64, more: impl Into<u64>, most: u64, what: &'static str) -> Result<(), DoorError> {
    *count = count.saturating_add(more.into());
    if *count > most { Err(DoorError::Limit { what, most }) } else { Ok(()) }
}

fn name(text: &str) -> Result<(), DoorError> {
    add(&mut 0, text.len() as u64, limits::NAME_BYTES, "bytes in a name")
}

/// Counts, and refuses what is larger than any pilot needs to be, or is not well-formed.
pub fn prepass(bytes: &[u8]) -> Result<Structure, DoorError> {
    let mut seen = Structure::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| malformed(&error))?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding != Encoding::Component {
                    return Err(DoorError::NotComponent);
                }
                add(&mut seen.components, 1u64, limits::COMPONENTS, "modules and components")?;
                add(&mut depth, 1u64, limits::NESTING, "modules and components inside one another")?;
                seen.depth = seen.depth.max(depth);
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => function(body)?,
            section => {
                add(&mut seen.sections, 1u64, limits::SECTIONS, "sections")?;
                seen.section(section, bytes, depth)?;
            }
        }
    }
    Ok(seen)
}

impl Structure {
    fn section(&mut self, section: &Payload<'_>, bytes: &[u8], depth: u64) -> Result<(), DoorError> {
        let read = |error: wasmparser::BinaryReaderError| malformed(&error);
        match section {
            Payload::TypeSection(reader) => {
                add(&mut self.types, reader.count(), limits::TYPES, "types")?;
                for group in reader.clone() {
                    // A group of one was counted; what it holds beyond that is counted here.
                    let more = group.map_err(read)?.types().len().saturating_sub(1);
                    add(&mut self.types, more as u64, limits::TYPES, "types")?;
                }
            }
            Payload::ImportSection(reader) => {
                for import in reader.clone().into_imports() {
                    let import = import.map_err(read)?;
                    add(&mut self.imports, 1u64, limits::IMPORTS, "imports")?;
                    name(import.module)?;
                    name(import.name)?;
                }
            }
            Payload::ExportSection(reader) => {
                add(&mut self.exports, reader.count(), limits::EXPORTS, "exports")?;
                for export in reader.clone() {
                    name(export.map_err(read)?.name)?;
                }
            }
            Payload::FunctionSection(reader) => {
                add(&mut self.functions, reader.count(), limits::FUNCTIONS, "functions")?
            }
            Payload::GlobalSection(reader) => {
                add(&mut self.aliases, reader.count(), limits::ALIASES, "aliases and globals")?
            }
            Payload::DataSection(reader) => {
                for data in reader.clone() {
                    let data = data.map_err(read)?;
                    add(&mut self.data_bytes, data.data.len() as u64, limits::DATA_BYTES, "bytes of data")?;
                }
            }
            Payload::InstanceSection(reader) => {
                add(&mut self.instances, reader.count(), limits::INSTANCES, "instances")?
            }
            Payload::ComponentInstanceSection(reader) => {
                add(&mut self.instances, reader.count(), limits::INSTANCES, "instances")?
            }
            Payload::ComponentAliasSection(reader) => {
                add(&mut self.aliases, reader.count(), limits::ALIASES, "aliases and globals")?;
                for alias in reader.clone() {
                    if let wasmparser::ComponentAlias::InstanceExport { name: text, .. }
                    | wasmparser::ComponentAlias::CoreInstanceExport { name: text, .. } = alias.map_err(read)?
                    {
                        name(text)?;
                    }
                }
            }
            Payload::CoreTypeSection(reader) => {
                add(&mut self.types, reader.count(), limits::TYPES, "types")?;
                for ty in reader.clone() {
                    if let CoreType::Module(declarations) = ty.map_err(read)? {
                        self.module_type(&declarations)?;
                    }
                }
            }
            Payload::ComponentTypeSection(reader) => {
                is_shallow(bytes.get(reader.range()).unwrap_or_default())?;
                add(&mut self.types, reader.count(), limits::TYPES, "types")?;
                for ty in reader.clone() {
                    self.component_type(&ty.map_err(read)?)?;
                }
            }
            Payload::ComponentCanonicalSection(reader) => {
                add(&mut self.functions, reader.count(), limits::FUNCTIONS, "functions")?;
                for function in reader.clone() {
                    canonical(&function.map_err(read)?)?;
                }
            }
            Payload::ComponentImportSection(reader) => {
                for import in reader.clone() {
                    let import = import.map_err(read)?;
                    add(&mut self.imports, 1u64, limits::IMPORTS, "imports")?;
                    name(import.name.name)?;
                }
            }
            Payload::ComponentExportSection(reader) => {
                for export in reader.clone() {
                    let export = export.map_err(read)?;
                    add(&mut self.exports, 1u64, limits::EXPORTS, "exports")?;
                    name(export.name.name)?;
                }
            }
            Payload::CustomSection(section) => {
                name(section.name())?;
                if depth > 1 && section.name().starts_with(crate::package::SECTION_PREFIX) {
                    return Err(DoorError::SectionNested);
                }
            }
            Payload::ComponentStartSection { .. } => {
                return Err(DoorError::Canonical { what: "a start function with values" });
            }
            _ => {}
        }
        Ok(())
    }

    fn module_type(&mut self, declarations: &[ModuleTypeDeclaration<'_>]) -> Result<(), DoorError> {
        add(&mut self.types, declarations.len() as u64, limits::TYPES, "types")?;
        declarations.iter().try_for_each(|declaration| match declaration {
            ModuleTypeDeclaration::Export { name: text, .. } => name(text),
            ModuleTypeDeclaration::Import(import) => name(import.module).and_then(|()| name(import.name)),
            ModuleTypeDeclaration::Type(_) | ModuleTypeDeclaration::OuterAlias { .. } => Ok(()),
        })
    }

    /// Counts the declarations of a type, with a stack of its own.
    fn component_type(&mut self, ty: &ComponentType<'_>) -> Result<(), DoorError> {
        let mut waiting = vec![ty];
        while let Some(ty) = waiting.pop() {
            match ty {
                ComponentType::Component(declarations) => {
                    add(&mut self.types, declarations.len() as u64, limits::TYPES, "types")?;
                    for declaration in declarations {
                        match declaration {
                            ComponentTypeDeclaration::Type(inner) => waiting.push(inner),
                            ComponentTypeDeclaration::CoreType(CoreType::Module(inner)) => self.module_type(inner)?,
                            ComponentTypeDeclaration::Export { name: text, .. } => name(text.name)?,
                            ComponentTypeDeclaration::Import(import) => name(import.name.name)?,
                            ComponentTypeDeclaration::CoreType(CoreType::Rec(_))
                            | ComponentTypeDeclaration::Alias(_) => {}
                        }
                    }
                }
                ComponentType::Instance(declarations) => {
                    add(&mut self.types, declarations.len() as u64, limits::TYPES, "types")?;
                    for declaration in declarations {
                        match declaration {
                            InstanceTypeDeclaration::Type(inner) => waiting.push(inner),
                            InstanceTypeDeclaration::CoreType(CoreType::Module(inner)) => self.module_type(inner)?,
                            InstanceTypeDeclaration::Export { name: text, .. } => name(text.name)?,
                            InstanceTypeDeclaration::CoreType(CoreType::Rec(_)) | InstanceTypeDeclaration::Alias(_) => {
                            }
                        }
                    }
                }
                ComponentType::Defined(_) | ComponentType::Func(_) | ComponentType::Resource { .. } => {}
            }
        }
        Ok(())
    }
}

/// Whether types in a section surely nest less deeply than the limit.
///
/// The parser reads an instance or component type inside another by recursion, and its depth is checked only afterwards; a file of
/// nothing but nested types would overflow the stack. Each level is a declaration `01` (a type) followed by `41` or `42` (of a component,
/// of an instance), so there are at most as many levels as such pairs, wherever else these may occur by chance.
fn is_shallow(section: &[u8]) -> Result<(), DoorError> {
    let pairs = section.windows(2).filter(|pair| matches!(pair, [0x01, 0x41 | 0x42])).count();
    add(&mut 0, pairs as u64, limits::TYPE_DEPTH, "instance types inside one another")
}

/// Locals and nesting of one function.
fn function(body: &FunctionBody<'_>) -> Result<(), DoorError> {
    let read = |error: wasmparser::BinaryReaderError| malformed(&error);
    let mut locals = 0;
    for group in body.get_locals_reader().map_err(read)? {
        let (count, _) = group.map_err(read)?;
        add(&mut locals, count, limits::LOCALS, "locals in a function")?;
    }
    let mut depth = 0;
    for operator in body.get_operators_reader().map_err(read)? {
        match operator.map_err(read)? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. } => {
                add(&mut depth, 1u64, limits::BLOCK_DEPTH, "blocks inside one another")?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Plain lifting and lowering of UTF-8, and resources; nothing else is needed.
fn canonical(function: &CanonicalFunction) -> Result<(), DoorError> {
    match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => {
            options.iter().try_for_each(option)
        }
        CanonicalFunction::ResourceNew { .. }
        | CanonicalFunction::ResourceDrop { .. }
        | CanonicalFunction::ResourceRep { .. } => Ok(()),
        _ => Err(DoorError::Canonical { what: "concurrency of the component model" }),
    }
}

fn option(option: &CanonicalOption) -> Result<(), DoorError> {
    match option {
        CanonicalOption::UTF8
        | CanonicalOption::Memory(_)
        | CanonicalOption::Realloc(_)
        | CanonicalOption::PostReturn(_) => Ok(()),
        CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => Err(DoorError::Canonical { what: "UTF-16 strings" }),
        CanonicalOption::Async | CanonicalOption::Callback(_) => Err(DoorError::Canonical { what: "async functions" }),
        CanonicalOption::CoreType(_) | CanonicalOption::Gc => {
            Err(DoorError::Canonical { what: "the garbage-collected ABI" })
        }
    }
}
