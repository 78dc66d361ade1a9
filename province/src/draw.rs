//! The source of all chance in the synthetic province.
//!
//! SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, integer arithmetic only, so that a seed gives the same people
//! on every machine and in every release. Not for secrets.

/// A sequence of pseudo-random numbers.
#[derive(Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// A sequence of its own for one purpose (`stream`) and one thing (`key`) under a seed.
    pub(crate) fn new(seed: u64, stream: u64, key: u64) -> Self {
        Self(mix(seed ^ mix(stream ^ mix(key))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Uniform in `0..bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u32
    }

    /// Uniform in `first..=last`; `first` where the range is empty.
    pub(crate) fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first).saturating_add(1))
    }

    /// True in `share` of 10,000 cases.
    pub(crate) fn chance(&mut self, share: u32) -> bool {
        self.below(10_000) < share
    }

    /// Index of a weight, each as often as its weight says.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut point = self.below(weights.clone().sum());
        for (index, weight) in weights.enumerate() {
            if point < weight {
                return index;
            }
            point -= weight;
        }
        0
    }
}

/// The finisher of SplitMix64; a bijection that spreads every bit.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::Draw;

    #[test]
    fn the_sequence_is_that_of_splitmix64() {
        // First outputs for state 0, as published with the reference implementation.
        let mut draw = Draw(0);
        assert_eq!([draw.next(), draw.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn weights_are_kept_within_chance() {
        let mut draw = Draw::new(1, 2, 3);
        let mut hits = [0_u32; 3];
        for _ in 0..10_000 {
            hits[draw.weighted([1, 0, 3].into_iter())] += 1;
        }
        assert!(hits[1] == 0 && (2_200..2_800).contains(&hits[0]), "{hits:?}");
        assert_eq!(draw.below(0), 0);
    }
}
