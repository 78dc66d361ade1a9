//! Customers at pawnshops: verified at the counter, their item entered in the book, some redeemed.
//!
//! A reading holds for ten minutes there, so visits happen at the moment of sending.

use super::{Act, By, Field, Mistake, Plan, Size, Station, Trade, When, Who, ask_now, because, decided, refused, text};

/// Customers by the hour.
const HOURS: [u32; 24] = [0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 6, 5, 3, 3, 5, 6, 6, 5, 4, 3, 2, 1, 0, 0];
/// A sum for which the printed code is enough, and one for which it is not, in đồng.
const SMALL: i64 = 2_000_000;
const LARGE: i64 = 20_000_000;
/// Items that are brought.
const ITEMS: [&str; 4] = ["motorbike", "phone", "computer", "jewellery"];
/// Days until an item is redeemed or sold.
const DAYS: i64 = 30;

/// Customers, and one of each error.
pub(super) fn plan(plan: &mut Plan<'_>, size: Size) {
    for _ in 0..size.customers() {
        customer(plan);
    }
    mistakes(plan);
}

fn read(who: Who, by: By) -> Act {
    Act::Reading { to: Trade::Pawnshop, who, by, when: When::Sent }
}

fn verify(who: Who, by: By, amount: i64) -> Act {
    let input =
        vec![("customer", Field::Person(who, by)), ("purpose", text("pawn")), ("amount", Field::Number(amount))];
    ask_now("verify-customer", input)
}

fn entry(verification: Field, item: &str, mark: usize, value: i64) -> Act {
    let input = vec![
        ("verification_ref", verification),
        ("item_class", text(item)),
        ("item_mark", text(format!("THU{mark:08}"))),
        ("owner", text("self")),
        ("value", Field::Number(value)),
        ("until", Field::Days(DAYS)),
    ];
    ask_now("book-entry", input)
}

fn customer(plan: &mut Plan<'_>) {
    let (at, place, who) = (plan.draw.second(&HOURS), plan.place(Trade::Pawnshop), plan.someone());
    let (desk, reader) = (Station::Desk(Trade::Pawnshop, place), Station::Reader(Trade::Pawnshop, place));
    let (station, act) = match plan.draw.below(10) {
        0..=4 => (reader, read(who, By::Chip)),
        5 | 6 => (reader, read(who, By::Code)),
        _ => (desk, verify(who, By::Card, SMALL)),
    };
    let verified = plan.add(at, station, act, decided(&["identity-ok"]));
    let item = ITEMS[plan.draw.index(ITEMS.len())];
    let act = entry(Field::ReferenceOf(verified), item, verified, SMALL);
    let entered = plan.add(at + 1, desk, act, decided(&["entered"]));
    if plan.draw.below(4) == 0 {
        let input = vec![("entry_no", Field::AnswerOf(entered, "entry_no")), ("how", text("redeemed"))];
        plan.add(at + 7_200, desk, ask_now("close-entry", input), decided(&["closed"]));
    }
}

fn mistakes(plan: &mut Plan<'_>) {
    let place = plan.place(Trade::Pawnshop);
    let (desk, reader) = (Station::Desk(Trade::Pawnshop, place), Station::Reader(Trade::Pawnshop, place));
    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let verified = plan.add(at, reader, read(who, By::Chip), decided(&["identity-ok"]));
    let act = entry(Field::ReferenceOf(verified), "identity-paper", verified, SMALL);
    let answer = because(&["not-entered"], "identity-paper");
    plan.err(Mistake::PaperInPawn, at + 1, desk, act, answer);

    let (at, who) = (plan.draw.second(&HOURS), plan.someone());
    let answer = because(&["weak"], "low-assurance");
    plan.err(Mistake::LargeSumByCard, at, desk, verify(who, By::Card, LARGE), answer);

    let at = plan.draw.second(&HOURS);
    let act = entry(text("V-0"), "jewellery", 0, SMALL);
    plan.err(Mistake::UnverifiedCustomer, at, desk, act, refused("no-such-verification"));

    if let Some(expired) = plan.expired() {
        let at = plan.draw.second(&HOURS);
        let answer = because(&["not-ok"], "card-not-valid");
        plan.err(Mistake::ExpiredCard, at, desk, verify(expired, By::Card, SMALL), answer);
    }
    if let Some(dead) = plan.dead() {
        let at = plan.draw.second(&HOURS);
        let answer = because(&["not-ok"], "see-police-desk");
        plan.err(Mistake::DeceasedCard, at, reader, read(dead, By::Card), answer);
    }
}
