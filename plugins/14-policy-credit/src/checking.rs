//! A check: one borrower at the transaction point, or a group's list. Each answer has its day and its source.

use std::collections::BTreeSet;

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::{Assessment, Case, assess};
use crate::files::{self, FILES, File, Stage};
use crate::rules::{Reason, Verdict, Weight};
use crate::settings::{Programme, Settings};

/// Most rows of a group's list.
const MOST_ROWS: usize = 60;
/// People whom one call may name, and the largest household that the host hands out: a row is checked only where both still fit.
const MOST_PEOPLE: usize = 256;
const LARGEST_HOUSEHOLD: usize = 32;
/// Longest term that is asked about, in months.
const LONGEST_TERM: u16 = 480;

/// Where entitlement is read.
const SOURCE: &str = "policy-beneficiaries";

/// A borrower.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckBorrower {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
    borrower: Person,
    programme_code: Ref,
    /// The branch's own commune, where left out.
    commune: Option<UnitCode>,
    /// In đồng.
    amount: Money,
    #[schemars(range(min = 1, max = 480))]
    term_months: u16,
    /// The savings-and-credit group.
    group_ref: Option<Ref>,
    /// The borrower has signed the consent at the counter.
    #[serde(default)]
    signed: bool,
}

/// A check as it came out.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Checked {
    check_ref: String,
    /// The day for which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    /// The list that was asked; none where the programme is open to all.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    /// Last day of the entry on that list.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_until: Option<Date>,
    /// The programme's ceiling, where the amount is over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<Money>,
    /// The programme's longest term in months, where the loan would run longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_term: Option<u16>,
}

impl Checked {
    fn of(check: &Ref, programme: &Programme, found: &Assessment, today: Date) -> Self {
        let has = |reason| found.reasons.contains(&reason);
        Self {
            check_ref: check.to_string(),
            as_of: Some(today),
            source: (!programme.categories.trim().is_empty()).then_some(SOURCE),
            listed_until: found.listed_until,
            ceiling: has(Reason::OverCeiling).then_some(programme.ceiling),
            longest_term: has(Reason::OverTerm).then_some(programme.term_months),
        }
    }
}

/// Checks one borrower.
pub(crate) fn check_borrower(occasion: &Occasion, req: CheckBorrower) -> Result<Outcome<Checked>, Refusal> {
    let settings: Settings = settings()?;
    let bank = Site::of(occasion, req.facility.as_ref())?;
    let programme = settings.programme(&req.programme_code)?;
    plausible(req.amount, req.term_months, "")?;
    let check = occasion.reference()?;
    let who = req.borrower.pseudonym()?;
    if let Some(before) = FILES.get(&files::key(&bank.id, &check))?
        && (before.value.borrower != who || before.value.stage != Stage::Checked)
    {
        return Err(Refusal::conflict("this reference has another check: choose a new one"));
    }
    let today = occasion.local_date();
    let commune = commune(&bank, req.commune, occasion)?;
    let case = Case {
        borrower: &req.borrower,
        who: &who,
        programme,
        programme_code: &req.programme_code,
        commune: &commune,
        amount: req.amount,
        term_months: req.term_months,
        check: &check,
        today,
        has_signed: req.signed,
    };
    let found = assess(&case, &settings)?;
    keep(&case, &bank.id, req.group_ref, &found)?;
    count(&found);
    let data = Checked::of(&check, programme, &found, today);
    Ok(worded(&found, data, programme))
}

fn commune(bank: &Site, named: Option<UnitCode>, occasion: &Occasion) -> Result<UnitCode, Refusal> {
    named.or_else(|| bank.unit()).map_or_else(|| occasion.unit(), Ok)
}

fn plausible(amount: Money, term_months: u16, at: &str) -> Result<(), Refusal> {
    if amount == Money::dong(0) {
        return Err(Refusal::invalid(format!("{at}/amount"), "give the amount in đồng, above 0"));
    }
    if !(1..=LONGEST_TERM).contains(&term_months) {
        return Err(Refusal::invalid(format!("{at}/term_months"), "give a term of 1 to 480 months"));
    }
    Ok(())
}

/// Keeps the file of a check.
fn keep(case: &Case<'_>, bank: &FacilityId, group: Option<Ref>, found: &Assessment) -> Result<(), Denial> {
    let file = File {
        bank: bank.clone(),
        check: case.check.clone(),
        borrower: case.who.clone(),
        sealed: case.borrower.seal().ok(),
        programme: case.programme_code.clone(),
        commune: case.commune.clone(),
        amount: case.amount,
        term_months: case.term_months,
        group,
        verdict: found.verdict(),
        reasons: found.reasons.clone(),
        assurance: found.assurance,
        checked: case.today,
        stage: Stage::Checked,
        is_disputed: false,
        looked_at: case.today,
        is_fresh: false,
        flagged: None,
    };
    FILES.put(&files::key(bank, case.check), &file).map(|_| ())
}

fn count(found: &Assessment) {
    let verdict = found.verdict();
    reporting::count_by("checks", 1, [("verdict", verdict.code())]);
    for reason in found.reasons.iter().filter(|reason| reason.weight() > Weight::Note) {
        reporting::count_by("not-eligible-by-reason", 1, [("reason", reason.code())]);
    }
}

