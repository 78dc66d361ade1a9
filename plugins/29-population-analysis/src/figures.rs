//! Figures: one table of an answer with all that a reader must know beside it, as it is shown, published and kept.

use pilothouse_sdk::population::Base;
use pilothouse_sdk::prelude::*;
use pilothouse_sdk::reporting::Point;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::description::{DefineQuestion, Dim, Residence};
use crate::rules;

const SERIES: Table<Kept> = Table::named("series");
const PARTS: Table<Part> = Table::named("parts");

/// Figures of one kept row: 150 with three labels are some 12 KiB, and a row has at most 16.
const A_PART: usize = 150;

/// How the figures were made. Official statistics stay with the statistics office.
const METHOD: &str = "administrative-count";

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scale {
    /// People.
    People,
    /// People per square kilometre.
    PeoplePerKm2,
    /// Tenths of a percent.
    TenthsOfPercent,
    /// Dependants per 1,000 people of working age, which are tenths per 100.
    TenthsPerHundred,
}

/// The units that the figures stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Units {
    /// Those in force since the merger.
    #[serde(rename = "2025")]
    Merged,
    /// Those of before.
    #[serde(rename = "2024")]
    BeforeMerger,
}

impl Units {
    /// As the capabilities name it.
    pub(crate) fn base(self) -> Base {
        match self {
            Self::Merged => Base::Merged,
            Self::BeforeMerger => Base::BeforeMerger,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Merged => ("đơn vị hành chính từ 01/7/2025", "units since 1 July 2025"),
            Self::BeforeMerger => ("đơn vị hành chính trước 01/7/2025", "units before 1 July 2025"),
        }
    }
}

/// One figure; without a value where it is hidden or not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Figure {
    pub(crate) labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<i64>,
}

/// One table: one kind of residence on one base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Figures {
    /// Reference of the series.
    pub(crate) series: String,
    pub(crate) heading_vi: String,
    pub(crate) heading_en: String,
    pub(crate) residence: Residence,
    pub(crate) base: Units,
    pub(crate) dims: Vec<Dim>,
    pub(crate) scale: Scale,
    /// The day that was asked for.
    pub(crate) as_of: Date,
    /// The day that people were counted on.
    pub(crate) counted_on: Date,
    /// The day that the figures were drawn on: their freshness.
    pub(crate) drawn: Date,
    method: String,
    /// The smallest cell that is shown.
    pub(crate) floor: u32,
    /// All people counted: those of the cells shown and of the cells hidden. None: too few to be told.
    pub(crate) total: Option<u64>,
    /// People of the hidden cells.
    pub(crate) hidden_people: Option<u64>,
    pub(crate) hidden_cells: u32,
    pub(crate) cells: Vec<Figure>,
}

impl Figures {
    /// A table without its figures yet.
    pub(crate) fn empty(
        question: &DefineQuestion,
        residence: Residence,
        base: Units,
        as_of: Date,
        counted_on: Date,
        drawn: Date,
    ) -> Self {
        let (heading_vi, heading_en) = headings(question, residence, base, counted_on);
        Self {
            series: format!("{}.{}/{as_of}/{}", question.id, residence.code(), base.base()),
            heading_vi,
            heading_en,
            residence,
            base,
            dims: question.dims.clone(),
            scale: Scale::People,
            as_of,
            counted_on,
            drawn,
            method: METHOD.to_owned(),
            floor: 0,
            total: None,
            hidden_people: None,
            hidden_cells: 0,
            cells: Vec::new(),
        }
    }

    /// The name under which it is published; with day and base it is the reference.
    pub(crate) fn name(&self) -> &str {
        self.series.split_once('/').map_or(self.series.as_str(), |(name, _)| name)
    }

    /// The points to publish. Each says how it was made and when it was drawn; what is hidden has no value, never 0.
    pub(crate) fn points(&self) -> Vec<Point> {
        let made = format!("{METHOD} {}", self.drawn);
        let labelled =
            |labels: &[String], value| Point { labels: labels.iter().cloned().chain([made.clone()]).collect(), value };
        let mut points: Vec<Point> = self.cells.iter().map(|cell| labelled(&cell.labels, cell.value)).collect();
        if self.scale == Scale::People {
            let whole = |people: Option<u64>| people.and_then(|people| i64::try_from(people).ok());
            if !self.dims.is_empty() {
                points.push(labelled(&["total".to_owned()], whole(self.total)));
            }
            if self.hidden_cells > 0 {
                points.push(labelled(&["hidden".to_owned()], whole(self.hidden_people)));
            }
        }
        points
    }

