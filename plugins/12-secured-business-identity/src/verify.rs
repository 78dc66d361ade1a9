//! A customer at the counter: who the card says, old enough, and how sure that is. Nothing else is told.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{self, ADULT_AGE, OLDEST_AGE, Purpose};
use crate::settings::{KeepCopy, Settings};
use crate::shop::{self, Shop, VERIFIED, Verification};
use crate::suspicion;

/// A customer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyCustomer {
    /// The business; the counter's own, where left out.
    facility: Option<FacilityId>,
    customer: Person,
    purpose: Purpose,
    /// In đồng, where money is dealt with.
    amount: Option<Money>,
}

/// What the counter learns.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Verified {
    /// For the entry of the book; none where there may be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_ref: Option<String>,
    /// The rung of the ladder of proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    assurance: Option<Assurance>,
    /// Whether a photocopy is kept besides the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_copy: Option<bool>,
}

/// Verifies a customer whom the counter entered.
pub(crate) fn verify_customer(occasion: &Occasion, req: VerifyCustomer) -> Result<Outcome<Verified>, Refusal> {
    if req.amount == Some(Money::dong(0)) {
        return Err(Refusal::invalid("/amount", "give an amount above 0, or leave it out"));
    }
    verify(occasion, &req, occasion.captured()?).map(|(outcome, _)| outcome)
}

/// A card or code at the counter's reader.
pub(crate) fn on_reading(occasion: &Occasion, reading: Reading) -> Result<Outcome<Verified>, Refusal> {
    let captured = reading.captured_at().min(occasion.captured()?);
    let req = VerifyCustomer { facility: None, customer: reading.person(), purpose: Purpose::Other, amount: None };
    let (outcome, signal) = verify(occasion, &req, captured)?;
    readers::light(signal);
    Ok(outcome)
}

/// How a customer was found.
enum Found {
    Ok {
        assurance: Assurance,
    },
    /// Good enough for nothing yet: what to add.
    Weak {
        reason: &'static str,
        next: &'static str,
    },
    /// Not to be dealt with.
    NotOk(NotOk),
}

enum NotOk {
    SeePoliceDesk,
    TooYoung,
    CardNotValid,
    CardDiffers,
}

fn verify(
    occasion: &Occasion,
    req: &VerifyCustomer,
    captured: Instant,
) -> Result<(Outcome<Verified>, Signal), Refusal> {
    let settings: Settings = settings()?;
    let site = Site::of(occasion, req.facility.as_ref())?;
    let at = occasion.at();
    if site.is_unlicensed() {
        let outcome = Outcome::new("read-only").reason("licence-not-in-force").say("read-only", []);
        return Ok((outcome.next("renew-licence"), Signal::Red));
    }
    if rules::is_stale(captured, at, settings.reading_minutes) {
        return Err(Refusal::new("reading-too-old").because("the card was read too long ago: read it again"));
    }
    let unused = shop::unused_of_the_last_hour(&site.id, at, settings.unused_an_hour)?;
    if rules::is_fishing(unused, settings.unused_an_hour) {
        suspicion::tell_of_fishing(&site, at, unused);
        reporting::count("fishing", 1);
        let outcome = Outcome::new("budget-spent").reason("verifications-without-entries").say("budget-spent", []);
        return Ok((outcome.next("enter-or-wait"), Signal::Red));
    }
    let seen = Seen::of(&req.customer);
    let found = find(req, seen, &settings);
    let verification = occasion.reference()?;
    let kept = Verification {
        shop: site.id.clone(),
        verification: verification.clone(),
        customer: req.customer.pseudonym()?,
        sealed: req.customer.seal().ok(),
        purpose: req.purpose,
        assurance: seen.assurance,
        amount: req.amount,
        at,
        is_ok: matches!(found, Found::Ok { .. }),
        entry: None,
    };
    VERIFIED.put(&shop::verification_key(&site.id, &verification), &kept)?;
    remember(&site, at.date())?;
    reporting::count_by("verified", 1, [("method", seen.code()), ("purpose", req.purpose.code())]);
    reporting::share("chip-or-vneid", seen.assurance >= Assurance::Possession);
    Ok(worded(found, &verification, &settings))
}

