//! The board: the plan's models by group, with live figures of those that have a pilot.

use askama::Template;
use time::OffsetDateTime;

use super::{Chart, Frame, ModelState, RenderError};
use crate::words::{self, Lang, Words};

/// The first page.
#[derive(Debug, Clone)]
pub struct BoardView {
    /// What stands around it.
    pub frame: Frame,
    /// What a reader must know of the province since the plan was signed, in words.
    pub province_note: String,
    /// The plan's groups, in its order.
    pub groups: Vec<GroupView>,
    /// The log that records every call.
    pub log: LogView,
}

/// One of the plan's groups.
#[derive(Debug, Clone)]
pub struct GroupView {
    /// Its number in the plan.
    pub number: u8,
    /// Its title.
    pub title: String,
    /// Its models, in the plan's order.
    pub models: Vec<ModelView>,
}

/// A model of the plan.
#[derive(Debug, Clone)]
pub struct ModelView {
    /// Its number in the plan.
    pub number: u8,
    /// Its name.
    pub name: String,
    /// What the plan wants of it.
    pub objective: Option<String>,
    /// Numbers that the plan wants it to reach.
    pub targets: Vec<String>,
    /// Who leads it, by the plan's names.
    pub lead_plan: String,
    /// Who leads it now, where that differs.
    pub lead_now: Option<String>,
    /// The plan's deadline, in words.
    pub deadline: String,
    /// How it stands here.
    pub state: ModelState,
    /// Its pilot, where one is on this system.
    pub pilot: Option<PilotView>,
}

/// The pilot of a model, with its figures.
#[derive(Debug, Clone)]
pub struct PilotView {
    /// Its id, such as `bhyt-checkin`.
    pub id: String,
    /// The version that serves, or that waits.
    pub version: String,
    /// Calls since midnight, Vietnamese time.
    pub calls_today: u64,
    /// Calls since the pilot came.
    pub calls_total: u64,
    /// Requests refused since midnight, by the pilot or before they reached it.
    pub refused_today: u64,
    /// Denied capability calls since midnight.
    pub denials_today: u64,
    /// Calls that ended in a fault since midnight.
    pub faults_today: u64,
    /// The indicators that it reports.
    pub indicators: Vec<IndicatorView>,
    /// Its page, as a path on this host.
    pub href: String,
}

/// An indicator with its value.
#[derive(Debug, Clone)]
pub struct IndicatorView {
    /// What is counted.
    pub title: String,
    /// The value in words: `1.234` or `12,5%`.
    pub value: String,
    /// What the plan or the department wants, in words.
    pub target: Option<String>,
    /// Its last days, or its share.
    pub chart: Option<Chart>,
}

/// The state of the evidence log.
#[derive(Debug, Clone)]
pub struct LogView {
    /// How many entries it has.
    pub size: u64,
    /// Its latest signed checkpoint.
    pub checkpoint: Option<CheckpointView>,
}

/// A signed state of the log.
#[derive(Debug, Clone)]
pub struct CheckpointView {
    /// How many entries it covers.
    pub size: u64,
    /// The beginning of its root hash.
    pub root: String,
    /// When it was signed.
    pub at: OffsetDateTime,
}

#[derive(Template)]
#[template(path = "board.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    board: &'a BoardView,
}

#[derive(Template)]
#[template(path = "rows.html")]
struct Live<'a> {
    frame: &'a Frame,
    words: &'static Words,
    board: &'a BoardView,
}

