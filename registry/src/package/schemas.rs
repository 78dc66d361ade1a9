//! What operations take and give, as their component describes them: a JSON Schema each, read once by the reader that service has too.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reader::{MAX_ALL_VALUES, Reader};
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
        Ok(schemas)
    }

    /// Reads the schemas of every operation, to check with. What this does not take, no host serves.
    ///
    /// # Errors
    /// The first schema that is not taken, with its operation.
    pub fn readers(&self) -> Result<Readers, DoorError> {
        let wrong = |why: String| DoorError::Schemas { why: escape(&why, 300) };
        let mut values = 0_u64;
        let mut readers = BTreeMap::new();
        for (name, schema) in &self.operations {
            let read = |part: &str, schema: &Value| {
                Reader::new(schema).map_err(|error| wrong(format!("{part} of `{name}`: {error}")))
            };
            let ready = OperationReader { input: read("input", &schema.input)?, data: read("data", &schema.data)? };
            values = values.saturating_add(ready.input.values()).saturating_add(ready.data.values());
            if values > MAX_ALL_VALUES {
                return Err(wrong(format!(
                    "they have more than {MAX_ALL_VALUES} values once every `$ref` is written out: refer to less"
                )));
            }
            readers.insert(name.clone(), Arc::new(ready));
        }
        Ok(Readers(readers))
    }
}

/// The schemas of one operation, ready to check with.
#[derive(Debug)]
pub struct OperationReader {
    /// Of its input.
    pub input: Reader,
    /// Of its outcome's data.
    pub data: Reader,
}

/// The schemas of a pilot, ready to check with.
#[derive(Debug, Clone)]
pub struct Readers(BTreeMap<OperationName, Arc<OperationReader>>);

impl Readers {
    /// Each operation with its own.
    pub fn iter(&self) -> impl Iterator<Item = (&OperationName, &Arc<OperationReader>)> {
        self.0.iter()
    }
}
