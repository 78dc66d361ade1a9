//! Numbers: unique, recognisable as synthetic, and now and then at odds with the record.

use pilothouse_identity::Sex;

use crate::draw::Draw;
use crate::facts::Nationality;
use crate::people::Person;

/// Registration codes with their share in 100: most births were registered in the province itself.
const CODES: [(u64, u32); 7] = [(44, 88), (45, 3), (42, 3), (40, 2), (46, 2), (1, 1), (79, 1)];

/// A code above the provinces', for births registered abroad. Which code means Laos is not published.
const ABROAD: u64 = 418;

/// Serials of made-up people.
const FIRST_SERIAL: u64 = 990_000;
const SERIALS: u16 = 10_000;

/// Old numbers begin with the province's 194 and a 9, which its 900,000 people do not reach.
const FIRST_OLD: u32 = 194_900_000;
const OLD_NUMBERS: u32 = 100_000;

/// Last year of birth of people who had an old card.
const LAST_OLD_YEAR: u16 = 2002;

/// Next serial of each series: code, century and sex, year.
struct Series {
    next: Vec<u16>,
}

impl Series {
    fn new() -> Self {
        Self { next: vec![0; (CODES.len() + 1) * 1_000] }
    }

    /// The next number of a series; another code where the series is used up, and 0 where all are.
    fn take(&mut self, code: usize, digit: u64, year: u64) -> u64 {
        let codes = CODES.len() + 1;
        for step in 0..codes {
            let code = (code + step) % codes;
            let slot = code * 1_000 + (digit * 100 + year) as usize;
            let Some(next) = self.next.get_mut(slot).filter(|next| **next < SERIALS) else { continue };
            let serial = FIRST_SERIAL + u64::from(*next);
            *next += 1;
            let registration = CODES.get(code).map_or(ABROAD, |(code, _)| *code);
            return registration * 1_000_000_000 + digit * 100_000_000 + year * 1_000_000 + serial;
        }
        0
    }
}

pub(super) fn assign(draw: &mut Draw, people: &mut [Person]) {
    let mut series = Series::new();
    let mut old = 0;
    let mut code = 0;
    for index in 0..people.len() {
        let twin = index.checked_sub(1).is_some_and(|before| {
            let (before, person) = (&people[before], &people[index]);
            before.household == person.household && before.born == person.born && before.sex == person.sex
        });
        let person = &mut people[index];
        // Twins were registered together, one after the other.
        if !twin {
            code = draw.weighted(CODES.iter().map(|(_, share)| *share));
        }
        if person.nationality != Nationality::VietNam {
            code = CODES.len();
        }
        let (digit, year) = century_and_sex(person);
        let (digit, year) = match draw.below(1_000) {
            // Errors that were put right in the record, not in the number.
            0 if !twin => (digit ^ 1, year),
            1 if !twin => (digit, (year + 99) % 100),
            _ => (digit, year),
        };
        person.number = series.take(code, digit, year);
        if draw.chance(200) {
            let (digit, year) = century_and_sex(person);
            let wrong = if draw.chance(5_000) { (digit, (year + 1) % 100) } else { (digit ^ 1, year) };
            person.cancelled = series.take(code, wrong.0, wrong.1);
        }
        if person.born.year() <= LAST_OLD_YEAR && draw.chance(6_000) {
            // Beyond 100,000 the numbers repeat; duplicates of old numbers are known in life, too.
            person.old = FIRST_OLD + old % OLD_NUMBERS;
            old += 1;
        }
    }
}

fn century_and_sex(person: &Person) -> (u64, u64) {
    let year = u64::from(person.born.year());
    let female = u64::from(person.sex == Sex::Female);
    ((year.saturating_sub(1900) / 100 * 2 + female).min(9), year % 100)
}
