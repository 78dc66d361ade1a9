//! What the pilot remembers: stays, facilities, and what waits to be handed over. Pseudonyms and sealed references, no identity.

use pilothouse_sdk::lodging::CancelReason;
use pilothouse_sdk::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) const STAYS: Table<Stay> = Table::named("stays");
pub(crate) const LATER: Table<Later> = Table::named("later");
pub(crate) const HOUSES: Table<HouseRow> = Table::named("houses");

/// Key of a stay.
pub(crate) fn key(facility: &FacilityId, stay: &Ref) -> String {
    format!("{facility}/{stay}")
}

/// Beginning of the index `open` of a facility's open stays.
pub(crate) fn of_facility(facility: &FacilityId) -> String {
    format!("{facility}/")
}

/// Index value of a room. Ends in a slash, so that room 20 is not the beginning of room 204.
pub(crate) fn room_key(facility: &FacilityId, room: &str) -> String {
    format!("{facility}/{room}/")
}

/// Beginning of the values of the index `unsettled` of what was never handed over or was rejected; those of what is out begin with a year.
pub(crate) const OWED: &str = "~";
/// Beginning of those of what is out: the years of this millennium.
pub(crate) const OUT: &str = "2";

fn owed_by(facility: &FacilityId) -> String {
    format!("{OWED}{facility}/")
}

/// Beginning of the index `day` of a facility's arrivals of one day; what follows is the time, so that they come in order.
pub(crate) fn day_prefix(facility: &FacilityId, day: Date) -> String {
    format!("{facility}/{day}/")
}

/// Whether the guest is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Presence {
    Here,
    Left,
    Cancelled,
}

/// How far the notice has come, as far as this pilot was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Standing {
    /// It could not be handed over yet.
    Waiting,
    /// It was handed over, and the police have not answered.
    Sent,
    /// The police have it.
    Settled,
    /// The police rejected it.
    Rejected,
    /// It cannot be handed over: the desk phones.
    ByPhone,
}

/// A stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stay {
    pub(crate) facility: FacilityId,
    pub(crate) stay: Ref,
    /// Under which reference the police know it: another one after the guest was corrected.
    pub(crate) notice: Ref,
    /// How many notices there were.
    pub(crate) notices: u32,
    pub(crate) guest: Pseudonym,
    /// For the inspection's sheet. None for someone without a number.
    pub(crate) sealed: Option<SealedPerson>,
    pub(crate) is_foreign: bool,
    /// The adult with whom a minor came.
    pub(crate) with_adult: Option<Pseudonym>,
    /// Registered without identity: the desk is reminded to ask.
    pub(crate) is_unnamed: bool,
    /// The guest is open at another facility too. Told to the police only.
    pub(crate) is_elsewhere: bool,
    pub(crate) room: String,
    pub(crate) arrived: Instant,
    pub(crate) expected_leave: Option<Date>,
    pub(crate) reason: u8,
    pub(crate) permitted_until: Option<Date>,
    pub(crate) due: Instant,
    /// When the desk's entry reached the host.
    pub(crate) entered: Instant,
    pub(crate) presence: Presence,
    pub(crate) left: Option<Instant>,
    pub(crate) standing: Standing,
    /// The expected leave has passed: the desk is asked whether the guest stayed or left.
    pub(crate) is_asked: bool,
    /// Changes that wait to be handed over, and how many there ever were.
    pub(crate) waiting: u32,
    pub(crate) kept: u32,
}

impl Record for Stay {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut indexes = vec![("day", format!("{}{}", day_prefix(&self.facility, self.arrived.date()), self.arrived))];
        match self.standing {
            Standing::Sent => indexes.push(("unsettled", self.due.to_string())),
            // What the police do not have and will not get without the desk: found by facility, behind all that is out.
            Standing::Waiting | Standing::ByPhone | Standing::Rejected if self.presence != Presence::Cancelled => {
                indexes.push(("unsettled", owed_by(&self.facility)));
            }
            _ => {}
        }
        if self.presence != Presence::Here {
            return indexes;
        }
        indexes.push(("open", key(&self.facility, &self.stay)));
        indexes.push(("guest", self.guest.to_string()));
        indexes.push(("room", room_key(&self.facility, &self.room)));
        if let Some(leave) = self.expected_leave.filter(|_| !self.is_asked) {
            indexes.push(("leave", leave.to_string()));
        }
        if self.is_unnamed {
            indexes.push(("unnamed", self.facility.to_string()));
        }
        indexes
    }
}

/// What waits to be handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Notice { person: SealedPerson, reason_text: Option<String> },
    Amend { room: Option<String>, expected_leave: Option<Date> },
    Depart { left: Instant },
    Cancel { why: CancelReason },
}

/// A change that could not be handed over when it was made. Never dropped: the clock of the law runs on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Later {
    pub(crate) facility: FacilityId,
    pub(crate) stay: Ref,
    pub(crate) notice: Ref,
    pub(crate) since: Instant,
    pub(crate) change: Change,
}

impl Record for Later {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("since", self.since.to_string()), ("stay", room_key(&self.facility, self.stay.as_str()))]
    }
}

