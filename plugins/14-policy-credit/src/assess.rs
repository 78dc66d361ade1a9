//! One borrower against one programme: what the programme, the population database and the list say, and nothing more than was asked.

use pilothouse_sdk::consent::{self, ConsentState};
use pilothouse_sdk::population::Residence;
use pilothouse_sdk::prelude::*;
use pilothouse_sdk::registers::{Field, Register};

use crate::files;
use crate::rules::{self, Change, Reason, ResidenceRule, Verdict};
use crate::settings::{HouseholdRule, Programme, Settings};

/// What consent is asked for.
const PURPOSE: &str = "policy-credit";
const DATA: &str = "beneficiary-status";

/// What is asked about.
pub(crate) struct Case<'a> {
    pub(crate) borrower: &'a Person,
    pub(crate) who: &'a Pseudonym,
    pub(crate) programme: &'a Programme,
    pub(crate) programme_code: &'a Ref,
    pub(crate) commune: &'a UnitCode,
    pub(crate) amount: Money,
    pub(crate) term_months: u16,
    pub(crate) check: &'a Ref,
    pub(crate) today: Date,
    /// The borrower has signed a paper at the counter.
    pub(crate) has_signed: bool,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Assessment {
    pub(crate) reasons: Vec<Reason>,
    pub(crate) assurance: Assurance,
    /// The people of the household, as far as they were asked about.
    pub(crate) household: Vec<Pseudonym>,
    /// Last day of the list's entry.
    pub(crate) listed_until: Option<Date>,
}

impl Assessment {
    pub(crate) fn verdict(&self) -> Verdict {
        Verdict::of(&self.reasons)
    }
}

/// Assesses a borrower. What excludes is found before anything is asked of a register.
pub(crate) fn assess(case: &Case<'_>, settings: &Settings) -> Result<Assessment, Refusal> {
    let seen = Seen::of(case.borrower);
    let mut found =
        Assessment { reasons: Vec::new(), assurance: seen.assurance, household: Vec::new(), listed_until: None };
    if case.amount > case.programme.ceiling {
        found.reasons.push(Reason::OverCeiling);
    }
    if case.term_months > case.programme.term_months {
        found.reasons.push(Reason::OverTerm);
    }
    if !found.reasons.is_empty() {
        return Ok(found);
    }
    if let Some(reason) = consent(case, settings) {
        found.reasons.push(reason);
        return Ok(found);
    }
    if let Some(reason) = person(case, seen, &mut found.reasons) {
        found.reasons.push(reason);
        return Ok(found);
    }
    household(case, &mut found)?;
    if found.verdict() == Verdict::NotEligible {
        return Ok(found);
    }
    list(case, settings, &mut found);
    let is_first = files::held_by(case.who, None)?.iter().all(|row| !row.value.is_loan());
    if is_first && seen.assurance < settings.min_assurance_first {
        found.reasons.push(Reason::LowAssurance);
    }
    Ok(found)
}

/// Whether the borrower allowed it: answered in the inbox, or signed a paper at the counter. Never inferred: the borrower's own no goes before
/// what the desk says was signed, and a system that does not answer has said nothing for anybody.
fn consent(case: &Case<'_>, settings: &Settings) -> Option<Reason> {
    match consent::state(case.borrower, PURPOSE, DATA).map(|consent| consent.state) {
        Ok(ConsentState::Granted) => None,
        Ok(ConsentState::Refused | ConsentState::Withdrawn) => Some(Reason::ConsentRefused),
        // The paper stands where nobody has answered otherwise.
        _ if case.has_signed => None,
        Ok(ConsentState::Asked) => Some(Reason::ConsentAsked),
        Ok(ConsentState::NeverAsked | ConsentState::Lapsed) => {
            let until = case.today.plus_days(settings.consent_days.into());
            match consent::request(case.borrower, PURPOSE, DATA, until, "consent-policy-credit") {
                Ok(_) => Some(Reason::ConsentAsked),
                Err(_) => Some(Reason::ConsentUnreachable),
            }
        }
        Err(_) => Some(Reason::ConsentUnreachable),
    }
}

