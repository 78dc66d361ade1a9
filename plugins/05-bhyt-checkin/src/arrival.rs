//! A patient arrives: who it is as far as the rules want to know, what the register says, what the desk is answered.

use pilothouse_sdk::alerts::{Alert, Severity};
use pilothouse_sdk::prelude::*;
use pilothouse_sdk::registers::{Change, Fact, Field, Register};

use crate::answer::{Answer, Decision, Say};
use crate::emergency;
use crate::rules::{self, ByPaper, Cover, Paper, Timeliness, VisitKind};
use crate::settings::{ExpiredId, Settings};
use crate::visits::{self, FACILITIES, Facility, LATER, Later, TAPS, Taps, VISITS, Visit};

/// A patient, and how the desk came to know of them.
pub(crate) struct Arrival {
    pub(crate) patient: Person,
    pub(crate) kind: VisitKind,
    pub(crate) has_referral: bool,
    pub(crate) paper: Paper,
    pub(crate) method: Method,
    pub(crate) assurance: Assurance,
    pub(crate) captured: Instant,
}

impl Arrival {
    pub(crate) fn day(&self) -> Date {
        self.captured.date()
    }

    /// Whether the identity card itself was read.
    fn shows_card(&self) -> bool {
        matches!(self.method, Method::QrCard | Method::NfcChip | Method::Face | Method::Fingerprint)
    }
}

/// Checks a patient in, once: the second of two taps gets the first one's answer.
pub(crate) fn arrive(occasion: &Occasion, arrival: &Arrival) -> Result<Answer, Refusal> {
    if arrival.kind == VisitKind::Emergency {
        return Ok(emergency::arrive(occasion, arrival));
    }
    let settings: Settings = settings()?;
    match rules::timeliness(arrival.captured, occasion.at(), settings.late_limit_hours) {
        Timeliness::InTime => {}
        Timeliness::TooLate => {
            return Err(Refusal::new("too-late")
                .because("the reading is older than late-limit-hours: enter the visit at the desk"));
        }
        Timeliness::ClockAhead => {
            return Err(Refusal::new("clock-ahead").because("the reader's clock is ahead: set it, and read again"));
        }
    }
    let desk = Desk::of(occasion)?;
    let visit = occasion.reference()?;
    let person = arrival.patient.pseudonym()?;

    let taps_key = visits::taps_key(&person, &desk.facility, arrival.day());
    let taps = TAPS.get(&taps_key)?;
    if let Some(first) = taps.as_ref().and_then(|row| row.value.visit_at(arrival.captured, settings.double_tap_seconds))
        && let Some(row) = VISITS.get(&visits::key(&desk.facility, first))?
    {
        return Ok(row.value.answer.reason("double-tap"));
    }

    let mut answer = match arrival.patient.kind()? {
        PersonKind::Unidentified => by_paper(arrival, &settings),
        PersonKind::Citizen | PersonKind::Foreigner => by_register(arrival, &desk, &settings, &person),
    };
    answer.data.visit = visit.to_string();

    let kept = Visit {
        facility: desk.facility.clone(),
        visit: visit.to_string(),
        person: Some(person.clone()),
        captured: arrival.captured,
        kind: arrival.kind,
        method: arrival.method,
        answer: answer.clone(),
        closed: None,
    };
    VISITS.insert(&visits::key(&desk.facility, visit.as_str()), &kept)?;
    let mut taps = taps.map(|row| row.value).unwrap_or_default();
    Taps::add(&mut taps, arrival.captured, visit.as_str());
    TAPS.put(&taps_key, &taps)?;
    if is_open(&answer) {
        let later = Later {
            facility: desk.facility.clone(),
            visit: visit.to_string(),
            person: Some(person),
            // Someone without a number has nothing that could be asked again: the clerk brings it.
            sealed: arrival.patient.seal().ok(),
            opened: arrival.day(),
            overdue: false,
        };
        LATER.put(&visits::key(&desk.facility, visit.as_str()), &later)?;
        reporting::count("verify-later-opened", 1);
    }
    report(arrival, &desk)?;
    Ok(answer)
}

