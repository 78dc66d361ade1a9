//! The desk of one call: its facility, its settings, and how a notice leaves it, now or later.

use pilothouse_sdk::lodging::Handover;
use pilothouse_sdk::prelude::*;

use crate::answer::{Answer, Counted, Tally};
use crate::house::House;
use crate::rules::{self, Timeliness};
use crate::settings::{LatePolicy, Settings};
use crate::stays::{Change, Standing, Stay};

/// The desk of one call.
pub(crate) struct Desk {
    pub(crate) settings: Settings,
    pub(crate) house: House,
    pub(crate) at: Instant,
    pub(crate) captured: Instant,
    pub(crate) tally: Tally,
    pub(crate) has_notified: bool,
}

impl Desk {
    /// The desk of a facility.
    ///
    /// # Errors
    /// Those of [`House::of`]; `settings`.
    pub(crate) fn open(occasion: &Occasion, facility: Option<&FacilityId>) -> Result<Self, Refusal> {
        Ok(Self {
            settings: settings()?,
            house: House::of(occasion, facility)?,
            at: occasion.at(),
            captured: occasion.captured_at(),
            tally: Tally::default(),
            has_notified: false,
        })
    }

    /// What is done once a call, however many guests it had.
    pub(crate) fn close(mut self) {
        if self.has_notified && self.house.is_unlicensed {
            self.house.tell_police(self.at.date());
        }
        if self.has_notified && self.house.has_notified(self.at.date()) {
            self.tally.add(Counted::FirstNotice, 1);
        }
        self.tally.report();
    }

    /// Hands a notice over, or keeps it until it can be. The stay is as it is to be written.
    ///
    /// # Errors
    /// `conflict`, `facility-unknown`, `invalid`.
    pub(crate) fn give(
        &self,
        guest: &Person,
        notice: &Notice<'_>,
        answer: Answer,
        mut stay: Option<Stay>,
    ) -> Result<(Answer, Option<Stay>), Refusal> {
        let denial = match lodging::notify(guest, notice.of(&self.house.id)) {
            Ok(Handover::Queued) => return Ok((answer.reason("police-unreachable").queued(), stay)),
            Ok(Handover::Sending | Handover::Withdrawn) => return Ok((answer, stay)),
            Err(denial) => denial,
        };
        match denial.kind() {
            DenialKind::Unavailable | DenialKind::BudgetSpent => {
                let reason_text = notice.reason_text.map(str::to_owned);
                let kept = stay.as_mut().is_some_and(|stay| {
                    let Some(person) = stay.sealed.clone() else { return false };
                    stay.keep(self.at, Change::Notice { person, reason_text }).is_ok()
                });
                if let Some(stay) = &mut stay {
                    stay.standing = if kept { Standing::Waiting } else { Standing::ByPhone };
                }
                let answer =
                    if kept { answer.reason("kept-here").queued() } else { answer.reason("not-kept").by_phone() };
                Ok((answer, stay))
            }
            DenialKind::Conflict => {
                Err(Refusal::conflict("this reference has another stay: choose a new one").at("/stay_ref"))
            }
            DenialKind::NotFound => Err(Site::unknown()),
            DenialKind::Invalid => Err(denial.into()),
            // Not granted for this class, these guests, this unit: the law's duty stays.
            DenialKind::NotGranted
            | DenialKind::FieldNotGranted
            | DenialKind::PurposeMismatch
            | DenialKind::OutOfUnit
            | DenialKind::ConsentMissing
            | DenialKind::OptedOut
            | DenialKind::Suppressed => Ok((Answer::on_paper("not-through-here", Some(notice.due)), None)),
        }
    }

    /// By when the police want the notice.
    pub(crate) fn due(&self, arrived: Instant, is_foreign: bool) -> Instant {
        if is_foreign {
            let is_remote = self.settings.is_remote(self.house.unit.as_ref());
            rules::foreign_due(arrived, self.settings.foreign_hours, is_remote)
        } else {
            rules::notice_due(arrived, &self.settings.clocks(), self.settings.at_cutoff)
        }
    }

    /// Late or in time, and by whose fault.
    pub(crate) fn timed(&mut self, answer: Answer, due: Instant) -> Answer {
        let timeliness = rules::timeliness(self.captured, self.at, due);
        self.tally.add(Counted::OnTime(timeliness == Timeliness::OnTime), 1);
        let answer = match timeliness {
            Timeliness::OnTime => return answer,
            Timeliness::LateAtDesk => {
                self.tally.add(Counted::Late { cause: "desk" }, 1);
                answer.reason("late").late()
            }
            Timeliness::LateOnLine => {
                self.tally.add(Counted::Late { cause: "line" }, 1);
                answer.reason("late-line").late()
            }
        };
        match self.settings.late_policy {
            LatePolicy::SendAndMark => answer,
            LatePolicy::SendAndPhone => answer.next("phone-police"),
        }
    }
}

/// What the notice of a stay says, beside the guest.
pub(crate) struct Notice<'a> {
    pub(crate) stay: &'a Ref,
    pub(crate) room: &'a str,
    pub(crate) arrived: Instant,
    pub(crate) expected_leave: Option<Date>,
    pub(crate) reason: u8,
    pub(crate) reason_text: Option<&'a str>,
    pub(crate) due: Instant,
    pub(crate) permitted_until: Option<Date>,
}

impl<'a> Notice<'a> {
    /// Of a stay that is remembered.
    pub(crate) fn of_stay(stay: &'a Stay, reason_text: Option<&'a str>) -> Self {
        Self {
            stay: &stay.notice,
            room: &stay.room,
            arrived: stay.arrived,
            expected_leave: stay.expected_leave,
            reason: stay.reason,
            reason_text,
            due: stay.due,
            permitted_until: stay.permitted_until,
        }
    }

    /// As the contract wants it.
    pub(crate) fn of(&self, facility: &FacilityId) -> lodging::Stay {
        lodging::Stay {
            reference: self.stay.clone(),
            facility: facility.clone(),
            room: self.room.to_owned(),
            arrived: self.arrived,
            expected_leave: self.expected_leave,
            reason: self.reason,
            reason_text: self.reason_text.map(str::to_owned),
            due: self.due,
            permitted_until: self.permitted_until,
        }
    }
}
