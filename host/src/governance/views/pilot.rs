//! One pilot, whole: what it may do, what it used of that, and what it did last.

use std::collections::BTreeMap;

use pilothouse_evidence::{Record, Verdict};
use pilothouse_registry::contract::full_name;
use pilothouse_registry::{Bilingual, PilotId, Proof};
use serde::Serialize;

use super::super::evidence::{CallLine, Ending, ending};
use super::super::fields::{Asked, FieldLine, fields};
use super::super::{House, HouseError};
use super::PilotLine;

/// Invocations that a pilot's page shows.
const RECENT: u32 = 50;

/// A recent invocation.
#[derive(Debug, Clone, Serialize)]
pub struct InvocationLine {
    /// Evidence id.
    pub id: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Which export.
    pub entry: String,
    /// Decision, refusal code or fault.
    pub outcome: String,
    /// Whether it was a fault.
    pub faulty: bool,
    /// Calls that were denied.
    pub denials: usize,
    /// How it ended, in words, with its reasons.
    pub ending: Ending,
    /// Its capability calls; of a long batch the last ones.
    pub calls: Vec<CallLine>,
}

/// A version of a pilot that was taken in.
#[derive(Debug, Clone, Serialize)]
pub struct VersionLine {
    /// Its number.
    pub version: String,
    /// Digest of its package.
    pub digest: String,
    /// Who signed it.
    pub vendor: String,
    /// When it came, microseconds UTC.
    pub at: i64,
    /// Whether it is the one in service.
    pub serves: bool,
}

/// A pilot, whole.
#[derive(Debug, Clone, Serialize)]
pub struct PilotDetail {
    /// The line.
    #[serde(flatten)]
    pub line: PilotLine,
    /// What it does.
    pub summary: Bilingual,
    /// What callers read while it is down.
    pub while_down: Bilingual,
    /// Who made it.
    pub vendor: String,
    /// What it asks for.
    pub capabilities: Vec<pilothouse_registry::CapabilityRequest>,
    /// Requested, granted, imported.
    pub proof: Proof,
    /// Every version that was taken in, newest first.
    pub versions: Vec<VersionLine>,
    /// The same down to the field.
    pub fields: Vec<FieldLine>,
    /// How often each function was called, since `used_since`; what the gate stopped is not counted.
    pub used: BTreeMap<String, u64>,
    /// The time of its first record, from which on uses are counted, microseconds UTC.
    pub used_since: Option<i64>,
    /// The last invocations.
    pub recent: Vec<InvocationLine>,
    /// Operations with their schemas' names and callers.
    pub operations: BTreeMap<String, Vec<String>>,
}

impl House {
    /// A pilot, whole.
    ///
    /// # Errors
    /// Where there is none, and those of the store.
    pub async fn pilot(&self, id: &PilotId) -> Result<PilotDetail, HouseError> {
        let version = self.version(id)?;
        let manifest = &version.manifest;
        let mut grants = self.grants(id).await?;
        grants.retain(|grant| grant.vendor.as_ref() == Some(&manifest.vendor));
        let bytes = self.0.packages.get(&super::super::parse("package", &format!("sha256:{}", version.package))?)?;
        let imports = pilothouse_registry::Imports::read(&bytes)?;
        let proof = Proof::new(manifest, &imports, &self.0.ceiling).with_grants(&grants);
        let uses = self.used(id.as_str()).await?;
        let (mut used, mut asked) = (BTreeMap::new(), Asked::new());
        for line in uses.lines {
            let (capability, function) = line.function.split_once('.').unwrap_or_default();
            match line.name {
                // The record writes the capability's name before a resource of the same name, the manifest does not.
                None => {
                    let function = capability.parse().map(|capability| full_name(capability, function));
                    *used.entry(function.unwrap_or(line.function)).or_insert(0) += line.n;
                }
                Some(name) => *asked.entry((line.function, name)).or_insert(0) += line.n,
            }
        }
        let mut recent = Vec::new();
        for entry in self.0.store.log().latest(Some(id.as_str()), RECENT, None).await? {
            let Ok(Record::Invocation(record)) = Record::from_canonical(&entry.body) else { continue };
            let ending = ending(Some(&version), &record.result);
            let denials = record.calls.iter().filter(|call| matches!(call.verdict, Verdict::Denied { .. })).count();
            recent.push(InvocationLine {
                id: record.id,
                at: record.at,
                entry: record.entry,
                outcome: ending.outcome.code.clone(),
                faulty: ending.faulty,
                denials,
                calls: record.calls.iter().map(CallLine::from).collect(),
                ending,
            });
        }
        let packages = self.0.store.pilots().packages(id.as_str()).await?;
        let serving = version.package.to_string();
        let versions = packages.into_iter().map(|package| VersionLine {
            serves: serving.ends_with(package.digest.trim_start_matches("sha256:")),
            version: package.version,
            digest: package.digest,
            vendor: package.vendor,
            at: package.at,
        });
        let roles = |operation: &pilothouse_registry::manifest::Operation| {
            operation.callers.iter().map(ToString::to_string).collect()
        };
        Ok(PilotDetail {
            line: self.line(&version).await?,
            summary: manifest.summary.clone(),
            while_down: manifest.while_down.clone(),
            vendor: manifest.vendor.to_string(),
            capabilities: manifest.capabilities.clone(),
            versions: versions.collect(),
            fields: fields(manifest, &grants, &proof, &asked),
            proof,
            used,
            used_since: uses.since,
            recent,
            operations: manifest
                .operations
                .iter()
                .map(|(name, operation)| (name.to_string(), roles(operation)))
                .collect(),
        })
    }
}