/// Whether the insurance of this visit is still to be verified: a date is set, or it is an emergency without papers.
pub(super) fn is_open(answer: &Answer) -> bool {
    answer.decision == Decision::AdmitVerifyLater
        || (answer.decision == Decision::Admit && answer.data.benefit_level.is_none())
}

/// Where the patient stands.
pub(super) struct Desk {
    pub(super) facility: FacilityId,
    unit: Option<UnitCode>,
    class: Option<String>,
    insurance_code: Option<String>,
}

impl Desk {
    /// In an emergency nobody asks for a licence first.
    pub(super) fn in_emergency(occasion: &Occasion) -> Option<Self> {
        let (facility, unit) = (occasion.facility()?, occasion.unit().ok());
        Some(Self { facility, unit, class: None, insurance_code: None })
    }

    fn of(occasion: &Occasion) -> Result<Self, Refusal> {
        let (id, unit) = (occasion.own_facility()?, occasion.unit().ok());
        let Some(found) = places::facility(&id).if_reachable()? else {
            return Ok(Self { facility: id, unit, class: None, insurance_code: None });
        };
        let Some(facility) = found else {
            return Err(Refusal::new("facility-unknown")
                .because("register the facility as a hospital or commune station first"));
        };
        if facility.licence() != places::Licence::Valid {
            return Err(Refusal::new("facility-not-licensed").because("have the facility's licence renewed"));
        }
        Ok(Self { facility: id, unit, class: Some(facility.class()), insurance_code: facility.insurance_code() })
    }
}

impl Desk {
    /// Tells Social Insurance, once a day and person, that a card was used which cannot be its holder's. The desk learns nothing of it, and
    /// an alert that cannot be raised holds nobody up: it stands in the record of the call.
    fn tell_insurance(&self, arrival: &Arrival, person: &Pseudonym) {
        let Some(unit) = self.unit.clone() else { return };
        let alert = Alert {
            kind: "wrong-person",
            severity: Severity::Look,
            unit,
            subject: person.into(),
            window: arrival.day().to_string(),
            facts: vec![("facility", self.facility.to_string()), ("method", arrival.method.code().to_owned())],
            respond_by: None,
        };
        let _ = alerts::raise(&alert, Some(&arrival.patient));
    }
}

/// Someone without a number: what the clerk has looked at decides.
fn by_paper(arrival: &Arrival, settings: &Settings) -> Answer {
    match rules::by_paper(arrival.paper) {
        ByPaper::Child => Answer::admit_child(rules::LEVEL_UNDER_SIX),
        ByPaper::Later => later(arrival, settings).reason("paper-only").next("enter-number"),
        ByPaper::Insufficient => Answer::self_pay(Say::NoPaper).reason("no-paper").next("bring-paper"),
    }
}

/// An emergency is admitted, with the full level wherever treated; the register only saves the papers.
pub(super) fn in_emergency(arrival: &Arrival) -> Answer {
    match Policy::of(&arrival.patient) {
        Ok(Some(policy)) if policy.cover(arrival.day()) == Cover::Covered && policy.level.is_some() => {
            let mut answer = Answer::admit(policy.level);
            answer.data.card_valid_until = policy.until;
            answer
        }
        _ => Answer::admit_emergency(),
    }
}

