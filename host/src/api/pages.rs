//! The console's pages, served: the board at `/`, its live rows, a page per pilot, the files they load.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use pilothouse_registry::{Bilingual, PilotId};
use time::OffsetDateTime;

use super::auth::Rooms;
use super::{App, Path, Problem};
use crate::console::{
    ASSET_CACHE_CONTROL, BoardView, CONTENT_SECURITY_POLICY, CapabilityView, CheckpointView, Frame, GroupView,
    IndicatorView, InvocationRow, LogView, ModelState, ModelView, PilotPage, PilotView, ProblemPage, RenderError,
    RightRow, find,
};
use crate::governance::{House, HouseError, ModelLine, PilotLine, PilotState};
use crate::words::{self, Lang};

/// What a reader must know of the province since the plan was signed (V: danviet.vn, baomoi.com).
const NOTE_VI: &str = "Kế hoạch 179/KH-TCTTKĐA ngày 09/11/2023 được lập cho tỉnh Quảng Bình. Từ 01/07/2025, Quảng Bình và Quảng Trị hợp nhất thành tỉnh Quảng Trị; “Quảng Bình” dưới đây là địa bàn của Kế hoạch.";
const NOTE_EN: &str = "Plan 179/KH-TCTTKĐA of 9 November 2023 was made for Quảng Bình province. Since 1 July 2025 Quảng Bình and Quảng Trị are one province, named Quảng Trị; “Quảng Bình” below is the area of the plan.";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(board))
        .route("/board/live", get(live))
        .route("/pilots/{pilot}", get(pilot))
        .route("/assets/{*path}", get(asset))
}

/// The frame of a page, from what the request says of language.
fn frame(house: &House, query: Option<&str>, headers: &HeaderMap) -> Frame {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let lang = Lang::choose(query, header(header::COOKIE), header(header::ACCEPT_LANGUAGE));
    Frame::new(lang, instant(house.now()), true, query.unwrap_or_default())
}

