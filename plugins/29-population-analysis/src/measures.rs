//! From counts to figures: bands, shares, densities, dependency, growth, and old units inside new ones. Pure; what is hidden stays hidden.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_sdk::population::Cell;

use crate::rules::{BAND, OPEN_BAND};

/// First age of dependency's working ages, and of old age. Convention of the national statistics (15 to 64).
const WORKING_FROM: u8 = 15;
const OLD_FROM: u8 = 65;

/// Part of a total in tenths of a percent.
pub(crate) fn share(count: u64, total: u64) -> Option<i64> {
    let tenths = (u128::from(count) * 1000 + u128::from(total) / 2).checked_div(u128::from(total))?;
    i64::try_from(tenths).ok()
}

/// People per square kilometre, from hectares. None for an area of 0.
pub(crate) fn density(count: u64, hectares: u32) -> Option<i64> {
    let hectares = u128::from(hectares);
    i64::try_from((u128::from(count) * 100 + hectares / 2).checked_div(hectares)?).ok()
}

/// Growth over a year in tenths of a percent. None where there was nobody before.
pub(crate) fn growth(before: u64, now: u64) -> Option<i64> {
    let tenths =
        i64::try_from((u128::from(now.abs_diff(before)) * 1000 + u128::from(before) / 2).checked_div(before.into())?);
    tenths.ok().map(|tenths| if now < before { -tenths } else { tenths })
}

/// First age of a band's label (`0-4`, `85+`, `7`).
pub(crate) fn first_age(label: &str) -> Option<u8> {
    label.split(['-', '+']).next()?.parse().ok()
}

/// Five-year bands joined into wider ones, the band standing at `place` of the labels. A band with a hidden part is hidden.
pub(crate) fn merge_bands(cells: Vec<Cell>, place: usize, limits: &[u8]) -> Vec<Cell> {
    if limits.is_empty() {
        return cells;
    }
    let name = |from: u8| match limits.iter().find(|limit| **limit > from) {
        Some(next) => format!("{from}-{}", next - 1),
        None => format!("{from}+"),
    };
    let mut merged: Vec<Cell> = Vec::new();
    let mut places = BTreeMap::new();
    for mut cell in cells {
        let band = cell.labels.get(place).and_then(|label| first_age(label));
        let from = band.and_then(|age| limits.iter().rev().find(|limit| **limit <= age));
        if let (Some(from), Some(label)) = (from, cell.labels.get_mut(place)) {
            *label = name(*from);
        }
        let at = *places.entry(cell.labels.clone()).or_insert(merged.len());
        match merged.get_mut(at) {
            Some(known) => known.count = known.count.zip(cell.count).map(|(one, other)| one + other),
            None => merged.push(cell),
        }
    }
    merged
}

/// Dependants per 100 people of working age, in tenths, by the labels other than the band, which stands last.
/// None where a part is hidden, or nobody is of working age.
pub(crate) fn dependency(cells: &[Cell]) -> Vec<(Vec<String>, Option<i64>)> {
    let mut groups: BTreeMap<Vec<String>, Option<(u64, u64)>> = BTreeMap::new();
    for cell in cells {
        let Some((band, rest)) = cell.labels.split_last() else { continue };
        let Some(age) = first_age(band) else { continue };
        let group = groups.entry(rest.to_vec()).or_insert(Some((0, 0)));
        *group = group.zip(cell.count).map(|((dependants, working), count)| {
            if (WORKING_FROM..OLD_FROM).contains(&age) {
                (dependants, working + count)
            } else {
                (dependants + count, working)
            }
        });
    }
    let ratio = |(dependants, working)| share(dependants, working);
    groups.into_iter().map(|(labels, sums)| (labels, sums.and_then(ratio))).collect()
}

/// All five-year bands in order, as the host labels them.
pub(crate) fn band_labels() -> Vec<String> {
    let bands = (0..OPEN_BAND).step_by(usize::from(BAND)).map(|from| format!("{from}-{}", from + BAND - 1));
    bands.chain([format!("{OPEN_BAND}+")]).collect()
}

