//! A page per pilot. Everyone reads what it may do; officers also what it did.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use pilothouse_evidence::Verdict;
use pilothouse_registry::contract::{Guard, find, find_full};
use pilothouse_registry::{Budget, Capability, PilotId};

use super::super::Path;
use super::super::auth::Rooms;
use super::board::{of, pilot_view, state};
use super::reader::{Reader, instant};
use crate::console::{CallView, CapabilityView, FieldRow, InvocationRow, PilotPage, RightRow, VerdictView, VersionRow};
use crate::governance::{CallLine, Coded, HouseError, InvocationLine, PilotDetail};
use crate::words::{self, Lang};

/// Roles that see what was called.
const OFFICERS: [&str; 3] = ["working-group", "department", "auditor"];
/// Roles that see one invocation with its proof.
const LOOKERS: [&str; 2] = ["working-group", "auditor"];
/// Characters of a digest or pseudonym that tell two apart on a page.
const SHORT: usize = 19;

pub(super) async fn pilot(State(house): Rooms, reader: Reader, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<PilotId>() else { return reader.missing() };
    let detail = match house.pilot(&id).await {
        Ok(detail) => detail,
        Err(HouseError::Unknown { .. }) => return reader.missing(),
        Err(error) => return reader.broken(&error),
    };
    let model =
        house.models().into_iter().flat_map(|group| group.models).find(|model| model.number == detail.line.model);
    let name = model.map_or_else(String::new, |model| of(reader.lang(), &model.name));
    reader.page(StatusCode::OK, view(&reader, &detail, name).page())
}

fn view(reader: &Reader, detail: &PilotDetail, model_name: String) -> PilotPage {
    let lang = reader.lang();
    let role = reader.signed.as_ref().map(|signed| signed.caller.role.as_str());
    let is_one_of = |roles: &[&str]| role.is_some_and(|role| roles.contains(&role));
    let capability = |request: &pilothouse_registry::CapabilityRequest| {
        let kind = request.capability();
        let nothing = pilothouse_registry::AnyScope::none(kind);
        CapabilityView {
            name: kind.to_string(),
            title: lang.pick(kind.vi(), kind.en()).to_owned(),
            functions: request.functions.iter().map(|function| in_words(lang, kind, function)).collect(),
            // Read aloud as the difference to nothing at all: the same words that an approver reads of a wider version.
            scope: request.scope.beyond(&nothing).into_iter().map(|line| lang.pick(line.vi, line.en)).collect(),
            purpose: of(lang, &request.purpose),
            legal_basis: request.legal_basis.iter().map(|basis| words::legal(lang, basis.as_str())).collect(),
            budget: budget(lang, request.budget),
        }
    };
    let rights = detail.proof.rows.iter().map(|row| RightRow {
        function: row.function.to_string(),
        title: find_full(&row.function)
            .map(|function| lang.pick(function.vi, function.en).to_owned())
            .filter(|title| !title.is_empty()),
        requested: row.requested,
        granted: row.granted.unwrap_or(false),
        imported: row.imported,
        used: (row.guard == Guard::Guarded).then(|| detail.used.get(&row.function.to_string()).copied().unwrap_or(0)),
    });
    let fields = detail.fields.iter().map(|field| FieldRow {
        capability: lang.pick(field.capability.vi(), field.capability.en()).to_owned(),
        key: words::scope_key(lang, &field.key).unwrap_or(&field.key).to_owned(),
        name: field.name.clone(),
        title: field.title.as_ref().map(|title| of(lang, title)),
        granted: field.granted,
        imported: field.imported,
        used: field.used,
    });
    let versions = detail.versions.iter().map(|version| VersionRow {
        version: version.version.clone(),
        vendor: version.vendor.clone(),
        at: words::instant(lang, instant(version.at)),
        digest: version.digest.chars().take(SHORT).collect(),
        serves: version.serves,
    });
    let linked = is_one_of(&LOOKERS);
    let recent = detail.recent.iter().map(|recent| invocation(lang, recent, linked));
    PilotPage {
        title: of(lang, &detail.line.title),
        summary: Some(of(lang, &detail.summary)),
        while_down: Some(of(lang, &detail.while_down)),
        model_number: detail.line.model,
        model_name,
        vendor: detail.vendor.clone(),
        state: state(&detail.line.state),
        pilot: pilot_view(lang, &detail.line),
        capabilities: detail.capabilities.iter().map(capability).collect(),
        rights: rights.collect(),
        fields: fields.collect(),
        versions: versions.collect(),
        used_since: detail.used_since.map(|at| words::instant(lang, instant(at))),
        invocations: is_one_of(&OFFICERS).then(|| recent.collect()),
        frame: reader.frame.clone(),
    }
}

fn invocation(lang: Lang, recent: &InvocationLine, linked: bool) -> InvocationRow {
    InvocationRow {
        time: words::instant(lang, instant(recent.at)),
        entry: recent.entry.clone(),
        outcome: coded(lang, &recent.ending.outcome),
        faulty: recent.faulty,
        denials: recent.denials as u64,
        reasons: recent.ending.reasons.iter().map(|reason| coded(lang, reason)).collect(),
        calls: recent.calls.iter().map(call).collect(),
        href: linked.then(|| format!("/invocations/{}", recent.id)),
    }
}

pub(super) fn coded(lang: Lang, code: &Coded) -> String {
    lang.pick(&code.vi, &code.en).clone()
}

pub(super) fn call(call: &CallLine) -> CallView {
    CallView {
        function: call.function.clone(),
        asked: call.asked.clone(),
        verdict: match &call.verdict {
            Verdict::Allowed => VerdictView::Allowed,
            Verdict::Denied { code } => VerdictView::Denied(code.clone()),
            Verdict::Unavailable => VerdictView::Unavailable,
        },
        line: call.line.clone(),
        person: call.person.as_ref().map(|person| person.chars().take(SHORT).collect()),
    }
}

/// What a function does; its name where there are no words for it.
fn in_words(lang: Lang, capability: Capability, function: &str) -> String {
    let known = find(capability, function).map(|known| lang.pick(known.vi, known.en)).filter(|words| !words.is_empty());
    known.unwrap_or(function).to_owned()
}

fn budget(lang: Lang, budget: Budget) -> Vec<String> {
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
