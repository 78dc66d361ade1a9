//! A guest arrives: the notice goes to the police, and the desk reads by when the law wants it.

use pilothouse_sdk::lodging::NoticeState;
use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::{Answer, Counted, Decision, Noted, Noticed, guests};
use crate::desk::{Desk, Notice};
use crate::guests::{Guest, Said, look};
use crate::rules::{self, Declared, Mistake, Question, Way};
use crate::stays::{self, Presence, STAYS, Standing, Stay};

/// Open stays of one guest that are looked at: nobody sleeps in more places in good faith.
const MOST_OPEN_OF_A_GUEST: u32 = 8;

/// A guest as the desk enters it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arrive {
    /// The facility's own number of the stay.
    pub(crate) stay_ref: Ref,
    /// The desk's own facility, where left out.
    pub(crate) facility: Option<FacilityId>,
    pub(crate) guest: Person,
    /// At most 12 characters.
    #[schemars(length(min = 1, max = 12))]
    pub(crate) room: String,
    /// When the guest arrived; now, where left out.
    pub(crate) arrived: Option<Instant>,
    pub(crate) expected_leave: Option<Date>,
    /// Reason 1 to 20 of the police portal's list.
    #[schemars(range(min = 1, max = 20))]
    pub(crate) reason: u8,
    /// Needed with reason 20.
    #[schemars(length(min = 1, max = 200))]
    pub(crate) reason_text: Option<String>,
    /// For foreigners: the permitted stay, from visa or stamp.
    pub(crate) permitted_until: Option<Date>,
    /// For foreigners: the passport's expiry, to tell the two dates apart.
    pub(crate) passport_until: Option<Date>,
    /// The guest is under 18, as the desk sees.
    #[serde(default)]
    pub(crate) minor: bool,
    /// The adult with whom a minor came.
    pub(crate) with_adult: Option<Person>,
    /// The desk has answered the question; the entry stands.
    #[serde(default)]
    pub(crate) confirmed: bool,
}

impl Desk {
    /// Enters one guest.
    ///
    /// # Errors
    /// A mistake in the entry, named by its field; `conflict` where the reference has another stay.
    pub(crate) fn enter(&mut self, req: &Arrive) -> Result<Answer, Refusal> {
        let arrived = req.arrived.unwrap_or(self.captured);
        let mistake = rules::room_mistake(&req.room)
            .or_else(|| rules::reason_mistake(req.reason, req.reason_text.as_deref()))
            .or_else(|| rules::times_mistake(arrived, req.expected_leave, self.at));
        if let Some(mistake) = mistake {
            return Err(refused(mistake));
        }
        let way = rules::way(arrived, self.at.date());
        if way == Way::Paper {
            return Ok(Answer::on_paper("too-old", None));
        }
        if let Some(adult) = &req.with_adult
            && req.guest.same(adult).unwrap_or(false)
        {
            return Err(Refusal::invalid("/with_adult", "nobody accompanies themselves: name the adult"));
        }
        let guest = req.guest.pseudonym().ok();
        // A table that does not answer keeps no notice back: the police know a stay by its reference.
        let before = STAYS.get(&stays::key(&self.house.id, &req.stay_ref)).unwrap_or(None);
        if let Some(before) = &before {
            let is_same = Some(&before.value.guest) == guest.as_ref() && before.value.arrived == arrived;
            if !is_same || before.value.presence != Presence::Here {
                return Err(Refusal::conflict("this reference has another stay: choose a new one").at("/stay_ref"));
            }
            return Ok(again(&before.value));
        }
        let seen = match self.question(req) {
            Ok(seen) => seen,
            Err(answer) => return Ok(*answer),
        };
        let is_elsewhere = match self.open_elsewhere(guest.as_ref(), arrived, req.confirmed) {
            Ok(is_elsewhere) => is_elsewhere,
            Err(answer) => return Ok(*answer),
        };
        let due = self.due(arrived, seen.is_foreign());
        let stay = guest.map(|guest| Stay {
            facility: self.house.id.clone(),
            stay: req.stay_ref.clone(),
            notice: req.stay_ref.clone(),
            notices: 1,
            guest,
            sealed: req.guest.seal().ok(),
            is_foreign: seen.is_foreign(),
            with_adult: req.with_adult.as_ref().and_then(|adult| adult.pseudonym().ok()),
            is_unnamed: seen.kind == PersonKind::Unidentified && req.with_adult.is_none(),
            is_elsewhere,
            room: req.room.clone(),
            arrived,
            expected_leave: req.expected_leave,
            reason: req.reason,
            permitted_until: req.permitted_until,
            due,
            entered: self.at,
            presence: Presence::Here,
            left: None,
            standing: Standing::Sent,
            is_asked: false,
            waiting: 0,
            kept: 0,
        });
        let room_is_full = self.is_full(&req.room);
        let seen_as = (seen.method, seen.is_foreign(), seen.kind == PersonKind::Unidentified);
        let mut answer = Answer::notified(due, seen.noted);
        if self.house.is_unlicensed {
            answer = answer.reason("licence-not-in-force");
            self.tally.add(Counted::Unlicensed, 1);
        }
        if room_is_full {
            answer = answer.reason("room-full").next("check-room");
        }
        if rules::is_temporary_residence(arrived, req.expected_leave) {
            answer = answer.reason("thirty-nights").next("register-temporary-residence");
            self.tally.add(Counted::TemporaryResidence, 1);
        }
        if way == Way::PortalAndPaper {
            answer = answer.reason("too-old-for-portal").next("notify-on-paper");
        }
        let notice = Notice {
            stay: &req.stay_ref,
            room: &req.room,
            arrived,
            expected_leave: req.expected_leave,
            reason: req.reason,
            reason_text: req.reason_text.as_deref(),
            due,
            permitted_until: req.permitted_until,
        };
        let (mut answer, stay) = self.give(&req.guest, &notice, answer, stay)?;
        if answer.decision != Decision::Needs {
            answer = self.timed(answer, due);
            if stay.is_none_or(|stay| STAYS.insert(&stays::key(&stay.facility, &stay.stay), &stay).is_err()) {
                answer = answer.reason("not-remembered");
            }
            let (method, is_foreign, is_unidentified) = seen_as;
            self.tally.add(Counted::Arrival { method, guests: guests(is_foreign) }, 1);
            self.tally.add(Counted::WithoutIdentity, u32::from(is_unidentified && req.with_adult.is_none()));
            self.has_notified = true;
        }
        Ok(answer)
    }

