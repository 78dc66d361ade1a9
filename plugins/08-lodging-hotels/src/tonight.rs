//! What is open at a facility tonight: what the police do not have yet, what they rejected, what the desk still has to ask, and what is at stake.

use std::collections::BTreeMap;

use pilothouse_sdk::lodging::{Notice, NoticeState};
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::house::House;
use crate::rules;
use crate::stays::{self, HOUSES, STAYS, Standing, Stay};

/// Most open stays that are looked at: the largest hotel of the province has some 400 rooms.
const MOST_OPEN: usize = 1_000;
/// Open stays that the host hands over at once.
const STAYS_A_PAGE: usize = 200;
/// Most references in each list; the counts go on.
const MOST_NAMED: usize = 200;

/// A facility's evening.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TonightOf {
    /// The desk's own facility, where left out.
    facility: Option<FacilityId>,
}

/// What is open. Each list names at most 200 stays.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Tonight {
    /// Open stays.
    open: usize,
    /// Of these, such as the police do not have.
    unsent: usize,
    /// Of these, such as are overdue.
    overdue: usize,
    /// The next time by which the police want one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<Instant>,
    rejected: Vec<Rejected>,
    /// Stays whose notice cannot be sent: the desk phones.
    by_phone: Vec<String>,
    /// Guests registered without identity.
    without_identity: Vec<String>,
    /// Guests who meant to be gone: stayed or left?
    stayed_or_left: Vec<String>,
    /// The fine at stake for guests whom the police do not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<Exposure>,
    /// The same for foreigners.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure_foreign: Option<Exposure>,
    /// When the facility was last reminded.
    #[serde(skip_serializing_if = "Option::is_none")]
    reminded: Option<Instant>,
}

/// A notice that the police rejected.
#[derive(Debug, Serialize, JsonSchema)]
struct Rejected {
    stay_ref: String,
    /// The police's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// What the desk does, as a code of the next steps.
    fix: &'static str,
}

/// The class of fine at stake (Decree 282/2025/NĐ-CP, Article 10).
#[derive(Debug, Serialize, JsonSchema)]
struct Exposure {
    guests: usize,
    /// In đồng.
    least: Money,
    /// In đồng.
    most: Money,
}

/// What is added up on the way.
struct Sum {
    tonight: Tonight,
    at: Instant,
    unsent_foreign: usize,
}

impl Sum {
    fn unsent(&mut self, due: Instant, is_foreign: bool) {
        self.tonight.unsent += 1;
        self.unsent_foreign += usize::from(is_foreign);
        if due < self.at {
            self.tonight.overdue += 1;
        } else {
            self.tonight.next_due = Some(self.tonight.next_due.map_or(due, |next| next.min(due)));
        }
    }

    /// One stay as the host knows it, and as this pilot remembers it.
    fn notified(&mut self, reference: &str, notice: &Notice, remembered: Option<&Stay>) {
        self.tonight.open += 1;
        if notice.accepted_at.is_some() {
            return;
        }
        self.unsent(notice.due, remembered.is_some_and(|stay| stay.is_foreign));
        if notice.state == NoticeState::Rejected && self.tonight.rejected.len() < MOST_NAMED {
            let stay_ref = remembered.map_or(reference, |stay| stay.stay.as_str()).to_owned();
            let fix = rules::fix(notice.code.as_deref());
            self.tonight.rejected.push(Rejected { stay_ref, code: notice.code.clone(), fix });
        }
    }
}

fn name(list: &mut Vec<String>, stay: &Stay) {
    if list.len() < MOST_NAMED {
        list.push(stay.stay.to_string());
    }
}

