//! What a grant may be used for in a minute and in a day: counted per pilot, denied when it is spent.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use pilothouse_registry::{Budget, Capability};

use crate::occasion::local_date;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// Bytes of evidence that a pilot may make in a minute: some eight thousand ordinary calls, while a pilot that does nothing but ask
/// needs more than a day for a disk of a hundred gigabytes.
pub const EVIDENCE_A_MINUTE: u64 = 64 << 20;

/// The counters of one pilot.
#[derive(Debug)]
pub struct Budgets {
    counters: Mutex<HashMap<Capability, Counters>>,
    /// The minute, and the bytes of evidence that were made in it.
    evidence: Mutex<(i64, u64)>,
    /// Most of them.
    most: u64,
}

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets::with_evidence(EVIDENCE_A_MINUTE)
    }
}

#[derive(Debug, Default)]
struct Counters {
    /// None until the first call: then the day is not known either.
    minute: Option<i64>,
    calls: u32,
    day: String,
    effects: u32,
    /// Distinct people by unit. Pseudonyms, so that the counter itself says nothing of anyone.
    people: HashMap<String, HashSet<Box<str>>>,
}

/// A budget is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// `calls-per-minute`, `people-per-day` or `effects-per-day`.
    pub line: &'static str,
    /// When it is filled again.
    pub retry_after_ms: u32,
}

impl Budgets {
    /// Counters of a pilot that may make so many bytes of evidence in a minute.
    pub fn with_evidence(most: u64) -> Budgets {
        Budgets { counters: Mutex::default(), evidence: Mutex::default(), most }
    }

    /// How long the pilot may not be called, having made as much evidence as it may in this minute. It is asked before a call; what is
    /// under way is bounded by itself.
    pub fn evidence_spent(&self, now: i64) -> Option<std::time::Duration> {
        let (minute, bytes) = *self.evidence.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = MINUTE - now.rem_euclid(MINUTE);
        (minute == now.div_euclid(MINUTE) && bytes >= self.most)
            .then(|| std::time::Duration::from_micros(left.unsigned_abs()))
    }

    /// Counts the evidence of a call that was kept.
    pub fn weighs(&self, bytes: usize, now: i64) {
        let mut made = self.evidence.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let minute = now.div_euclid(MINUTE);
        let before = if made.0 == minute { made.1 } else { 0 };
        *made = (minute, before.saturating_add(bytes as u64));
    }

    /// Counts one call, the person and the effect that it is about.
    ///
    /// # Errors
    /// `Spent`; the call counts all the same, so that asking on costs as much as being answered.
    pub fn spend(
        &self,
        capability: Capability,
        budget: &Budget,
        unit: &str,
        person: Option<&str>,
        effect: bool,
        now: i64,
    ) -> Result<(), Spent> {
        let mut all = self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counters = all.entry(capability).or_default();
        counters.turn_to(now);
        counters.calls = counters.calls.saturating_add(1);
        if counters.calls > budget.calls_per_minute {
            let left = MINUTE - now.rem_euclid(MINUTE);
            return Err(Spent {
                line: "calls-per-minute",
                retry_after_ms: u32::try_from(left / 1_000).unwrap_or(60_000).max(1),
            });
        }
        if let Some(person) = person {
            let people = match counters.people.get_mut(unit) {
                Some(people) => people,
                None => counters.people.entry(unit.to_owned()).or_default(),
            };
            if !people.contains(person) {
                if people.len() >= budget.people_per_day as usize {
                    return Err(Spent { line: "people-per-day", retry_after_ms: until_midnight(now) });
                }
                people.insert(person.into());
            }
        }
        if effect {
            if counters.effects >= budget.effects_per_day {
                return Err(Spent { line: "effects-per-day", retry_after_ms: until_midnight(now) });
            }
            counters.effects += 1;
        }
        Ok(())
    }

    /// Counts people that a call is about beside its first one.
    ///
    /// # Errors
    /// `Spent`; then none of them is counted.
    pub fn spend_people<'p>(
        &self,
        capability: Capability,
        budget: &Budget,
        unit: &str,
        more: impl Iterator<Item = &'p str> + Clone,
        now: i64,
    ) -> Result<(), Spent> {
        let mut all = self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counters = all.entry(capability).or_default();
        counters.turn_to(now);
        let people = counters.people.entry(unit.to_owned()).or_default();
        let new: HashSet<&str> = more.filter(|person| !people.contains(*person)).collect();
        if people.len().saturating_add(new.len()) > budget.people_per_day as usize {
            return Err(Spent { line: "people-per-day", retry_after_ms: until_midnight(now) });
        }
        people.extend(new.into_iter().map(Box::from));
        Ok(())
    }

    /// Counts a call of an earlier run again, in whatever order they come, so that a restart fills no budget.
    pub fn remember(&self, capability: Capability, unit: &str, person: Option<&str>, effect: bool, at: i64, now: i64) {
        if local_date(at) != local_date(now) {
            return;
        }
        let mut all = self.counters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counters = all.entry(capability).or_default();
        counters.turn_to(now);
        if at.div_euclid(MINUTE) == now.div_euclid(MINUTE) {
            counters.calls = counters.calls.saturating_add(1);
        }
        if let Some(person) = person {
            counters.people.entry(unit.to_owned()).or_default().insert(person.into());
        }
        counters.effects = counters.effects.saturating_add(u32::from(effect));
    }
}

