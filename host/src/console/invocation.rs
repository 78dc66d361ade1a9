//! The page of one invocation: how it ended, the calls that it made with their grant lines, its leaf and the checked proof.

use askama::Template;

use super::{Frame, RenderError};
use crate::words::{self, CodeKind, Words};

/// The page of an invocation.
#[derive(Debug, Clone)]
pub struct InvocationPage {
    /// What stands around it.
    pub frame: Frame,
    /// Its evidence id.
    pub id: String,
    /// When, in words.
    pub time: String,
    /// When the event itself happened, in words; none: as it was sent.
    pub happened: Option<String>,
    /// The pilot's title.
    pub pilot: String,
    /// The pilot's page, as a path on this host.
    pub pilot_href: String,
    /// The version that answered.
    pub version: String,
    /// The operation, reading, schedule or message.
    pub entry: String,
    /// The role that asked, in words.
    pub caller: String,
    /// For which unit, in words.
    pub unit: String,
    /// For which facility.
    pub facility: Option<String>,
    /// The device that sent it.
    pub device: Option<DeviceView>,
    /// Decision, refusal or fault, in words.
    pub outcome: String,
    /// Whether it ended in a fault.
    pub faulty: bool,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// What it did outside, a line each.
    pub effects: Vec<String>,
    /// Every capability call, in order.
    pub calls: Vec<CallView>,
    /// Its leaf and the proof.
    pub proof: ProofView,
    /// The record itself.
    pub record: String,
}

/// A device that sent a request.
#[derive(Debug, Clone)]
pub struct DeviceView {
    /// The id of its key.
    pub id: String,
    /// By how many seconds its clock was fast, in words, where the time of the event was put right by it.
    pub clock_fast: Option<String>,
    /// By how many it was slow.
    pub clock_slow: Option<String>,
}

/// A capability call, as the funnel answered it.
#[derive(Debug, Clone)]
pub struct CallView {
    /// Which function.
    pub function: String,
    /// Names of the claims, fields or tables asked for.
    pub asked: Vec<String>,
    /// What the funnel said.
    pub verdict: VerdictView,
    /// The line of the grant that decided.
    pub line: Option<String>,
    /// The beginning of the pseudonym of the person, for this pilot only.
    pub person: Option<String>,
}

/// What the funnel said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictView {
    /// It went through.
    Allowed,
    /// It did not; with the code that the guest read.
    Denied(String),
    /// It was allowed, and nobody answered.
    Unavailable,
}

impl VerdictView {
    /// The text of the tag.
    pub(super) fn text(&self, frame: &Frame) -> &'static str {
        let words = frame.words();
        match self {
            VerdictView::Allowed => words.allowed,
            VerdictView::Denied(_) => words.denied,
            VerdictView::Unavailable => words.unavailable,
        }
    }

    /// The style of the tag. Colour only repeats what the text says.
    pub(super) fn class(&self) -> &'static str {
        match self {
            VerdictView::Allowed => "tag-running",
            VerdictView::Denied(_) => "tag-quarantined",
            VerdictView::Unavailable => "tag-waiting",
        }
    }

    /// The code of a denial.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            VerdictView::Denied(code) => Some(code),
            VerdictView::Allowed | VerdictView::Unavailable => None,
        }
    }

    /// The same in words.
    pub(super) fn why(&self, frame: &Frame) -> Option<&'static str> {
        words::code(frame.lang, CodeKind::Denial, self.code()?)
    }
}

/// Where the record stands in the log, and that it does.
#[derive(Debug, Clone)]
pub struct ProofView {
    /// Its place, in words.
    pub seq: String,
    /// Hash of the leaf.
    pub leaf: String,
    /// Sibling hashes, leaf first.
    pub siblings: Vec<String>,
    /// How many entries the signed log has, in words.
    pub size: String,
    /// Its root.
    pub root: String,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// Whether signature and proof hold.
    pub holds: bool,
    /// Where the same stands as plain text.
    pub raw_href: String,
}

#[derive(Template)]
#[template(path = "invocation.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a InvocationPage,
}

impl InvocationPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }
}

#[cfg(test)]
impl CallView {
    pub(super) fn samples() -> Vec<Self> {
        let call = |function: &str, asked: &[&str], verdict, line: Option<&str>| Self {
            function: function.into(),
            asked: asked.iter().map(|name| (*name).to_owned()).collect(),
            verdict,
            line: line.map(str::to_owned),
            person: line.is_some().then(|| "p-3f9c1a7b".into()),
        };
        vec![
            call("readers.reading-of", &["qr-card"], VerdictView::Allowed, None),
            call("population.verify", &["alive", "card-valid"], VerdictView::Allowed, Some("population: scope.claims")),
            call(
                "population.read",
                &["birth-date"],
                VerdictView::Denied("not-granted".into()),
                Some("population: functions"),
            ),
            call("registers.entry", &[], VerdictView::Unavailable, Some("registers: scope.fields")),
        ]
    }
}

#[cfg(test)]
impl ProofView {
    pub(super) fn sample() -> Self {
        Self {
            seq: "41".into(),
            leaf: "9f3c1a7be2d0".repeat(5),
            siblings: vec!["aa".repeat(32), "bb".repeat(32)],
            size: "48".into(),
            root: "cc".repeat(32),
            checkpoint: "pilothouse/log\n48\nabc=\n\n— pilothouse/log sig\n".into(),
            holds: true,
            raw_href: "/invocations/0195-7c3e-a41b/proof.txt".into(),
        }
    }
}

#[cfg(test)]
impl InvocationPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let text = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let full = Self {
            frame: Frame::sample(lang),
            id: "0195-7c3e-a41b".into(),
            time: "07:30:02 02/03/2026".into(),
            happened: Some("07:10:41 02/03/2026".into()),
            pilot: text("Tiếp đón khám chữa bệnh BHYT", "Health-insurance check-in"),
            pilot_href: "/pilots/bhyt-checkin".into(),
            version: "1.0.0".into(),
            entry: "operations.check-in".into(),
            caller: text("Cán bộ tiếp đón", "Registration clerk"),
            unit: "Phường Đồng Hới (18880)".into(),
            facility: Some("hospital-001".into()),
            device: Some(DeviceView {
                id: "9f3c1a7be2d09f3c1a7be2d09f3c1a7b".into(),
                clock_fast: Some("240".into()),
                clock_slow: None,
            }),
            outcome: text("Tiếp nhận", "Admit"),
            faulty: false,
            reasons: vec![text("Tên viết khác", "The name is spelled otherwise")],
            effects: vec!["lodging: 1".into()],
            calls: CallView::samples(),
            proof: ProofView::sample(),
            record: "{\"kind\":\"invocation\"}".into(),
        };
        let bare = Self {
            happened: None,
            facility: None,
            device: None,
            faulty: true,
            reasons: vec![],
            effects: vec![],
            calls: vec![],
            proof: ProofView { holds: false, siblings: vec![], ..ProofView::sample() },
            ..full.clone()
        };
        vec![full, bare]
    }
}