/// The evening of a facility.
pub(crate) fn tonight(occasion: &Occasion, req: TonightOf) -> Result<Outcome<Tonight>, Refusal> {
    let house = House::of(occasion, req.facility.as_ref())?;
    let at = occasion.at();
    let mut sum = Sum { tonight: Tonight::default(), at, unsent_foreign: 0 };
    // What this pilot remembers, by the reference under which the police know it. Without its tables the host's list stands alone.
    let rows = STAYS.first(MOST_OPEN, "open", &stays::of_facility(&house.id)).unwrap_or_default();
    let remembered: BTreeMap<&str, &Stay> = rows.iter().map(|row| (row.value.notice.as_str(), &row.value)).collect();
    let police_answer = match open_at_police(&house.id) {
        Ok(open) => {
            for (reference, notice) in &open {
                sum.notified(reference, notice, remembered.get(reference.as_str()).copied());
            }
            true
        }
        Err(_) => false,
    };
    for stay in remembered.values() {
        let is_only_here = matches!(stay.standing, Standing::Waiting | Standing::ByPhone);
        if is_only_here || !police_answer {
            sum.tonight.open += 1;
        }
        if is_only_here || (!police_answer && stay.standing != Standing::Settled) {
            sum.unsent(stay.due, stay.is_foreign);
        }
        if stay.standing == Standing::ByPhone {
            name(&mut sum.tonight.by_phone, stay);
        }
        if stay.is_unnamed {
            name(&mut sum.tonight.without_identity, stay);
        }
        if stay.is_asked {
            name(&mut sum.tonight.stayed_or_left, stay);
        }
    }
    let Sum { mut tonight, unsent_foreign, .. } = sum;
    tonight.reminded = HOUSES.get(house.id.as_str()).ok().flatten().and_then(|row| row.value.reminded);
    let exposure = |guests: usize, are_foreign| {
        let (least, most) = rules::fine(guests, are_foreign, at.date())?;
        Some(Exposure { guests, least, most })
    };
    tonight.exposure = exposure(tonight.unsent.saturating_sub(unsent_foreign), false);
    tonight.exposure_foreign = exposure(unsent_foreign, true);
    Ok(worded(tonight, police_answer))
}

fn worded(tonight: Tonight, police_answer: bool) -> Outcome<Tonight> {
    let (open, unsent) = (tonight.open.to_text(), tonight.unsent.to_text());
    let is_clear = tonight.unsent == 0 && police_answer;
    let mut fixes: Vec<&'static str> = tonight.rejected.iter().map(|rejected| rejected.fix).collect();
    if !tonight.by_phone.is_empty() {
        fixes.push("phone-police");
    }
    fixes.sort_unstable();
    fixes.dedup();
    let (has_rejected, has_unnamed) = (!tonight.rejected.is_empty(), !tonight.without_identity.is_empty());
    let (has_asked, has_overdue) = (!tonight.stayed_or_left.is_empty(), tonight.overdue > 0);
    let mut outcome = Outcome::with_data("tonight", tonight).codes([], fixes);
    if !police_answer {
        outcome = outcome.reason("police-state-unknown");
    }
    if has_overdue {
        outcome = outcome.reason("overdue");
    }
    if has_rejected {
        outcome = outcome.reason("rejected");
    }
    if has_unnamed {
        outcome = outcome.reason("without-identity").next("ask-for-identity");
    }
    if has_asked {
        outcome = outcome.reason("stayed-or-left").next("depart-or-amend");
    }
    if is_clear {
        outcome.say("tonight-clear", [("open", open)])
    } else {
        outcome.say("tonight-unsent", [("open", open), ("unsent", unsent)])
    }
}

/// The facility's open stays as the host knows them.
fn open_at_police(facility: &FacilityId) -> Result<Vec<(String, Notice)>, Denial> {
    let mut open: Vec<(String, Notice)> = Vec::new();
    while open.len() < MOST_OPEN {
        let page = lodging::open_stays(facility, open.last().map(|(reference, _)| reference.as_str()))?;
        let is_last = page.len() < STAYS_A_PAGE;
        open.extend(page);
        if is_last {
            break;
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(state: NoticeState, due: &str) -> Notice {
        let due = Instant::parse(due).unwrap();
        let (arrived, accepted_at) = (due.plus_hours(-1), (state == NoticeState::Accepted).then_some(due));
        Notice { state, code: None, arrived, due, accepted_at, expected_leave: None }
    }

    #[test]
    fn what_the_police_do_not_have_is_unsent_and_the_next_due_time_is_ahead() {
        let at = Instant::parse("2026-03-03T00:10:00+07:00").unwrap();
        let mut sum = Sum { tonight: Tonight::default(), at, unsent_foreign: 0 };
        sum.notified("S-1", &notice(NoticeState::Queued, "2026-03-02T23:00:00+07:00"), None);
        sum.notified("S-2", &notice(NoticeState::Accepted, "2026-03-02T23:00:00+07:00"), None);
        sum.notified("S-3", &notice(NoticeState::Rejected, "2026-03-03T08:00:00+07:00"), None);
        let tonight = sum.tonight;
        assert_eq!((tonight.open, tonight.unsent, tonight.overdue), (3, 2, 1));
        assert_eq!(tonight.next_due.map(|due| due.to_string()).as_deref(), Some("2026-03-03T08:00:00+07:00"));
        assert_eq!(
            tonight.rejected.iter().map(|r| (r.stay_ref.as_str(), r.fix)).collect::<Vec<_>>(),
            [("S-3", "phone-police")]
        );
    }
}
