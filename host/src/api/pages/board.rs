//! The board at `/`, and its live rows.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use pilothouse_registry::Bilingual;
use pilothouse_registry::manifest::IndicatorKind;

use super::super::auth::Rooms;
use super::reader::{Reader, instant};
use crate::console::{
    BoardView, Chart, CheckpointView, Frame, GroupView, IndicatorView, LogView, ModelState, ModelView, PilotView,
};
use crate::governance::{DayFigure, House, HouseError, IndicatorLine, ModelLine, PilotLine, PilotState, Share};
use crate::words::{self, Lang};

/// What a reader must know of the province since the plan was signed (V: danviet.vn, baomoi.com).
const NOTE_VI: &str = "Kế hoạch 179/KH-TCTTKĐA ngày 09/11/2023 được lập cho tỉnh Quảng Bình. Từ 01/07/2025, Quảng Bình và Quảng Trị hợp nhất thành tỉnh Quảng Trị; “Quảng Bình” dưới đây là địa bàn của Kế hoạch.";
const NOTE_EN: &str = "Plan 179/KH-TCTTKĐA of 9 November 2023 was made for Quảng Bình province. Since 1 July 2025 Quảng Bình and Quảng Trị are one province, named Quảng Trị; “Quảng Bình” below is the area of the plan.";
/// Characters of a root hash that tell two apart on a page.
const ROOT_DIGITS: usize = 12;

pub(super) async fn board(State(house): Rooms, reader: Reader) -> Response {
    match view(&house, reader.frame.clone()).await {
        Ok(view) => reader.page(StatusCode::OK, view.page()),
        Err(error) => reader.broken(&error),
    }
}

pub(super) async fn live(State(house): Rooms, reader: Reader) -> Response {
    match view(&house, reader.frame.clone()).await {
        Ok(view) => reader.page(StatusCode::OK, view.live()),
        Err(error) => reader.broken(&error),
    }
}

async fn view(house: &House, frame: Frame) -> Result<BoardView, HouseError> {
    let lang = frame.lang;
    let pilots = house.pilots().await?;
    let model = |line: ModelLine| {
        let pilot = pilots.iter().find(|pilot| Some(&pilot.id) == line.pilot.as_ref());
        ModelView {
            number: line.number,
            name: of(lang, &line.name),
            objective: Some(of(lang, &line.objective)),
            targets: line.targets.into_iter().map(|(vi, en)| lang.pick(vi, en)).collect(),
            lead_plan: lang.pick(line.lead.0, line.lead.1),
            lead_now: line.lead_now.map(|(vi, en)| lang.pick(vi, en)),
            deadline: lang.pick(line.deadline.0, line.deadline.1),
            state: if line.late { ModelState::Late } else { state(&line.state) },
            pilot: pilot.map(|pilot| pilot_view(lang, pilot)),
        }
    };
    let groups = house.models().into_iter().map(|group| GroupView {
        number: group.number,
        title: of(lang, &group.name),
        models: group.models.into_iter().map(model).collect(),
    });
    let checkpoint = house.signed().await?.map(|signed| CheckpointView {
        size: signed.size,
        root: signed.root.chars().take(ROOT_DIGITS).collect(),
        at: instant(signed.at),
    });
    Ok(BoardView {
        province_note: lang.pick(NOTE_VI, NOTE_EN).to_owned(),
        groups: groups.collect(),
        log: LogView { size: house.log_size().await?, checkpoint },
        frame,
    })
}

pub(super) fn of(lang: Lang, text: &Bilingual) -> String {
    lang.pick(text.vi(), text.en()).to_owned()
}

pub(super) fn state(state: &PilotState) -> ModelState {
    match state {
        PilotState::Planned => ModelState::Planned,
        PilotState::Off => ModelState::Disabled,
        PilotState::On => ModelState::Running,
        PilotState::Quarantined { until } => ModelState::Quarantined { until: instant(*until) },
    }
}

pub(super) fn pilot_view(lang: Lang, pilot: &PilotLine) -> PilotView {
    PilotView {
        id: pilot.id.to_string(),
        version: pilot.version.clone(),
        calls_today: pilot.calls_today,
        calls_total: pilot.calls,
        refused_today: pilot.refused_today,
        denials_today: pilot.denials_today,
        faults_today: pilot.faults_today,
        indicators: pilot.indicators.iter().map(|indicator| indicator_view(lang, indicator)).collect(),
        href: format!("/pilots/{}", pilot.id),
    }
}

fn indicator_view(lang: Lang, indicator: &IndicatorLine) -> IndicatorView {
    let title = of(lang, &indicator.title);
    let none = || lang.pick("chưa có số liệu", "no figures yet").to_owned();
    let count = |n: i64| words::count(lang, n.unsigned_abs());
    let (value, chart) = match indicator.kind {
        IndicatorKind::Share => {
            let Share { met, all } = indicator.share.unwrap_or_default();
            let value = words::share(lang, met, all);
            let chart = value.as_ref().map(|value| {
                let (met, all) = (words::count(lang, met), words::count(lang, all));
                Chart::share(
                    lang.pick(
                        format!("{title}: {value}, {met} trong {all}"),
                        format!("{title}: {value}, {met} of {all}"),
                    ),
                    indicator.share.unwrap_or_default().met,
                    indicator.share.unwrap_or_default().all,
                )
            });
            (value.unwrap_or_else(none), chart)
        }
        IndicatorKind::Count => (count(indicator.total), days_chart(lang, &title, &indicator.days)),
        IndicatorKind::Gauge => (indicator.last.map_or_else(none, count), days_chart(lang, &title, &indicator.days)),
        // The store keeps sums: the middle of values cannot be told from them, and a sum would be a wrong one.
        IndicatorKind::Median => (lang.pick("chưa tính được", "cannot be told yet").to_owned(), None),
    };
    IndicatorView { title, value, target: indicator.target.as_ref().map(|(vi, en)| lang.pick(vi, en).clone()), chart }
}

/// The last days as columns; none where nothing was counted in them.
fn days_chart(lang: Lang, title: &str, days: &[DayFigure]) -> Option<Chart> {
    let values: Vec<u64> = days.iter().map(|day| day.n.unsigned_abs()).collect();
    let most = days.iter().max_by_key(|day| day.n)?;
    if most.n == 0 {
        return None;
    }
    let (length, today) = (days.len(), words::count(lang, values.last().copied().unwrap_or(0)));
    let (top, day) = (words::count(lang, most.n.unsigned_abs()), words::date(lang, most.day));
    let label = lang.pick(
        format!("{title}, {length} ngày qua: hôm nay {today}, cao nhất {top} vào {day}"),
        format!("{title}, last {length} days: {today} today, most on {day}: {top}"),
    );
    Some(Chart::days(label, &values))
}
