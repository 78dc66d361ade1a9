//! The proof: imported ⊆ requested ⊆ grantable, function by function. Shown to vendors, approvers and auditors alike.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Entry, Imports};
use crate::contract::{self, Guard};
use crate::error::DoorError;
use crate::grant::{Ceiling, Grant};
use crate::ids::FunctionName;
use crate::manifest::Manifest;

/// One function: who asked for it, whether anyone can be granted it, whether the binary calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProofRow {
    /// Which.
    pub function: FunctionName,
    /// The manifest asks for it (a getter: for its capability).
    pub requested: bool,
    /// The ceiling lets it be granted.
    pub grantable: bool,
    /// A grant in force covers it. None: grants were not looked at.
    pub granted: Option<bool>,
    /// The binary calls it.
    pub imported: bool,
    /// Whether the funnel decides about it.
    pub guard: Guard,
    /// Whether it does something outside.
    pub effect: bool,
}

/// Every function that is requested or imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proof {
    /// By name.
    pub rows: Vec<ProofRow>,
    /// The first system interface that is imported without being declared.
    pub undeclared_wasi: Option<String>,
    /// Entries that manifest and binary do not agree about, and what to do.
    pub entries: Vec<(Entry, &'static str)>,
}

impl Proof {
    /// Compares what the binary can do with what its manifest asks and what can be granted.
    pub fn new(manifest: &Manifest, imports: &Imports, ceiling: &Ceiling) -> Self {
        let mut rows: BTreeMap<FunctionName, ProofRow> = BTreeMap::new();
        let requested = manifest.capabilities.iter().flat_map(|request| {
            let capability = request.capability();
            request.functions.iter().filter_map(move |name| FunctionName::new(capability, name).ok())
        });
        for function in requested.chain(imports.functions.iter().cloned()) {
            let Some(known) = contract::find_full(&function) else { continue };
            let capability = known.capability;
            let (requested, grantable) = match known.guard {
                Guard::Guarded => (manifest.requests(capability, known.name), ceiling.grants(capability, known.name)),
                Guard::Passive => (manifest.request(capability).is_some(), ceiling.functions(capability).is_some()),
            };
            let imported = imports.functions.contains(&function);
            let (guard, effect) = (known.guard, known.effect);
            rows.insert(
                function.clone(),
                ProofRow { function, requested, grantable, granted: None, imported, guard, effect },
            );
        }
        let declared = [
            (Entry::Operations, !manifest.operations.is_empty()),
            (Entry::Readings, manifest.readings.is_some()),
            (Entry::Schedules, !manifest.schedules.is_empty()),
        ];
        let entries =
            declared.into_iter().filter_map(|(entry, declared)| match (declared, imports.entries.contains(&entry)) {
                (true, false) => Some((entry, "export the interface, or remove the table from the manifest")),
                (false, true) => Some((entry, "declare it in the manifest, or export it no more")),
                (true, true) | (false, false) => None,
            });
        let undeclared_wasi = if manifest.wasi { None } else { imports.wasi.first().cloned() };
        Self { rows: rows.into_values().collect(), undeclared_wasi, entries: entries.collect() }
    }

    /// Adds what these grants cover, for the table "requested, granted, imported".
    pub fn with_grants<'g>(mut self, grants: impl IntoIterator<Item = &'g Grant> + Clone) -> Self {
        for row in &mut self.rows {
            let name = &row.function;
            row.granted = Some(grants.clone().into_iter().any(|grant| {
                grant.state.is_in_force()
                    && grant.right.capability() == name.capability()
                    && (row.guard == Guard::Passive || grant.right.functions.contains(name.name()))
            }));
        }
        self
    }

    /// Whether the chain holds, or where it breaks first.
    pub fn verdict(&self) -> Result<(), DoorError> {
        if let Some(name) = &self.undeclared_wasi {
            return Err(DoorError::Wasi { name: name.clone() });
        }
        if let Some((entry, fix)) = self.entries.first() {
            return Err(DoorError::Entries { entry: entry.as_str(), fix });
        }
        let list = |broken: &dyn Fn(&ProofRow) -> bool| -> Option<String> {
            let names: Vec<_> =
                self.rows.iter().filter(|row| broken(row)).map(|row| format!("`{}`", row.function)).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        if let Some(functions) = list(&|row| row.imported && !row.requested) {
            return Err(DoorError::NotRequested { functions });
        }
        if let Some(functions) = list(&|row| row.requested && !row.grantable) {
            return Err(DoorError::NotGrantable { functions });
        }
        Ok(())
    }

    /// Functions that are requested and never called: a narrower request would do.
    pub fn unused(&self) -> impl Iterator<Item = &FunctionName> {
        let unused = |row: &&ProofRow| row.requested && !row.imported && row.guard == Guard::Guarded;
        self.rows.iter().filter(unused).map(|row| &row.function)
    }
}
