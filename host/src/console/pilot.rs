//! The page of one pilot: its manifest read aloud, its rights side by side, its recent calls. All strings come prepared.

use askama::Template;

use super::{CallView, Frame, ModelState, PilotView, RenderError};
use crate::words::{self, Words};

/// The page of a pilot, for the pilot's `href`.
#[derive(Debug, Clone)]
pub struct PilotPage {
    /// What stands around it.
    pub frame: Frame,
    /// The pilot's title.
    pub title: String,
    /// What it does, in a few sentences.
    pub summary: Option<String>,
    /// What the desk does while it is down.
    pub while_down: Option<String>,
    /// The number of its model.
    pub model_number: u8,
    /// The name of its model.
    pub model_name: String,
    /// Who made it.
    pub vendor: String,
    /// How it stands here.
    pub state: ModelState,
    /// Its id, version and figures.
    pub pilot: PilotView,
    /// The manifest, capability by capability.
    pub capabilities: Vec<CapabilityView>,
    /// Requested, granted, imported, used: function by function.
    pub rights: Vec<RightRow>,
    /// The same down to the field.
    pub fields: Vec<FieldRow>,
    /// Every version that was taken in, newest first.
    pub versions: Vec<VersionRow>,
    /// Since when uses are counted, in words; none before the first call.
    pub used_since: Option<String>,
    /// The latest calls, newest first; none for a reader who may not see them. The caller bounds how many.
    pub invocations: Option<Vec<InvocationRow>>,
}

/// A capability as the manifest asks for it.
#[derive(Debug, Clone)]
pub struct CapabilityView {
    /// Its name in the contract, such as `population`.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// The functions asked for.
    pub functions: Vec<String>,
    /// The scope in words, a line each.
    pub scope: Vec<String>,
    /// Why.
    pub purpose: String,
    /// By which articles.
    pub legal_basis: Vec<String>,
    /// How often and how many people, a line each.
    pub budget: Vec<String>,
}

/// One function in the table of rights.
#[derive(Debug, Clone)]
pub struct RightRow {
    /// `population.verify`.
    pub function: String,
    /// What it does, in words; none for one that reads what another answered.
    pub title: Option<String>,
    /// Whether the manifest asks for it.
    pub requested: bool,
    /// Whether a grant in force covers it.
    pub granted: bool,
    /// Whether the binary imports it.
    pub imported: bool,
    /// How often it was called; none where it reads what another call answered, which the gate does not meet.
    pub used: Option<u64>,
}

/// One name of a scope in the table of fields.
#[derive(Debug, Clone)]
pub struct FieldRow {
    /// The capability, in words.
    pub capability: String,
    /// The key of its scope, in words.
    pub key: String,
    /// `alive`.
    pub name: String,
    /// The same in words; none for a name that a pilot registered.
    pub title: Option<String>,
    /// Whether a grant in force covers it.
    pub granted: bool,
    /// Whether the binary can ask for it.
    pub imported: bool,
    /// How often it was asked for.
    pub used: u64,
}

/// A version of the pilot.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// Its number.
    pub version: String,
    /// Who signed it.
    pub vendor: String,
    /// When it came, in words.
    pub at: String,
    /// The beginning of its package's digest.
    pub digest: String,
    /// Whether it is in service.
    pub serves: bool,
}

/// One call that the pilot answered.
#[derive(Debug, Clone)]
pub struct InvocationRow {
    /// When, in words.
    pub time: String,
    /// The operation, reading, schedule or message.
    pub entry: String,
    /// The decision, or what the fault was, in words.
    pub outcome: String,
    /// Whether it ended in a fault.
    pub faulty: bool,
    /// How many of its capability calls were denied.
    pub denials: u64,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// The capability calls that it made.
    pub calls: Vec<CallView>,
    /// Where that record can be read, as a path on this host.
    pub href: Option<String>,
}

#[derive(Template)]
#[template(path = "pilot.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a PilotPage,
}

impl PilotPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }

    /// Whether the reader sees what was called.
    fn is_whole(&self) -> bool {
        self.invocations.is_some()
    }

    fn number(&self, number: &u64) -> String {
        words::count(self.frame.lang, *number)
    }

    fn yes_no(&self, answer: &bool) -> &'static str {
        let words = self.frame.words();
        if *answer { words.yes } else { words.no }
    }
}