    /// Keeps it under its reference, over an earlier one of the same day.
    pub(crate) fn keep(&self) -> Result<(), Denial> {
        let mut rows = 0_u32;
        for cells in self.cells.chunks(A_PART) {
            PARTS.put(&part_key(&self.series, rows), &Part { cells: cells.to_vec() })?;
            rows += 1;
        }
        let head = Self { cells: Vec::new(), ..self.clone() };
        SERIES.put(&self.series, &Kept { head, parts: rows })?;
        Ok(())
    }

    /// What was kept under a reference.
    pub(crate) fn kept(series: &str) -> Result<Option<Self>, Denial> {
        let Some(kept) = SERIES.get(series)? else { return Ok(None) };
        let Kept { head: mut figures, parts } = kept.value;
        for number in 0..parts {
            if let Some(part) = PARTS.get(&part_key(series, number))? {
                figures.cells.extend(part.value.cells);
            }
        }
        Ok(Some(figures))
    }
}

fn part_key(series: &str, number: u32) -> String {
    format!("{series}/{number:02}")
}

/// A table as it is kept, its cells apart.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    head: Figures,
    parts: u32,
}

impl Record for Kept {}

/// Cells of a kept table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    cells: Vec<Figure>,
}

impl Record for Part {}

/// Residence, units, day and method belong into the title: figures travel without the page that they stood on.
fn headings(question: &DefineQuestion, residence: Residence, base: Units, on: Date) -> (String, String) {
    let (lives_vi, lives_en) = match residence {
        Residence::Permanent => ("thường trú", "permanent residence"),
        Residence::Temporary => ("tạm trú", "temporary residence"),
        Residence::Actual => ("thực tế cư trú", "actual residence"),
    };
    let (units_vi, units_en) = base.words();
    (
        format!(
            "{} ({lives_vi}; {units_vi}; tính đến {on}; số liệu hành chính, không phải tổng điều tra)",
            question.title_vi
        ),
        format!("{} ({lives_en}; {units_en}; as of {on}; administrative count, not a census)", question.title_en),
    )
}

/// Rounds the people of a table so that its total stays the sum of what is shown and what is hidden.
/// Answers total and hidden people.
pub(crate) fn round_people(cells: &mut [Figure], hidden: u64, to: u32) -> (u64, u64) {
    let mut total = 0_u64;
    for cell in cells {
        let Some(people) = cell.value.and_then(|value| u64::try_from(value).ok()) else { continue };
        let people = rules::rounded(people, to);
        cell.value = i64::try_from(people).ok();
        total = total.saturating_add(people);
    }
    let hidden = rules::rounded(hidden, to);
    (total.saturating_add(hidden), hidden)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::description::tests::sample as question;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// A table by sex of that day.
    pub(crate) fn sample(day: &str) -> Figures {
        let mut figures =
            Figures::empty(&question(), Residence::Permanent, Units::Merged, date(day), date(day), date(day));
        figures.cells = vec![
            Figure { labels: vec!["male".to_owned()], value: Some(40) },
            Figure { labels: vec!["female".to_owned()], value: None },
        ];
        (figures.total, figures.hidden_people, figures.hidden_cells) = (Some(52), Some(12), 1);
        figures
    }

    #[test]
    fn the_title_says_residence_units_day_and_that_it_is_no_census() {
        let figures = sample("2026-03-02");
        assert_eq!(
            figures.heading_vi,
            "Dân số theo giới tính (thường trú; đơn vị hành chính từ 01/7/2025; tính đến 2026-03-02; số liệu hành chính, không phải tổng điều tra)"
        );
        assert_eq!(
            figures.heading_en,
            "Population by sex (permanent residence; units since 1 July 2025; as of 2026-03-02; administrative count, not a census)"
        );
        assert_eq!((figures.series.as_str(), figures.name()), ("by-sex.permanent/2026-03-02/2025", "by-sex.permanent"));
    }

    #[test]
    fn what_is_hidden_is_published_without_a_value_and_the_total_is_kept() {
        let points = sample("2026-03-02").points();
        let values: Vec<_> = points.iter().map(|point| (point.labels.join(","), point.value)).collect();
        let made = "administrative-count 2026-03-02";
        assert_eq!(
            values,
            [
                (format!("male,{made}"), Some(40)),
                (format!("female,{made}"), None),
                (format!("total,{made}"), Some(52)),
                (format!("hidden,{made}"), Some(12)),
            ]
        );
    }

    #[test]
    fn a_rounded_total_is_the_sum_of_what_is_shown_and_hidden() {
        let mut cells: Vec<Figure> =
            [Some(13), None, Some(22)].map(|value| Figure { labels: Vec::new(), value }).to_vec();
        let (total, hidden) = round_people(&mut cells, 18, 5);
        assert_eq!(cells.iter().map(|cell| cell.value).collect::<Vec<_>>(), [Some(15), None, Some(20)]);
        assert_eq!((total, hidden), (55, 20));
    }
}
