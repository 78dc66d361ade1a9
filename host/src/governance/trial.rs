//! Desks that a card can be tried at: one's own, and for the working group, which gives credentials out, those of the demonstration.

use pilothouse_registry::{Bilingual, PilotId};

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
                let takes = version
                    .manifest
                    .readings
                    .as_ref()
                    .is_some_and(|readings| readings.callers.is_empty() || readings.callers.contains(&caller.role));
                if takes {
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
