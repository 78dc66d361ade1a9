//! One invocation with its proof, as a page and as plain text. For the working group and auditors; a desk sees its own.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::Path;
use super::super::auth::Rooms;
use super::board::of;
use super::pilot::{call, coded};
use super::reader::{Reader, instant};
use super::sign_in;
use crate::console::{DeviceView, InvocationPage, ProofView};
use crate::governance::{Evidence, House, HouseError, Standing};
use crate::words::{self, Lang};

/// Longest id that is looked for: ours are UUIDs of 36 characters.
const MAX_ID: usize = 64;

pub(super) async fn page(State(house): Rooms, reader: Reader, Path(id): Path<String>) -> Response {
    match found(&house, &reader, &id).await {
        Ok(evidence) => reader.page(StatusCode::OK, view(&house, &reader, &evidence).page()),
        Err(response) => response,
    }
}

pub(super) async fn raw(State(house): Rooms, reader: Reader, Path(id): Path<String>) -> Response {
    match found(&house, &reader, &id).await {
        Ok(evidence) => {
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
                (header::CONTENT_DISPOSITION, "inline; filename=\"proof.txt\""),
            ];
            (headers, text(&evidence.standing, &evidence.canonical)).into_response()
        }
        Err(response) => response,
    }
}

async fn found(house: &House, reader: &Reader, id: &str) -> Result<Evidence, Response> {
    let is_id = id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_id {
        return Err(reader.missing());
    }
    let Some(signed) = &reader.signed else { return Err(sign_in::first(&format!("/invocations/{id}"))) };
    match house.evidence(&signed.caller, id).await {
        Ok(evidence) => Ok(evidence),
        Err(HouseError::Unknown { .. }) => Err(reader.missing()),
        Err(error) => Err(reader.broken(&error)),
    }
}

fn view(house: &House, reader: &Reader, evidence: &Evidence) -> InvocationPage {
    let lang = reader.lang();
    let record = &evidence.record;
    let facility = record.caller.facility.as_deref().map(|id| match house.province().facility(id) {
        Some(facility) => format!("{} ({id})", facility.name),
        None => id.to_owned(),
    });
    let seconds = |is: fn(&i64) -> bool| {
        record.caller.clock_ahead.filter(is).map(|ahead| words::count(lang, ahead.unsigned_abs()))
    };
    let effects = evidence.effects.iter().map(|(capability, count)| format!("{capability}: {count}"));
    InvocationPage {
        frame: reader.frame.clone(),
        id: record.id.clone(),
        time: to_the_second(lang, record.at),
        happened: record.captured_at.map(|at| to_the_second(lang, at)),
        pilot: evidence.title.as_ref().map_or_else(|| evidence.pilot.to_string(), |title| of(lang, title)),
        pilot_href: format!("/pilots/{}", evidence.pilot),
        version: record.version.clone(),
        entry: record.entry.clone(),
        caller: words::role(lang, &record.caller.role).unwrap_or(&record.caller.role).to_owned(),
        unit: house.unit_name(&record.caller.unit, record.at),
        facility,
        device: record.caller.device.clone().map(|id| DeviceView {
            id,
            clock_fast: seconds(|ahead| *ahead > 0),
            clock_slow: seconds(|ahead| *ahead < 0),
        }),
        outcome: coded(lang, &evidence.ending.outcome),
        faulty: evidence.ending.faulty,
        reasons: evidence.ending.reasons.iter().map(|reason| coded(lang, reason)).collect(),
        effects: effects.collect(),
        calls: evidence.calls.iter().map(call).collect(),
        proof: proof(lang, &record.id, &evidence.standing),
        record: evidence.canonical.clone(),
    }
}

fn to_the_second(lang: Lang, at: i64) -> String {
    let at = instant(at);
    format!("{}, {}", words::clock(at), words::date(lang, words::local(at).date()))
}

pub(super) fn proof(lang: Lang, id: &str, standing: &Standing) -> ProofView {
    ProofView {
        seq: words::count(lang, standing.seq),
        leaf: standing.leaf.clone(),
        siblings: standing.siblings.clone(),
        size: words::count(lang, standing.size),
        root: standing.root.clone(),
        checkpoint: standing.checkpoint.clone(),
        holds: standing.holds,
        raw_href: format!("/invocations/{id}/proof.txt"),
    }
}

/// Everything that an auditor needs to check it with tools of their own.
fn text(standing: &Standing, record: &str) -> String {
    let siblings = standing.siblings.iter().fold(String::new(), |lines, hash| lines + hash + "\n");
    format!(
        "# Inclusion of one record in the log (RFC 6962, 2.1.1; checkpoint: C2SP tlog-checkpoint)\n\
         # leaf = SHA-256(0x00 || record); every pair above it = SHA-256(0x01 || left || right)\n\
         verifier-key {}\nentry {}\nsize {}\nleaf {}\nroot {}\nholds {}\n\n\
         # siblings, from the leaf to the root\n{siblings}\n# checkpoint\n{}\n# record (RFC 8785), without this line and the line feed after it\n{record}\n",
        standing.key, standing.seq, standing.size, standing.leaf, standing.root, standing.holds, standing.checkpoint,
    )
}
