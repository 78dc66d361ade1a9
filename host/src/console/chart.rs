//! Small charts as inline SVG, drawn on the server: each with a text that says the same, and beside a table or a figure, never alone.

use askama::Template;

/// A drawing in whole units of its own view box; the page scales it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "chart.html")]
pub struct Chart {
    /// What it shows, for those who do not see it.
    label: String,
    width: i32,
    height: i32,
    class: &'static str,
    bars: Vec<Bar>,
    lines: Vec<Line>,
    texts: Vec<Text>,
}

/// A filled rectangle.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
    class: &'static str,
}

/// A line between two points.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    from: (i32, i32),
    to: (i32, i32),
    class: &'static str,
}

/// A short text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    x: i32,
    y: i32,
    anchor: &'static str,
    text: String,
}

/// A value with its name and its figure in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// How much; none where it is hidden or not known.
    pub value: Option<u64>,
    /// The same in words.
    pub words: String,
}

/// The part of `most` that `value` is, of a length. At least 1 where there is anything at all.
fn part(value: u64, most: u64, length: i32) -> i32 {
    if value == 0 || most == 0 {
        return 0;
    }
    let scaled = u128::from(value.min(most)) * u128::from(length.unsigned_abs()) / u128::from(most);
    i32::try_from(scaled).unwrap_or(length).clamp(1, length)
}

impl Chart {
    fn empty(label: String, width: i32, height: i32, class: &'static str) -> Self {
        Self { label, width, height, class, bars: Vec::new(), lines: Vec::new(), texts: Vec::new() }
    }

    /// Days side by side, oldest first.
    pub fn days(label: String, values: &[u64]) -> Self {
        const STEP: i32 = 8;
        const HEIGHT: i32 = 24;
        let width = STEP * i32::try_from(values.len()).unwrap_or(0);
        let most = values.iter().copied().max().unwrap_or(0);
        let mut chart = Self::empty(label, width.max(STEP), HEIGHT + 1, "chart-days");
        for (place, value) in (0..).zip(values) {
            let height = part(*value, most, HEIGHT);
            chart.bars.push(Bar { x: place * STEP, y: HEIGHT - height, width: STEP - 2, height, class: "bar" });
        }
        chart.lines.push(Line { from: (0, HEIGHT), to: (width.max(STEP), HEIGHT), class: "axis" });
        chart
    }

    /// A share of a whole.
    pub fn share(label: String, part_of: u64, whole: u64) -> Self {
        const WIDTH: i32 = 112;
        const HEIGHT: i32 = 10;
        let mut chart = Self::empty(label, WIDTH, HEIGHT, "chart-share");
        chart.bars.push(Bar { x: 0, y: 0, width: WIDTH, height: HEIGHT, class: "bar-rest" });
        let met = part(part_of, whole, WIDTH);
        chart.bars.push(Bar { x: 0, y: 0, width: met, height: HEIGHT, class: "bar" });
        chart
    }

    /// Two sides by age, youngest at the bottom: (age, left, right).
    pub fn pyramid(label: String, sides: (&str, &str), ages: &[(Point, Point)]) -> Self {
        const WIDTH: i32 = 360;
        const SIDE: i32 = 150;
        const ROW: i32 = 16;
        const HEAD: i32 = 22;
        let rows = i32::try_from(ages.len()).unwrap_or(0);
        let values = ages.iter().flat_map(|(left, right)| [left.value, right.value]);
        let most = values.flatten().max().unwrap_or(0);
        let mut chart = Self::empty(label, WIDTH, HEAD + rows * ROW + 2, "chart-wide");
        chart.texts.push(Text { x: SIDE, y: 14, anchor: "end", text: sides.0.to_owned() });
        chart.texts.push(Text { x: WIDTH - SIDE, y: 14, anchor: "start", text: sides.1.to_owned() });
        for (place, (left, right)) in (0..).zip(ages.iter().rev()) {
            let y = HEAD + place * ROW;
            let (men, women) = (left.value.unwrap_or(0), right.value.unwrap_or(0));
            let width = part(men, most, SIDE);
            chart.bars.push(Bar { x: SIDE - width, y, width, height: ROW - 3, class: "bar" });
            let width = part(women, most, SIDE);
            chart.bars.push(Bar { x: WIDTH - SIDE, y, width, height: ROW - 3, class: "bar-other" });
            chart.texts.push(Text { x: WIDTH / 2, y: y + 11, anchor: "middle", text: left.name.clone() });
        }
        chart
    }

