//! Indicators, obstacles, series: what becomes the dashboard, the evaluation and the monthly report.
//!
//! Counting never stops a desk: a count that the host denies is recorded there, and the pilot goes on.

use crate::bindings::imports::pilothouse::reporting::reports;
use crate::{Date, Denial, population};

/// Adds `n` to a declared indicator. Unit and facility class come from the occasion.
pub fn count(indicator: &str, n: u32) {
    count_by(indicator, n, []);
}

/// Adds `n` to a declared indicator, by at most 4 dimensions of declared values.
pub fn count_by<const N: usize>(indicator: &str, n: u32, dimensions: [(&str, &str); N]) {
    let dimensions = dimensions.map(|(name, value)| (name.to_owned(), value.to_owned()));
    // The denial stands in the record of this call; the outcome does not depend on it.
    let _ = reports::count(indicator, n, &dimensions);
}

/// Counts one case of an indicator of the kind `share`: by the dimension `met`, which is `yes` or `no`. The share is yes of both.
pub fn share(indicator: &str, met: bool) {
    count_by(indicator, 1, [("met", if met { "yes" } else { "no" })]);
}

/// Says that something hinders the pilot here: a kind, and a text of the pilot's own. Saying it again changes nothing.
pub fn obstacle(kind: &str, text_key: &str) {
    let _ = reports::obstacle(kind, text_key);
}

/// The obstacle is gone.
pub fn resolve(kind: &str) {
    let _ = reports::resolve(kind);
}

/// One value of a series; none where it is suppressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Labels, one a dimension.
    pub labels: Vec<String>,
    /// The value.
    pub value: Option<i64>,
}

/// *Effect.* Publishes a series (at most 2,000 points) to a board. Natural key: name, `as_of` and base. Answers the series' reference.
///
/// # Errors
/// `field-not-granted` (series, board), `invalid`, `budget-spent`.
pub fn series(
    name: &str,
    board: &str,
    as_of: Date,
    base: population::Base,
    points: Vec<Point>,
) -> Result<String, Denial> {
    let points: Vec<_> =
        points.into_iter().map(|point| reports::Point { labels: point.labels, value: point.value }).collect();
    reports::series(name, board, &as_of.to_string(), base.code(), &points).map_err(Denial::received)
}
