//! Who stands at the desk: how the guest was identified, and what the population database says about the card. Nothing is read, only asked.

use pilothouse_sdk::prelude::*;

use crate::answer::{Answer, Noted};
use crate::settings::{InvalidCard, Settings};

/// A guest as seen at the desk.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) kind: PersonKind,
    /// As indicators name it.
    pub(crate) method: &'static str,
    pub(crate) noted: Noted,
    /// Why no notice is given yet.
    pub(crate) first: Option<Answer>,
}

impl Seen {
    pub(crate) fn is_foreign(&self) -> bool {
        self.kind == PersonKind::Foreigner
    }
}

/// What the desk said of the guest besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    /// A permitted stay was entered: a foreigner's.
    pub(crate) has_permitted_stay: bool,
    pub(crate) has_adult: bool,
    pub(crate) is_confirmed: bool,
}

/// Looks at a guest.
pub(crate) fn look(guest: &Person, said: Said, settings: &Settings) -> Seen {
    let reading = readers::reading_of(guest);
    // Somebody who only declared a paper is in no database. Where the reading may not be seen, the database is asked all the same.
    let has_number = !matches!(reading, Ok(None));
    let (method, assurance) =
        reading.ok().flatten().map_or((None, Assurance::Declared), |r| (Some(r.method()), r.assurance()));
    let kind = guest.kind().unwrap_or(match said {
        Said { has_permitted_stay: true, .. } => PersonKind::Foreigner,
        _ if has_number => PersonKind::Citizen,
        _ => PersonKind::Unidentified,
    });
    let mut noted = Noted::default();
    if kind == PersonKind::Unidentified {
        if !said.has_adult {
            noted.reason("without-identity").next("ask-for-identity");
        }
    } else if has_number && assurance < settings.min_assurance {
        noted.reason("low-assurance").next("ask-chip");
    }
    let first = if has_number { ask(guest, method, said, settings, &mut noted) } else { None };
    Seen { kind, method: method.map_or("paper", Method::code), noted, first }
}

/// Asks the population database. Whatever it says or does not say, only a death and a question of the department's stop the notice.
fn ask(guest: &Person, method: Option<Method>, said: Said, settings: &Settings, noted: &mut Noted) -> Option<Answer> {
    // Who typed a number showed no card, so its state says nothing about this guest.
    let card_was_shown = matches!(method, Some(Method::QrCard | Method::NfcChip | Method::VneidQr));
    match population::verify(guest, [Claim::Alive, Claim::CardValid, Claim::NameMatches]) {
        Ok([alive, card_valid, name]) => {
            if alive.is_no() {
                return Some(Answer::see_police_desk());
            }
            if card_was_shown && card_valid.is_no() {
                if settings.invalid_card == InvalidCard::AskFirst && !said.is_confirmed {
                    return Some(Answer::question("card-not-valid"));
                }
                noted.reason("card-not-valid").next("ask-for-valid-card");
            }
            if name.is_no() {
                noted.reason("card-differs").next("compare-id");
            }
        }
        Err(denial) if denial.is_not_found() => {
            noted.reason("not-in-population").next("check-number");
        }
        // The notice is owed whether or not the database answers.
        Err(_) => {
            noted.reason("not-verified");
        }
    }
    None
}
