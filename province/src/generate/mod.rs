//! Makes the synthetic population from a seed.
//!
//! Shares are those of the census of 2019 where it is published and plausible assumptions elsewhere; oddities are planted at known rates.
//! The people are those of [`REFERENCE_DAY`], so the same seed gives the same people whenever it is asked from that day
//! on; only states that depend on today, such as expired cards, move with it.

mod communes;
mod families;
mod numbers;
mod papers;
mod pyramid;

use time::{Date, macros::date};

pub(crate) use communes::OldCommunes;

use crate::draw::Draw;
use crate::people::Population;

/// The seed of the demonstration.
pub const DEFAULT_SEED: u64 = 1_790_644;

/// People of the demonstration.
pub const DEFAULT_PEOPLE: u32 = 20_000;

/// Most people: the registered population used for the merger was 1,063,487, and 10,000 serials a year and sex do not carry many more.
pub const MAX_PEOPLE: u32 = 1_000_000;

/// The day on which the register is drawn. Earlier days draw their own people.
pub const REFERENCE_DAY: Date = date!(2026 - 07 - 01);

/// Streams of chance, one a purpose, so that a change in one leaves the others as they are.
mod stream {
    pub(super) const FAMILIES: u64 = 1;
    pub(super) const NUMBERS: u64 = 2;
    pub(super) const PAPERS: u64 = 3;
}

impl Population {
    /// Makes `people` people (at most [`MAX_PEOPLE`]) from a seed; `today` is the register's day.
    #[must_use]
    pub fn generate(seed: u64, people: u32, today: Date) -> Self {
        let reference = today.min(REFERENCE_DAY);
        let count = people.min(MAX_PEOPLE);
        let communes = OldCommunes::new();
        let mut draw = Draw::new(seed, stream::FAMILIES, 0);
        let (mut people, households) = families::draw(&mut draw, count, reference, &communes);
        papers::issue(&mut Draw::new(seed, stream::PAPERS, 0), &mut people, reference);
        numbers::assign(&mut Draw::new(seed, stream::NUMBERS, 0), &mut people);
        Self::of_rows(people, households, communes, seed, today)
    }
}

#[cfg(test)]
mod tests;
