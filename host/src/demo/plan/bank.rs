//! Borrowers at branches of the policy bank: checked, identified by their chip, decided on.

use super::{Act, By, Field, Mistake, Plan, Size, Station, Trade, Who, ask, because, decided, reading, refused, text};

/// What a check says of a living adult in the commune where they live. A person decides.
pub(in crate::demo) const CHECKED: &[&str] = &["eligible", "refer"];
/// Working hours of the branches.
const HOURS: [u32; 24] = [0, 0, 0, 0, 0, 0, 0, 4, 8, 8, 7, 3, 0, 4, 7, 7, 4, 0, 0, 0, 0, 0, 0, 0];
/// A programme that is open to all, and one that no bank has.
const PROGRAMME: &str = "nuoc-sach";
const UNKNOWN: &str = "khong-co";
/// What is asked for, what is approved, and what is over the programme's ceiling, in đồng.
const AMOUNT: i64 = 15_000_000;
const APPROVED: i64 = 10_000_000;
const OVER: i64 = 150_000_000;
const MONTHS: i64 = 36;
/// Seconds between the check, the chip and the decision.
const STEP: u32 = 120;

/// Borrowers, and one of each error.
pub(super) fn plan(plan: &mut Plan<'_>, size: Size) {
    for _ in 0..size.customers() {
        borrower(plan);
    }
    mistakes(plan);
}

fn check(who: Who, by: By, programme: &str, amount: i64) -> Act {
    let input = vec![
        ("borrower", Field::Person(who, by)),
        ("programme_code", text(programme)),
        ("commune", Field::CommuneOf(who)),
        ("amount", Field::Number(amount)),
        ("term_months", Field::Number(MONTHS)),
        ("signed", Field::Flag(true)),
    ];
    ask("check-borrower", input)
}

fn decide(check: usize, approved: i64) -> Act {
    let input = vec![
        ("check_ref", Field::ReferenceOf(check)),
        ("approved", Field::Number(approved)),
        ("officer", text("CB-7")),
    ];
    ask("record-decision", input)
}

fn borrower(plan: &mut Plan<'_>) {
    let (at, place) = (plan.draw.second(&HOURS), plan.place(Trade::Bank));
    // Not one after the other: neighbours in the register are of one household, which gets one loan.
    let who = Who::Plain(plan.draw.index(plan.crowd.plain.len()));
    let (desk, reader) = (Station::Desk(Trade::Bank, place), Station::Reader(Trade::Bank, place));
    let by_chip = plan.draw.below(4) == 0;
    let checked =
        plan.add(at, desk, check(who, if by_chip { By::Chip } else { By::Card }, PROGRAMME, AMOUNT), decided(CHECKED));
    if !by_chip {
        plan.add(at + STEP, reader, reading(Trade::Bank, who, By::Chip), decided(&["identified"]));
    }
    // Some are turned down, for a reason of the officer's own.
    let approved = if plan.draw.below(5) == 0 { 0 } else { APPROVED };
    plan.add(at + 2 * STEP, desk, decide(checked, approved), decided(&["recorded"]));
}

fn mistakes(plan: &mut Plan<'_>) {
    let desk = Station::Desk(Trade::Bank, plan.place(Trade::Bank));
    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let answer = because(&["not-eligible"], "over-ceiling");
    plan.err(Mistake::OverCeiling, at, desk, check(who, By::Card, PROGRAMME, OVER), answer);

    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    plan.err(Mistake::UnknownProgramme, at, desk, check(who, By::Card, UNKNOWN, AMOUNT), refused("invalid"));

    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let checked = plan.add(at, desk, check(who, By::Card, PROGRAMME, AMOUNT), decided(CHECKED));
    let answer = because(&["needs-identity"], "low-assurance");
    plan.err(Mistake::LoanWithoutChip, at + STEP, desk, decide(checked, APPROVED), answer);
    plan.err(Mistake::MoreThanChecked, at + 2 * STEP, desk, decide(checked, AMOUNT + 1), refused("invalid"));

    if let Some(dead) = plan.dead() {
        let at = plan.draw.second(&HOURS);
        let answer = because(&["not-eligible"], "see-police-desk");
        plan.err(Mistake::DeceasedCard, at, desk, check(dead, By::Card, PROGRAMME, AMOUNT), answer);
    }
}
