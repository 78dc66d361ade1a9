//! Requests of devices, believed by their signature (RFC 9421); and those that a desk's token may send as well.

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use pilothouse_registry::signed_request::{Claimed, SignatureError, SignatureFields, Target};

use super::auth::{Known, within_rate};
use super::{App, Problem};
use crate::governance::{CallError, Caller, DeviceError};

/// The schemes that a device may have signed: the host itself speaks HTTP, and what ends TLS for it stands in front of it.
const SCHEMES: [&str; 2] = ["https", "http"];

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
        // As long as any body: what is signed is read whole before it is believed.
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await.map_err(broken)?;
        let refused = |error: DeviceError| Problem::from(CallError::from(error));
        let claimed = Claimed::parse(&fields(&parts.headers)?).map_err(|error| refused(error.into()))?;
        let uris = targets(&parts);
        let targets: Vec<Target<'_>> = uris.iter().map(|uri| Target { method: parts.method.as_str(), uri }).collect();
        let caller = app.house.believe(&claimed, &targets, &bytes).map_err(refused)?;
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

fn fields(headers: &HeaderMap) -> Result<SignatureFields, Problem> {
    let field = |name: &str| {
        // Two fields of a name would be joined (RFC 9110, 5.3); no device of ours sends two.
        let mut all = headers.get_all(name).iter();
        let value = all.next().and_then(|value| value.to_str().ok()).filter(|_| all.next().is_none());
        value.map(str::to_owned).ok_or_else(|| Problem::from(CallError::from(DeviceError::from(SignatureError::Form))))
    };
    Ok(SignatureFields {
        content_digest: field("content-digest")?,
        signature_input: field("signature-input")?,
        signature: field("signature")?,
    })
}

/// The addresses at which a request may have meant this host: by the name that it was sent to.
fn targets(parts: &Parts) -> Vec<String> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str).or(host).unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    SCHEMES.iter().map(|scheme| format!("{scheme}://{authority}{path}")).collect()
}