    /// Whether something has to be asked first.
    fn question(&self, req: &Arrive) -> Result<Guest, Box<Answer>> {
        let said = Said {
            has_permitted_stay: req.permitted_until.is_some(),
            has_adult: req.with_adult.is_some(),
            is_confirmed: req.confirmed,
        };
        let mut seen = look(&req.guest, said, &self.settings);
        if let Some(first) = seen.first.take() {
            return Err(Box::new(first));
        }
        let declared = Declared {
            is_foreign: seen.is_foreign(),
            permitted_until: req.permitted_until,
            passport_until: req.passport_until,
            expected_leave: req.expected_leave,
            is_alone_and_minor: self.settings.minors_with_adult && req.minor && req.with_adult.is_none(),
        };
        match rules::question(&declared).filter(|_| !req.confirmed) {
            None => Ok(seen),
            Some(question) => Err(Box::new(Answer::question(match question {
                Question::PermittedUntil => "permitted-until",
                Question::PermittedBeforeLeave => "permitted-before-leave",
                Question::PermittedIsPassport => "permitted-is-passport",
                Question::WithAdult => "with-adult",
            }))),
        }
    }

    /// Whether the guest is open at another facility. The same arrival twice at this one is a question.
    fn open_elsewhere(
        &mut self,
        guest: Option<&Pseudonym>,
        arrived: Instant,
        is_confirmed: bool,
    ) -> Result<bool, Box<Answer>> {
        let Some(guest) = guest else { return Ok(false) };
        let open = STAYS.page("guest", guest.as_str(), None, MOST_OPEN_OF_A_GUEST).unwrap_or_default();
        let (here, elsewhere): (Vec<_>, Vec<_>) = open.iter().partition(|row| row.value.facility == self.house.id);
        if let Some(twin) = here.iter().find(|row| row.value.arrived == arrived) {
            if twin.value.standing == Standing::Rejected {
                self.tally.add(Counted::SentAgain, 1);
            } else if !is_confirmed {
                return Err(Box::new(Answer::question("double-entry")));
            }
        }
        Ok(!elsewhere.is_empty())
    }

    /// Whether as many people as the department allows are in the room already.
    fn is_full(&self, room: &str) -> bool {
        let places = self.settings.room_places;
        if places == 0 || room == UNKNOWN_ROOM {
            return false;
        }
        let key = stays::room_key(&self.house.id, room);
        let there = STAYS.page("room", &key, None, places).unwrap_or_default();
        // A room may have slashes, so the beginning alone does not tell.
        there.iter().filter(|row| row.value.room == room).count() >= places as usize
    }
}

/// The room of a guest whose card was read before a room was given.
const UNKNOWN_ROOM: &str = "-";

/// The same guest under the same reference: how it stands is said again, and nothing is done twice.
fn again(stay: &Stay) -> Answer {
    let answer = Answer::notified(stay.due, Noted::default()).reason("already-notified");
    let answer = match stay.standing {
        Standing::Sent => match lodging::state(&stay.facility, &stay.notice) {
            Ok(Some(notice)) if notice.state == NoticeState::Queued => answer.reason("police-unreachable").queued(),
            Ok(_) | Err(_) => answer,
        },
        Standing::Settled => answer,
        Standing::Waiting => answer.reason("kept-here").queued(),
        Standing::ByPhone => answer.reason("not-kept").by_phone(),
        Standing::Rejected => answer.reason("rejected").next("see-tonight"),
    };
    if stay.entered > stay.due { answer.late() } else { answer }
}

fn refused((field, why): Mistake) -> Refusal {
    Refusal::invalid(field, why)
}

/// A guest arrives.
pub(crate) fn arrive(occasion: &Occasion, req: Arrive) -> Result<Outcome<Noticed>, Refusal> {
    let mut desk = Desk::open(occasion, req.facility.as_ref())?;
    let answer = desk.enter(&req)?;
    let outcome = answer.into_outcome(&req.stay_ref, &desk.settings.police_phone);
    desk.close();
    Ok(outcome)
}

/// A card or code at the desk's reader declares the stay by itself; the room follows by `amend`.
pub(crate) fn on_reading(occasion: &Occasion, reading: Reading) -> Result<Outcome<Noticed>, Refusal> {
    let mut desk = Desk::open(occasion, None)?;
    let req = Arrive {
        stay_ref: occasion.reference()?,
        facility: None,
        guest: reading.person(),
        room: UNKNOWN_ROOM.to_owned(),
        arrived: Some(reading.captured_at()),
        expected_leave: None,
        reason: desk.settings.reading_reason,
        reason_text: None,
        permitted_until: None,
        passport_until: None,
        minor: false,
        with_adult: None,
        confirmed: false,
    };
    let mut answer = desk.enter(&req)?;
    if answer.decision != Decision::Needs {
        answer = answer.reason("room-missing").next("enter-room");
    }
    readers::light(answer.signal());
    let outcome = answer.into_outcome(&req.stay_ref, &desk.settings.police_phone);
    desk.close();
    Ok(outcome)
}