/// Everyone else: the population database says whether the card fits the person, the insurance register decides.
fn by_register(arrival: &Arrival, desk: &Desk, settings: &Settings, person: &Pseudonym) -> Answer {
    let identity = Identity::of(arrival);
    if identity == Identity::Deceased {
        // Somebody came with the card of someone who died. The desk reads nothing but where to go.
        reporting::count("wrong-person", 1);
        if settings.alert_on_deceased {
            desk.tell_insurance(arrival, person);
        }
        return Answer::self_pay(Say::SeePoliceDesk).reason("see-police-desk").next("go-to-police-desk");
    }
    let policy = match Policy::of(&arrival.patient) {
        Ok(policy) => policy,
        Err(_) => {
            return identity.and(later(arrival, settings).reason("register-unreachable"), settings, arrival.day());
        }
    };
    let Some(policy) = policy else { return not_registered(arrival, settings, identity) };
    let answer = match policy.cover(arrival.day()) {
        Cover::Ended(_) | Cover::NotStarted(_) if arrival.paper == Paper::AppointmentSlip => by_slip(arrival, settings),
        Cover::Ended(until) => {
            Answer::self_pay(Say::InsuranceEnded { until }).reason("insurance-ended").next("renew-insurance")
        }
        Cover::NotStarted(from) => {
            Answer::self_pay(Say::InsuranceNotStarted { from }).reason("insurance-not-started").next("show-other-paper")
        }
        Cover::Covered => covered(arrival, desk, settings, &policy),
    };
    let mut answer = identity.and(answer, settings, arrival.day());
    answer.data.card_valid_until = policy.until;
    correct(arrival, &policy, person, answer)
}

fn later(arrival: &Arrival, settings: &Settings) -> Answer {
    Answer::verify_later(arrival.day().plus_days(settings.verify_later_days.into()))
}

/// Not in the register: a child under six is insured all the same, and its card follows.
fn not_registered(arrival: &Arrival, settings: &Settings, identity: Identity) -> Answer {
    if identity == Identity::NotFound {
        // A number that the population database does not know says nothing of the insurance.
        return later(arrival, settings).reason("not-in-population").next("check-number");
    }
    if arrival.paper.shows_under_six() {
        return match population::verify(&arrival.patient, [Claim::AgeBetween(0, rules::LAST_AGE_UNDER_SIX)]) {
            Ok([age]) if age.is_no() => {
                // Six or older: insured as everyone else, and not in the register.
                Answer::self_pay(Say::NotInsured).reason("not-insured").next("show-other-paper")
            }
            Ok(_) | Err(_) => Answer::admit_child(rules::LEVEL_UNDER_SIX),
        };
    }
    if arrival.paper == Paper::AppointmentSlip {
        return identity.and(by_slip(arrival, settings), settings, arrival.day());
    }
    Answer::self_pay(Say::NotInsured).reason("not-insured").next("show-other-paper")
}

/// Who waits for a card being (re)issued shows the appointment slip and an identity paper, and is admitted by them whatever the register
/// says: it learns of the new card later (Decree 188/2025/NĐ-CP, Article 37).
fn by_slip(arrival: &Arrival, settings: &Settings) -> Answer {
    later(arrival, settings).reason("appointment-slip").next("keep-slip-number")
}

/// Covered on the day: the level, the referral, and how sure the reading was.
fn covered(arrival: &Arrival, desk: &Desk, settings: &Settings, policy: &Policy) -> Answer {
    let mut answer = Answer::admit(policy.level);
    let initial_match =
        policy.initial_facility.as_ref().zip(desk.insurance_code.as_ref()).map(|(initial, here)| initial == here);
    let class = desk.class.as_deref().unwrap_or_default();
    answer.data.initial_facility_match = initial_match;
    answer.data.referral_needed =
        rules::referral_needed(arrival.kind, class, initial_match, arrival.has_referral, &settings.referral_classes);
    if answer.data.referral_needed {
        answer = answer.reason("referral-missing").next("ask-referral");
    }
    if arrival.assurance < settings.min_assurance(arrival.kind) {
        answer = answer.reason("low-assurance").next("ask-chip");
    }
    answer
}

/// What the population database says of the person and the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    Fits,
    CardExpired,
    CardDiffers,
    Deceased,
    NotFound,
    Unreachable,
}

impl Identity {
    fn of(arrival: &Arrival) -> Self {
        match population::check(&arrival.patient, [Claim::NameMatches, Claim::BirthDateMatches, Claim::CardValid]) {
            Checked::Deceased => Self::Deceased,
            Checked::Answered([name, birth, _]) if name.is_no() || birth.is_no() => Self::CardDiffers,
            // Who brought no card is not told to renew it: small children have none.
            Checked::Answered([.., card]) if card.is_no() && arrival.shows_card() => Self::CardExpired,
            Checked::Answered(_) => Self::Fits,
            Checked::NotFound => Self::NotFound,
            Checked::Unanswered => Self::Unreachable,
        }
    }

