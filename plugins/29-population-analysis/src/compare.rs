//! Two series side by side, or one beside the statistics yearbook: what differs by boundary, by data, or really.

use std::collections::BTreeMap;

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::description::{Dim, Residence};
use crate::figures::{Figure, Figures, Scale, Units};
use crate::rules;
use crate::settings::Settings;

/// Most differences that are named; the counts go on.
const MOST_NAMED: usize = 200;
/// Longest name of a yearbook, in bytes.
const LONGEST_SOURCE: usize = 200;

/// Two series, or a series and an official figure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compare {
    /// Reference of a series.
    a: Ref,
    /// Reference of the other series.
    b: Option<Ref>,
    /// Or a figure of the statistics office.
    statistics: Option<Statistics>,
}

/// A figure of the statistics office, as its yearbook prints it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Statistics {
    source: String,
    people: u64,
}

/// Why two figures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// The units are others; the people are the same.
    Boundary,
    /// Same day, same units: the register was corrected, or counts otherwise.
    Data,
    /// Another day: people were born, died, moved.
    Real,
}

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Difference {
    labels: Vec<String>,
    a: Option<i64>,
    b: Option<i64>,
    kind: Kind,
}

/// The comparison.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Compared {
    #[serde(skip_serializing_if = "Option::is_none")]
    total_a: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_b: Option<u64>,
    /// How far the series is off the official figure, in tenths of a percent of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    off_tenths_of_percent: Option<u64>,
    boundary: usize,
    data: usize,
    real: usize,
    /// At most 200.
    differences: Vec<Difference>,
    /// What each side counts, where they count otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    definitions_vi: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    definitions_en: Vec<String>,
}

/// Compares.
pub(crate) fn compare(_: &Occasion, req: Compare) -> Result<Outcome<Compared>, Refusal> {
    let settings = Settings::read()?;
    let a = series(&req.a, "/a")?;
    match (req.b, req.statistics) {
        (Some(b), None) => of_two(&a, &series(&b, "/b")?),
        (None, Some(statistics)) => with_statistics(&a, &statistics, &settings),
        _ => Err(Refusal::invalid("/b", "name one other series, or a figure of the statistics office")),
    }
}

fn series(reference: &Ref, field: &str) -> Result<Figures, Refusal> {
    let found = Figures::kept(reference.as_str())?;
    found.ok_or_else(|| Refusal::new("no-such-series").at(field).because("run the question as of that day first"))
}

fn with_statistics(a: &Figures, statistics: &Statistics, settings: &Settings) -> Result<Outcome<Compared>, Refusal> {
    if statistics.source.trim().is_empty() || statistics.source.len() > LONGEST_SOURCE {
        return Err(Refusal::invalid("/statistics/source", "name the yearbook in at most 200 bytes"));
    }
    if statistics.people == 0 {
        return Err(Refusal::invalid("/statistics/people", "an official figure of nobody cannot be compared with"));
    }
    let mut data = Compared { total_a: a.total, total_b: Some(statistics.people), ..Compared::default() };
    let Some(off) = a.total.and_then(|total| rules::off_by(total, statistics.people)) else {
        return Ok(Outcome::new("not-comparable").reason("too-few").say("not-comparable", []).data(data));
    };
    data.off_tenths_of_percent = Some(off);
    if off <= settings.statistics_tolerance_percent.saturating_mul(10) {
        return Ok(Outcome::new("agrees").say("agrees", [("off", tenths(off))]).data(data));
    }
    let (ours_vi, ours_en) = definition(a.residence);
    data.definitions_vi =
        vec![ours_vi.to_owned(), format!("{}: {}", statistics.source, settings.yearbook_definition_vi)];
    data.definitions_en =
        vec![ours_en.to_owned(), format!("{}: {}", statistics.source, settings.yearbook_definition_en)];
    Ok(Outcome::new("differs")
        .reason("off-statistics")
        .say("differs-from-statistics", [("off", tenths(off))])
        .next("print-both-definitions")
        .data(data))
}

/// What a series of ours counts.
fn definition(residence: Residence) -> (&'static str, &'static str) {
    match residence {
        Residence::Permanent => (
            "Số liệu hành chính: người đăng ký thường trú trong Cơ sở dữ liệu quốc gia về dân cư",
            "Administrative count: people registered as permanent residents in the national population database",
        ),
        Residence::Temporary => (
            "Số liệu hành chính: người đăng ký tạm trú trong Cơ sở dữ liệu quốc gia về dân cư",
            "Administrative count: people registered as temporary residents in the national population database",
        ),
        Residence::Actual => (
            "Số liệu hành chính: nơi ở hiện tại trong Cơ sở dữ liệu quốc gia về dân cư",
            "Administrative count: current residence in the national population database",
        ),
    }
}

fn of_two(a: &Figures, b: &Figures) -> Result<Outcome<Compared>, Refusal> {
    let mut data = Compared { total_a: a.total, total_b: b.total, ..Compared::default() };
    if a.scale != b.scale || a.dims != b.dims || a.residence != b.residence {
        return Ok(Outcome::new("not-comparable").reason("counted-otherwise").say("not-comparable", []).data(data));
    }
    let differences = if a.base == b.base {
        differing(&a.cells, &b.cells, if a.counted_on == b.counted_on { Kind::Data } else { Kind::Real })
    } else {
        // Only people can be added up over the units that went into one.
        if a.scale != Scale::People {
            return Ok(Outcome::new("not-comparable").reason("counted-otherwise").say("not-comparable", []).data(data));
        }
        across_the_merger(a, b)?
    };
    for difference in &differences {
        match difference.kind {
            Kind::Boundary => data.boundary += 1,
            Kind::Data => data.data += 1,
            Kind::Real => data.real += 1,
        }
    }
    data.differences = differences.into_iter().take(MOST_NAMED).collect();
    let differ = data.boundary + data.data + data.real;
    let (boundary, register, real) = (data.boundary.to_text(), data.data.to_text(), data.real.to_text());
    Ok(if differ == 0 {
        Outcome::new("agrees").say("same", []).data(data)
    } else {
        Outcome::new("differs").say("differs", [("boundary", boundary), ("data", register), ("real", real)]).data(data)
    })
}

