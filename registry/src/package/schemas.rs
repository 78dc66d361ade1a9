//! What operations take and give, as their component describes them: a JSON Schema each, compiled once to know that it is one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::DoorError;
use crate::ids::OperationName;
use crate::manifest::Manifest;
use crate::text::escape;

/// Longest answer of `describe`, in bytes; the contract says so.
const MAX_SCHEMAS: usize = 256 * 1024;

/// The schemas of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperationSchema {
    /// Of its input.
    pub input: Value,
    /// Of its outcome's data.
    pub data: Value,
}

/// The schemas of a pilot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schemas {
    /// By operation.
    pub operations: BTreeMap<OperationName, OperationSchema>,
}

impl Schemas {
    /// Reads what a component described, and compares it with what its manifest declares.
    pub fn parse(json: &str, manifest: &Manifest) -> Result<Self, DoorError> {
        let wrong = |why: String| DoorError::Schemas { why: escape(&why, 200) };
        if json.len() > MAX_SCHEMAS {
            return Err(wrong(format!("they are longer than {} KiB", MAX_SCHEMAS / 1024)));
        }
        let schemas: Self = serde_json::from_str(json).map_err(|error| wrong(error.to_string()))?;
        if let Some(name) = manifest.operations.keys().find(|name| !schemas.operations.contains_key(*name)) {
            return Err(wrong(format!("`{name}` is declared and not described")));
        }
        if let Some(name) = schemas.operations.keys().find(|name| !manifest.operations.contains_key(*name)) {
            return Err(wrong(format!("`{name}` is described and not declared")));
        }
        for (name, schema) in &schemas.operations {
            for (part, schema) in [("input", &schema.input), ("data", &schema.data)] {
                jsonschema::validator_for(schema).map_err(|error| wrong(format!("{part} of `{name}`: {error}")))?;
            }
        }
        Ok(schemas)
    }
}
