//! What the desk is answered about one guest.

use std::collections::BTreeMap;

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// On its way to the police.
    Notified,
    /// Waits until the police can be reached. The clock of the law runs on.
    Queued,
    /// Not given: something has to be answered, or another way taken, first.
    Needs,
}

/// What the desk reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    Sent,
    SentLate,
    Queued,
    ByPhone,
    Question,
    SeePoliceDesk,
    OnPaper,
}

/// The data of an arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Noticed {
    /// The facility's own number of the stay.
    pub(crate) stay_ref: String,
    /// By when the police want the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<Instant>,
    /// Whether it is late.
    pub(crate) late: bool,
    /// What is needed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<&'static str>,
    /// The number to phone where the police cannot be reached otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
}

/// What the desk is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) decision: Decision,
    say: Say,
    pub(crate) reasons: Vec<&'static str>,
    next: Vec<&'static str>,
    pub(crate) due: Option<Instant>,
    pub(crate) is_late: bool,
    pub(crate) needs: Option<&'static str>,
}

impl Answer {
    /// With what was noticed about the guest so far.
    pub(crate) fn notified(due: Instant, noticed: Noted) -> Self {
        let Noted { reasons, next } = noticed;
        let (decision, say) = (Decision::Notified, Say::Sent);
        Self { decision, say, reasons, next, due: Some(due), is_late: false, needs: None }
    }

    fn needs(say: Say, code: &'static str) -> Self {
        let decision = Decision::Needs;
        Self { decision, say, reasons: Vec::new(), next: Vec::new(), due: None, is_late: false, needs: Some(code) }
            .reason_code(code)
    }

    /// The desk has to answer or confirm something first.
    pub(crate) fn question(code: &'static str) -> Self {
        Self::needs(Say::Question, code).next("answer-and-confirm")
    }

    /// Neutral, and without any detail.
    pub(crate) fn see_police_desk() -> Self {
        Self::needs(Say::SeePoliceDesk, "see-police-desk").next("go-to-police-desk")
    }

    /// The notice cannot be given here.
    pub(crate) fn on_paper(code: &'static str, due: Option<Instant>) -> Self {
        let mut answer = Self::needs(Say::OnPaper, code).next("notify-on-paper");
        answer.due = due;
        answer
    }

    /// It waits for the police.
    pub(crate) fn queued(mut self) -> Self {
        (self.decision, self.say) = (Decision::Queued, Say::Queued);
        self.next("phone-police")
    }

    /// It cannot be kept here either: the desk phones.
    pub(crate) fn by_phone(mut self) -> Self {
        (self.decision, self.say) = (Decision::Queued, Say::ByPhone);
        self.next("phone-police")
    }

    pub(crate) fn late(mut self) -> Self {
        self.is_late = true;
        if self.say == Say::Sent {
            self.say = Say::SentLate;
        }
        self
    }

    pub(crate) fn reason(self, code: &'static str) -> Self {
        self.reason_code(code)
    }

    fn reason_code(mut self, code: &'static str) -> Self {
        if !self.reasons.contains(&code) {
            self.reasons.push(code);
        }
        self
    }

    pub(crate) fn next(mut self, code: &'static str) -> Self {
        if !self.next.contains(&code) {
            self.next.push(code);
        }
        self
    }

    pub(crate) fn next_codes(&self) -> &[&'static str] {
        &self.next
    }

    /// Green: nothing more to do. Amber: go on and do something more. Red: something is needed first.
    pub(crate) fn signal(&self) -> Signal {
        match self.decision {
            Decision::Notified if self.next.is_empty() => Signal::Green,
            Decision::Notified | Decision::Queued => Signal::Amber,
            Decision::Needs => Signal::Red,
        }
    }