/// Hides of a table by old communes what it would uncover together with the one by new communes.
///
/// An old commune's cell is shown where the cell of its new commune is shown and so are all others that went into it: then they add up to
/// what is known anyway. Otherwise the whole group is hidden, and the two tables say no more than the one by new communes.
/// A commune that was not merged has its new cell. `place`: where the commune stands in the labels; `made_of`: old communes by new one.
pub(crate) fn nest(old: &mut [Cell], new: &[Cell], place: usize, made_of: &BTreeMap<String, Vec<String>>) {
    let went_into: BTreeMap<&str, &str> =
        made_of.iter().flat_map(|(new, olds)| olds.iter().map(move |old| (old.as_str(), new.as_str()))).collect();
    let at_new = |cell: &Cell| {
        let mut labels = cell.labels.clone();
        let commune = labels.get_mut(place)?;
        *commune = (*went_into.get(commune.as_str())?).to_owned();
        Some(labels)
    };
    let shown: BTreeMap<&Vec<String>, Option<u64>> = new.iter().map(|cell| (&cell.labels, cell.count)).collect();
    let torn: BTreeSet<Vec<String>> = old.iter().filter(|cell| cell.count.is_none()).filter_map(at_new).collect();
    for cell in old {
        let group = at_new(cell);
        let whole = group.as_ref().and_then(|labels| shown.get(labels).copied()).flatten();
        let alone =
            group.as_ref().and_then(|labels| made_of.get(labels.get(place)?)).is_some_and(|olds| olds.len() == 1);
        match (whole, group) {
            (Some(count), Some(_)) if alone => cell.count = Some(count),
            (Some(_), Some(labels)) if !torn.contains(&labels) => {}
            _ => cell.count = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(labels: &[&str], count: impl Into<Option<u64>>) -> Cell {
        Cell { labels: labels.iter().map(|label| (*label).to_owned()).collect(), count: count.into() }
    }

    #[test]
    fn shares_densities_and_growth_round_to_the_nearest() {
        assert_eq!((share(1, 3), share(0, 3), share(1, 0)), (Some(333), Some(0), None));
        assert_eq!((density(1000, 250), density(10, 0)), (Some(400), None));
        assert_eq!((growth(3911, 3965), growth(1000, 987), growth(0, 5)), (Some(14), Some(-13), None));
    }

    #[test]
    fn wider_bands_add_up_and_hide_what_has_a_hidden_part() {
        let cells = vec![
            cell(&["0-4", "male"], 10),
            cell(&["0-4", "female"], 11),
            cell(&["5-9", "male"], 20),
            cell(&["5-9", "female"], None),
            cell(&["85+", "male"], 12),
        ];
        let merged = merge_bands(cells, 0, &[0, 15, 65]);
        let expected = [cell(&["0-14", "male"], 30), cell(&["0-14", "female"], None), cell(&["65+", "male"], 12)];
        assert_eq!(merged, expected);
    }

    #[test]
    fn without_limits_the_bands_stay() {
        let cells = vec![cell(&["0-4"], 10)];
        assert_eq!(merge_bands(cells.clone(), 0, &[]), cells);
    }

    #[test]
    fn dependants_are_the_young_and_the_old_per_hundred_of_working_age() {
        let cells = [
            cell(&["a", "10-14"], 30),
            cell(&["a", "15-19"], 40),
            cell(&["a", "60-64"], 60),
            cell(&["a", "65-69"], 20),
        ];
        assert_eq!(dependency(&cells), [(vec!["a".to_owned()], Some(500))]);
        let hidden = [cell(&["10-14"], None), cell(&["15-19"], 40)];
        assert_eq!(dependency(&hidden), [(Vec::new(), None)]);
    }

    #[test]
    fn there_are_eighteen_bands() {
        let labels = band_labels();
        assert_eq!((labels.len(), labels.first().map(String::as_str)), (18, Some("0-4")));
        assert_eq!(labels.last().and_then(|label| first_age(label)), Some(85));
    }

    #[test]
    fn an_old_commune_is_shown_only_where_its_whole_group_is() {
        let made_of: BTreeMap<String, Vec<String>> =
            [("A", vec!["a", "b"]), ("B", vec!["c", "d"]), ("C", vec!["e"]), ("D", vec!["f", "g"])]
                .into_iter()
                .map(|(new, olds)| (new.to_owned(), olds.into_iter().map(str::to_owned).collect()))
                .collect();
        let new = [cell(&["A"], 50), cell(&["B"], 40), cell(&["C"], 30), cell(&["D"], None)];
        let mut old = [
            cell(&["a"], 20),
            cell(&["b"], 30),
            cell(&["c"], 35),
            cell(&["d"], None),
            cell(&["e"], None),
            cell(&["f"], 12),
            cell(&["g"], 13),
        ];
        nest(&mut old, &new, 0, &made_of);
        let counts: Vec<_> = old.iter().map(|cell| cell.count).collect();
        assert_eq!(counts, [Some(20), Some(30), None, None, Some(30), None, None]);
    }
}
