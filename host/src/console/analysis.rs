//! Population figures for leaders: each chart beside the table that it is drawn from.

use askama::Template;

use super::{Chart, Frame, RenderError};
use crate::words::Words;

/// The page.
#[derive(Debug, Clone)]
pub struct AnalysisPage {
    /// What stands around it.
    pub frame: Frame,
    /// Kinds of residence to choose from.
    pub residences: Vec<Choice>,
    /// The answers.
    pub figures: Vec<FigureView>,
    /// Questions that nobody described yet.
    pub undescribed: Option<Undescribed>,
}

/// One of several.
#[derive(Debug, Clone)]
pub struct Choice {
    /// As the form sends it.
    pub value: String,
    /// In words.
    pub label: String,
    /// Whether it is the one shown.
    pub is_shown: bool,
}

/// Questions that have to be described before they can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undescribed {
    /// The reader may describe them; with the session's form token.
    Describe(String),
    /// Somebody else has to.
    Ask,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct FigureView {
    /// Names the section; also the file of its table.
    pub id: String,
    /// What is shown.
    pub title: String,
    /// The answer in the pilot's own words, and what must be known beside it.
    pub notes: Vec<String>,
    /// The drawing; none where there is nothing to draw.
    pub chart: Option<Chart>,
    /// Heads of the columns after the first.
    pub columns: Vec<String>,
    /// Head of the first column.
    pub first: String,
    /// Rows: name, then a cell for each column.
    pub rows: Vec<FigureRow>,
    /// The table as CSV, as a path on this host.
    pub csv_href: String,
    /// The invocation that answered, as a path on this host.
    pub evidence_href: Option<String>,
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct FigureRow {
    /// What it is about.
    pub name: String,
    /// A cell for each column.
    pub cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "analysis.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a AnalysisPage,
}

impl AnalysisPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }
}

#[cfg(test)]
impl AnalysisPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let text = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let row =
            |name: &str, cells: [&str; 2]| FigureRow { name: name.into(), cells: cells.map(str::to_owned).into() };
        let point = |value| super::Point { name: "0-4".into(), value, words: "200".into() };
        let ages = FigureView {
            id: "ages".into(),
            title: text("Tháp tuổi", "Age pyramid"),
            notes: vec![text("Số liệu hành chính.", "An administrative count.")],
            chart: Some(Chart::pyramid(
                text("Tháp tuổi", "Age pyramid"),
                lang.pick(("Nam", "Nữ"), ("Men", "Women")),
                &[(point(Some(200)), point(None))],
            )),
            first: text("Tuổi", "Age"),
            columns: vec![text("Nam", "Men"), text("Nữ", "Women")],
            rows: vec![row("0-4", ["200", "ẩn"]), row("5-9", ["190", "185"])],
            csv_href: "/analysis.csv?table=ages&residence=permanent".into(),
            evidence_href: Some("/invocations/0195-7c3e-a41b".into()),
        };
        let choice = |value: &str, is_shown| Choice { value: value.into(), label: value.into(), is_shown };
        let full = Self {
            frame: Frame::sample(lang),
            residences: vec![choice("permanent", true), choice("actual", false)],
            figures: vec![ages],
            undescribed: None,
        };
        let none = |undescribed| Self { figures: vec![], undescribed: Some(undescribed), ..full.clone() };
        vec![none(Undescribed::Ask), none(Undescribed::Describe("t".into())), full]
    }
}