    /// Named values under each other.
    pub fn ranks(label: String, points: &[Point]) -> Self {
        const WIDTH: i32 = 360;
        const NAMES: i32 = 128;
        const FIGURES: i32 = 56;
        const ROW: i32 = 18;
        let rows = i32::try_from(points.len()).unwrap_or(0);
        let most = points.iter().filter_map(|point| point.value).max().unwrap_or(0);
        let mut chart = Self::empty(label, WIDTH, rows * ROW + 2, "chart-wide");
        for (place, point) in (0..).zip(points) {
            let y = place * ROW;
            let width = part(point.value.unwrap_or(0), most, WIDTH - NAMES - FIGURES);
            chart.texts.push(Text { x: NAMES - 8, y: y + 13, anchor: "end", text: point.name.clone() });
            chart.bars.push(Bar { x: NAMES, y: y + 2, width, height: ROW - 5, class: "bar" });
            chart.texts.push(Text { x: NAMES + width + 5, y: y + 13, anchor: "start", text: point.words.clone() });
        }
        chart
    }

    /// Values over time, each with its name below and its figure above. The axis begins at 0.
    pub fn columns(label: String, points: &[Point]) -> Self {
        const WIDTH: i32 = 360;
        const HEIGHT: i32 = 130;
        const HEAD: i32 = 18;
        let count = i32::try_from(points.len().max(1)).unwrap_or(1);
        let step = WIDTH / count;
        let most = points.iter().filter_map(|point| point.value).max().unwrap_or(0);
        let mut chart = Self::empty(label, WIDTH, HEAD + HEIGHT + 22, "chart-wide");
        for (place, point) in (0..).zip(points) {
            let height = part(point.value.unwrap_or(0), most, HEIGHT);
            let (x, y) = (place * step, HEAD + HEIGHT - height);
            chart.bars.push(Bar { x: x + 4, y, width: (step - 8).max(1), height, class: "bar" });
            let middle = x + step / 2;
            chart.texts.push(Text { x: middle, y: y - 5, anchor: "middle", text: point.words.clone() });
            chart.texts.push(Text { x: middle, y: HEAD + HEIGHT + 16, anchor: "middle", text: point.name.clone() });
        }
        chart.lines.push(Line { from: (0, HEAD + HEIGHT), to: (WIDTH, HEAD + HEIGHT), class: "axis" });
        chart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, value: Option<u64>) -> Point {
        Point {
            name: name.to_owned(), value, words: value.map_or_else(|| "ẩn".to_owned(), |value| value.to_string())
        }
    }

    #[test]
    fn a_bar_is_in_proportion_and_nothing_is_no_bar() {
        assert_eq!((part(0, 10, 100), part(5, 10, 100), part(10, 10, 100)), (0, 50, 100));
        assert_eq!(part(1, u64::MAX, 100), 1);
        assert_eq!(part(9, 0, 100), 0);
        assert_eq!(part(u64::MAX, u64::MAX, 100), 100);
    }

    #[test]
    fn every_chart_is_an_image_with_a_text_and_escapes_its_names() {
        let hostile = point("<b>x</b>", Some(3));
        let pair = (hostile.clone(), point("5-9", None));
        let label = || "\"<script>".to_owned();
        let charts = [
            Chart::days(label(), &[0, 3, 1]),
            Chart::days(label(), &[]),
            Chart::share(label(), 1, 2),
            Chart::share(label(), 0, 0),
            Chart::pyramid(label(), ("<i>", "nữ"), &[pair]),
            Chart::ranks(label(), std::slice::from_ref(&hostile)),
            Chart::columns(label(), &[hostile, point("2026", None)]),
        ];
        for chart in charts {
            let svg = chart.render().unwrap();
            assert!(svg.contains("role=\"img\"") && svg.contains("aria-label=\"&#34;&#60;script&#62;\""), "{svg}");
            assert!(!svg.contains("<b>") && !svg.contains("<i>") && !svg.contains("style="), "{svg}");
        }
    }
}