impl Counters {
    /// Begins the minute and the day anew where they are others than before.
    fn turn_to(&mut self, now: i64) {
        let minute = now.div_euclid(MINUTE);
        if self.minute == Some(minute) {
            return;
        }
        self.minute = Some(minute);
        self.calls = 0;
        let day = local_date(now);
        if self.day != day {
            self.day = day;
            self.effects = 0;
            self.people.clear();
        }
    }
}

fn until_midnight(now: i64) -> u32 {
    const DAY: i64 = 86_400_000_000;
    let local = now + 7 * 3_600_000_000;
    u32::try_from((DAY - local.rem_euclid(DAY)) / 1_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { calls_per_minute: 3, people_per_day: 2, effects_per_day: 1 };

    fn ask(budgets: &Budgets, person: &str, effect: bool, now: i64) -> Result<(), &'static str> {
        budgets.spend(Capability::Lodging, &BUDGET, "18880", Some(person), effect, now).map_err(|spent| spent.line)
    }

    #[test]
    fn the_fourth_call_of_a_minute_waits_for_the_next_one() {
        let budgets = Budgets::default();
        for _ in 0..3 {
            assert_eq!(ask(&budgets, "a", false, 0), Ok(()));
        }
        assert_eq!(ask(&budgets, "a", false, 1), Err("calls-per-minute"));
        assert_eq!(ask(&budgets, "a", false, MINUTE), Ok(()));
    }

    #[test]
    fn the_third_person_of_a_day_waits_for_tomorrow() {
        let budgets = Budgets::default();
        assert_eq!(ask(&budgets, "a", false, 0), Ok(()));
        assert_eq!(ask(&budgets, "b", false, MINUTE), Ok(()));
        assert_eq!(ask(&budgets, "c", false, 2 * MINUTE), Err("people-per-day"));
        assert_eq!(ask(&budgets, "b", false, 3 * MINUTE), Ok(()));
        assert_eq!(ask(&budgets, "c", false, 24 * 60 * MINUTE), Ok(()));
    }

    #[test]
    fn evidence_is_counted_by_the_minute() {
        let budgets = Budgets::with_evidence(100);
        budgets.weighs(99, 0);
        assert_eq!(budgets.evidence_spent(1), None);
        budgets.weighs(1, 1);
        assert_eq!(budgets.evidence_spent(MINUTE - 1_000_000), Some(std::time::Duration::from_secs(1)));
        assert_eq!(budgets.evidence_spent(MINUTE), None);
        budgets.weighs(99, MINUTE);
        assert_eq!(budgets.evidence_spent(MINUTE), None, "a new minute begins with nothing");
    }

    #[test]
    fn a_restart_fills_neither_the_minute_nor_the_day() {
        let (before, after) = (Budgets::default(), Budgets::default());
        let now = 3 * MINUTE + 7;
        for (person, at) in [("a", MINUTE), ("a", now - 2), ("b", now - 1)] {
            assert_eq!(ask(&before, person, false, at), Ok(()));
        }
        // The newest first, as the log is read.
        for (person, effect, at) in [("b", true, now - 1), ("a", false, now - 2), ("a", false, MINUTE)] {
            after.remember(Capability::Lodging, "18880", Some(person), effect, at, now);
        }
        after.remember(Capability::Lodging, "18880", Some("of yesterday"), true, now - 24 * 60 * MINUTE, now);
        assert_eq!(ask(&after, "a", false, now), Ok(()), "two of three calls of this minute are remembered");
        assert_eq!(ask(&after, "a", false, now), Err("calls-per-minute"));
        assert_eq!(ask(&after, "c", false, 4 * MINUTE), Err("people-per-day"));
        assert_eq!(ask(&after, "a", true, 4 * MINUTE), Err("effects-per-day"));
    }

    #[test]
    fn people_beside_the_first_are_counted_all_or_none() {
        let budgets = Budgets::default();
        let spend = |people: &[&str], now| {
            let more = people.iter().copied();
            budgets.spend_people(Capability::Population, &BUDGET, "18880", more, now).map_err(|spent| spent.line)
        };
        assert_eq!(spend(&["a", "b", "c"], 0), Err("people-per-day"));
        assert_eq!(spend(&["a", "b", "a"], 0), Ok(()));
        assert_eq!(spend(&["a", "b"], MINUTE), Ok(()), "who is counted costs nothing more");
        assert_eq!(spend(&["c"], MINUTE), Err("people-per-day"));
        assert_eq!(spend(&["c"], 24 * 60 * MINUTE), Ok(()));
    }

    #[test]
    fn effects_have_a_budget_of_their_own() {
        let budgets = Budgets::default();
        assert_eq!(ask(&budgets, "a", true, 0), Ok(()));
        assert_eq!(ask(&budgets, "a", true, MINUTE), Err("effects-per-day"));
        assert_eq!(ask(&budgets, "a", false, MINUTE), Ok(()));
    }
}
