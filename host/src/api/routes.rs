//! Every route of `/v1`: method, path, for whom, what for. What is not in the table is nobody's.

use axum::Router;
use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use super::{App, audit, calls, desks, devices, introduction, officers, pilots, synthetic};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Anyone, without a credential.
    Everyone,
    /// Who shows a one-time secret, which is no credential; the handler checks it.
    Invited,
    /// Every valid credential; the manifest says which roles may call what.
    Desks,
    /// The same, and every enrolled device, which signs instead.
    Readers,
    /// Officers of these roles.
    Officers(&'static [&'static str]),
}

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) who: For,
    pub(super) does: &'static str,
}

const GROUP: For = For::Officers(&["working-group"]);
const AUDIT: For = For::Officers(&["working-group", "auditor"]);
const SETTINGS: For = For::Officers(&["working-group", "department"]);
const OFFICE: For = For::Officers(&["working-group", "department", "auditor"]);

const fn route(method: &'static str, path: &'static str, who: For, does: &'static str) -> Route {
    Route { method, path, who, does }
}

/// The table.
pub(super) const ROUTES: &[Route] = &[
    route(
        "POST",
        "/v1/pilots/{pilot}/operations/{operation}",
        For::Desks,
        "Call an operation of a pilot. Body: reference, input, captured_at?",
    ),
    route(
        "POST",
        "/v1/pilots/{pilot}/readings",
        For::Readers,
        "Send a reading. Body: reference, captured_at? (a device: always), facility?, and one of text (a card's QR code), chip, vneid, kiosk",
    ),
    route(
        "POST",
        "/v1/pilots/{pilot}/readings/backlog",
        For::Readers,
        "Send at most 100 readings late and in any order; each is answered on its own. Body: events",
    ),
    route("POST", "/v1/pilots/{pilot}/ticks/{tick}", GROUP, "Wake a pilot for one of its ticks"),
    route("GET", "/v1/models", For::Everyone, "The plan's 35 models by group, and how each stands"),
    route("GET", "/v1/pilots", OFFICE, "The pilots of this host"),
    route(
        "GET",
        "/v1/pilots/{pilot}",
        OFFICE,
        "One pilot: what it asks for, may do, imports and used; recent invocations",
    ),
    route(
        "POST",
        "/v1/pilots/{pilot}/enable",
        GROUP,
        "Put a pilot to work. Query: version? (one that is installed; else the one that served last)",
    ),
    route("POST", "/v1/pilots/{pilot}/disable", GROUP, "Switch a pilot off, at once"),
    route(
        "POST",
        "/v1/pilots/{pilot}/keys/rotate",
        GROUP,
        "Give every person another pseudonym for this pilot, from the next call on; its stored rows keep the old ones",
    ),
    route("GET", "/v1/pilots/{pilot}/grants", OFFICE, "What two officers approved or are to approve for a pilot"),
    route(
        "POST",
        "/v1/pilots/{pilot}/grants",
        GROUP,
        "Ask for what a version opens and nobody approved. Body: version? (the newest when left out), units?, calls_per_minute?, people_per_day?, effects_per_day?, days?",
    ),
    route(
        "POST",
        "/v1/pilots/{pilot}/hand-over",
        GROUP,
        "Ask for the pilot to become another vendor's; two officers approve it. Body: vendor",
    ),
    route(
        "GET",
        "/v1/grants/{grant}",
        OFFICE,
        "One grant: what it opens, where, how much, until when, and who says so",
    ),
    route("POST", "/v1/grants/{grant}/approve", GROUP, "Approve a grant: two officers, neither of whom asked for it"),
    route("POST", "/v1/grants/{grant}/withdraw", GROUP, "Withdraw a grant, at once"),
    route("GET", "/v1/pilots/{pilot}/settings", OFFICE, "A department's settings, with their history"),
    route(
        "PATCH",
        "/v1/pilots/{pilot}/settings",
        SETTINGS,
        "Change settings; null sets a key back to its default. What widens waits for two officers. If-Match: the revision that was seen",
    ),
    route("POST", "/v1/packages", GROUP, "Take a package in: all checks; stored, not enabled. Body: application/wasm"),
    route("POST", "/v1/vendor-keys", GROUP, "Trust a vendor's key. Body: vendor, public_key (PEM), valid_days"),
    route(
        "DELETE",
        "/v1/vendor-keys/{key}",
        GROUP,
        "Trust a vendor's key no more; pilots that serve its builds are off",
    ),
    route("GET", "/v1/credentials", AUDIT, "Credentials, without their secrets"),
    route(
        "POST",
        "/v1/credentials",
        GROUP,
        "Give a credential out; its token is shown once. Body: role, unit, facility?, pilots? (of a department: always)",
    ),
    route(
        "POST",
        "/v1/credentials/{credential}/confirm",
        GROUP,
        "Confirm that a credential is another person's than that of the officer who gave it out",
    ),
    route(
        "DELETE",
        "/v1/credentials/{credential}",
        GROUP,
        "End a credential, at once; that of another officer when a second officer asks too",
    ),
    route(
        "POST",
        "/v1/officers",
        For::Invited,
        "Become an officer of a real installation with a one-time secret, sent as the bearer token; the token is shown once",
    ),
    route("GET", "/v1/devices", AUDIT, "Devices of facilities: when each was last seen, and how far its clock is off"),
    route(
        "POST",
        "/v1/devices",
        GROUP,
        "Enrol a facility's device by its public key. Body: facility, role, class, public_key (PEM)",
    ),
    route("DELETE", "/v1/devices/{device}", GROUP, "Revoke a device, at once"),
    route(
        "GET",
        "/v1/invocations/{invocation}",
        AUDIT,
        "An invocation's record with its inclusion proof; the look is recorded",
    ),
    route(
        "POST",
        "/v1/invocations/{invocation}/replay",
        AUDIT,
        "Run an invocation again, offline, and compare bytes; recorded",
    ),
    route(
        "GET",
        "/v1/host",
        For::Everyone,
        "Whose host this is, for who holds its data folder's secret. Query: nonce (32 hexadecimal digits)",
    ),
    route("GET", "/v1/log/checkpoint", For::Everyone, "The newest signed checkpoint (C2SP tlog-checkpoint)"),
    route("POST", "/v1/log/verify", AUDIT, "Re-check the whole log"),
    route(
        "POST",
        "/v1/synthetic/chips",
        GROUP,
        "The chip of a synthetic person's card, to be sent as a reading. Body: number",
    ),
    route(
        "POST",
        "/v1/synthetic/codes",
        GROUP,
        "A VNeID code of the embedded provider, for a synthetic person at a facility. Body: number, facility",
    ),
    route("GET", "/v1/desk", OFFICE, "The embedded police desk: how it behaves, what it has"),
    route(
        "PUT",
        "/v1/desk",
        GROUP,
        "Let the desk take notices, fall silent or reject. Body: mode (up | down | rejecting)",
    ),
    route("GET", "/v1/duty", OFFICE, "The embedded desks on duty: how they behave, the alerts that they have"),
    route("PUT", "/v1/duty", GROUP, "Let the desks on duty take alerts, fall silent or reject. Body: mode"),
    route("PUT", "/v1/duty/{alert}", GROUP, "Take an alert up, or close it. Body: state (acknowledged | closed)"),
    route("GET", "/v1/inbox", OFFICE, "The embedded inbox of people: requests for consent and their answers"),
    route("PUT", "/v1/inbox", GROUP, "Let the inbox take requests, fall silent or reject. Body: mode"),
    route(
        "PUT",
        "/v1/inbox/{request}",
        GROUP,
        "Answer for a synthetic person. Body: state (granted | refused | withdrawn)",
    ),
    route("GET", "/v1/messages", OFFICE, "The embedded carrier of messages: what it has, in approved texts"),
    route("PUT", "/v1/messages", GROUP, "Let the carrier take messages, fall silent or reject. Body: mode"),
    route("POST", "/v1/messages/{message}/opt-out", GROUP, "Its recipient wants no more messages of the pilot's"),
];