/// Asks the population database. A typed number is no card: its state says nothing about this customer.
fn find(req: &VerifyCustomer, seen: Seen, settings: &Settings) -> Found {
    if !seen.has_number {
        return Found::Weak { reason: "no-identity-read", next: "read-identity" };
    }
    let claims =
        [Claim::CardValid, Claim::CardNotRevoked, Claim::AgeBetween(ADULT_AGE, OLDEST_AGE), Claim::NameMatches];
    let [valid, not_revoked, adult, name] = match population::check(&req.customer, claims) {
        Checked::Answered(answers) => answers,
        Checked::Deceased => return Found::NotOk(NotOk::SeePoliceDesk),
        Checked::NotFound => return Found::Weak { reason: "not-in-population", next: "check-number" },
        Checked::Unanswered => return Found::Weak { reason: "not-verified", next: "check-by-paper" },
    };
    if adult.is_no() {
        return Found::NotOk(NotOk::TooYoung);
    }
    if seen.card_was_shown() && (valid.is_no() || not_revoked.is_no()) {
        return Found::NotOk(NotOk::CardNotValid);
    }
    if name.is_no() {
        return Found::NotOk(NotOk::CardDiffers);
    }
    // What the database cannot tell is no yes: somebody looks.
    if !adult.is_yes() {
        return Found::Weak { reason: "age-unknown", next: "check-by-paper" };
    }
    if seen.card_was_shown() && !(valid.is_yes() && not_revoked.is_yes()) {
        return Found::Weak { reason: "card-unknown", next: "check-by-paper" };
    }
    if seen.says_a_name() && !name.is_yes() {
        return Found::Weak { reason: "name-unclear", next: "compare-id" };
    }
    if rules::is_large(req.amount, settings.large_sum) && seen.assurance < settings.min_assurance_large {
        return Found::Weak { reason: "low-assurance", next: "ask-chip" };
    }
    Found::Ok { assurance: seen.assurance }
}

fn worded(found: Found, verification: &Ref, settings: &Settings) -> (Outcome<Verified>, Signal) {
    match found {
        Found::Ok { assurance } => {
            let data = Verified {
                verification_ref: Some(verification.to_string()),
                assurance: Some(assurance),
                keep_copy: Some(settings.keep_copy == KeepCopy::Copy),
            };
            (Outcome::with_data("identity-ok", data).say("identity-ok", []), Signal::Green)
        }
        Found::Weak { reason, next } => (Outcome::new("weak").codes([reason], [next]).say("weak", []), Signal::Amber),
        Found::NotOk(why) => {
            let outcome = Outcome::new("not-ok");
            let outcome = match why {
                NotOk::SeePoliceDesk => {
                    outcome.reason("see-police-desk").say("see-police-desk", []).next("go-to-police-desk")
                }
                NotOk::TooYoung => outcome.reason("too-young").say("too-young", []).next("do-not-deal"),
                NotOk::CardNotValid => {
                    outcome.reason("card-not-valid").say("card-not-valid", []).next("ask-for-valid-card")
                }
                NotOk::CardDiffers => outcome.reason("card-differs").say("card-differs", []).next("compare-id"),
            };
            (outcome, Signal::Red)
        }
    }
}

/// Remembers that the business verified somebody today.
fn remember(site: &Site, today: Date) -> Result<(), Refusal> {
    let (mut shop, is_new) = Shop::of(&site.id, today)?;
    if is_new {
        let class = site.facility.as_ref().map_or_else(|| "unknown".to_owned(), places::Facility::class);
        reporting::count_by("businesses-connected", 1, [("class", class.as_str())]);
    }
    if is_new || shop.last < today || shop.inactive.is_some() {
        (shop.last, shop.inactive) = (shop.last.max(today), None);
        shop.keep()?;
    }
    Ok(())
}
