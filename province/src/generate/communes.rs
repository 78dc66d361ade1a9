//! The 145 communes of the day before the merger, as places to live in: how many live where, and who.

use crate::aggregate::Base;
use crate::draw::{Draw, mix};
use crate::facts::Ethnicity;
use crate::names::SurnameRegion;
use crate::people::Place;
use crate::units::{MERGER, Places, UnitCode};

/// Thousands of people by district (Ba Đồn from the census, the others approximate).
const DISTRICTS: [(u16, u32); 8] =
    [(450, 134), (452, 52), (453, 80), (454, 107), (455, 188), (456, 92), (457, 137), (458, 106)];

/// Communes where Bru–Vân Kiều villages are.
const BRU: [u16; 9] = [18904, 18907, 19147, 19192, 19204, 19228, 19273, 19318, 19327];

/// Communes where Chứt villages are.
const CHUT: [u16; 7] = [18904, 18907, 18937, 18946, 18958, 18967, 19192];

/// Districts of the Catholic parishes.
const PARISH_DISTRICTS: [u16; 4] = [453, 454, 455, 458];

/// The communes in order of their codes; a [`Place`] is an index into them.
pub(crate) struct OldCommunes {
    old: Vec<UnitCode>,
    current: Vec<UnitCode>,
    district: Vec<u16>,
    /// The codes of each base once, ascending: current, before the merger.
    listed: [Vec<UnitCode>; 2],
    /// Running sums of the weights for all, for Bru–Vân Kiều and for Chứt families.
    sums: [Vec<u32>; 3],
}

impl OldCommunes {
    pub(crate) fn new() -> Self {
        let places = Places::embedded();
        let eve = MERGER.previous_day().unwrap_or(MERGER);
        let mut units: Vec<_> = places.communes(eve).collect();
        units.sort_by_key(|unit| unit.code);
        let mut communes = Self {
            old: Vec::new(),
            current: Vec::new(),
            district: Vec::new(),
            listed: Default::default(),
            sums: Default::default(),
        };
        for unit in &units {
            let (Some(heir), Some(district)) = (places.became(unit.code, eve, MERGER), unit.parent) else { continue };
            communes.old.push(unit.code);
            communes.current.push(heir.code);
            communes.district.push(district.number());
        }
        let usual = |index: usize| {
            let district = communes.district[index];
            let thousands = DISTRICTS.iter().find(|(code, _)| *code == district).map_or(0, |(_, thousands)| *thousands);
            let siblings = communes.district.iter().filter(|other| **other == district).count() as u32;
            // Communes of a district differ by up to three times.
            let size = 500 + (mix(u64::from(communes.old[index].number())) % 1_000) as u32;
            thousands * size / siblings.max(1)
        };
        let has_village = |list: &[u16], index: usize| u32::from(list.contains(&communes.old[index].number()));
        let range = 0..communes.old.len();
        let sums = [
            running(range.clone().map(usual)),
            running(range.clone().map(|index| has_village(&BRU, index))),
            running(range.map(|index| has_village(&CHUT, index))),
        ];
        let listed = [&communes.current, &communes.old].map(|codes| {
            let mut codes = codes.clone();
            codes.sort_unstable();
            codes.dedup();
            codes
        });
        Self { listed, sums, ..communes }
    }

    /// Code of a place; `None` for no place and for places elsewhere.
    pub(crate) fn code(&self, place: Place, base: Base) -> Option<UnitCode> {
        let codes = match base {
            Base::Current => &self.current,
            Base::Before2025 => &self.old,
        };
        codes.get(usize::from(place)).copied()
    }

    /// All codes of a base, each once, ascending.
    pub(crate) fn codes(&self, base: Base) -> &[UnitCode] {
        match base {
            Base::Current => &self.listed[0],
            Base::Before2025 => &self.listed[1],
        }
    }

    /// A commune for a family of that group.
    pub(super) fn draw(&self, draw: &mut Draw, ethnicity: Ethnicity) -> Place {
        let sums = match ethnicity {
            Ethnicity::BruVanKieu => &self.sums[1],
            Ethnicity::Chut => &self.sums[2],
            _ => &self.sums[0],
        };
        let point = draw.below(sums.last().copied().unwrap_or(0));
        sums.partition_point(|sum| *sum <= point) as Place
    }

    /// Catholic families in 10,000.
    pub(super) fn catholic_share(&self, place: Place) -> u32 {
        let index = usize::from(place);
        let (Some(district), Some(code)) = (self.district.get(index), self.old.get(index)) else { return 0 };
        let has_parish = PARISH_DISTRICTS.contains(district) && mix(u64::from(code.number()) + 1).is_multiple_of(2);
        if has_parish { 3_200 } else { 150 }
    }

    /// Which surnames are usual there.
    pub(super) fn region(&self, place: Place, ethnicity: Ethnicity) -> SurnameRegion {
        match (ethnicity, self.district.get(usize::from(place))) {
            (Ethnicity::BruVanKieu | Ethnicity::Chut, _) => SurnameRegion::Minority,
            (_, Some(452 | 453)) => SurnameRegion::West,
            _ => SurnameRegion::Usual,
        }
    }
}

fn running(weights: impl Iterator<Item = u32>) -> Vec<u32> {
    weights
        .scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}
