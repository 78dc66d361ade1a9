//! Tonight's lodging, for a commune's police desk.

use askama::Template;

use super::{Frame, RenderError};
use crate::words::{self, Words};

/// The page of a night.
#[derive(Debug, Clone)]
pub struct LodgingPage {
    /// What stands around it.
    pub frame: Frame,
    /// The commune.
    pub unit: String,
    /// Since when, in words.
    pub since: String,
    /// Its facilities.
    pub facilities: Vec<NightRow>,
    /// Communes to choose from; none for who sees one only.
    pub units: Vec<UnitChoice>,
}

/// One facility's night.
#[derive(Debug, Clone, Default)]
pub struct NightRow {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Guests who are there.
    pub staying: u64,
    /// Notices in time.
    pub in_time: u64,
    /// Notices late or owed.
    pub late: u64,
    /// Notices rejected.
    pub rejected: u64,
    /// Notices on their way.
    pub waiting: u64,
}

/// A commune to choose.
#[derive(Debug, Clone)]
pub struct UnitChoice {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one shown.
    pub is_shown: bool,
}

#[derive(Template)]
#[template(path = "lodging.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a LodgingPage,
}

impl LodgingPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }

    fn number(&self, number: &u64) -> String {
        words::count(self.frame.lang, *number)
    }

    fn total(&self, of: impl Fn(&NightRow) -> u64) -> String {
        self.number(&self.facilities.iter().map(of).fold(0, u64::saturating_add))
    }

    fn in_time(&self) -> String {
        self.total(|row| row.in_time)
    }

    fn late(&self) -> String {
        self.total(|row| row.late)
    }

    fn rejected(&self) -> String {
        self.total(|row| row.rejected)
    }

    fn waiting(&self) -> String {
        self.total(|row| row.waiting)
    }

    fn staying(&self) -> String {
        self.total(|row| row.staying)
    }
}

#[cfg(test)]
impl LodgingPage {
    pub(crate) fn samples(lang: words::Lang) -> Vec<Self> {
        let row = |id: &str, late| NightRow {
            name: "Khách sạn Mẫu 01".into(),
            id: id.into(),
            staying: 1_204,
            in_time: 3,
            late,
            rejected: 0,
            waiting: 1,
        };
        let full = Self {
            frame: Frame::sample(lang),
            unit: "Phường Đồng Hới (18880)".into(),
            since: "12:00 01/03/2026".into(),
            facilities: vec![row("hotel-001", 2), row("hotel-002", 0)],
            units: vec![UnitChoice { code: "18880".into(), name: "Phường Đồng Hới".into(), is_shown: true }],
        };
        vec![Self { facilities: vec![], units: vec![], ..full.clone() }, full]
    }
}