fn instant(micros: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn page(status: StatusCode, frame: &Frame, query: Option<&str>, html: Result<String, RenderError>) -> Response {
    let html = match html {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page failed");
            return Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "host-fault",
                "the page could not be made: it is logged, try again",
            )
            .into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(frame.lang.code()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if query.is_some_and(|query| query.contains("lang="))
        && let Ok(cookie) = HeaderValue::from_str(&frame.lang.set_cookie())
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

/// How much of a root the board shows, in hex digits: enough to compare by eye; the whole stands in the checkpoint.
const ROOT_SHOWN: usize = 12;

async fn view(house: &House, frame: Frame) -> Result<BoardView, HouseError> {
    let lang = frame.lang;
    let pilots = house.pilots().await?;
    let model = |line: ModelLine| {
        let pilot = pilots.iter().find(|pilot| Some(&pilot.id) == line.pilot.as_ref());
        ModelView {
            number: line.number,
            name: of(lang, &line.name),
            objective: Some(of(lang, &line.objective)),
            lead_plan: lang.pick(line.lead.0, line.lead.1),
            lead_now: line.lead_now.map(|(vi, en)| lang.pick(vi, en)),
            deadline: lang.pick(line.deadline.0, line.deadline.1),
            state: state(&line.state),
            pilot: pilot.map(|pilot| pilot_view(lang, pilot)),
        }
    };
    let groups = house.models().into_iter().map(|group| GroupView {
        number: group.number,
        title: of(lang, &group.name),
        models: group.models.into_iter().map(model).collect(),
    });
    Ok(BoardView {
        province_note: lang.pick(NOTE_VI, NOTE_EN).to_owned(),
        groups: groups.collect(),
        log: LogView {
            size: house.log_size().await?,
            checkpoint: house.signed().await?.map(|signed| CheckpointView {
                size: signed.size,
                root: signed.root.chars().take(ROOT_SHOWN).collect(),
                at: instant(signed.at),
            }),
        },
        frame,
    })
}

fn of(lang: Lang, text: &Bilingual) -> String {
    lang.pick(text.vi(), text.en()).to_owned()
}

fn state(state: &PilotState) -> ModelState {
    match state {
        PilotState::Planned => ModelState::Planned,
        PilotState::Off => ModelState::Disabled,
        PilotState::On => ModelState::Running,
        PilotState::Quarantined { until } => ModelState::Quarantined { until: instant(*until) },
    }
}

fn pilot_view(lang: Lang, pilot: &PilotLine) -> PilotView {
    let indicators = pilot.indicators.iter().map(|indicator| IndicatorView {
        title: of(lang, &indicator.title),
        value: words::count(lang, indicator.total.unsigned_abs()),
        target: indicator.target.as_ref().map(|(vi, en)| lang.pick(vi, en).clone()),
    });
    PilotView {
        id: pilot.id.to_string(),
        version: pilot.version.clone(),
        calls_today: pilot.calls_today,
        calls_total: pilot.calls,
        denials_today: pilot.denials_today,
        faults_today: pilot.faults_today,
        indicators: indicators.collect(),
        href: format!("/pilots/{}", pilot.id),
    }
}

async fn board(State(house): Rooms, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let frame = frame(&house, query.as_deref(), &headers);
    match view(&house, frame.clone()).await {
        Ok(view) => page(StatusCode::OK, &frame, query.as_deref(), view.page()),
        Err(error) => broken(&frame, &error),
    }
}

async fn live(State(house): Rooms, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let frame = frame(&house, query.as_deref(), &headers);
    match view(&house, frame.clone()).await {
        Ok(view) => page(StatusCode::OK, &frame, query.as_deref(), view.live()),
        Err(error) => broken(&frame, &error),
    }
}

fn broken(frame: &Frame, error: &HouseError) -> Response {
    tracing::error!(%error, "a page could not be filled");
    page(StatusCode::INTERNAL_SERVER_ERROR, frame, None, ProblemPage::broken(frame.clone(), None).page())
}

async fn pilot(State(house): Rooms, Path(id): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let frame = frame(&house, query.as_deref(), &headers);
    let lang = frame.lang;
    let missing = || page(StatusCode::NOT_FOUND, &frame, None, ProblemPage::not_found(frame.clone()).page());
    let Ok(id) = id.parse::<PilotId>() else { return missing() };
    let detail = match house.pilot(&id).await {
        Ok(detail) => detail,
        Err(HouseError::Unknown { .. }) => return missing(),
        Err(error) => return broken(&frame, &error),
    };
    let model =
        house.models().into_iter().flat_map(|group| group.models).find(|model| model.number == detail.line.model);
    let capability = |request: &pilothouse_registry::CapabilityRequest| {
        let kind = request.capability();
        let nothing = pilothouse_registry::AnyScope::none(kind);
        CapabilityView {
            name: kind.to_string(),
            title: lang.pick(kind.vi(), kind.en()).to_owned(),
            functions: request.functions.iter().cloned().collect(),
            // Read aloud as the difference to nothing at all: the same words that an approver reads of a wider version.
            scope: request.scope.beyond(&nothing).into_iter().map(|line| lang.pick(line.vi, line.en)).collect(),
            purpose: of(lang, &request.purpose),
            legal_basis: request.legal_basis.iter().map(ToString::to_string).collect(),
            budget: budget(lang, request.budget),
        }
    };
    let rights = detail.proof.rows.iter().map(|row| RightRow {
        function: row.function.to_string(),
        requested: row.requested,
        granted: row.granted.unwrap_or(false),
        imported: row.imported,
        used: detail.used.get(&row.function.to_string()).copied().unwrap_or(0),
    });
    let invocations = detail.recent.iter().map(|recent| InvocationRow {
        time: words::instant(lang, instant(recent.at)),
        entry: recent.entry.clone(),
        outcome: recent.outcome.clone(),
        faulty: recent.faulty,
        denials: recent.denials as u64,
        evidence: recent.id.clone(),
        href: None,
    });
    let view = PilotPage {
        title: of(lang, &detail.line.title),
        summary: Some(of(lang, &detail.summary)),
        while_down: Some(of(lang, &detail.while_down)),
        model_number: detail.line.model,
        model_name: model.map_or_else(String::new, |model| of(lang, &model.name)),
        vendor: detail.vendor.clone(),
        state: state(&detail.line.state),
        pilot: pilot_view(lang, &detail.line),
        capabilities: detail.capabilities.iter().map(capability).collect(),
        rights: rights.collect(),
        invocations: invocations.collect(),
        frame: frame.clone(),
    };
    page(StatusCode::OK, &frame, query.as_deref(), view.page())
}

fn budget(lang: Lang, budget: pilothouse_registry::Budget) -> Vec<String> {
    let count = |number: u32| words::count(lang, u64::from(number));
    let mut lines = vec![lang.pick(
        format!("{} lượt gọi mỗi phút", count(budget.calls_per_minute)),
        format!("{} calls a minute", count(budget.calls_per_minute)),
    )];
    if budget.people_per_day > 0 {
        let people = count(budget.people_per_day);
        lines.push(
            lang.pick(format!("{people} người mỗi ngày ở mỗi đơn vị"), format!("{people} people a day in each unit")),
        );
    }
    if budget.effects_per_day > 0 {
        let effects = count(budget.effects_per_day);
        lines.push(lang.pick(format!("{effects} tác động mỗi ngày"), format!("{effects} effects a day")));
    }
    lines
}

async fn asset(Path(path): Path<String>) -> Response {
    match find(&path) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.mime),
                (header::CACHE_CONTROL, ASSET_CACHE_CONTROL),
                (header::ETAG, asset.etag.as_str()),
            ];
            (headers, asset.bytes).into_response()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "no-such-path", "there is no such file: load the page anew")
            .into_response(),
    }
}
