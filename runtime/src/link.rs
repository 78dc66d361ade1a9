//! A linker per pilot version that holds only what this pilot imports and was granted.

use pilothouse_registry::{Capability, Effective};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::call::Call;
use crate::capabilities;

/// The functions of one capability that are linked: those that some grant covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Granted<'a> {
    /// None in a replay: its answers come from the recording, whatever is granted now.
    rights: Option<&'a Effective>,
    capability: Capability,
}

impl Granted<'_> {
    pub(crate) fn has(&self, function: &str) -> bool {
        self.rights.is_none_or(|rights| rights.covers(self.capability, function))
    }
}

/// Why a component cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It imports what was not granted, or exports what the contract does not know. The engine's words name the import.
    #[error("the component does not fit what it was granted: see `pilot inspect` for what it imports")]
    DoesNotFit(#[source] wasmtime::Error),
}

/// Links a component against exactly the functions that it was granted, once per version; calls only instantiate.
///
/// # Errors
/// `LinkError::DoesNotFit` where the component imports a function that no grant covers.
pub(crate) fn link(engine: &Engine, component: &Component, rights: &Effective) -> Result<InstancePre<Call>, LinkError> {
    let mut linker = Linker::new(engine);
    build(&mut linker, Some(rights)).map_err(LinkError::DoesNotFit)?;
    linker.instantiate_pre(component).map_err(LinkError::DoesNotFit)
}

/// Links a component for replays only: a grant that has ended since must not keep anybody from running an old call again.
///
/// # Errors
/// Where the component imports what is not in the contract.
pub(crate) fn link_for_replay(engine: &Engine, component: &Component) -> Result<InstancePre<Call>, LinkError> {
    let mut linker = Linker::new(engine);
    build(&mut linker, None).map_err(LinkError::DoesNotFit)?;
    linker.instantiate_pre(component).map_err(LinkError::DoesNotFit)
}

/// Links a component for its trial: every import is there, and every one of them but the occasion traps when it is called.
///
/// # Errors
/// Where the component does not fit the engine at all.
pub(crate) fn link_for_trial(engine: &Engine, component: &Component) -> Result<InstancePre<Call>, LinkError> {
    let mut linker = Linker::new(engine);
    let filled =
        capabilities::circumstances::link(&mut linker).and_then(|()| linker.define_unknown_imports_as_traps(component));
    filled.map_err(LinkError::DoesNotFit)?;
    linker.instantiate_pre(component).map_err(LinkError::DoesNotFit)
}

fn build(linker: &mut Linker<Call>, rights: Option<&Effective>) -> wasmtime::Result<()> {
    let of = |capability| Granted { rights, capability };
    capabilities::circumstances::link(linker)?;
    capabilities::person::link(linker, &of(Capability::Person))?;
    capabilities::population::link(linker, &of(Capability::Population))?;
    capabilities::registers::link(linker, &of(Capability::Registers))?;
    capabilities::readers::link(linker, &of(Capability::Readers))?;
    capabilities::places::link(linker, &of(Capability::Places))?;
    capabilities::lodging::link(linker, &of(Capability::Lodging))?;
    capabilities::records::link(linker, &of(Capability::Records))?;
    capabilities::reporting::link(linker, &of(Capability::Reporting))?;
    capabilities::alerts::link(linker, &of(Capability::Alerts))?;
    capabilities::consent::link(linker, &of(Capability::Consent))?;
    capabilities::messaging::link(linker, &of(Capability::Messaging))?;
    Ok(())
}