/// For whom a route is; none for one that is not in the table.
pub(super) fn allowed(method: &Method, path: &str) -> Option<For> {
    // HEAD is GET without its body (RFC 9110, 9.3.2).
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|route| route.path == path && route.method == method.as_str()).map(|route| route.who)
}

pub(super) fn api() -> Router<App> {
    let mut router = Router::new();
    for (_, path, handler) in handlers() {
        // Handlers of one path with different methods are merged.
        router = router.route(path, handler);
    }
    router
}

fn handlers() -> Vec<(&'static str, &'static str, MethodRouter<App>)> {
    vec![
        ("POST", "/v1/pilots/{pilot}/operations/{operation}", post(calls::operation)),
        ("POST", "/v1/pilots/{pilot}/readings", post(calls::reading)),
        ("POST", "/v1/pilots/{pilot}/readings/backlog", post(calls::backlog)),
        ("POST", "/v1/pilots/{pilot}/ticks/{tick}", post(calls::tick)),
        ("GET", "/v1/models", get(pilots::models)),
        ("GET", "/v1/pilots", get(pilots::list)),
        ("GET", "/v1/pilots/{pilot}", get(pilots::one)),
        ("POST", "/v1/pilots/{pilot}/enable", post(pilots::enable)),
        ("POST", "/v1/pilots/{pilot}/disable", post(pilots::disable)),
        ("POST", "/v1/pilots/{pilot}/keys/rotate", post(pilots::rotate_keys)),
        ("GET", "/v1/pilots/{pilot}/grants", get(pilots::grants)),
        ("POST", "/v1/pilots/{pilot}/grants", post(pilots::request_grants)),
        ("POST", "/v1/pilots/{pilot}/hand-over", post(pilots::hand_over)),
        ("GET", "/v1/grants/{grant}", get(pilots::grant)),
        ("POST", "/v1/grants/{grant}/approve", post(pilots::approve)),
        ("POST", "/v1/grants/{grant}/withdraw", post(pilots::withdraw)),
        ("GET", "/v1/pilots/{pilot}/settings", get(pilots::settings)),
        ("PATCH", "/v1/pilots/{pilot}/settings", patch(pilots::set_settings)),
        (
            "POST",
            "/v1/packages",
            post(pilots::install).layer(axum::extract::DefaultBodyLimit::max(pilots::MAX_PACKAGE)),
        ),
        ("POST", "/v1/vendor-keys", post(pilots::trust_key)),
        ("DELETE", "/v1/vendor-keys/{key}", delete(pilots::revoke_key)),
        ("GET", "/v1/credentials", get(pilots::credentials)),
        ("POST", "/v1/credentials", post(pilots::add_credential)),
        ("POST", "/v1/credentials/{credential}/confirm", post(pilots::confirm_credential)),
        ("DELETE", "/v1/credentials/{credential}", delete(pilots::revoke_credential)),
        ("POST", "/v1/officers", post(officers::enrol)),
        ("GET", "/v1/devices", get(devices::list)),
        ("POST", "/v1/devices", post(devices::enrol)),
        ("DELETE", "/v1/devices/{device}", delete(devices::revoke)),
        ("GET", "/v1/invocations/{invocation}", get(audit::invocation)),
        ("POST", "/v1/invocations/{invocation}/replay", post(audit::replay)),
        ("GET", "/v1/host", get(introduction::introduce)),
        ("GET", "/v1/log/checkpoint", get(audit::checkpoint)),
        ("POST", "/v1/log/verify", post(audit::verify)),
        ("POST", "/v1/synthetic/chips", post(synthetic::chip)),
        ("POST", "/v1/synthetic/codes", post(synthetic::code)),
        ("GET", "/v1/desk", get(desks::desk)),
        ("PUT", "/v1/desk", put(desks::set_desk)),
        ("GET", "/v1/duty", get(desks::duty)),
        ("PUT", "/v1/duty", put(desks::set_duty)),
        ("PUT", "/v1/duty/{alert}", put(desks::take_alert)),
        ("GET", "/v1/inbox", get(desks::inbox)),
        ("PUT", "/v1/inbox", put(desks::set_inbox)),
        ("PUT", "/v1/inbox/{request}", put(desks::answer)),
        ("GET", "/v1/messages", get(desks::messages)),
        ("PUT", "/v1/messages", put(desks::set_carrier)),
        ("POST", "/v1/messages/{message}/opt-out", post(desks::opt_out)),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_handler_is_in_the_table_and_every_line_has_a_handler() {
        let table: BTreeSet<(&str, &str)> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        let handled: BTreeSet<(&str, &str)> = handlers().iter().map(|(method, path, _)| (*method, *path)).collect();
        assert_eq!(table, handled);
        assert_eq!(table.len(), ROUTES.len());
    }

    #[test]
    fn who_may_read_a_route_may_ask_for_its_head_and_nobody_more() {
        let officers = allowed(&Method::HEAD, "/v1/pilots");
        assert_eq!(officers, allowed(&Method::GET, "/v1/pilots"));
        assert!(matches!(officers, Some(For::Officers(_))));
        assert_eq!(allowed(&Method::HEAD, "/v1/packages"), None);
    }

    #[test]
    fn only_the_working_group_decides_about_pilots_grants_packages_keys_and_credentials() {
        for route in ROUTES.iter().filter(|route| route.method != "GET") {
            let For::Officers(roles) = route.who else { continue };
            let others: Vec<_> = roles.iter().filter(|role| **role != "working-group").copied().collect();
            let expected: &[&str] = match route.path {
                "/v1/pilots/{pilot}/settings" => &["department"],
                "/v1/invocations/{invocation}/replay" | "/v1/log/verify" => &["auditor"],
                _ => &[],
            };
            assert_eq!(others, expected, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn what_changes_something_is_for_officers_or_desks_and_never_for_everyone() {
        for route in ROUTES.iter().filter(|route| route.method != "GET") {
            assert_ne!(route.who, For::Everyone, "{} {}", route.method, route.path);
        }
        assert_eq!(allowed(&Method::PUT, "/v1/models"), None);
    }
}
