//! What a component imports and exports, as the linker would resolve it: interfaces, versions, functions and their types.

use std::collections::BTreeSet;

use semver::Version;
use serde::Serialize;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentInstanceType};
use wasmparser::names::{ComponentName, ComponentNameKind};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload};

use super::signature::{self, Resources};
use super::{malformed, prepass::prepass, validate::validate};
use crate::contract::{self, AMBIENT, AMBIENT_PACKAGE, EXPORTS, NAMESPACE, PILOT_PACKAGE};
use crate::error::DoorError;
use crate::ids::{Capability, FunctionName};
use crate::text::escape_name;

/// The namespace of the system interface.
const WASI: &str = "wasi";

/// What can be called of a pilot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// Departments' requests.
    Operations,
    /// Readings.
    Readings,
    /// Ticks.
    Schedules,
}

impl Entry {
    /// The name of its interface, and of its table in a manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Entry::Operations => "operations",
            Entry::Readings => "readings",
            Entry::Schedules => "schedules",
        }
    }
}

/// What the binary can do: read off it, function by function.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Imports {
    /// Functions of capabilities that it calls.
    pub functions: BTreeSet<FunctionName>,
    /// Functions that need no grant: `occasion.at`.
    pub ambient: BTreeSet<String>,
    /// Every interface that it imports, with its version.
    pub interfaces: BTreeSet<String>,
    /// System interfaces that it imports, escaped.
    pub wasi: BTreeSet<String>,
    /// What can be called of it.
    pub entries: BTreeSet<Entry>,
}

impl Imports {
    /// Reads a component, after the pre-pass and full validation, which it makes itself.
    pub fn read(component: &[u8]) -> Result<Self, DoorError> {
        prepass(component)?;
        Self::of_valid(component, &validate(component)?)
    }

    fn of_valid(component: &[u8], types: &Types) -> Result<Self, DoorError> {
        let (imported, exported) = outermost_names(component)?;
        let types = types.as_ref();
        let mut found = Self::default();
        let mut resources = Resources::new();
        for name in imported {
            found.import(types, &mut resources, name)?;
        }
        for name in exported {
            found.export(types, &mut resources, name)?;
        }
        Ok(found)
    }

    fn import(&mut self, types: TypesRef<'_>, resources: &mut Resources, name: &str) -> Result<(), DoorError> {
        let refuse = |why| DoorError::ImportForm { name: escape_name(name), why };
        let item = types.component_item_for_import(name).ok_or_else(|| refuse("it has no type"))?;
        let instance = match item.ty {
            ComponentEntityType::Instance(id) => types.get(id).ok_or_else(|| refuse("it has no type"))?,
            ComponentEntityType::Module(_) => return Err(refuse("it is a module")),
            ComponentEntityType::Component(_) => return Err(refuse("it is a component")),
            ComponentEntityType::Func(_) => return Err(refuse("it is a function of no interface")),
            ComponentEntityType::Value(_) | ComponentEntityType::Type { .. } => {
                return Err(refuse("it is a type or value of no interface"));
            }
        };
        if item.version_suffix.is_some() || item.implements.is_some() {
            return Err(refuse("its name has further parts"));
        }
        let interface = Interface::parse(name).map_err(refuse)?;
        if interface.namespace == WASI {
            self.wasi.insert(escape_name(name));
            return Ok(());
        }
        let ambient =
            AMBIENT.iter().find(|(known, _)| interface.package == AMBIENT_PACKAGE && *known == interface.name);
        let capability = interface.package.parse::<Capability>().ok();
        let is_known = interface.namespace == NAMESPACE
            && (ambient.is_some()
                || contract::FUNCTIONS
                    .iter()
                    .any(|f| Some(f.capability) == capability && f.interface == interface.name));
        if !is_known {
            return Err(DoorError::UnknownInterface { name: escape_name(name) });
        }
        interface.is_released(name)?;
        self.interfaces.insert(name.to_owned());
        interface.name_resources(instance, resources);
        for function in interface.functions(types, resources, instance)? {
            match (
                ambient,
                capability.and_then(|capability| contract::find_import(capability, &interface.name, function)),
            ) {
                (Some((_, known)), _) if known.contains(&function) => {
                    self.ambient.insert(format!("{}.{function}", interface.name));
                }
                (None, Some(known)) => {
                    let name =
                        FunctionName::new(known.capability, known.name).map_err(|_| interface.unknown(function))?;
                    self.functions.insert(name);
                }
                _ => return Err(interface.unknown(function)),
            }
        }
        Ok(())
    }