impl BoardView {
    /// The whole page, for `/`.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), board: self }.render()?)
    }

    /// The part with all figures, for `/board/live`: the script takes the changed ones out of it.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn live(&self) -> Result<String, RenderError> {
        Ok(Live { frame: &self.frame, words: self.frame.words(), board: self }.render()?)
    }

    fn models(&self) -> impl Iterator<Item = &ModelView> {
        self.groups.iter().flat_map(|group| &group.models)
    }

    fn with_pilot(&self) -> impl Iterator<Item = (&ModelView, &PilotView)> {
        self.models().filter_map(|model| Some((model, model.pilot.as_ref()?)))
    }

    fn total(&self, figure: impl Fn(&PilotView) -> u64) -> u64 {
        self.with_pilot().map(|(_, pilot)| figure(pilot)).fold(0, u64::saturating_add)
    }

    fn number(&self, number: &u64) -> String {
        words::count(self.frame.lang, *number)
    }

    fn size(&self) -> usize {
        self.models().count()
    }

    fn running(&self) -> usize {
        self.models().filter(|model| model.state == ModelState::Running).count()
    }

    fn late(&self) -> usize {
        self.models().filter(|model| model.state == ModelState::Late).count()
    }

    fn calls_today(&self) -> String {
        self.number(&self.total(|pilot| pilot.calls_today))
    }

    fn refused_today(&self) -> String {
        self.number(&self.total(|pilot| pilot.refused_today))
    }

    fn denials_today(&self) -> String {
        self.number(&self.total(|pilot| pilot.denials_today))
    }

    /// Which pilots are shown: when this changes, the script takes the whole list anew.
    fn shape(&self) -> String {
        self.with_pilot()
            .map(|(model, pilot)| format!("{}:{}:{}", model.number, pilot.id, pilot.indicators.len()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn lead(&self) -> String {
        let (size, groups) = (self.size(), self.groups.len());
        match self.frame.lang {
            Lang::Vi => {
                format!("{size} mô hình điểm trong {groups} nhóm của kế hoạch, và tình trạng của từng mô hình.")
            }
            Lang::En => format!("The plan's {size} pilot models in {groups} groups, and how each of them stands."),
        }
    }

    /// What a screen reader hears when figures have changed.
    fn said(&self) -> String {
        let (calls, refused) = (self.calls_today(), self.refused_today());
        match self.frame.lang {
            Lang::Vi => format!("Hôm nay: {calls} lượt xử lý, {refused} yêu cầu bị từ chối."),
            Lang::En => format!("Today: {calls} calls, {refused} requests refused."),
        }
    }

    /// Which entries are signed for, and since when.
    fn signed(&self, checkpoint: &CheckpointView) -> String {
        let (size, at) = (words::count(self.frame.lang, checkpoint.size), self.signed_at(checkpoint));
        match self.frame.lang {
            Lang::Vi => format!("{size} mục, ký lúc {at}"),
            Lang::En => format!("{size} entries, signed at {at}"),
        }
    }

    fn signed_at(&self, checkpoint: &CheckpointView) -> String {
        words::instant(self.frame.lang, checkpoint.at)
    }
}

impl GroupView {
    fn caption(&self, frame: &Frame) -> String {
        let size = self.models.len();
        let running = self.models.iter().filter(|model| model.state == ModelState::Running).count();
        match frame.lang {
            Lang::Vi => format!("Nhóm {}: {size} mô hình, {running} đang chạy", self.number),
            Lang::En => format!("Group {}: {size} models, {running} running", self.number),
        }
    }
}

#[cfg(test)]
impl BoardView {
    /// Every state, a group without pilots, and figures that need grouping.
    pub(crate) fn samples(lang: Lang) -> Vec<Self> {
        let frame = Frame::sample(lang);
        let quarantined = ModelState::Quarantined { until: frame.now + time::Duration::hours(2) };
        let model = |number, vi: &str, en: &str, lead: (&str, &str), state| ModelView {
            number,
            name: lang.pick(vi, en).to_owned(),
            objective: None,
            targets: vec![],
            lead_plan: lang.pick(lead.0, lead.1).to_owned(),
            lead_now: None,
            deadline: lang.pick("Trước 31/12/2023", "Before 31 December 2023").to_owned(),
            state,
            pilot: None,
        };
        let police = ("Công an tỉnh", "Provincial Police");
        let health = ModelView {
            objective: Some(
                lang.pick(
                    "100% cơ sở khám, chữa bệnh thực hiện tiếp nhận CCCD gắn chip hoặc VNeID khi người dân thực hiện khám, chữa bệnh bảo hiểm y tế.",
                    "100% of healthcare facilities accept the chip ID card or VNeID when people come for care under health insurance.",
                )
                .to_owned(),
            ),
            targets: vec![lang.pick("175 cơ sở", "175 facilities").to_owned()],
            pilot: Some(PilotView::sample(lang)),
            ..model(
                5,
                "Khám, chữa bệnh Bảo hiểm y tế sử dụng thẻ CCCD và VNeID",
                "Health-insurance care with the ID card and VNeID",
                ("Sở Y tế", "Department of Health"),
                ModelState::Running,
            )
        };
        let notary = ModelView {
            pilot: Some(PilotView {
                id: "notary-id".into(),
                href: "/pilots/notary-id".into(),
                indicators: vec![],
                ..PilotView::sample(lang)
            }),
            ..model(
                7,
                "Triển khai sử dụng CCCD gắn chip, VNeID thay cho các loại giấy tờ tại các điểm công chứng, chứng thực",
                "ID card and VNeID instead of papers at notaries and certification points",
                ("Sở Tư pháp", "Department of Justice"),
                quarantined,
            )
        };
        let driving = ModelView {
            lead_now: Some(lang.pick("Công an tỉnh Quảng Trị", "Quảng Trị Provincial Police").to_owned()),
            ..model(
                13,
                "Triển khai thiết bị giám sát thi cử, sát hạch lái xe",
                "Supervision devices for driving examinations",
                ("Sở Giao thông vận tải", "Department of Transport"),
                ModelState::Waiting,
            )
        };
        let groups = vec![
            GroupView {
                number: 1,
                title: lang
                    .pick(
                        "Nhóm tiện ích phục vụ giải quyết thủ tục hành chính (TTHC) và cung cấp DVC trực tuyến",
                        "Administrative procedures and online public services",
                    )
                    .to_owned(),
                models: vec![
                    model(
                        4,
                        "Triển khai cung cấp DVC trực tuyến trên VNeID",
                        "Online public services on VNeID",
                        police,
                        ModelState::Planned,
                    ),
                    model(
                        2,
                        "Triển khai ít nhất 20 DVC không dùng hồ sơ giấy",
                        "At least 20 services without paper files",
                        police,
                        ModelState::Late,
                    ),
                ],
            },
            GroupView {
                number: 2,
                title: lang
                    .pick("Nhóm tiện ích phát triển kinh tế - xã hội", "Economic and social development")
                    .to_owned(),
                models: vec![
                    health,
                    notary,
                    model(
                        11,
                        "Triển khai nền tảng quản lý lưu trú trên xe khách đường dài",
                        "Lodging management on long-distance coaches",
                        police,
                        ModelState::Disabled,
                    ),
                    driving,
                ],
            },
        ];
        let province_note = lang
            .pick(
                "Kế hoạch do tỉnh Quảng Bình ban hành; từ ngày 01/7/2025 Quảng Bình và Quảng Trị hợp nhất thành tỉnh Quảng Trị.",
                "The plan is Quảng Bình's; on 1 July 2025 Quảng Bình and Quảng Trị became one province, Quảng Trị.",
            )
            .to_owned();
        let checkpoint = CheckpointView { size: 48_210, root: "9f3c1a7be2d0".into(), at: frame.now };
        let full = Self {
            frame: Frame::sample(lang),
            province_note: province_note.clone(),
            groups,
            log: LogView { size: 48_213, checkpoint: Some(checkpoint) },
        };
        let fresh = Self {
            frame: Frame::new(lang, frame.now, false, ""),
            province_note,
            groups: vec![],
            log: LogView { size: 0, checkpoint: None },
        };
        vec![full, fresh]
    }
}

#[cfg(test)]
impl PilotView {
    pub(super) fn sample(lang: Lang) -> Self {
        let indicator = |vi: &str, en: &str, value: String, target: Option<&str>| IndicatorView {
            chart: target.map_or_else(
                || Some(Chart::share(lang.pick("86 phần trăm", "86 percent").to_owned(), 86, 100)),
                |_| Some(Chart::days(lang.pick("14 ngày", "14 days").to_owned(), &[1, 0, 5])),
            ),
            title: lang.pick(vi, en).to_owned(),
            value,
            target: target.map(str::to_owned),
        };
        Self {
            id: "bhyt-checkin".into(),
            version: "1.0.0".into(),
            calls_today: 1_284,
            calls_total: 46_907,
            refused_today: 12,
            denials_today: 3,
            faults_today: 0,
            indicators: vec![
                indicator("Lượt tiếp đón", "Check-ins", words::count(lang, 1_284), None),
                indicator(
                    "Tỷ lệ tiếp đón bằng chip hoặc VNeID",
                    "Check-ins by chip or VNeID",
                    words::share(lang, 1_107, 1_284).unwrap_or_default(),
                    None,
                ),
                indicator(
                    "Cơ sở tiếp nhận bằng chip hoặc VNeID",
                    "Facilities that receive by chip or VNeID",
                    words::count(lang, 168),
                    Some(lang.pick("175 cơ sở", "175 facilities")),
                ),
            ],
            href: "/pilots/bhyt-checkin".into(),
        }
    }
}
