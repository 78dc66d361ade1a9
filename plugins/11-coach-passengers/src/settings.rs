//! The department's settings, as `[config]` of the manifest declares them.

use pilothouse_sdk::prelude::*;
use serde::Deserialize;

use crate::rules::Night;

/// What the law's times are where a setting is no time: the plan's night and the morning of the Law on Residence.
const NIGHT_FROM: TimeOfDay = TimeOfDay::new(23, 0);
const NIGHT_UNTIL: TimeOfDay = TimeOfDay::new(5, 0);
/// Source: Law on Residence 68/2020/QH14, Article 30.
const MORNING: TimeOfDay = TimeOfDay::new(8, 0);

/// A coach of an operator.
#[derive(Clone, Debug, Deserialize)]
struct Fleet {
    operator: FacilityId,
    coach: FacilityId,
}

/// A route.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Route {
    code: String,
    pub(crate) km: u32,
}

/// The settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Settings {
    night_from: String,
    night_until: String,
    morning: String,
    pub(crate) long_km: u32,
    pub(crate) foreign_hours: u32,
    pub(crate) late_limit_hours: u32,
    pub(crate) same_boarding_minutes: u32,
    pub(crate) minors_with_adult: bool,
    pub(crate) unsent_minutes: u32,
    pub(crate) unclosed_hours: u32,
    pub(crate) police_phone: String,
    fleets: Vec<Fleet>,
    routes: Vec<Route>,
}

impl Settings {
    /// The night that makes a trip lodging.
    pub(crate) fn night(&self) -> Night {
        Night {
            from: TimeOfDay::parse(&self.night_from).unwrap_or(NIGHT_FROM),
            until: TimeOfDay::parse(&self.night_until).unwrap_or(NIGHT_UNTIL),
        }
    }

    /// By when the police want a list.
    pub(crate) fn morning(&self) -> TimeOfDay {
        TimeOfDay::parse(&self.morning).unwrap_or(MORNING)
    }

    /// The route of that code.
    pub(crate) fn route(&self, code: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.code == code)
    }

    /// Whether the department has entered any routes: until then none is unknown.
    pub(crate) fn knows_routes(&self) -> bool {
        !self.routes.is_empty()
    }

    /// Whether the coach is entered as the operator's. An operator without a fleet on record is not judged by it.
    pub(crate) fn runs(&self, operator: &FacilityId, coach: &FacilityId) -> bool {
        let mut fleet = self.fleets.iter().filter(|row| row.operator == *operator).peekable();
        fleet.peek().is_none() || fleet.any(|row| row.coach == *coach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        serde_json::from_str(
            r#"{"night-from":"23:00","night-until":"5h","morning":"08:00","long-km":300,"foreign-hours":12,"late-limit-hours":24,
            "same-boarding-minutes":10,"minors-with-adult":true,"unsent-minutes":30,"unclosed-hours":6,"police-phone":"113",
            "fleets":[{"operator":"coach-operator-001","coach":"coach-001"}],"routes":[{"code":"QB-HN","km":500}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_time_that_cannot_be_read_is_the_laws() {
        assert_eq!(settings().night(), Night { from: NIGHT_FROM, until: NIGHT_UNTIL });
    }

    #[test]
    fn a_coach_is_judged_only_by_a_fleet_that_is_on_record() {
        let id = |text| FacilityId::parse(text).unwrap();
        let runs = |operator, coach| settings().runs(&id(operator), &id(coach));
        assert!(runs("coach-operator-001", "coach-001") && !runs("coach-operator-001", "coach-002"));
        assert!(runs("coach-operator-002", "coach-002"));
    }
}
