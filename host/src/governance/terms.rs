//! Terms: grants that end soon are said before they do, and a denial for want of a term is told to the desk as what it is.

use std::sync::PoisonError;
use std::time::Duration;

use pilothouse_evidence::Verdict;
use pilothouse_registry::{Grant, GrantState};
use pilothouse_runtime::CallEntry;

use super::approvals::rights;
use super::records::DAY;
use super::{House, HouseError, now};

/// How many days before its end a grant is spoken of, and spoken of again.
const SAID: [i64; 2] = [30, 7];
/// How often terms are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// Most grants that one line names.
const NAMED: usize = 8;

/// Whole days until a grant in force ends, where it is spoken of.
fn ends_in(grant: &Grant, at: i64) -> Option<i64> {
    let left = grant.expires.saturating_sub(at).div_euclid(DAY);
    let spoken_of = matches!(grant.state, GrantState::Granted { .. }) && left < SAID[0];
    spoken_of.then_some(left)
}

/// Whether a call was denied because the term of a grant is over.
pub(super) fn is_over(calls: &[CallEntry]) -> bool {
    calls.iter().any(|call| matches!(&call.verdict, Verdict::Denied { code } if code == "expired"))
}

impl House {
    /// Grants in force that end within a month or have ended, the first to end first, with the days that are left.
    async fn ending(&self, at: i64) -> Result<Vec<(Grant, i64)>, HouseError> {
        let all = self.0.store.grants().all().await?;
        let mut ending = Vec::new();
        for grant in rights(all)? {
            // What a newer grant of the same capability says goes on.
            if let Some(left) = ends_in(&grant, at) {
                ending.push((grant, left));
            }
        }
        ending.sort_by_key(|(grant, _)| grant.expires);
        Ok(ending)
    }

    /// How the terms of grants stand, in a sentence.
    pub(super) async fn terms(&self) -> String {
        let ending = match self.ending(now()).await {
            Ok(ending) => ending,
            Err(error) => return error.to_string(),
        };
        if ending.is_empty() {
            return format!("no grant ends within {} days", SAID[0]);
        }
        let named = ending.iter().take(NAMED).map(|(grant, left)| {
            let (pilot, capability) = (&grant.pilot, grant.right.capability());
            match left {
                ..0 => format!("{pilot} {capability} has ended"),
                left => format!("{pilot} {capability} ends in {left} days"),
            }
        });
        let named: Vec<String> = named.collect();
        let more = ending.len().saturating_sub(named.len());
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{more}: have the working group renew what is still needed", named.join(", "))
    }

    /// Says in the program's log which grants end soon: at the start, and when a month or a week is left.
    pub(super) fn start_terms(&self) {
        let house = self.clone();
        let task = tokio::spawn(async move {
            let mut said = std::collections::HashMap::new();
            loop {
                match house.ending(now()).await {
                    Ok(ending) => {
                        for (grant, left) in ending {
                            let step = SAID.iter().filter(|days| left < **days).count() + usize::from(left < 0);
                            if said.insert(grant.id.clone(), step) != Some(step) {
                                let (pilot, capability) = (&grant.pilot, grant.right.capability());
                                tracing::warn!(%pilot, %capability, days = left, "a grant ends: renew it, or calls are denied");
                            }
                        }
                    }
                    Err(error) => tracing::warn!(%error, "the terms of grants wait"),
                }
                tokio::select! {
                    () = house.0.stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}
