//! Tonight's lodging as a commune's police sees it: how many notices each facility sent, in time, late, rejected, on their way.

use pilothouse_province::Facility;
use pilothouse_registry::UnitCode;
use pilothouse_runtime::capabilities::lodging::{OPEN_INDEX, STAYS_OWNER, STAYS_TABLE, StayRow};
use pilothouse_runtime::province::class_code;
use pilothouse_store::rows::{After, Scan};
use serde::Serialize;

use super::records::{DAY, day_start};
use super::{Caller, House, HouseError, now};

/// Classes of facilities that owe notices (Law 68/2020/QH14, Article 30).
const CLASSES: [&str; 3] = ["hotel", "guesthouse", "public-guest-house"];
/// Stays that are read at once.
const PAGE: u32 = 500;
/// Most stays of one facility that are looked at: the largest hotel has some 400 rooms, and rows are kept for 400 days.
const MOST: usize = 20_000;
/// A night is counted from noon to noon.
const NOON: i64 = DAY / 2;

/// A night's notices of one facility. Counts only: no guest is here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FacilityNight {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Guests who are there, whenever they came.
    pub staying: u64,
    /// Notices that the police took in time.
    pub in_time: u64,
    /// Notices that came late, or are owed and not there.
    pub late: u64,
    /// Notices that the police rejected.
    pub rejected: u64,
    /// Notices on their way, not due yet.
    pub waiting: u64,
}

/// A night in one commune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LodgingNight {
    /// The commune.
    pub unit: String,
    /// Its name with the code.
    pub unit_name: String,
    /// When the night began, microseconds UTC.
    pub since: i64,
    /// Its facilities, those with notices first.
    pub facilities: Vec<FacilityNight>,
}

impl House {
    /// The night of a commune. The look is recorded.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lodging_night(&self, by: &Caller, unit: &UnitCode) -> Result<LodgingNight, HouseError> {
        let at = now();
        let noon = day_start(at) + NOON;
        let since = if at < noon { noon - DAY } else { noon };
        self.keep_look(by, "lodging-night", unit.as_ref()).await?;
        let is_here = |facility: &&Facility| {
            facility.unit.to_string() == unit.as_str() && CLASSES.contains(&class_code(facility))
        };
        let mut facilities = Vec::new();
        for facility in self.province().facilities().iter().filter(is_here) {
            let mut night =
                FacilityNight { id: facility.id.clone(), name: facility.name.clone(), ..FacilityNight::default() };
            self.count_stays(&mut night, since, at).await?;
            facilities.push(night);
        }
        facilities.sort_by_key(|night| std::cmp::Reverse(night.in_time + night.late + night.rejected + night.waiting));
        Ok(LodgingNight { unit: unit.to_string(), unit_name: self.unit_name(unit.as_ref(), at), since, facilities })
    }

    async fn count_stays(&self, night: &mut FacilityNight, since: i64, at: i64) -> Result<(), HouseError> {
        let prefix = format!("{}/", night.id);
        let mut after: Option<(String, String)> = None;
        for _ in 0..MOST / PAGE as usize {
            let scan = Scan {
                pilot: STAYS_OWNER,
                table: STAYS_TABLE,
                index: OPEN_INDEX,
                prefix: &prefix,
                after: after.as_ref().map(|(index_value, key)| After { index_value, key }),
                limit: PAGE,
            };
            let found = self.0.store.rows().scan(scan).await?;
            for row in &found {
                if let Ok(stay) = serde_json::from_slice::<StayRow>(&row.row.value) {
                    count(night, &stay, since, at);
                }
            }
            match found.into_iter().last() {
                Some(last) => after = Some((last.index_value, last.row.key)),
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

fn count(night: &mut FacilityNight, stay: &StayRow, since: i64, at: i64) {
    if stay.state == "cancelled" {
        return;
    }
    night.staying += u64::from(stay.is_open());
    if stay.arrived < since {
        return;
    }
    match (stay.accepted_at, stay.state.as_str()) {
        (Some(accepted), _) if accepted <= stay.due => night.in_time += 1,
        (None, "rejected") => night.rejected += 1,
        (Some(_), _) => night.late += 1,
        (None, _) if stay.due < at => night.late += 1,
        (None, _) => night.waiting += 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(state: &str, accepted_at: Option<i64>) -> StayRow {
        StayRow {
            pilot: "lodging-hotels".into(),
            facility: "hotel-001".into(),
            reference: "S-1".into(),
            state: state.into(),
            code: None,
            arrived: 100,
            due: 200,
            accepted_at,
            expected_leave: None,
            guest: "p-1".into(),
            amendments: 0,
        }
    }

    fn counted(stay: &StayRow, since: i64, at: i64) -> [u64; 5] {
        let mut night = FacilityNight::default();
        count(&mut night, stay, since, at);
        [night.staying, night.in_time, night.late, night.rejected, night.waiting]
    }

    #[test]
    fn a_notice_is_late_when_it_came_after_its_time_or_is_owed_and_not_there() {
        assert_eq!(counted(&stay("accepted", Some(200)), 0, 300), [1, 1, 0, 0, 0]);
        assert_eq!(counted(&stay("accepted", Some(201)), 0, 300), [1, 0, 1, 0, 0]);
        assert_eq!(counted(&stay("queued", None), 0, 300), [1, 0, 1, 0, 0]);
        assert_eq!(counted(&stay("queued", None), 0, 150), [1, 0, 0, 0, 1]);
        assert_eq!(counted(&stay("rejected", None), 0, 150), [1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_stay_of_an_earlier_night_is_a_guest_and_no_notice_of_tonight() {
        assert_eq!(counted(&stay("accepted", Some(150)), 101, 300), [1, 0, 0, 0, 0]);
        assert_eq!(counted(&stay("closed", Some(150)), 0, 300), [0, 1, 0, 0, 0]);
        assert_eq!(counted(&stay("cancelled", None), 0, 300), [0; 5]);
    }
}
