//! From a core module and its manifest to a signed package: what `pilot build` does, and the first start with the embedded pilots.

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use pilothouse_registry::package::Package;
use pilothouse_registry::{DoorError, Effective, Imports, PilotId};
use pilothouse_runtime::budgets::Budgets;
use pilothouse_runtime::compile::Compiler;
use pilothouse_runtime::keys::Secret;
use pilothouse_runtime::people::PilotKeys;
use pilothouse_runtime::{Machine, Pilot, Providers, Terms};

use super::HouseError;

/// How long a component may take to describe itself; the contract's trial.
pub const TRIAL_DEADLINE: Duration = Duration::from_millis(100);

/// Makes a component of a core module that was built against the contract.
///
/// # Errors
/// Where the module was not, or imports what no component may.
pub fn component(core: &[u8]) -> Result<Vec<u8>, HouseError> {
    let encoded =
        wit_component::ComponentEncoder::default().validate(true).module(core).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| HouseError::Malformed {
        what: "component",
        message: format!(
            "the module cannot be made a component, build it against pilothouse-sdk: {}",
            pilothouse_registry::escape_name(&error.to_string())
        ),
    })
}

/// Asks a component what its operations are, linked with every function that it imports and granted none.
///
/// # Errors
/// Where it cannot be compiled or linked, or its trial fails.
pub async fn describe(
    wasm: &[u8],
    id: &PilotId,
    memory: usize,
    machine: &Machine,
    compiler: &Compiler,
    providers: &Arc<Providers>,
) -> Result<String, HouseError> {
    let component = compiler.component(machine.engine(), wasm).await?;
    let imports = Imports::read(wasm)?;
    let terms = Terms {
        id: Arc::from(id.as_str()),
        rights: Arc::new(Effective::none()),
        keys: Arc::new(PilotKeys::new(&Secret::new([0; 32]), id, 0)),
        budgets: Arc::new(Budgets::default()),
        deadline: TRIAL_DEADLINE,
        memory,
    };
    let pilot = Pilot::for_trial(machine.engine(), &component, terms).map_err(|_| HouseError::NotGranted {
        pilot: id.clone(),
        functions: imports.functions.iter().map(ToString::to_string).collect(),
    })?;
    let described = pilot.describe(providers).await.map_err(|fault| HouseError::Trial { fault })?;
    Ok(described.unwrap_or_else(|| "{\"operations\":{}}".to_owned()))
}

/// Puts component, manifest, schemas and texts into one file and signs it.
///
/// # Errors
/// Of the form of any of them.
pub fn signed(
    component: &[u8],
    manifest: &str,
    schemas: &str,
    texts: (&str, &str),
    key: &SigningKey,
) -> Result<Vec<u8>, DoorError> {
    Package::sign(Package::build(component, manifest, schemas, texts)?, key)
}
