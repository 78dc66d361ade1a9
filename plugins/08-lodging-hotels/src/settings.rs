//! The department's settings, as `[config]` of the manifest declares them.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules::{AtCutoff, Clock};

/// What the desk does about a notice that is late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LatePolicy {
    /// Send it, marked late.
    SendAndMark,
    /// Send it, marked late, and phone too.
    SendAndPhone,
}

/// What a card means that is shown and no longer valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InvalidCard {
    /// Notify, and ask for a valid one.
    Notify,
    /// Ask for a valid one first; the notice goes out when the desk confirms.
    AskFirst,
}

/// One row of the dated clocks.
#[derive(Clone, Debug, Deserialize)]
struct ClockRow {
    from: String,
    cutoff: String,
    morning: String,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    clocks: Vec<ClockRow>,
    pub(crate) at_cutoff: AtCutoff,
    pub(crate) foreign_hours: u32,
    remote_units: Vec<String>,
    pub(crate) silent_days: u16,
    pub(crate) late_policy: LatePolicy,
    remind_at: Vec<String>,
    pub(crate) police_phone: String,
    pub(crate) min_assurance: Assurance,
    pub(crate) invalid_card: InvalidCard,
    pub(crate) minors_with_adult: bool,
    pub(crate) room_places: u32,
    pub(crate) reading_reason: u8,
}

/// How long after its time a reminder still goes out: six rounds.
const REMINDING_SECONDS: i64 = 3_600;

impl Settings {
    /// The dated clocks. A row that is no clock is left out: what the law says then stands.
    pub(crate) fn clocks(&self) -> Vec<Clock> {
        let clock = |row: &ClockRow| {
            Some(Clock {
                from: Date::parse(&row.from).ok()?,
                cutoff: TimeOfDay::parse(&row.cutoff)?,
                morning: TimeOfDay::parse(&row.morning)?,
            })
        };
        self.clocks.iter().filter_map(clock).collect()
    }

    /// Whether the notice of a foreigner has 24 hours there.
    pub(crate) fn is_remote(&self, unit: Option<&UnitCode>) -> bool {
        unit.is_some_and(|unit| self.remote_units.iter().any(|remote| remote == unit.as_str()))
    }

    /// The time of this day from which on facilities are reminded now, for an hour: one round may not reach them all.
    pub(crate) fn reminding_since(&self, at: Instant) -> Option<Instant> {
        let times = self.remind_at.iter().filter_map(|text| TimeOfDay::parse(text)).map(|time| time.on(at.date()));
        times.filter(|since| (0..REMINDING_SECONDS).contains(&at.seconds_since(*since))).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_read_is_left_out() {
        let row = |from: &str| ClockRow { from: from.into(), cutoff: "23:00".into(), morning: "08:00".into() };
        let settings = Settings {
            clocks: vec![row("2021-07-01"), row("1/7/2026")],
            at_cutoff: AtCutoff::After,
            foreign_hours: 12,
            remote_units: vec!["18880".into()],
            silent_days: 7,
            late_policy: LatePolicy::SendAndMark,
            remind_at: vec!["21:30".into(), "late".into()],
            police_phone: "113".into(),
            min_assurance: Assurance::Possession,
            invalid_card: InvalidCard::Notify,
            minors_with_adult: true,
            room_places: 4,
            reading_reason: 1,
        };
        assert_eq!(settings.clocks().len(), 1);
        let since = |at: &str| settings.reminding_since(Instant::parse(at).unwrap()).map(|since| since.to_string());
        for at in ["2026-03-02T21:30:00+07:00", "2026-03-02T21:40:00+07:00", "2026-03-02T22:20:00+07:00"] {
            assert_eq!(since(at).as_deref(), Some("2026-03-02T21:30:00+07:00"), "{at}");
        }
        assert_eq!(since("2026-03-02T22:30:00+07:00"), None);
        assert_eq!(since("2026-03-02T21:20:00+07:00"), None);
        assert!(settings.is_remote(UnitCode::parse("18880").ok().as_ref()) && !settings.is_remote(None));
    }
}
