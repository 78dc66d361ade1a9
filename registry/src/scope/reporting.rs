//! What a grant of `reporting` may say: indicators, boards that series go to, obstacles.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, Scope, ScopeMiss, both, name_words};
use crate::ids::{BoardName, IndicatorName};

/// What a grant of `reporting` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ReportingScope {
    /// Indicators that may be counted.
    pub indicators: BTreeSet<IndicatorName>,
    /// Boards that series may be published to.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub series: BTreeSet<BoardName>,
    /// Whether obstacles may be reported and resolved.
    pub obstacles: bool,
}

/// What a call asks of `reporting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportingAsk<'a> {
    /// To count this indicator.
    Indicator(&'a IndicatorName),
    /// To publish to this board.
    Series(&'a BoardName),
    /// To report or resolve an obstacle.
    Obstacle,
}

impl Scope for ReportingScope {
    type Ask<'a> = ReportingAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            indicators: both(&self.indicators, &other.indicators),
            series: both(&self.series, &other.series),
            obstacles: self.obstacles && other.obstacles,
        }
    }

    fn permits(&self, ask: &ReportingAsk<'_>) -> Result<(), ScopeMiss> {
        match ask {
            ReportingAsk::Indicator(name) if !self.indicators.contains(*name) => {
                Err(ScopeMiss::new("indicators", name, MissKind::Field))
            }
            ReportingAsk::Series(board) if !self.series.contains(*board) => {
                Err(ScopeMiss::new("series", board, MissKind::Field))
            }
            ReportingAsk::Obstacle if !self.obstacles => Err(ScopeMiss::new("obstacles", "obstacle", MissKind::Other)),
            ReportingAsk::Indicator(_) | ReportingAsk::Series(_) | ReportingAsk::Obstacle => Ok(()),
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        [
            Difference::of_sets(
                "indicators",
                &old.indicators,
                &self.indicators,
                ("Đếm{ thêm} chỉ số", "Counts{ in addition}"),
                name_words,
            ),
            Difference::of_sets(
                "series",
                &old.series,
                &self.series,
                ("Công bố số liệu lên{ thêm}", "Publishes{ in addition} to"),
                name_words,
            ),
            Difference::of_switches(
                "obstacles",
                old.obstacles,
                self.obstacles,
                ("Báo khó khăn, vướng mắc", "Reports obstacles"),
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