    /// As the outcome of a call about this guest alone.
    pub(crate) fn into_outcome(self, stay: &Ref, phone: &str) -> Outcome<Noticed> {
        let due = self.due.map_or_else(String::new, |due| due.to_text());
        let phones = self.next.contains(&"phone-police");
        let data = Noticed {
            stay_ref: stay.to_string(),
            due: self.due,
            late: self.is_late,
            needs: self.needs,
            phone: phones.then(|| phone.to_owned()),
        };
        let decision = match self.decision {
            Decision::Notified => "notified",
            Decision::Queued => "queued",
            Decision::Needs => "needs",
        };
        let outcome = Outcome::with_data(decision, data).codes(self.reasons, self.next);
        match self.say {
            Say::Sent => outcome.say("notice-sent", [("due", due)]),
            Say::SentLate => outcome.say("notice-sent-late", [("due", due)]),
            Say::Queued => outcome.say("notice-queued", [("due", due), ("phone", phone.to_owned())]),
            Say::ByPhone => outcome.say("notice-by-phone", [("due", due), ("phone", phone.to_owned())]),
            Say::Question => outcome.say("question-first", []),
            Say::SeePoliceDesk => outcome.say("see-police-desk", []),
            Say::OnPaper => outcome.say("notice-on-paper", []),
        }
    }
}

/// What was noticed about a guest, as reasons and next steps, before the notice went out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    reasons: Vec<&'static str>,
    next: Vec<&'static str>,
}

impl Noted {
    pub(crate) fn reason(&mut self, code: &'static str) -> &mut Self {
        self.reasons.push(code);
        self
    }

    pub(crate) fn next(&mut self, code: &'static str) -> &mut Self {
        self.next.push(code);
        self
    }
}

/// What a call counts, added up so that a bus is a handful of counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By indicator and its dimensions.
    counts: BTreeMap<Counted, u32>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counted {
    FirstNotice,
    Arrival { method: &'static str, guests: &'static str },
    OnTime(bool),
    Late { cause: &'static str },
    WithoutIdentity,
    TemporaryResidence,
    Unlicensed,
    SentAgain,
    Nights { guests: &'static str },
}

/// `foreign` or `domestic`, as indicators name it.
pub(crate) fn guests(is_foreign: bool) -> &'static str {
    if is_foreign { "foreign" } else { "domestic" }
}

impl Tally {
    pub(crate) fn add(&mut self, counted: Counted, n: u32) {
        let sum = self.counts.entry(counted).or_default();
        *sum = sum.saturating_add(n);
    }

    /// Counts it all, in a fixed order.
    pub(crate) fn report(self) {
        for (counted, n) in self.counts.into_iter().filter(|(_, n)| *n > 0) {
            match counted {
                Counted::FirstNotice => reporting::count("facilities-using", n),
                Counted::Arrival { method, guests } => {
                    reporting::count_by("arrivals", n, [("method", method), ("guests", guests)]);
                }
                Counted::OnTime(met) => {
                    reporting::count_by("notices-on-time", n, [("met", if met { "yes" } else { "no" })]);
                }
                Counted::Late { cause } => reporting::count_by("late", n, [("cause", cause)]),
                Counted::WithoutIdentity => reporting::count("without-identity", n),
                Counted::TemporaryResidence => reporting::count("temporary-residence", n),
                Counted::Unlicensed => reporting::count("facility-without-licence", n),
                Counted::SentAgain => reporting::count("sent-again", n),
                Counted::Nights { guests } => reporting::count_by("nights", n, [("guests", guests)]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due() -> Instant {
        Instant::parse("2026-03-02T23:00:00+07:00").unwrap()
    }

    #[test]
    fn green_is_only_for_a_notice_after_which_nothing_is_left_to_do() {
        let notified = || Answer::notified(due(), Noted::default());
        assert_eq!(notified().signal(), Signal::Green);
        assert_eq!(notified().next("ask-chip").signal(), Signal::Amber);
        assert_eq!(notified().queued().signal(), Signal::Amber);
        assert_eq!(Answer::question("with-adult").signal(), Signal::Red);
    }

    #[test]
    fn a_queued_notice_names_the_phone_and_its_due_time() {
        let outcome =
            Answer::notified(due(), Noted::default()).queued().into_outcome(&Ref::parse("S-1").unwrap(), "113");
        assert_eq!(outcome.decision(), "queued");
        let shown = format!("{outcome:?}");
        assert!(shown.contains("113") && shown.contains("2026-03-02T23:00:00+07:00") && shown.contains("phone-police"));
    }

    #[test]
    fn a_code_is_said_once() {
        let answer =
            Answer::notified(due(), Noted::default()).reason("late").reason("late").queued().next("phone-police");
        assert_eq!((answer.reasons.len(), answer.next.len()), (1, 1));
    }
}
