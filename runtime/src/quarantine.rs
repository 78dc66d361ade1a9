//! Taking a pilot that keeps failing out of service for a while, and longer each time.

use std::sync::Mutex;
use std::time::Duration;

/// Faults in a row after which a pilot is set aside. One bad input may trap a guest; five different calls in a row are the guest.
pub const FAULTS_IN_A_ROW: u32 = 5;
/// Faults in a row after which one that was set aside before is set aside again: it has still to show that it is well.
pub const FAULTS_AFTER_A_PAUSE: u32 = 3;
/// First time out; doubles with every further one.
pub const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest time out: an operator has looked by then.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Whether one pilot version may be called now.
#[derive(Debug, Default)]
pub struct Quarantine(Mutex<State>);

#[derive(Debug, Default, Clone, Copy)]
struct State {
    faults: u32,
    pauses: u32,
    until: i64,
}

/// The pilot is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAside {
    /// Until when; microseconds since 1970, UTC.
    pub until: i64,
}

impl Quarantine {
    /// Asks whether a call may start at `now`.
    ///
    /// # Errors
    /// `SetAside` with the time at which the next call is let through.
    pub fn admit(&self, now: i64) -> Result<(), SetAside> {
        let state = self.state();
        if now < state.until { Err(SetAside { until: state.until }) } else { Ok(()) }
    }

    /// A call ended well: the count starts again, the back-off too.
    pub fn went_well(&self) {
        let mut state = self.lock();
        if state.faults != 0 || state.pauses != 0 {
            *state = State::default();
        }
    }

    /// A call ended with a fault of the guest. Answers the pause where this one began it.
    pub fn failed(&self, now: i64) -> Option<SetAside> {
        let mut state = self.lock();
        // Of a call that was let in before the pause: what it says was said.
        if now < state.until {
            return None;
        }
        state.faults = state.faults.saturating_add(1);
        let allowed = if state.pauses == 0 { FAULTS_IN_A_ROW } else { FAULTS_AFTER_A_PAUSE };
        if state.faults < allowed {
            return None;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << state.pauses.min(10)).min(LONGEST_PAUSE);
        state.faults = 0;
        state.pauses = state.pauses.saturating_add(1);
        state.until = now.saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX));
        Some(SetAside { until: state.until })
    }

    /// An operator lifts it.
    pub fn lift(&self) {
        *self.lock() = State::default();
    }

    fn state(&self) -> State {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_call_between_good_ones_sets_nobody_aside() {
        let quarantine = Quarantine::default();
        for _ in 0..20 {
            assert_eq!(quarantine.failed(0), None);
            quarantine.went_well();
        }
        assert_eq!(quarantine.admit(0), Ok(()));
    }

    #[test]
    fn the_pause_doubles_until_a_call_goes_well() {
        let quarantine = Quarantine::default();
        for _ in 1..FAULTS_IN_A_ROW {
            assert_eq!(quarantine.failed(0), None);
        }
        assert_eq!(quarantine.failed(0), Some(SetAside { until: 5_000_000 }));
        assert_eq!(quarantine.admit(4_999_999), Err(SetAside { until: 5_000_000 }));
        assert_eq!(quarantine.failed(4_999_999), None, "a call that was under way lengthens no pause");
        assert_eq!(quarantine.admit(5_000_000), Ok(()));
        for _ in 1..FAULTS_AFTER_A_PAUSE {
            assert_eq!(quarantine.failed(5_000_000), None);
            assert_eq!(quarantine.admit(5_000_000), Ok(()));
        }
        assert_eq!(quarantine.failed(5_000_000), Some(SetAside { until: 15_000_000 }));
        quarantine.went_well();
        assert_eq!(quarantine.failed(15_000_000), None);
    }
}
