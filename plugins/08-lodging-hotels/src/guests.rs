//! Who stands at the desk: how the guest was identified, and what the population database says about the card. Nothing is read, only asked.

use pilothouse_sdk::prelude::*;

use crate::answer::{Answer, Noted};
use crate::settings::{InvalidCard, Settings};

/// A guest as seen at the desk.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) kind: PersonKind,
    /// As indicators name it.
    pub(crate) method: &'static str,
    pub(crate) noted: Noted,
    /// Why no notice is given yet.
    pub(crate) first: Option<Answer>,
}

impl Guest {
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
pub(crate) fn look(guest: &Person, said: Said, settings: &Settings) -> Guest {
    // Somebody who only declared a paper is in no database.
    let by = Seen::of(guest);
    let kind = guest.kind().unwrap_or(match said {
        Said { has_permitted_stay: true, .. } => PersonKind::Foreigner,
        _ if by.has_number => PersonKind::Citizen,
        _ => PersonKind::Unidentified,
    });
    let mut noted = Noted::default();
    if kind == PersonKind::Unidentified {
        if !said.has_adult {
            noted.reason("without-identity").next("ask-for-identity");
        }
    } else if by.has_number && by.assurance < settings.min_assurance {
        noted.reason("low-assurance").next("ask-chip");
    }
    let first = if by.has_number { ask(guest, by, said, settings, &mut noted) } else { None };
    Guest { kind, method: by.code(), noted, first }
}

/// Asks the population database. Whatever it says or does not say, only a death and a question of the department's stop the notice.
fn ask(guest: &Person, by: Seen, said: Said, settings: &Settings, noted: &mut Noted) -> Option<Answer> {
    match population::check(guest, [Claim::CardValid, Claim::NameMatches]) {
        Checked::Deceased => return Some(Answer::see_police_desk()),
        Checked::Answered([card_valid, name]) => {
            if by.card_was_shown() && card_valid.is_no() {
                if settings.invalid_card == InvalidCard::AskFirst && !said.is_confirmed {
                    return Some(Answer::question("card-not-valid"));
                }
                noted.reason("card-not-valid").next("ask-for-valid-card");
            }
            if name.is_no() {
                noted.reason("card-differs").next("compare-id");
            }
        }
        Checked::NotFound => {
            noted.reason("not-in-population").next("check-number");
        }
        // The notice is owed whether or not the database answers.
        Checked::Unanswered => {
            noted.reason("not-verified");
        }
    }
    None
}
