//! Trying a card at a desk: the form, and what became of the reading, step by step.

use askama::Template;

use super::analysis::Choice;
use super::{CallView, Frame, ProofView, RenderError};
use crate::words::Words;

/// The page.
#[derive(Debug, Clone)]
pub struct TryPage {
    /// What stands around it.
    pub frame: Frame,
    /// Goes with the form.
    pub form_token: String,
    /// The reference of the reading: sending the form twice reads the card once.
    pub reference: String,
    /// Desks to choose from.
    pub desks: Vec<Choice>,
    /// Synthetic people whose cards can be read.
    pub people: Vec<Choice>,
    /// The card's text, as it was sent.
    pub card: String,
    /// What was wrong with it.
    pub wrong: Option<Wrong>,
    /// What became of it.
    pub steps: Option<TrySteps>,
}

/// A reading that gave no outcome.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// What is the matter.
    pub title: String,
    /// What that means.
    pub detail: String,
    /// What to do.
    pub next: String,
    /// The problem's stable code.
    pub code: String,
}

/// A reading, step by step.
#[derive(Debug, Clone)]
pub struct TrySteps {
    /// At which desk.
    pub desk: String,
    /// What was decided, in words.
    pub outcome: String,
    /// What the desk reads.
    pub say: Option<String>,
    /// `green`, `amber` or `red`, where the reader shows something.
    pub signal: Option<Signal>,
    /// Why.
    pub reasons: Vec<String>,
    /// What the desk does now.
    pub next: Vec<String>,
    /// The pseudonym that the pilot got for the person, where it asked about them.
    pub person: Option<String>,
    /// Lines of grants that were used, each once.
    pub lines: Vec<String>,
    /// Every capability call.
    pub calls: Vec<CallView>,
    /// Its leaf and proof.
    pub proof: ProofView,
    /// Its page.
    pub href: String,
}

/// What a reader shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Green,
    /// Go on, and do something more.
    Amber,
    /// Something is needed first.
    Red,
}

impl Signal {
    /// The signal of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "green" => Some(Signal::Green),
            "amber" => Some(Signal::Amber),
            "red" => Some(Signal::Red),
            _ => None,
        }
    }

    fn text(self, frame: &Frame) -> &'static str {
        let words = frame.words();
        match self {
            Signal::Green => words.signal_green,
            Signal::Amber => words.signal_amber,
            Signal::Red => words.signal_red,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Signal::Green => "tag-running",
            Signal::Amber => "tag-waiting",
            Signal::Red => "tag-quarantined",
        }
    }
}

#[derive(Template)]
#[template(path = "try.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a TryPage,
}

impl TryPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }
}

#[cfg(test)]
impl TryPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let text = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let choice = |value: &str, label: &str, is_shown| Choice { value: value.into(), label: label.into(), is_shown };
        let form = Self {
            frame: Frame::sample(lang),
            form_token: "f".into(),
            reference: "try-1".into(),
            desks: vec![choice("0", "Bệnh viện Mẫu 01", true)],
            people: vec![choice("insured-adult", "Người lớn có bảo hiểm", false)],
            card: String::new(),
            wrong: None,
            steps: None,
        };
        let wrong = Wrong {
            title: text("Không nhận được thông tin người", "A person was not taken"),
            detail: text("Chưa có gì được ghi.", "Nothing was recorded."),
            next: text("Đọc lại thẻ.", "Read the card again."),
            code: "person-not-taken".into(),
        };
        let steps = TrySteps {
            desk: "Bệnh viện Mẫu 01".into(),
            outcome: text("Tiếp nhận", "Admit"),
            say: Some(text("Tiếp nhận. Bảo hiểm chi trả 80%.", "Admit. The insurance pays 80%.")),
            signal: Some(Signal::Green),
            reasons: vec![text("Chưa có giấy chuyển", "No referral yet")],
            next: vec![text("Hỏi giấy chuyển", "Ask for the referral")],
            person: Some("p-3f9c1a7b".into()),
            lines: vec!["population: scope.claims".into()],
            calls: CallView::samples(),
            proof: ProofView::sample(),
            href: "/invocations/0195-7c3e-a41b".into(),
        };
        let other = TrySteps { say: None, signal: None, reasons: vec![], next: vec![], person: None, ..steps.clone() };
        vec![
            Self { wrong: Some(wrong), card: "044089990000|".into(), ..form.clone() },
            Self { steps: Some(steps), ..form.clone() },
            Self { steps: Some(other), ..form.clone() },
            Self { desks: vec![], ..form.clone() },
            form,
        ]
    }
}
