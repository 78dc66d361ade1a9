//! Trying a card at a desk. The call goes the way of every call, as that desk; what the desk may see of it is shown.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use pilothouse_identity::PersonKey;
use pilothouse_province::Cast;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::super::App;
use super::invocation::proof;
use super::pilot::call;
use super::reader::{Reader, Signed};
use super::sign_in;
use crate::console::{Choice, Signal, TryPage, TrySteps, Wrong};
use crate::governance::{Answer, CallRequest, Evidence, House, SentReading, TrialDesk, What};
use crate::words::{self, Lang};

/// Longest text that is echoed back: a card's QR code has at most some 300 characters.
const MAX_CARD: usize = 2_000;

#[derive(Deserialize)]
pub(super) struct Sent {
    form_token: String,
    reference: String,
    desk: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    card: String,
    #[serde(default)]
    how: String,
}

pub(super) async fn form(State(app): State<App>, reader: Reader) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/try") };
    if app.house.only_in_a_demonstration().is_err() {
        return reader.missing();
    }
    reader.page(StatusCode::OK, blank(&app, &reader, signed).page())
}

pub(super) async fn scan(State(app): State<App>, reader: Reader, Form(sent): Form<Sent>) -> Response {
    let Some(signed) = &reader.signed else { return sign_in::first("/try") };
    if !reader.sent(&sent.form_token) {
        return reader.foreign();
    }
    let (house, lang) = (&app.house, reader.lang());
    if house.only_in_a_demonstration().is_err() {
        return reader.missing();
    }
    let desks = house.trial_desks(&signed.caller);
    let Some(desk) = sent.desk.parse::<usize>().ok().and_then(|place| desks.get(place)) else {
        return reader.missing();
    };
    let simulated = sent.how != "pasted";
    let card = if simulated { card_of(&app, &sent.person) } else { Some(sent.card.clone()) };
    let mut page = blank(&app, &reader, signed);
    mark(&mut page.desks, &sent.desk);
    mark(&mut page.people, &sent.person);
    if !simulated {
        page.card = sent.card.chars().take(MAX_CARD).collect();
    }
    let Some(text) = card else {
        page.wrong = Some(no_card(lang));
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, page.page());
    };
    let request = CallRequest {
        pilot: desk.pilot.clone(),
        what: What::Reading(SentReading::Text(text)),
        reference: sent.reference.clone(),
        captured_at: None,
    };
    match house.call(&desk.caller, request).await {
        Ok(answer) => match house.evidence(&desk.caller, &answer.id).await {
            Ok(evidence) => {
                page.steps = Some(steps(house, lang, desk, &answer, &evidence));
                reader.page(StatusCode::OK, page.page())
            }
            Err(error) => reader.broken(&error),
        },
        Err(error) => {
            let told = super::told(lang, &error);
            let code = error.code().to_owned();
            page.wrong = Some(Wrong { title: told.title, detail: told.detail, next: told.next, code });
            // htmx swaps good answers only; the page says itself that something is wrong.
            let status = if reader.wants_part { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            reader.page(status, page.page())
        }
    }
}

fn blank(app: &App, reader: &Reader, signed: &Signed) -> TryPage {
    let (house, lang) = (&app.house, reader.lang());
    let desks = house.trial_desks(&signed.caller);
    let desks = desks.iter().enumerate().map(|(place, desk)| Choice {
        value: place.to_string(),
        label: format!("{}: {}", place_name(house, desk), lang.pick(desk.title.vi(), desk.title.en())),
        is_shown: place == 0,
    });
    let people = cast(app).iter().filter_map(|(name, key)| {
        let person = house.province().population.get(*key)?;
        person.card()?;
        let who = person.name().map(|name| name.reveal().to_owned()).unwrap_or_default();
        let what = words::cast(lang, name).unwrap_or(name);
        Some(Choice {
            value: (*name).to_owned(),
            label: lang.pick(format!("{what} ({who}, giả định)"), format!("{what} ({who}, synthetic)")),
            is_shown: *name == "insured-adult",
        })
    });
    TryPage {
        frame: reader.frame.clone(),
        form_token: signed.form_token.clone(),
        reference: format!("try-{}", Uuid::now_v7()),
        desks: desks.collect(),
        people: people.collect(),
        card: String::new(),
        wrong: None,
        steps: None,
    }
}

fn mark(choices: &mut [Choice], value: &str) {
    if choices.iter().any(|choice| choice.value == value) {
        for choice in choices {
            choice.is_shown = choice.value == value;
        }
    }
}

fn cast(app: &App) -> &[(&'static str, PersonKey)] {
    app.door.cast.get_or_init(|| Cast::of(&app.house.province().population).iter().collect())
}

/// The card of a synthetic person, as a reader would give its text.
fn card_of(app: &App, name: &str) -> Option<String> {
    let (_, key) = cast(app).iter().find(|(known, _)| *known == name)?;
    app.house.province().population.card_text(*key)
}

fn no_card(lang: Lang) -> Wrong {
    Wrong {
        title: lang.pick("Chưa chọn được thẻ", "No card was chosen").to_owned(),
        detail: lang
            .pick(
                "Người này không có thẻ để đọc. Chưa có gì được ghi.",
                "This person has no card to read. Nothing was recorded.",
            )
            .to_owned(),
        next: lang
            .pick("Chọn người khác, hoặc dán văn bản của thẻ.", "Choose somebody else, or paste a card's text.")
            .to_owned(),
        code: "no-card".to_owned(),
    }
}

fn place_name(house: &House, desk: &TrialDesk) -> String {
    let facility = desk.caller.facility.as_ref();
    let known = facility.and_then(|id| house.province().facility(id.as_str()));
    known.map_or_else(|| facility.map(ToString::to_string).unwrap_or_default(), |facility| facility.name.clone())
}

fn steps(house: &House, lang: Lang, desk: &TrialDesk, answer: &Answer, evidence: &Evidence) -> TrySteps {
    let body = &answer.body;
    let said =
        |pointer: &str| body.pointer(&format!("{pointer}/{}", lang.code())).and_then(Value::as_str).map(str::to_owned);
    let all = |name: &str| -> Vec<String> {
        let list = body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|coded| coded.get(lang.code()).and_then(Value::as_str).map(str::to_owned)).collect()
    };
    let mut lines: Vec<String> = evidence.calls.iter().filter_map(|call| call.line.clone()).collect();
    lines.sort();
    lines.dedup();
    TrySteps {
        desk: place_name(house, desk),
        outcome: said("/decision_words").unwrap_or_default(),
        say: said("/say"),
        signal: body.pointer("/shown/signal").and_then(Value::as_str).and_then(Signal::from_name),
        reasons: all("reasons"),
        next: all("next"),
        person: evidence.calls.iter().find_map(|call| call.person.clone()),
        lines,
        calls: evidence.calls.iter().map(call).collect(),
        proof: proof(lang, &answer.id, &evidence.standing),
        href: format!("/invocations/{}", answer.id),
    }
}
