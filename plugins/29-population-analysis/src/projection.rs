//! A simplified cohort-component projection: three lines, and every assumption said. Pure.

use schemars::JsonSchema;
use serde::Serialize;

/// Longest projection, in years: beyond, a simplified one says nothing.
pub(crate) const MOST_YEARS: u8 = 10;

/// Most per 1,000 that a rate may be: no population of the world reaches it.
pub(crate) const MOST_PER_THOUSAND: f64 = 100.0;

/// A rate as people of 100,000, so that two decimals per 1,000 are whole.
const OF: i64 = 100_000;

/// People are reckoned in thousandths, so that small bands do not stand still.
const PARTS: i64 = 1_000;

/// Most people of one band: more than any country has, and far from what overflows.
const MOST_IN_A_BAND: u64 = 1_000_000_000;

/// Years that a band is wide: so many parts of it stay a year.
const WIDTH: i64 = 5;

/// First band of the working ages and of old age.
const WORKING: usize = 3;
const OLD: usize = 13;

/// Yearly rates in people of 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) births: i64,
    pub(crate) deaths: i64,
    /// Arrivals less departures.
    pub(crate) migration: i64,
}

impl Rates {
    /// From numbers per 1,000, to two decimals. None beyond what a population can have.
    pub(crate) fn per_thousand(births: f64, deaths: f64, migration: f64) -> Option<Self> {
        let part = |rate: f64, least: f64| {
            // Within ±10,000 after the check, so nothing is cut off.
            (rate.is_finite() && (least..=MOST_PER_THOUSAND).contains(&rate)).then(|| (rate * 100.0).round() as i64)
        };
        Some(Self {
            births: part(births, 0.0)?,
            deaths: part(deaths, 0.0)?,
            migration: part(migration, -MOST_PER_THOUSAND)?,
        })
    }

    /// The rates of a variant: births and migration `percent` higher, deaths lower; a negative `percent` the other way round.
    fn shifted(self, percent: i64) -> Self {
        Self {
            births: self.births * (100 + percent) / 100,
            deaths: self.deaths * (100 - percent) / 100,
            migration: self.migration + self.migration.abs() * percent / 100,
        }
    }
}

/// One line of a projection: people at the beginning and after each year, and by age at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Line {
    pub(crate) people: Vec<i64>,
    /// Aged 0 to 14 at the end.
    pub(crate) young: i64,
    /// Aged 15 to 64 at the end.
    pub(crate) working: i64,
    /// Aged 65 and older at the end.
    pub(crate) old: i64,
}

/// The three lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Lines {
    pub(crate) low: Line,
    pub(crate) mid: Line,
    pub(crate) high: Line,
}

/// Projects five-year bands over `years`. Births go into the first band; deaths and migration are taken from each band by its size;
/// a fifth of each band goes on to the next a year. `spread` in percent sets low and high apart.
pub(crate) fn project(bands: &[u64], rates: Rates, years: u8, spread: i64, rounding: u32) -> Lines {
    let line = |percent| line(bands, rates.shifted(percent), years, rounding);
    Lines { low: line(-spread), mid: line(0), high: line(spread) }
}

fn line(bands: &[u64], rates: Rates, years: u8, rounding: u32) -> Line {
    let people_of = |count: u64| i64::try_from(count.min(MOST_IN_A_BAND)).unwrap_or(0);
    let mut bands: Vec<i64> = bands.iter().map(|count| people_of(*count) * PARTS).collect();
    let shown = |parts: i64| {
        let to = i64::from(rounding.max(1));
        (parts.max(0) / PARTS + to / 2) / to * to
    };
    let mut people = vec![shown(bands.iter().sum())];
    for _ in 0..years {
        let born = of(bands.iter().sum(), rates.births);
        let mut coming = born;
        let last = bands.len().saturating_sub(1);
        for (place, band) in bands.iter_mut().enumerate() {
            let going = if place == last { 0 } else { *band / WIDTH };
            *band = (*band - of(*band, rates.deaths) + of(*band, rates.migration) - going + coming).max(0);
            coming = going;
        }
        people.push(shown(bands.iter().sum()));
    }
    let between = |from: usize, to: usize| shown(bands.iter().skip(from).take(to - from).sum());
    Line { people, young: between(0, WORKING), working: between(WORKING, OLD), old: between(OLD, usize::MAX) }
}

fn of(parts: i64, rate: i64) -> i64 {
    // In 128 bits, as thousandths of people by people of 100,000 pass 64.
    i64::try_from(i128::from(parts) * i128::from(rate) / i128::from(OF)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS: [u64; 18] = [100; 18];

    fn rates(births: f64, deaths: f64, migration: f64) -> Rates {
        Rates::per_thousand(births, deaths, migration).unwrap()
    }

    #[test]
    fn without_births_deaths_and_moves_nobody_is_lost() {
        let lines = project(&BANDS, rates(0.0, 0.0, 0.0), 10, 10, 1);
        assert_eq!(lines.mid.people, [1800; 11]);
        assert_eq!((&lines.low, &lines.high), (&lines.mid, &lines.mid));
        assert!((lines.mid.young + lines.mid.working + lines.mid.old - 1800).abs() <= 2);
    }

    #[test]
    fn a_year_grows_by_the_balance_of_its_rates() {
        let lines = project(&[10_000; 18], rates(14.0, 6.0, -3.0), 1, 0, 1);
        assert_eq!(lines.mid.people, [180_000, 180_900]);
    }

    #[test]
    fn the_lines_lie_in_their_order() {
        for migration in [-8.0, 0.0, 8.0] {
            let lines = project(&[10_000; 18], rates(14.0, 6.0, migration), 5, 10, 1);
            let ends = [&lines.low, &lines.mid, &lines.high].map(|line| *line.people.last().unwrap());
            assert!(ends[0] < ends[1] && ends[1] < ends[2], "{ends:?}");
            assert_eq!(lines.mid.people.len(), 6);
        }
    }

    #[test]
    fn rates_that_no_population_has_are_refused() {
        for (births, deaths, migration) in
            [(-1.0, 0.0, 0.0), (101.0, 0.0, 0.0), (0.0, f64::NAN, 0.0), (0.0, 0.0, -101.0), (f64::INFINITY, 0.0, 0.0)]
        {
            assert_eq!(Rates::per_thousand(births, deaths, migration), None);
        }
        assert_eq!(rates(14.25, 6.0, -3.5), Rates { births: 1425, deaths: 600, migration: -350 });
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        let lines = project(&[u64::MAX; 18], rates(100.0, 0.0, 100.0), 10, 50, 5);
        assert!(lines.high.people.iter().all(|people| *people > 0));
    }
}
