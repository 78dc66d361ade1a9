//! Rights down to the field: every name that a scope speaks of, beside what was granted, what the binary can ask, what was asked.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_registry::manifest::Indicator;
use pilothouse_registry::scope::ScopeName;
use pilothouse_registry::{Bilingual, Capability, Grant, IndicatorName, Manifest, Proof};
use serde::Serialize;

/// One name of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldLine {
    /// Of which capability.
    pub capability: Capability,
    /// Under which key of the scope: `claims`, `fields`, `tables`, …
    pub key: String,
    /// The name itself.
    pub name: String,
    /// What it is, in Vietnamese and English, where the contract or the manifest says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Bilingual>,
    /// A grant in force covers it.
    pub granted: bool,
    /// The binary has a function that can ask for it.
    pub imported: bool,
    /// How often it was asked for and the gate let it through, since the pilot's first record.
    pub used: u64,
}

/// How often each function of the record (`population.verify`) asked for each name.
pub(super) type Asked = BTreeMap<(String, String), u64>;

/// Every name that the manifest asks for.
pub(super) fn fields(manifest: &Manifest, grants: &[Grant], proof: &Proof, asked: &Asked) -> Vec<FieldLine> {
    let (requests, indicators) = (&manifest.capabilities, &manifest.indicators);
    let in_force = grants.iter().filter(|grant| grant.state.is_in_force());
    let granted: BTreeSet<(Capability, ScopeName)> = in_force
        .flat_map(|grant| grant.right.scope.names().into_iter().map(|name| (grant.right.capability(), name)))
        .collect();
    let imports = |capability: Capability, name: &ScopeName| {
        let functions = proof.rows.iter().filter(|row| row.imported && row.function.capability() == capability);
        functions.map(|row| row.function.name()).any(|function| name.asked_by.contains(&function))
    };
    let used = |capability: Capability, name: &ScopeName| {
        let functions = name.asked_by.iter().map(|function| format!("{capability}.{function}"));
        functions.filter_map(|function| asked.get(&(function, name.name.clone()))).sum()
    };
    let lines = requests.iter().flat_map(|request| {
        let capability = request.capability();
        request.scope.names().into_iter().map(move |name| (capability, name))
    });
    let line = |(capability, name): (Capability, ScopeName)| FieldLine {
        imported: imports(capability, &name),
        used: used(capability, &name),
        capability,
        key: name.key.to_owned(),
        title: title(&name, indicators),
        granted: granted.contains(&(capability, name.clone())),
        name: name.name,
    };
    lines.map(line).collect()
}

fn title(name: &ScopeName, indicators: &BTreeMap<IndicatorName, Indicator>) -> Option<Bilingual> {
    if let Some((vi, en)) = name.words {
        return Bilingual::new(vi, en).ok();
    }
    let named = || indicators.iter().find(|(indicator, _)| indicator.as_str() == name.name);
    (name.key == "indicators").then(named).flatten().map(|(_, indicator)| indicator.title.clone())
}