impl Stay {
    /// Keeps a change of this stay until it can be handed over. The stay is to be written afterwards.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) fn keep(&mut self, since: Instant, change: Change) -> Result<(), Denial> {
        let (facility, stay, notice) = (self.facility.clone(), self.stay.clone(), self.notice.clone());
        let row = Later { facility, stay, notice, since, change };
        // Four digits, so that changes of one instant keep their order.
        LATER.insert(&format!("{}/{:04}", key(&self.facility, &self.stay), self.kept), &row)?;
        self.kept += 1;
        self.waiting += 1;
        Ok(())
    }

    /// Forgets what waits of this stay.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) fn forget_waiting(&mut self) -> Result<(), Denial> {
        let stay = room_key(&self.facility, self.stay.as_str());
        for row in LATER.first(self.waiting as usize, "stay", &stay)? {
            // A reference may have slashes, so the beginning alone does not tell.
            if row.value.stay == self.stay {
                LATER.remove(&row)?;
            }
        }
        self.waiting = 0;
        Ok(())
    }
}

/// A facility that has notified.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HouseRow {
    pub(crate) facility: FacilityId,
    pub(crate) unit: Option<UnitCode>,
    pub(crate) since: Date,
    /// Day of its last notice.
    pub(crate) last: Date,
    /// Since when it stands on the police's list of silent facilities.
    pub(crate) listed: Option<Date>,
    /// When it was last reminded of what is open.
    pub(crate) reminded: Option<Instant>,
    /// It is licensed and has never notified; its silence counts from `last`, when it was first seen.
    #[serde(default)]
    pub(crate) is_new: bool,
    /// When a morning last found that it may take no guests: it is looked at again when it has been silent for as long.
    #[serde(default)]
    pub(crate) looked_at: Option<Date>,
}

impl HouseRow {
    /// Since when nothing was heard of it, nor was there a reason to.
    pub(crate) fn quiet_since(&self) -> Date {
        self.looked_at.map_or(self.last, |looked| looked.max(self.last))
    }
}

impl Record for HouseRow {
    fn indexes(&self) -> Vec<(&'static str, String)> {
        match (self.listed, &self.unit) {
            (None, _) => vec![("last", self.quiet_since().to_string())],
            (Some(_), Some(unit)) => vec![("listed", format!("{unit}/{}", self.facility))],
            (Some(_), None) => vec![("listed", self.facility.to_string())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay() -> Stay {
        let reference = Ref::parse("S-1").unwrap();
        let arrived = Instant::parse("2026-03-02T21:40:00+07:00").unwrap();
        Stay {
            facility: FacilityId::parse("hotel-001").unwrap(),
            stay: reference.clone(),
            notice: reference,
            notices: 1,
            guest: serde_json::from_str("\"abcdefghijklmnopqrstuvwxyz\"").unwrap(),
            sealed: None,
            is_foreign: false,
            with_adult: None,
            is_unnamed: true,
            is_elsewhere: false,
            room: "204".into(),
            arrived,
            expected_leave: Some(arrived.date().plus_days(1)),
            reason: 1,
            permitted_until: None,
            due: arrived.date().at(23, 0),
            entered: arrived,
            presence: Presence::Here,
            left: None,
            standing: Standing::Sent,
            is_asked: false,
            waiting: 0,
            kept: 0,
        }
    }

    fn names(stay: &Stay) -> Vec<&'static str> {
        stay.indexes().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn an_open_stay_is_found_in_every_way() {
        assert_eq!(names(&stay()), ["day", "unsettled", "open", "guest", "room", "leave", "unnamed"]);
    }

    #[test]
    fn a_stay_that_is_over_is_found_by_its_day_only_once_its_notice_is_settled() {
        let mut over = stay();
        over.presence = Presence::Left;
        assert_eq!(names(&over), ["day", "unsettled"]);
        over.standing = Standing::Settled;
        assert_eq!(names(&over), ["day"]);
    }

    #[test]
    fn what_the_police_do_not_have_is_found_apart_from_what_is_out() {
        for standing in [Standing::Waiting, Standing::ByPhone, Standing::Rejected] {
            let mut owed = Stay { standing, ..stay() };
            let value = |stay: &Stay| {
                stay.indexes().into_iter().find(|(index, _)| *index == "unsettled").map(|(_, value)| value)
            };
            assert_eq!(value(&owed).as_deref(), Some("~hotel-001/"), "{standing:?}");
            assert!(value(&stay()).unwrap().starts_with(OUT));
            owed.presence = Presence::Cancelled;
            assert_eq!(value(&owed), None);
        }
    }

    #[test]
    fn who_was_asked_is_not_asked_again() {
        let mut asked = stay();
        asked.is_asked = true;
        assert!(!names(&asked).contains(&"leave"));
    }

    #[test]
    fn a_room_is_not_the_beginning_of_another() {
        let facility = FacilityId::parse("hotel-001").unwrap();
        assert!(!room_key(&facility, "204").starts_with(&room_key(&facility, "20")));
    }
}