fn worded(found: &Assessment, data: Checked, programme: &Programme) -> Outcome<Checked> {
    let as_of = data.as_of.map_or_else(String::new, |day| day.to_text());
    let verdict = found.verdict();
    let outcome = Outcome::with_data(verdict.code(), data).codes(
        found.reasons.iter().map(|reason| reason.code()),
        found.reasons.iter().filter_map(|reason| reason.next()).collect::<BTreeSet<_>>(),
    );
    match verdict {
        Verdict::Eligible => outcome.say("eligible", [("as_of", as_of)]),
        Verdict::Refer => outcome.say("refer", [("as_of", as_of)]),
        Verdict::NotEligible if found.reasons.contains(&Reason::SeePoliceDesk) => outcome.say("see-police-desk", []),
        Verdict::NotEligible if found.reasons.contains(&Reason::OverCeiling) => {
            outcome.say("over-ceiling", [("ceiling", programme.ceiling.to_text())])
        }
        Verdict::NotEligible => outcome.say("not-eligible", [("as_of", as_of)]),
    }
}

/// A group's list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckGroup {
    /// The branch; the officer's own, where left out.
    facility: Option<FacilityId>,
    group_ref: Ref,
    programme_code: Ref,
    /// The branch's own commune, where left out.
    commune: Option<UnitCode>,
    #[schemars(length(min = 1, max = 60))]
    rows: Vec<GroupRow>,
}

/// A member of the group.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupRow {
    row_ref: Ref,
    borrower: Person,
    /// In đồng.
    amount: Money,
    #[schemars(range(min = 1, max = 480))]
    term_months: u16,
    /// The borrower has signed the consent.
    #[serde(default)]
    signed: bool,
}

/// A group's list as it came out.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Group {
    results: Vec<RowResult>,
    /// Rows for which there is no check, and why.
    explained: Vec<Explained>,
    eligible: usize,
    /// Rows that did not fit into this call: send them again.
    again: Vec<String>,
}

/// One row's check.
#[derive(Debug, Serialize, JsonSchema)]
struct RowResult {
    row_ref: String,
    /// For the decision; the group's reference and the row's.
    check_ref: String,
    verdict: Verdict,
    reasons: Vec<Reason>,
}

/// A row for which there is no check.
#[derive(Debug, Serialize, JsonSchema)]
struct Explained {
    row_ref: String,
    reason: Reason,
}

/// Checks a group's list, each member as if alone, and nobody twice.
pub(crate) fn check_group(occasion: &Occasion, req: CheckGroup) -> Result<Outcome<Group>, Refusal> {
    let settings: Settings = settings()?;
    let bank = Site::of(occasion, req.facility.as_ref())?;
    let programme = settings.programme(&req.programme_code)?;
    if !(1..=MOST_ROWS).contains(&req.rows.len()) {
        return Err(Refusal::invalid("/rows", "send 1 to 60 members at once"));
    }
    let commune = commune(&bank, req.commune, occasion)?;
    let today = occasion.local_date();
    let mut group = Group::default();
    // Everybody who stands on the list so far, and everybody of their households.
    let (mut members, mut households) = (BTreeSet::new(), BTreeSet::new());
    let mut named = req.rows.len();
    for (place, row) in req.rows.iter().enumerate() {
        plausible(row.amount, row.term_months, &format!("/rows/{place}"))?;
        let row_ref = row.row_ref.to_string();
        if named + LARGEST_HOUSEHOLD > MOST_PEOPLE {
            group.again.push(row_ref);
            continue;
        }
        let who = row.borrower.pseudonym()?;
        if !members.insert(who.clone()) {
            group.explained.push(Explained { row_ref, reason: Reason::TwiceInList });
            continue;
        }
        if households.contains(&who) {
            group.explained.push(Explained { row_ref, reason: Reason::HouseholdTwice });
            continue;
        }
        let check = Ref::parse(&format!("{}/{}", req.group_ref, row.row_ref)).map_err(|_| {
            Refusal::invalid(format!("/rows/{place}/row_ref"), "group and row have at most 63 bytes together")
        })?;
        let case = Case {
            borrower: &row.borrower,
            who: &who,
            programme,
            programme_code: &req.programme_code,
            commune: &commune,
            amount: row.amount,
            term_months: row.term_months,
            check: &check,
            today,
            has_signed: row.signed,
        };
        let found = assess(&case, &settings)?;
        named += found.household.len();
        households.extend(found.household.iter().cloned());
        count(&found);
        if found.reasons.contains(&Reason::SeePoliceDesk) {
            group.explained.push(Explained { row_ref, reason: Reason::SeePoliceDesk });
            continue;
        }
        keep(&case, &bank.id, Some(req.group_ref.clone()), &found)?;
        let verdict = found.verdict();
        group.eligible += usize::from(verdict == Verdict::Eligible);
        group.results.push(RowResult { row_ref, check_ref: check.to_string(), verdict, reasons: found.reasons });
    }
    let explained: BTreeSet<Reason> = group.explained.iter().map(|row| row.reason).collect();
    let (results, eligible) = (group.results.len().to_text(), group.eligible.to_text());
    let unclear = (group.explained.len() + group.again.len()).to_text();
    let is_whole = group.again.is_empty();
    let outcome = Outcome::with_data("group-checked", group)
        .codes(explained.iter().map(|reason| reason.code()), explained.iter().filter_map(|reason| reason.next()))
        .say("group", [("results", results), ("eligible", eligible), ("unclear", unclear)]);
    Ok(if is_whole { outcome } else { outcome.next("send-the-rest") })
}
