//! How many people of which age and sex, exactly; and drawing them without putting back.

use pilothouse_identity::Sex;

use crate::draw::Draw;

/// Ages that occur: the oldest is 104, whose century digit is the last century's.
pub(super) const AGES: usize = 105;

/// First age, last age, share in 1,000.
const BANDS: [(usize, usize, u64); 16] = [
    (0, 4, 85),
    (5, 9, 89),
    (10, 14, 77),
    (15, 19, 68),
    (20, 24, 61),
    (25, 29, 74),
    (30, 34, 77),
    (35, 39, 72),
    (40, 44, 67),
    (45, 49, 66),
    (50, 54, 60),
    (55, 59, 54),
    (60, 64, 44),
    (65, 69, 32),
    (70, 79, 36),
    (80, 104, 38),
];

/// Age, men for 100 women; straight lines between.
const MEN: [(usize, u64); 5] = [(0, 110), (20, 105), (45, 100), (65, 85), (80, 55)];

/// People who have not yet a household, by sex and age in whole years.
pub(super) struct Pool {
    counts: [[u32; AGES]; 2],
    left: u32,
}

impl Pool {
    pub(super) fn new(people: u32) -> Self {
        const PARTS: u64 = 1_000_000;
        let mut weights = Vec::with_capacity(2 * AGES);
        for (first, last, share) in BANDS {
            // Within the two wide bands the old are fewer with every year.
            let shape = |age: usize| match first {
                70 => (95 - age) as u64,
                80 => ((105 - age) * (105 - age)) as u64,
                _ => 1,
            };
            let whole: u64 = (first..=last).map(shape).sum();
            for age in first..=last {
                let weight = share * PARTS * shape(age) / whole;
                let men = men_for_100_women(age);
                let male = weight * men / (100 + men);
                weights.push((Sex::Male, age, male));
                weights.push((Sex::Female, age, weight - male));
            }
        }
        let total: u64 = weights.iter().map(|(_, _, weight)| weight).sum();
        let mut pool = Self { counts: [[0; AGES]; 2], left: people };
        let (mut sum, mut given) = (0, 0);
        for (sex, age, weight) in weights {
            sum += weight;
            let until = u64::from(people) * sum / total;
            pool.counts[side(sex)][age] = (until - given) as u32;
            given = until;
        }
        // One of 104 years, whatever the size.
        if let Some(count) = pool.counts[1].iter_mut().take(90).skip(80).find(|count| **count > 0) {
            *count -= 1;
            pool.counts[1][AGES - 1] += 1;
        }
        pool
    }

    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    /// How many are left of a sex between two ages.
    pub(super) fn count(&self, sex: Sex, first: usize, last: usize) -> u32 {
        self.counts[side(sex)].iter().take(last + 1).skip(first).sum()
    }

    /// Takes anybody of that sex between two ages, each age as often as it is left.
    pub(super) fn take(&mut self, draw: &mut Draw, sex: Sex, first: usize, last: usize) -> Option<usize> {
        let mut point = draw.below(self.count(sex, first, last).max(1));
        for age in first..=last.min(AGES - 1) {
            let count = &mut self.counts[side(sex)][age];
            if point < *count {
                *count -= 1;
                self.left -= 1;
                return Some(age);
            }
            point -= *count;
        }
        None
    }

    /// Takes anybody, and puts nobody back.
    pub(super) fn take_any(&mut self, draw: &mut Draw) -> Option<(Sex, usize)> {
        let men = self.count(Sex::Male, 0, AGES - 1);
        let sex = if draw.below(self.left.max(1)) < men { Sex::Male } else { Sex::Female };
        self.take(draw, sex, 0, AGES - 1).map(|age| (sex, age))
    }

    /// Takes the nearest age to `wanted` within `reach` years, not below `first`.
    pub(super) fn take_near(&mut self, sex: Sex, wanted: usize, reach: usize, first: usize) -> Option<usize> {
        let counts = &mut self.counts[side(sex)];
        let age = (0..=reach)
            .flat_map(|step| [wanted.checked_sub(step), wanted.checked_add(step)])
            .flatten()
            .find(|age| *age >= first && counts.get(*age).is_some_and(|count| *count > 0))?;
        counts[age] -= 1;
        self.left -= 1;
        Some(age)
    }

    /// Puts somebody back.
    pub(super) fn put_back(&mut self, sex: Sex, age: usize) {
        if let Some(count) = self.counts[side(sex)].get_mut(age) {
            *count += 1;
            self.left += 1;
        }
    }
}

const fn side(sex: Sex) -> usize {
    match sex {
        Sex::Male => 0,
        Sex::Female => 1,
    }
}

fn men_for_100_women(age: usize) -> u64 {
    let line = MEN.windows(2).find(|line| age <= line[1].0);
    line.map_or(MEN[MEN.len() - 1].1, |line| {
        let ((from, start), (to, end)) = (line[0], line[1]);
        start - (start - end) * (age - from) as u64 / (to - from) as u64
    })
}