/// What the population database says. Answers what leaves nothing more to be asked; notes go to `notes`.
fn person(case: &Case<'_>, seen: Seen, notes: &mut Vec<Reason>) -> Option<Reason> {
    let claims = [
        Claim::NameMatches,
        Claim::CardValid,
        Claim::ResidentIn(case.commune.clone(), Residence::Permanent),
        Claim::ResidentIn(case.commune.clone(), Residence::Temporary),
        Claim::AgeBetween(case.programme.min_age, case.programme.max_age),
    ];
    let [name, card, permanent, temporary, age] = match population::check(case.borrower, claims) {
        Checked::Answered(answers) => answers,
        Checked::Deceased => return Some(Reason::SeePoliceDesk),
        Checked::NotFound => return Some(Reason::NotInPopulation),
        Checked::Unanswered => return Some(Reason::PopulationUnreachable),
    };
    if seen.card_was_shown() && card.is_no() {
        notes.push(Reason::CardNotValid);
    }
    if age.is_no() {
        return Some(Reason::Age);
    }
    if !age.is_yes() {
        notes.push(Reason::AgeUnknown);
    }
    if name.is_no() {
        notes.push(Reason::CardDiffers);
    } else if seen.card_was_shown() && !(name.is_yes() && card.is_answered()) {
        notes.push(Reason::CardUnclear);
    }
    notes.extend(rules::residence(case.programme.residence, permanent, temporary));
    None
}

/// Whether somebody of the household has a loan of the programme, or stands on another list for it. Who it is, is not told.
fn household(case: &Case<'_>, found: &mut Assessment) -> Result<(), Refusal> {
    if case.programme.household == HouseholdRule::Any {
        return Ok(());
    }
    let Ok(people) = population::household(case.borrower) else {
        found.reasons.push(Reason::PopulationUnreachable);
        return Ok(());
    };
    for person in &people {
        let who = person.pseudonym()?;
        for file in files::held_by(&who, Some(case.programme_code))? {
            let reason = match &file.value {
                file if file.check == *case.check => continue,
                file if file.is_loan() => Reason::HouseholdHasLoan,
                file if file.verdict == Verdict::NotEligible || who == *case.who => continue,
                _ => Reason::OnAnotherList,
            };
            if !found.reasons.contains(&reason) {
                found.reasons.push(reason);
            }
        }
        found.household.push(who);
    }
    Ok(())
}

/// What the beneficiaries' list says.
fn list(case: &Case<'_>, settings: &Settings, found: &mut Assessment) {
    if case.programme.categories.trim().is_empty() {
        return;
    }
    match listed(case.borrower) {
        Ok(None) => found.reasons.push(Reason::NotOnList),
        Ok(Some(Listed { category, until })) => {
            found.listed_until = until;
            let grace = settings.list_grace_days;
            let reason = rules::listed(&case.programme.categories, category.as_deref(), until, case.today, grace);
            found.reasons.extend(reason);
        }
        Err(_) => found.reasons.push(Reason::RegisterUnreachable),
    }
}

/// An entry of the beneficiaries' list.
struct Listed {
    category: Option<String>,
    /// Last day.
    until: Option<Date>,
}

/// The person's entry on the list. None: not on it.
fn listed(person: &Person) -> Result<Option<Listed>, Denial> {
    let Some(entry) = registers::find(Register::PolicyBeneficiaries, person)? else { return Ok(None) };
    Ok(Some(Listed { category: entry.text(Field::Category)?, until: entry.date(Field::ValidUntil)? }))
}

/// What changed about a borrower since the file was checked.
pub(crate) fn changed(
    borrower: &Person,
    programme: Option<&Programme>,
    commune: &UnitCode,
    today: Date,
    settings: &Settings,
) -> Change {
    let claims = [
        Claim::ResidentIn(commune.clone(), Residence::Permanent),
        Claim::ResidentIn(commune.clone(), Residence::Temporary),
    ];
    let [permanent, temporary] = match population::check(borrower, claims) {
        Checked::Answered(answers) => answers,
        Checked::Deceased => return Change::Died,
        Checked::NotFound | Checked::Unanswered => return Change::Unknown,
    };
    let rule = programme.map_or(ResidenceRule::Either, |programme| programme.residence);
    if rules::residence(rule, permanent, temporary) == Some(Reason::Moved) {
        return Change::Moved;
    }
    let categories = programme.map_or("", |programme| programme.categories.trim());
    if categories.is_empty() {
        return Change::Unchanged;
    }
    match listed(borrower) {
        Ok(Some(Listed { category, until })) => {
            match rules::listed(categories, category.as_deref(), until, today, settings.list_grace_days) {
                None | Some(Reason::WithinGrace) => Change::Unchanged,
                Some(_) => Change::StatusEnded,
            }
        }
        Ok(None) => Change::StatusEnded,
        Err(_) => Change::Unknown,
    }
}