    /// Adds what the desk should know of it. Insurance is decided by the register, so no colour changes but by the department's wish.
    fn and(self, answer: Answer, settings: &Settings, day: Date) -> Answer {
        match self {
            Self::Fits | Self::Deceased => answer,
            Self::CardExpired => {
                let strict = settings.accept_expired_id == ExpiredId::VerifyLater && answer.decision == Decision::Admit;
                let answer =
                    if strict { answer.but_verify(day.plus_days(settings.verify_later_days.into())) } else { answer };
                answer.reason("id-expired").next("renew-id")
            }
            Self::CardDiffers => answer.reason("card-differs").next("compare-id"),
            Self::NotFound => answer.reason("not-in-population").next("check-number"),
            Self::Unreachable => answer.reason("population-unreachable"),
        }
    }
}

/// A person's insurance, as the register has it.
struct Policy {
    entry: registers::Entry,
    from: Option<Date>,
    until: Option<Date>,
    level: Option<u32>,
    initial_facility: Option<String>,
}

impl Policy {
    /// None: not in the register.
    fn of(patient: &Person) -> Result<Option<Self>, Denial> {
        let Some(entry) = registers::find(Register::HealthInsurance, patient)? else { return Ok(None) };
        Ok(Some(Self {
            from: entry.date(Field::ValidFrom)?,
            until: entry.date(Field::ValidUntil)?,
            level: entry.number(Field::BenefitLevel)?,
            initial_facility: entry.text(Field::InitialFacility)?,
            entry,
        }))
    }

    fn cover(&self, on: Date) -> Cover {
        rules::cover(self.from, self.until, on)
    }
}

/// Where the register differs from the population database, asks its owner for one correction. The patient is not held up.
fn correct(arrival: &Arrival, policy: &Policy, person: &Pseudonym, mut answer: Answer) -> Answer {
    let facts = [Fact::Name, Fact::BirthYear, Fact::Sex];
    // Names agree by their normal form: a tone mark written elsewhere is no difference.
    let Ok(agree) = policy.entry.agrees(facts) else { return answer };
    let wrong: Vec<Change> = facts
        .into_iter()
        .zip(agree)
        .filter(|(_, agrees)| *agrees == Some(false))
        .map(|(fact, _)| Change::as_in_population(fact))
        .collect();
    if wrong.is_empty() {
        return answer;
    }
    reporting::count("mismatches", 1);
    answer = answer.reason("register-differs");
    // Keyed by the person: however often they come, the owner gets one ticket.
    match registers::propose(Register::HealthInsurance, &arrival.patient, &person.into(), wrong, "seen at check-in") {
        Ok(_) => {
            answer.data.ticket = true;
            answer.next("tell-correction")
        }
        Err(_) => answer.next("report-on-paper"),
    }
}

/// Whether the insurance register covers the person on a day. None: not in it.
pub(crate) fn covers(patient: &Person, on: Date) -> Result<Option<bool>, Denial> {
    Ok(Policy::of(patient)?.map(|policy| policy.cover(on) == Cover::Covered))
}

pub(super) fn report(arrival: &Arrival, desk: &Desk) -> Result<(), Refusal> {
    let by_chip = matches!(arrival.method, Method::NfcChip | Method::VneidQr | Method::Face | Method::Fingerprint);
    reporting::count_by("check-ins", 1, [("method", arrival.method.code())]);
    reporting::share("chip-or-vneid", by_chip);
    reporting::share("manual", arrival.method == Method::Manual);
    if by_chip && FACILITIES.get(desk.facility.as_str())?.is_none() {
        FACILITIES.put(desk.facility.as_str(), &Facility { since: arrival.day() })?;
        reporting::count("facilities-with-chip", 1);
    }
    Ok(())
}
