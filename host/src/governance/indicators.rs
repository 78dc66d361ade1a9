//! What pilots counted, as pages and reports read it: each kind of indicator in its own way, with its last days.

use std::collections::BTreeMap;

use pilothouse_registry::manifest::{Indicator, IndicatorKind};
use pilothouse_registry::{Bilingual, IndicatorName};
use pilothouse_store::indicators::{Dated, Days, Sum};
use serde::Serialize;
use time::{Date, Duration};

use super::records::{DAY, day_number};
use super::running::Running;
use super::{House, HouseError};

/// Days of the small charts: two weeks show a weekend twice.
pub const CHART_DAYS: i64 = 14;
/// How a share's parts are counted: of these, how many met what is asked.
const MET: &str = "met=yes";
const MISSED: &str = "met=no";

/// An indicator with what was counted.
#[derive(Debug, Clone, Serialize)]
pub struct IndicatorLine {
    /// Its name.
    pub name: IndicatorName,
    /// What people call it.
    pub title: Bilingual,
    /// How its counts are to be read.
    pub kind: IndicatorKind,
    /// The sum of all days.
    pub total: i64,
    /// Of a share: how many met it, of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Of a gauge: what was counted on the last day that it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// The last [`CHART_DAYS`] days, oldest first; a day without counts is 0.
    pub days: Vec<DayFigure>,
    /// The target in words.
    pub target: Option<(String, String)>,
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those that met it.
    pub met: u64,
    /// All.
    pub all: u64,
}

impl Share {
    /// Sums by dimensions to a share. What says neither yes nor no is no part of it.
    fn of<'a>(parts: impl Iterator<Item = (&'a str, i64)>) -> Share {
        parts.fold(Share::default(), |sum, (dims, n)| {
            let n = n.unsigned_abs();
            let says = |wanted: &str| dims.split('&').any(|dim| dim == wanted);
            Share {
                met: sum.met + if says(MET) { n } else { 0 },
                all: sum.all + if says(MET) || says(MISSED) { n } else { 0 },
            }
        })
    }
}

/// One day of an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DayFigure {
    /// The day, in the province.
    pub day: Date,
    /// How much was counted.
    pub n: i64,
    /// Of a share: how many met it, of how many.
    pub share: Share,
}

impl House {
    /// The indicators of a version, with what was counted until this instant.
    pub(super) async fn indicators(
        &self,
        version: &Running,
        at: i64,
        totals: &[Sum<String>],
    ) -> Result<Vec<IndicatorLine>, HouseError> {
        let manifest = &version.manifest;
        let pilot = manifest.id.as_str();
        let from = at - (CHART_DAYS - 1) * DAY;
        let days = Days { from: day_number(from), to: day_number(at) };
        let history = self.0.store.indicators().history(pilot, days).await?;
        let first = pilothouse_runtime::occasion::date_of(from);
        let mut lines = Vec::with_capacity(manifest.indicators.len());
        for (name, indicator) in &manifest.indicators {
            let parts = match indicator.kind {
                IndicatorKind::Share => self.0.store.indicators().by_dims(pilot, name.as_str()).await?,
                IndicatorKind::Count | IndicatorKind::Gauge | IndicatorKind::Median => Vec::new(),
            };
            let own: Vec<&Dated> = history.iter().filter(|dated| dated.indicator == name.as_str()).collect();
            lines.push(line(name, indicator, totals, &parts, &own, first));
        }
        Ok(lines)
    }
}

fn line(
    name: &IndicatorName,
    indicator: &Indicator,
    totals: &[Sum<String>],
    parts: &[Sum<String>],
    history: &[&Dated],
    first: Date,
) -> IndicatorLine {
    let mut by_day: BTreeMap<i32, Vec<&Dated>> = BTreeMap::new();
    for dated in history {
        by_day.entry(dated.day).or_default().push(dated);
    }
    let sum = |of: &[&Dated]| of.iter().fold(0_i64, |sum, dated| sum.saturating_add(dated.n));
    let days = (0..CHART_DAYS).filter_map(|offset| first.checked_add(Duration::days(offset))).map(|day| {
        let number = day.year() * 10_000 + i32::from(u8::from(day.month())) * 100 + i32::from(day.day());
        let counted = by_day.get(&number).map(Vec::as_slice).unwrap_or_default();
        let share = Share::of(counted.iter().map(|dated| (dated.dims.as_str(), dated.n)));
        DayFigure { day, n: sum(counted), share }
    });
    let is = |kind| indicator.kind == kind;
    IndicatorLine {
        name: name.clone(),
        title: indicator.title.clone(),
        kind: indicator.kind,
        total: totals.iter().find(|sum| sum.of == name.as_str()).map_or(0, |sum| sum.n),
        share: is(IndicatorKind::Share).then(|| Share::of(parts.iter().map(|part| (part.of.as_str(), part.n)))),
        last: by_day.last_key_value().filter(|_| is(IndicatorKind::Gauge)).map(|(_, counted)| sum(counted)),
        days: days.collect(),
        target: indicator.target.as_ref().map(|target| (target.vi.clone(), target.en.clone())),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn dated(day: i32, dims: &str, n: i64) -> Dated {
        Dated { indicator: "on-time".to_owned(), day, dims: dims.to_owned(), n }
    }

    fn indicator(kind: IndicatorKind) -> (IndicatorName, Indicator) {
        let title = serde_json::from_str(r#"{"vi":"Đúng hạn","en":"On time"}"#).unwrap();
        ("on-time".parse().unwrap(), Indicator { kind, title, target: None })
    }

    #[test]
    fn a_share_is_how_many_met_it_of_all_that_said_yes_or_no() {
        let parts = [("met=yes&method=chip", 3), ("met=no", 1), ("method=chip", 7), ("unmet=yes", 9)];
        assert_eq!(Share::of(parts.into_iter()), Share { met: 3, all: 4 });
        assert_eq!(Share::of(std::iter::empty()), Share::default());
    }

    #[test]
    fn a_line_has_every_day_and_a_day_without_counts_is_nothing() {
        let (name, indicator) = indicator(IndicatorKind::Share);
        let counted = [dated(20_260_302, "met=yes", 4), dated(20_260_302, "met=no", 1)];
        let parts = [Sum { of: "met=yes".to_owned(), n: 8 }, Sum { of: "met=no".to_owned(), n: 2 }];
        let history: Vec<&Dated> = counted.iter().collect();
        let line = line(&name, &indicator, &[], &parts, &history, date!(2026 - 02 - 25));
        assert_eq!(line.share, Some(Share { met: 8, all: 10 }));
        assert_eq!(line.days.len(), usize::try_from(CHART_DAYS).unwrap());
        let day = line.days.iter().find(|day| day.day == date!(2026 - 03 - 02)).unwrap();
        assert_eq!((day.n, day.share), (5, Share { met: 4, all: 5 }));
        assert_eq!(line.days[0].n, 0);
    }

    #[test]
    fn a_gauge_says_its_last_day_and_never_its_sum() {
        let (name, indicator) = indicator(IndicatorKind::Gauge);
        let counted = [dated(20_260_301, "", 9), dated(20_260_303, "", 2)];
        let history: Vec<&Dated> = counted.iter().collect();
        let totals = [Sum { of: "on-time".to_owned(), n: 11 }];
        let line = line(&name, &indicator, &totals, &[], &history, date!(2026 - 02 - 25));
        assert_eq!((line.last, line.share), (Some(2), None));
    }
}
