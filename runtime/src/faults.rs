//! Declared faults of providers: what a scenario or an operator's drill says is down, slow or over budget.

use std::sync::RwLock;

use pilothouse_registry::Capability;

/// How a provider misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Does not answer at all.
    Down,
    /// Does not answer within the call's deadline. Told to the guest at once: a drill need not make a desk wait.
    Slow,
    /// The grant's budget is spent.
    OverBudget,
}

/// The faults that are declared now. None, outside of scenarios and drills.
#[derive(Debug, Default)]
pub struct Faults(RwLock<Vec<(Capability, Fault)>>);

impl Faults {
    /// Declares a fault, or lifts it.
    pub fn set(&self, capability: Capability, fault: Option<Fault>) {
        let mut faults = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        faults.retain(|(of, _)| *of != capability);
        faults.extend(fault.map(|fault| (capability, fault)));
    }

    pub(crate) fn of(&self, capability: Capability) -> Option<Fault> {
        let faults = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        faults.iter().find(|(of, _)| *of == capability).map(|(_, fault)| *fault)
    }
}
