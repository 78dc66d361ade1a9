//! Population figures: the page asks pilot 29 as whoever is signed in, like any other caller, and draws what it answers.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use pilothouse_registry::{OperationName, PilotId};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Date, Month};

use super::super::auth::Rooms;
use super::answers::{Answered, Table};
use super::reader::{Reader, instant};
use super::{figures, sign_in};
use crate::console::{AnalysisPage, Choice, FigureView, ProblemPage, Undescribed};
use crate::governance::{CallError, CallRequest, Caller, House, What};
use crate::words::{self, Lang};

/// The pilot that answers.
const PILOT: &str = "population-analysis";
/// Its operation that answers a question.
const RUN: &str = "run";
/// Who may describe a question, by the pilot's manifest; others are told whom to ask.
const DESCRIBES: &str = "statistics-officer";
/// Answers are asked for anew after this long (microseconds): a page that is loaded again shows the same ones meanwhile.
const FRESH: i64 = 10 * 60 * 1_000_000;
/// First days of years that the change over time is drawn from, beside today.
const YEARS: i32 = 6;

/// What the page asks: name, measure, dimensions, title in Vietnamese and English.
const QUESTIONS: [(&str, &str, &[&str], &str, &str); 4] = [
    ("page-ages", "count", &["age-band", "sex"], "Dân số theo tuổi và giới tính", "Population by age and sex"),
    ("page-communes", "count", &["commune"], "Dân số theo xã, phường", "Population by commune"),
    ("page-density", "density", &["commune"], "Mật độ dân số theo xã, phường", "Population density by commune"),
    ("page-total", "count", &[], "Tổng dân số", "Total population"),
];

/// Kinds of residence: code, Vietnamese, English.
pub(super) const RESIDENCES: [(&str, &str, &str); 2] =
    [("permanent", "Thường trú", "Permanent residence"), ("actual", "Thực tế cư trú", "Actual residence")];

/// Whether this caller may ask the pilot for the page's figures.
pub(super) fn may_open(house: &House, caller: &Caller) -> bool {
    house.may_call(PILOT, RUN, caller)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    residence: String,
    #[serde(default)]
    table: String,
}

#[derive(Deserialize)]
pub(super) struct Described {
    form_token: String,
}

/// Why there is no page of figures.
enum Missing {
    Undescribed,
    Call(CallError),
}

impl From<CallError> for Missing {
    fn from(error: CallError) -> Missing {
        match error {
            CallError::Refused { code, .. } if code == "no-such-question" => Missing::Undescribed,
            other => Missing::Call(other),
        }
    }
}

fn residence(named: &str) -> &'static str {
    RESIDENCES.iter().find(|(code, ..)| *code == named).map_or(RESIDENCES[0].0, |(code, ..)| code)
}

pub(super) async fn page(State(house): Rooms, reader: Reader, Query(asked): Query<Asked>) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/analysis") };
    let kind = residence(&asked.residence);
    let (figures, undescribed) = match figures(&house, &signed.caller, reader.lang(), kind).await {
        Ok(figures) => (figures, None),
        Err(Missing::Undescribed) if signed.caller.role.as_str() == DESCRIBES => {
            (Vec::new(), Some(Undescribed::Describe(signed.form_token.clone())))
        }
        Err(Missing::Undescribed) => (Vec::new(), Some(Undescribed::Ask)),
        Err(Missing::Call(error)) => return refused(&reader, &error),
    };
    let lang = reader.lang();
    let choice = |(code, vi, en): &(&str, &str, &str)| Choice {
        value: (*code).to_owned(),
        label: lang.pick(*vi, *en).to_owned(),
        is_shown: *code == kind,
    };
    let view = AnalysisPage {
        frame: reader.frame.clone(),
        residences: RESIDENCES.iter().map(choice).collect(),
        figures,
        undescribed,
    };
    reader.page(StatusCode::OK, view.page())
}

