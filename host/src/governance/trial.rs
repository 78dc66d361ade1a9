//! What a caller may open: operations, and desks that a card can be tried at: one's own, and for the working group, which gives credentials out, those of the demonstration.

use pilothouse_registry::{Bilingual, Manifest, PilotId};

use super::{Caller, House};

/// The role that gives credentials out, and so may speak as each desk of the demonstration.
const GROUP: &str = "working-group";

/// A desk with a reader, and the pilot that its readings go to.
#[derive(Debug, Clone)]
pub struct TrialDesk {
    /// As whom it asks.
    pub caller: Caller,
    /// Which pilot answers.
    pub pilot: PilotId,
    /// What people call that pilot.
    pub title: Bilingual,
}

impl House {
    /// Whether a caller of this role may call an operation of a pilot that is here, on or off.
    pub fn may_call(&self, pilot: &str, operation: &str, by: &Caller) -> bool {
        let running = self.0.running.load();
        let version = running.iter().find(|(id, _)| id.as_str() == pilot);
        let named = version
            .and_then(|(_, version)| version.manifest.operations.iter().find(|(name, _)| name.as_str() == operation));
        named.is_some_and(|(_, operation)| operation.callers.contains(&by.role))
    }

    /// Whether there is any desk at which this caller may try a card.
    pub fn has_trial_desk(&self, by: &Caller) -> bool {
        if by.role.as_str() == GROUP {
            return true;
        }
        let running = self.0.running.load();
        by.facility.is_some() && running.values().any(|version| takes_readings(&version.manifest, by))
    }

    /// The desks at which this caller may try a card, each with every pilot that takes its readings.
    pub fn trial_desks(&self, by: &Caller) -> Vec<TrialDesk> {
        let mut callers = vec![by.clone()];
        if by.role.as_str() == GROUP {
            let own = self.0.demo.credentials.iter().filter_map(|credential| self.authenticate(&credential.token));
            callers.extend(own);
        }
        let running = self.0.running.load();
        let mut desks: Vec<TrialDesk> = Vec::new();
        for caller in callers.into_iter().filter(|caller| caller.facility.is_some()) {
            for (id, version) in running.iter() {
                if takes_readings(&version.manifest, &caller) {
                    let title = version.manifest.title.clone();
                    desks.push(TrialDesk { caller: caller.clone(), pilot: id.clone(), title });
                }
            }
        }
        // The hospital of the demonstration first: a card alone is enough there, while a coach needs a trip that is open.
        desks.sort_by_cached_key(|desk| {
            let facility = desk.caller.facility.as_ref().map(ToString::to_string);
            (facility.as_deref() != Some(self.0.demo.hospital.as_str()), facility, desk.pilot.to_string())
        });
        desks
    }
}

fn takes_readings(manifest: &Manifest, caller: &Caller) -> bool {
    let readings = manifest.readings.as_ref();
    readings.is_some_and(|readings| readings.callers.is_empty() || readings.callers.contains(&caller.role))
}
