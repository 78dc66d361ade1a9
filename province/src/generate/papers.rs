//! Identity cards: who has which, since when and until when.
//!
//! Cards are renewed at 14, 25, 40 and 60 years; one issued within two years before such an age runs on to the next.
//!
//! Source: Law on Identity 26/2023/QH15 Article 21.

use time::{Date, Duration, macros::date};

use crate::day::{Day, years_after};
use crate::draw::Draw;
use crate::facts::Card;
use crate::people::Person;

/// First card with the code that readers read.
const CCCD_SINCE: Date = date!(2021 - 01 - 01);

/// First day of the card under the Law on Identity.
const CAN_CUOC_SINCE: Date = date!(2024 - 07 - 01);

/// Ages at which cards end.
const MARKS: [i32; 4] = [14, 25, 40, 60];

/// Years before a mark within which a card runs on to the next one.
const RUNS_ON: i32 = 2;

pub(super) fn issue(draw: &mut Draw, people: &mut [Person], reference: Date) {
    for person in people {
        let born = person.born.to_date().unwrap_or_else(|| year_start(person.born.year()));
        // Nobody renews a card after death.
        let until = person.died.date().map_or(reference, |died| died.min(reference));
        let Some((kind, issued)) = card(draw, born, until) else { continue };
        person.card = kind;
        person.issued = Day::of(issued);
        person.expires = expiry(born, issued).map_or(Day::NONE, Day::of);
        person.revoked = draw.chance(50);
    }
}

fn card(draw: &mut Draw, born: Date, until: Date) -> Option<(Card, Date)> {
    let (six, fourteen) = (years_after(born, 6), years_after(born, 14));
    if until < fourteen {
        // Half of the small children have none yet.
        let has_card = until >= six || draw.chance(5_000);
        let issued = day_between(draw, CAN_CUOC_SINCE.max(born + Duration::days(30)), until);
        return issued.filter(|_| has_card).map(|issued| (Card::CanCuoc, issued));
    }
    let cccd = day_between(draw, CCCD_SINCE.max(fourteen), until.min(CAN_CUOC_SINCE - Duration::DAY));
    let can_cuoc = day_between(draw, CAN_CUOC_SINCE.max(fourteen), until);
    let issued = match (cccd, can_cuoc) {
        (Some(cccd), Some(can_cuoc)) => {
            if draw.chance(8_100) {
                (Card::Cccd, cccd)
            } else {
                (Card::CanCuoc, can_cuoc)
            }
        }
        (Some(cccd), None) => (Card::Cccd, cccd),
        (None, can_cuoc) => (Card::CanCuoc, can_cuoc?),
    };
    // Three of four renew in time what has ended.
    let ended = expiry(born, issued.1).filter(|ended| *ended < until && draw.chance(7_500));
    let renewed = ended.and_then(|ended| day_between(draw, ended.max(CAN_CUOC_SINCE), until));
    Some(renewed.map_or(issued, |renewed| (Card::CanCuoc, renewed)))
}

/// The last day of a card; `None` for one that does not end.
fn expiry(born: Date, issued: Date) -> Option<Date> {
    MARKS.into_iter().map(|mark| years_after(born, mark)).find(|mark| years_after(issued, RUNS_ON) <= *mark)
}

fn day_between(draw: &mut Draw, first: Date, last: Date) -> Option<Date> {
    let days = u32::try_from((last - first).whole_days()).ok()?;
    Some(first + Duration::days(i64::from(draw.below(days + 1))))
}

fn year_start(year: u16) -> Date {
    Date::from_ordinal_date(i32::from(year), 1).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::expiry;

    #[test]
    fn cards_end_at_the_marks_and_run_on_when_issued_shortly_before() {
        let born = date!(2000 - 06 - 15);
        assert_eq!(expiry(born, date!(2021 - 05 - 01)), Some(date!(2025 - 06 - 15)));
        assert_eq!(expiry(born, date!(2023 - 06 - 15)), Some(date!(2025 - 06 - 15)));
        assert_eq!(expiry(born, date!(2023 - 06 - 16)), Some(date!(2040 - 06 - 15)));
        assert_eq!(expiry(date!(1966 - 01 - 01), date!(2024 - 02 - 01)), None);
        assert_eq!(expiry(date!(2022 - 01 - 01), date!(2024 - 08 - 01)), Some(date!(2036 - 01 - 01)));
    }
}
