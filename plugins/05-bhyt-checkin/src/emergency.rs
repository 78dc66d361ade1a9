//! An emergency is admitted, whatever fails: no system, no clock and no full budget stands before the patient. What could not be kept or
//! asked, the desk is told to keep on paper.

use pilothouse_sdk::prelude::*;

use crate::answer::Answer;
use crate::arrival::{Arrival, Desk, in_emergency, is_open, report};
use crate::rules::{self, ByPaper, Timeliness};
use crate::settings::Settings;
use crate::visits::{self, LATER, Later, TAPS, Taps, VISITS, Visit};

/// Checks an emergency in. Answers what an admission needs; nothing that fails on the way is an error of this.
pub(crate) fn arrive(occasion: &Occasion, arrival: &Arrival) -> Answer {
    let settings: Option<Settings> = settings().ok();
    let place = Desk::in_emergency(occasion).zip(occasion.reference().ok());
    let person = arrival.patient.pseudonym().ok();
    let taps_key = person.as_ref().zip(place.as_ref());
    let taps_key = taps_key.map(|(person, (desk, _))| visits::taps_key(person, &desk.facility, arrival.day()));
    let taps = taps_key.as_ref().and_then(|key| TAPS.get(key).ok().flatten());
    let window = settings.as_ref().map_or(0, |settings| settings.double_tap_seconds);
    if let Some(first) = taps.as_ref().and_then(|row| row.value.visit_at(arrival.captured, window))
        && let Some((desk, _)) = &place
        && let Ok(Some(row)) = VISITS.get(&visits::key(&desk.facility, first))
        && row.value.kind == arrival.kind
    {
        return row.value.answer.reason("double-tap");
    }

    let mut answer = match arrival.patient.kind() {
        Ok(PersonKind::Citizen | PersonKind::Foreigner) => in_emergency(arrival),
        Ok(PersonKind::Unidentified) if rules::by_paper(arrival.paper) == ByPaper::Child => {
            Answer::admit_child(rules::LEVEL_UNDER_SIX)
        }
        Ok(PersonKind::Unidentified) | Err(_) => Answer::admit_emergency(),
    };
    let late_limit = settings.as_ref().map_or(u32::MAX, |settings| settings.late_limit_hours);
    match rules::timeliness(arrival.captured, occasion.at(), late_limit) {
        Timeliness::InTime => {}
        Timeliness::TooLate => answer = answer.reason("read-late"),
        Timeliness::ClockAhead => answer = answer.reason("clock-ahead").next("set-reader-clock"),
    }
    let Some((desk, visit)) = place else { return on_paper(answer) };
    answer.data.visit = visit.to_string();
    let is_kept = keep(arrival, &desk, &visit, person.as_ref(), &answer).is_ok();
    if let Some(key) = taps_key.filter(|_| is_kept) {
        let mut taps = taps.map(|row| row.value).unwrap_or_default();
        Taps::add(&mut taps, arrival.captured, visit.as_str());
        // A tap that is not remembered makes two visits of one, and sends nobody away.
        let _ = TAPS.put(&key, &taps);
    }
    // Counts wait until the desk has a moment.
    let _ = report(arrival, &desk);
    if is_kept { answer } else { on_paper(answer) }
}

fn on_paper(answer: Answer) -> Answer {
    answer.reason("not-kept").next("keep-on-paper")
}

fn keep(
    arrival: &Arrival,
    desk: &Desk,
    visit: &Ref,
    person: Option<&Pseudonym>,
    answer: &Answer,
) -> Result<(), Denial> {
    let key = visits::key(&desk.facility, visit.as_str());
    let kept = Visit {
        facility: desk.facility.clone(),
        visit: visit.to_string(),
        person: person.cloned(),
        captured: arrival.captured,
        kind: arrival.kind,
        method: arrival.method,
        answer: answer.clone(),
        closed: None,
    };
    VISITS.insert(&key, &kept)?;
    if is_open(answer) {
        let later = Later {
            facility: desk.facility.clone(),
            visit: visit.to_string(),
            person: person.cloned(),
            sealed: arrival.patient.seal().ok(),
            opened: arrival.day(),
            overdue: false,
        };
        LATER.put(&key, &later)?;
        reporting::count("verify-later-opened", 1);
    }
    Ok(())
}