#[cfg(test)]
impl PilotPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let right = |function: &str, granted, used| RightRow {
            function: function.into(),
            title: Some(lang.pick("hỏi có, không về một người", "asks yes-or-no questions").to_owned()),
            requested: true,
            granted,
            imported: true,
            used,
        };
        let call = |time: &str, entry: &str, outcome: (&str, &str), faulty, denials| InvocationRow {
            time: time.into(),
            entry: entry.into(),
            outcome: lang.pick(outcome.0, outcome.1).to_owned(),
            faulty,
            denials,
            reasons: vec![lang.pick("Thẻ hết hạn", "The card has expired").to_owned()],
            calls: if faulty { vec![] } else { CallView::samples() },
            href: (!faulty).then(|| "/invocations/0195-7c3e-a41b".into()),
        };
        let text = |vi: &str, en: &str| lang.pick(vi, en).to_owned();
        let full = Self {
            frame: Frame::sample(lang),
            title: text(
                "Tiếp đón khám chữa bệnh BHYT bằng thẻ căn cước gắn chip hoặc VNeID",
                "Health-insurance check-in by chip card or VNeID",
            ),
            summary: Some(text(
                "Quầy tiếp đón đọc thẻ căn cước hoặc VNeID; hệ thống trả lời bảo hiểm còn hiệu lực hay không và mức hưởng. Không hỏi bệnh, địa chỉ, tiền sử.",
                "The registration desk reads a card or VNeID; the answer is whether the insurance holds and what it pays. No illness, address or history is asked for.",
            )),
            while_down: Some(text(
                "Tiếp nhận bằng giấy tờ theo Điều 37 Nghị định 188/2025/NĐ-CP, ghi sổ và nhập lại sau.",
                "Admit by papers after Article 37 of Decree 188/2025/NĐ-CP, keep a list and enter it afterwards.",
            )),
            model_number: 5,
            model_name: text(
                "Khám, chữa bệnh Bảo hiểm y tế sử dụng thẻ CCCD và VNeID",
                "Health-insurance care with the ID card and VNeID",
            ),
            vendor: "demo".into(),
            state: ModelState::Running,
            pilot: PilotView::sample(lang),
            capabilities: vec![
                CapabilityView {
                    name: "population".into(),
                    title: text("Hỏi cơ sở dữ liệu dân cư", "Ask the population database"),
                    functions: vec!["verify".into()],
                    scope: vec![text(
                        "Chỉ hỏi đúng hay sai: còn sống, đúng tên, đúng ngày sinh, thẻ còn hiệu lực, độ tuổi",
                        "Yes-or-no questions only: alive, name matches, birth date matches, card valid, age",
                    )],
                    purpose: text(
                        "Xác minh thẻ đúng người khi tiếp đón",
                        "Verifying at check-in that the card fits the person",
                    ),
                    legal_basis: vec![
                        text("Luật 26/2023/QH15", "Law 26/2023/QH15"),
                        text("Điều 37 Nghị định 188/2025/NĐ-CP", "Decree 188/2025/NĐ-CP Art. 37"),
                    ],
                    budget: vec![
                        text("1.200 lượt gọi mỗi phút", "1,200 calls a minute"),
                        text("5.000 người mỗi ngày", "5,000 people a day"),
                    ],
                },
                CapabilityView {
                    name: "places".into(),
                    title: text("Tra đơn vị, cơ sở", "Look up units and facilities"),
                    functions: vec!["facility-by-id".into()],
                    scope: vec![],
                    purpose: text("Biết cơ sở có giấy phép", "Knowing the facility's licence"),
                    legal_basis: vec![text("Điều 37 Nghị định 188/2025/NĐ-CP", "Decree 188/2025/NĐ-CP Art. 37")],
                    budget: vec![],
                },
            ],
            rights: vec![
                right("population.verify", true, Some(1_284)),
                right("registers.propose", true, Some(0)),
                right("registers.entry.get", true, None),
                right("person.reopen", false, Some(0)),
            ],
            fields: vec![FieldRow {
                capability: text("dân cư", "population"),
                key: text("câu hỏi có, không", "yes-or-no questions"),
                name: "alive".into(),
                title: Some(text("còn sống", "alive")),
                granted: true,
                imported: true,
                used: 4,
            }],
            used_since: Some(text("14:05, ngày 02/03/2026", "2 March 2026, 14:05")),
            versions: vec![VersionRow {
                version: "1.0.0".into(),
                vendor: "demo".into(),
                at: "07:30 02/03/2026".into(),
                digest: "sha256:9f3c1a7be2d0".into(),
                serves: true,
            }],
            invocations: Some(vec![
                call("07:30:02 02/03/2026", "check-in", ("Tiếp nhận", "Admitted"), false, 0),
                call(
                    "07:29:41 02/03/2026",
                    "check-in",
                    ("Tiếp nhận, xác minh sau", "Admitted, to be verified later"),
                    false,
                    1,
                ),
                call(
                    "07:28:13 02/03/2026",
                    "day-summary",
                    ("Quá thời hạn 200 ms", "Over its deadline of 200 ms"),
                    true,
                    0,
                ),
            ]),
        };
        let bare = Self {
            summary: None,
            while_down: None,
            state: ModelState::Waiting,
            pilot: PilotView { indicators: vec![], ..full.pilot.clone() },
            capabilities: vec![],
            rights: vec![],
            fields: vec![],
            invocations: Some(vec![]),
            ..full.clone()
        };
        let public = Self { invocations: None, ..full.clone() };
        vec![full, bare, public]
    }
}