    fn export(&mut self, types: TypesRef<'_>, resources: &mut Resources, name: &str) -> Result<(), DoorError> {
        let unknown = || DoorError::UnknownExport { name: escape_name(name) };
        let interface = Interface::parse(name).map_err(|_| unknown())?;
        let item = types.component_item_for_export(name).ok_or_else(unknown)?;
        let ComponentEntityType::Instance(id) = item.ty else { return Err(unknown()) };
        let instance = types.get(id).ok_or_else(unknown)?;
        if interface.namespace != NAMESPACE || interface.package != PILOT_PACKAGE || item.version_suffix.is_some() {
            return Err(unknown());
        }
        let (_, known) = EXPORTS.iter().find(|(known, _)| *known == interface.name).ok_or_else(unknown)?;
        interface.is_released(name)?;
        let functions: BTreeSet<&str> = interface.functions(types, resources, instance)?.into_iter().collect();
        if let Some(function) = functions.iter().find(|function| !known.contains(*function)) {
            return Err(interface.unknown(function));
        }
        if let Some(missing) = known.iter().find(|function| !functions.contains(*function)) {
            return Err(DoorError::Signature { function: format!("{}.{missing}", interface.text()) });
        }
        self.entries.insert(match interface.name.as_str() {
            "operations" => Entry::Operations,
            "readings" => Entry::Readings,
            _ => Entry::Schedules,
        });
        Ok(())
    }
}

/// Names of the outermost imports and exports, in their order.
fn outermost_names(component: &[u8]) -> Result<(Vec<&str>, Vec<&str>), DoorError> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| malformed(&error))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(reader) if depth == 1 => {
                for import in reader {
                    imports.push(import.map_err(|error| malformed(&error))?.name.name);
                }
            }
            Payload::ComponentExportSection(reader) if depth == 1 => {
                for export in reader {
                    exports.push(export.map_err(|error| malformed(&error))?.name.name);
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

/// `pilothouse:population/individuals@1.0.0`, taken apart.
struct Interface {
    namespace: String,
    package: String,
    name: String,
    version: Option<Version>,
}

impl Interface {
    fn parse(name: &str) -> Result<Self, &'static str> {
        let parsed = ComponentName::new(name, 0).map_err(|_| "its name has no known form")?;
        match parsed.kind() {
            ComponentNameKind::Interface(interface) => Ok(Self {
                namespace: interface.namespace().as_str().to_owned(),
                package: interface.package().as_str().to_owned(),
                name: interface.interface().as_str().to_owned(),
                version: interface.version(None).map_err(|_| "its version has no known form")?,
            }),
            ComponentNameKind::Url(_) => Err("it is a URL"),
            ComponentNameKind::Hash(_) => Err("it is a digest"),
            ComponentNameKind::Dependency(_) => Err("it is a dependency on another component"),
            _ => Err("it is no interface"),
        }
    }

    /// Without the version.
    fn text(&self) -> String {
        format!("{}:{}/{}", self.namespace, self.package, self.name)
    }

    fn unknown(&self, function: &str) -> DoorError {
        DoorError::UnknownFunction { interface: self.text(), function: escape_name(function) }
    }

    /// The linker takes any version of the same major for ours, so only exactly what was released is let in.
    fn is_released(&self, written: &str) -> Result<(), DoorError> {
        let released =
            self.version.as_ref().is_some_and(|version| contract::is_released(&self.package, &version.to_string()));
        // The version once more as written: `1.0.0` and nothing that merely reads like it.
        let plain = self.version.as_ref().is_some_and(|version| written == format!("{}@{version}", self.text()));
        if released && plain { Ok(()) } else { Err(DoorError::NeverReleased { name: escape_name(written) }) }
    }

    /// Remembers where resources are defined: whoever is imported first defines, later ones repeat.
    fn name_resources(&self, instance: &ComponentInstanceType, resources: &mut Resources) {
        for (name, item) in &instance.exports {
            if let ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } = item.ty {
                resources.entry(id.resource()).or_insert_with(|| format!("{}.{name}", self.text()));
            }
        }
    }

    /// The functions of an instance, each of exactly the contract's type. Types and resources come along; drops are no functions.
    fn functions<'t>(
        &self,
        types: TypesRef<'t>,
        resources: &Resources,
        instance: &'t ComponentInstanceType,
    ) -> Result<Vec<&'t str>, DoorError> {
        let mut found = Vec::new();
        for (name, item) in &instance.exports {
            match item.ty {
                ComponentEntityType::Func(id) => {
                    let expected = signature::of_contract(&self.text(), name).ok_or_else(|| self.unknown(name))?;
                    let function = types.get(id).ok_or_else(|| self.unknown(name))?;
                    if signature::of_function(types, resources, function).as_deref() != Some(expected) {
                        return Err(DoorError::Signature { function: format!("{}.{name}", self.text()) });
                    }
                    found.push(name.as_str());
                }
                ComponentEntityType::Type { .. } => {}
                ComponentEntityType::Instance(_)
                | ComponentEntityType::Component(_)
                | ComponentEntityType::Module(_)
                | ComponentEntityType::Value(_) => return Err(self.unknown(name)),
            }
        }
        Ok(found)
    }
}