/// Cells of the same units that differ. A label on one side only is a unit of other boundaries.
fn differing(a: &[Figure], b: &[Figure], kind: Kind) -> Vec<Difference> {
    let by_labels = |cells: &[Figure]| -> BTreeMap<Vec<String>, Option<i64>> {
        cells.iter().map(|cell| (cell.labels.clone(), cell.value)).collect()
    };
    let (a, mut b) = (by_labels(a), by_labels(b));
    let mut differences = Vec::new();
    for (labels, value) in a {
        match b.remove(&labels) {
            None => differences.push(Difference { labels, a: value, b: None, kind: Kind::Boundary }),
            // What is hidden on one side cannot be compared.
            Some(other) if value.zip(other).is_some_and(|(value, other)| value != other) => {
                differences.push(Difference { labels, a: value, b: other, kind });
            }
            Some(_) => {}
        }
    }
    let only_b = b.into_iter().map(|(labels, b)| Difference { labels, a: None, b, kind: Kind::Boundary });
    differences.extend(only_b);
    differences
}

/// Old units added up to the new ones that they went into. Equal sums differ by boundary only.
fn across_the_merger(a: &Figures, b: &Figures) -> Result<Vec<Difference>, Refusal> {
    let (old, new) = if a.base == Units::BeforeMerger { (a, b) } else { (b, a) };
    let Some(place) = new.dims.iter().position(|dim| *dim == Dim::Commune) else { return Ok(Vec::new()) };
    let mut went_into = BTreeMap::new();
    for cell in &new.cells {
        let Some(unit) = cell.labels.get(place).and_then(|label| UnitCode::parse(label).ok()) else { continue };
        for part in places::predecessors(&unit)? {
            went_into.insert(part.to_string(), unit.to_string());
        }
    }
    let added = added_up(&old.cells, place, &went_into);
    let kind = if old.counted_on == new.counted_on { Kind::Data } else { Kind::Real };
    let mut differences = Vec::new();
    for cell in &new.cells {
        // A new unit that one old unit became is compared as it is; of several, what differs may be hidden in one of them.
        let Some((parts, Some(sum))) = added.get(&cell.labels) else { continue };
        let Some(value) = cell.value else { continue };
        let kind = match (*sum == value, parts) {
            (true, 0 | 1) => continue,
            (true, _) => Kind::Boundary,
            (false, _) => kind,
        };
        let (a, b) = if a.base == Units::BeforeMerger { (*sum, value) } else { (value, *sum) };
        differences.push(Difference { labels: cell.labels.clone(), a: Some(a), b: Some(b), kind });
    }
    Ok(differences)
}

/// Old cells by the labels of the new unit: how many parts, and their sum; none where a part is hidden.
fn added_up(
    old: &[Figure],
    place: usize,
    went_into: &BTreeMap<String, String>,
) -> BTreeMap<Vec<String>, (usize, Option<i64>)> {
    let mut added: BTreeMap<Vec<String>, (usize, Option<i64>)> = BTreeMap::new();
    for cell in old {
        let mut labels = cell.labels.clone();
        let Some(commune) = labels.get_mut(place) else { continue };
        let Some(new) = went_into.get(commune) else { continue };
        new.clone_into(commune);
        let (parts, sum) = added.entry(labels).or_insert((0, Some(0)));
        *parts += 1;
        *sum = sum.zip(cell.value).map(|(sum, value)| sum.saturating_add(value));
    }
    added
}

/// Tenths as a decimal number.
fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(labels: &[&str], value: impl Into<Option<i64>>) -> Figure {
        Figure { labels: labels.iter().map(|label| (*label).to_owned()).collect(), value: value.into() }
    }

    #[test]
    fn equal_and_hidden_figures_are_no_difference() {
        let a = [figure(&["x"], 10), figure(&["y"], None), figure(&["z"], 5)];
        let b = [figure(&["x"], 10), figure(&["y"], 20), figure(&["z"], 15)];
        let found = differing(&a, &b, Kind::Real);
        assert_eq!(found, [Difference { labels: vec!["z".to_owned()], a: Some(5), b: Some(15), kind: Kind::Real }]);
    }

    #[test]
    fn a_unit_on_one_side_only_is_a_boundary() {
        let found = differing(&[figure(&["x"], 10)], &[figure(&["y"], 10)], Kind::Data);
        assert!(found.len() == 2 && found.iter().all(|one| one.kind == Kind::Boundary), "{found:?}");
    }

    #[test]
    fn old_units_are_added_up_and_a_hidden_part_hides_the_sum() {
        let went_into = [("a", "A"), ("b", "A"), ("c", "B")].map(|(old, new)| (old.to_owned(), new.to_owned())).into();
        let old = [figure(&["a"], 10), figure(&["b"], 20), figure(&["c"], None)];
        let added = added_up(&old, 0, &went_into);
        assert_eq!(added.get(&vec!["A".to_owned()]), Some(&(2, Some(30))));
        assert_eq!(added.get(&vec!["B".to_owned()]), Some(&(1, None)));
    }

    #[test]
    fn tenths_are_written_as_a_decimal() {
        assert_eq!((tenths(41), tenths(5)), ("4.1".to_owned(), "0.5".to_owned()));
    }
}
