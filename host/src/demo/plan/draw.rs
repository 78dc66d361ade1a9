//! The draws of a day: the same on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `0..bound`; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        u32::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    /// Uniform in `0..many`; 0 for none.
    pub(super) fn index(&mut self, many: usize) -> usize {
        self.below(u32::try_from(many).unwrap_or(u32::MAX)) as usize
    }

    /// A second of the day, in the hours' proportions.
    pub(super) fn second(&mut self, hours: &[u32; 24]) -> u32 {
        let mut point = self.below(hours.iter().sum());
        let mut hour = 0;
        for weight in hours {
            if point < *weight {
                break;
            }
            point -= weight;
            hour += 1;
        }
        hour * 3_600 + self.below(3_600)
    }
}