/// The table of one figure, for spreadsheets.
pub(super) async fn csv(State(house): Rooms, reader: Reader, Query(asked): Query<Asked>) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/analysis") };
    let figures = match figures(&house, &signed.caller, reader.lang(), residence(&asked.residence)).await {
        Ok(figures) => figures,
        Err(Missing::Undescribed) => return reader.missing(),
        Err(Missing::Call(error)) => return refused(&reader, &error),
    };
    let Some(figure) = figures.iter().find(|figure| figure.id == asked.table) else { return reader.missing() };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.csv\"", figure.id)),
    ];
    (headers, figures::csv(figure)).into_response()
}

/// Describes the page's questions, as the officer who asked for it.
pub(super) async fn describe(State(house): Rooms, reader: Reader, Form(described): Form<Described>) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/analysis") };
    if !reader.sent(&described.form_token) {
        return reader.foreign();
    }
    for (id, measure, dims, vi, en) in QUESTIONS {
        let input = json!({
            "id": id, "title_vi": vi, "title_en": en, "measure": measure, "dims": dims,
            "residence": RESIDENCES.map(|(code, ..)| code),
            "purpose": "Trang phân tích dân cư phục vụ lãnh đạo", "legal_basis": "Plan 179/KH-TCTTKĐA II.5",
            "owner": "Thống kê tỉnh",
        });
        match ask(&house, &signed.caller, "define-question", input, &format!("describe/{id}")).await {
            // Described before, for whoever owned it then: the page asks it all the same.
            Err(CallError::Refused { code, .. }) if code == "other-owner" => {}
            Err(error) => return refused(&reader, &error),
            Ok(_) => {}
        }
    }
    Redirect::to("/analysis").into_response()
}

async fn figures(house: &House, caller: &Caller, lang: Lang, kind: &str) -> Result<Vec<FigureView>, Missing> {
    let run = |id: &'static str, as_of: Option<Date>| async move {
        let day = as_of.map(|day| format!("{}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()));
        let input = match &day {
            Some(day) => json!({ "id": id, "as_of": day }),
            None => json!({ "id": id }),
        };
        let reference = format!("page/{id}/{}/{}", day.as_deref().unwrap_or("today"), house.now() / FRESH);
        Ok::<Answered, Missing>(Answered::read(&ask(house, caller, RUN, input, &reference).await?, kind))
    };
    let ages = run("page-ages", None).await?;
    let communes = run("page-communes", None).await?;
    let density = run("page-density", None).await?;
    let today = words::local(instant(house.now())).date();
    let mut years: Vec<(Date, Answered)> = Vec::new();
    for year in today.year() - YEARS + 1..=today.year() {
        let Ok(day) = Date::from_calendar_date(year, Month::January, 1) else { continue };
        years.push((day, run("page-total", Some(day)).await?));
    }
    years.push((today, run("page-total", None).await?));
    let name = |code: &str| house.unit_name(code, house.now()).replace(&format!(" ({code})"), "");
    Ok(vec![
        figures::ages(lang, kind, &ages),
        figures::communes(lang, kind, &communes, &density, &name),
        figures::years(lang, kind, &years),
    ])
}

async fn ask(
    house: &House,
    caller: &Caller,
    operation: &str,
    input: Value,
    reference: &str,
) -> Result<Value, CallError> {
    let pilot: PilotId = PILOT.parse().map_err(|_| CallError::Reference)?;
    let name: OperationName = operation.parse().map_err(|_| CallError::Reference)?;
    let what = What::Operation { name, input };
    let call = CallRequest { pilot, what, reference: reference.to_owned(), captured_at: None };
    Ok(house.call(caller, call).await?.body)
}

/// A call that gave no outcome, told as a page.
pub(super) fn refused(reader: &Reader, error: &CallError) -> Response {
    if matches!(error, CallError::Forbidden { .. }) {
        return reader.forbidden();
    }
    let told = super::told(reader.lang(), error);
    let problem = ProblemPage {
        frame: reader.frame.clone(),
        title: told.title,
        detail: told.detail,
        next: told.next,
        code: Some(error.code().to_owned()),
        request: None,
    };
    reader.page(StatusCode::SERVICE_UNAVAILABLE, problem.page())
}

/// A table of the answer for this kind of residence, on the units since the merger.
pub(super) fn of_kind<'a>(tables: &'a [Table], kind: &str) -> Option<&'a Table> {
    tables.iter().find(|table| table.residence == kind && table.base == "2025")
}
