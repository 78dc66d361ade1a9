//! Requests of devices, believed by their signature (RFC 9421); and those that a desk's token may send as well.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header, uri};
use pilothouse_registry::signed_request::{Claimed, SignatureError, SignatureFields, Target, normal_authority};

use super::auth::{Known, within_rate};
use super::authority::{Authorities, Authority};
use super::strangers::Failed;
use super::{App, Problem};
use crate::governance::{CallError, Caller, DeviceError};
use crate::serving::Client;

/// The schemes that a device may have signed, with their ports: what ends TLS may stand in front.
const SCHEMES: [(&str, u16); 2] = [("https", 443), ("http", 80)];

/// A body from a desk with its token, or from a device with its signature.
pub(super) struct Sent<T>(pub(super) Caller, pub(super) T);

impl<T, S> FromRequest<S> for Sent<T>
where
    App: FromRef<S>,
    S: Send + Sync,
    super::Json<T>: FromRequest<S, Rejection = Problem>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        if !request.headers().contains_key("signature-input") {
            let (mut parts, body) = request.into_parts();
            let Known(caller) = Known::from_request_parts(&mut parts, state).await?;
            let super::Json(value) = super::Json::from_request(Request::from_parts(parts, body), state).await?;
            return Ok(Sent(caller, value));
        }
        let (parts, body) = request.into_parts();
        let client = parts.extensions.get::<Client>().copied();
        app.strangers.may_try(client)?;
        let refused = |error: DeviceError| {
            app.strangers.failed(client, Failed::Signature);
            Problem::from(CallError::from(error))
        };
        // All that needs no body first: whoever is no device of ours has nothing read.
        let claimed = fields(&parts.headers)
            .and_then(|fields| Claimed::parse(&fields, |id| app.house.knows_device(id)))
            .map_err(|error| refused(error.into()))?;
        if !app.house.knows_device(claimed.key()) {
            return Err(refused(DeviceError::Unknown));
        }
        let uris = targets(&parts, &app.authorities).map_err(refused)?;
        // As long as any body: what is signed is read whole before it is believed.
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await.map_err(broken)?;
        let targets: Vec<Target<'_>> = uris.iter().map(|uri| Target { method: parts.method.as_str(), uri }).collect();
        let field = |name: &str| joined(&parts.headers, name);
        let caller = app.house.believe(&claimed, &targets, &field, &bytes).map_err(refused)?;
        tracing::Span::current().record("credential", caller.credential.as_str());
        within_rate(&app, &caller)?;
        let super::Json(value) =
            super::Json::from_request(Request::from_parts(parts, Body::from(bytes)), state).await?;
        Ok(Sent(caller, value))
    }
}

fn broken(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "too-large", "send at most 256 KiB; split a larger backlog")
        }
        status => Problem::new(status, "malformed", "the body broke off: send it again"),
    }
}

/// A field's value as RFC 9421, 2.1, has it: all of that name, joined.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    // Names of components are in small letters; the map would take others as well.
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let values: Option<Vec<&str>> =
        headers.get_all(name).iter().map(|value| value.to_str().ok().map(str::trim)).collect();
    values.filter(|values| !values.is_empty()).map(|values| values.join(", "))
}

fn fields(headers: &HeaderMap) -> Result<SignatureFields, SignatureError> {
    let field = |name: &'static str| joined(headers, name).ok_or(SignatureError::Missing(name));
    Ok(SignatureFields {
        content_digest: field("content-digest")?,
        signature_input: field("signature-input")?,
        signature: field("signature")?,
    })
}

/// The addresses at which a request may have meant this host: the name that it was sent to, which must be one of ours, as it was
/// written and as it is written plainly.
fn targets(parts: &Parts, ours: &Authorities) -> Result<Vec<String>, DeviceError> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let sent = parts.uri.authority().map(uri::Authority::as_str).or(host).unwrap_or_default();
    let authority: Authority = sent.parse().map_err(|_| DeviceError::Host)?;
    if !ours.has(&authority) {
        return Err(DeviceError::Host);
    }
    let path = parts.uri.path_and_query().map_or("/", uri::PathAndQuery::as_str);
    let mut targets: Vec<String> = Vec::new();
    for (scheme, port) in SCHEMES {
        let plain = normal_authority(scheme, sent);
        let whole = if authority.has_default_port() { format!("{}:{port}", authority.host()) } else { plain.clone() };
        for name in [sent, plain.as_str(), whole.as_str()] {
            let target = format!("{scheme}://{name}{path}");
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}
