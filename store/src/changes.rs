//! The host's own state changes: which room makes which.

use serde_json::Value;

use crate::credentials::Credential;
use crate::db::Session;
use crate::devices::Device;
use crate::error::CommitError;
use crate::grants::Grant;
use crate::obstacles::Obstacle;
use crate::pilots::{Package, Pilot};
use crate::schedules::ScheduleRun;
use crate::series::Series;
use crate::settings::Setting;
use crate::unit::{MAX_BODY_BYTES, StateChange, at_most};
use crate::vendors::VendorKey;
use crate::{
    credentials, devices, grants, meta, obstacles, outbox, pilots, schedules, seals, series, settings, vendors,
};

/// Applies one change of a record made at `at`.
pub(crate) async fn apply(session: &mut Session, change: &StateChange, at: i64) -> Result<(), CommitError> {
    use StateChange as Change;
    match change.clone() {
        Change::Pilot { pilot, version, package, state, body, seen } => {
            bounded(&body)?;
            pilots::put(session, &Pilot { pilot, version, package, state, body, revision: seen, at }, seen).await
        }
        Change::Package { pilot, version, digest, vendor, body } => {
            bounded(&body)?;
            pilots::add_package(session, &Package { pilot, version, digest, vendor, body, at }).await
        }
        Change::Grant { id, pilot, capability, body, state, seen } => {
            bounded(&body)?;
            bounded(&state)?;
            grants::put(session, &Grant { id, pilot, capability, body, state, revision: seen, at }, seen).await
        }
        Change::Setting { pilot, body, changed_by, seen } => {
            bounded(&body)?;
            let revision = seen.saturating_add(1);
            settings::add(session, &Setting { pilot, revision, body, changed_by, at }).await
        }
        Change::CredentialAdded { id, kind, role, unit, facility, hash, body } => {
            bounded(&body)?;
            let new = Credential { id, kind, role, unit, facility, hash, body, created: at, revoked: None };
            credentials::add(session, &new).await
        }
        Change::CredentialConfirmed { id, body } => {
            bounded(&body)?;
            credentials::confirm(session, &id, &body).await
        }
        Change::CredentialRevoked { id } => credentials::revoke(session, &id, at).await,
        Change::DeviceEnrolled { id, class, role, unit, facility, public_key } => {
            let (enrolled, revoked, seen, skew, signed) = (at, None, None, None, None);
            let new = Device { id, class, role, unit, facility, public_key, enrolled, revoked, seen, skew, signed };
            devices::add(session, &new).await
        }
        Change::DeviceRevoked { id } => devices::revoke(session, &id, at).await,
        Change::DeviceSeen { id, skew, signed } => devices::seen(session, &id, at, skew, signed).await,
        Change::VendorKeyAdded { id, vendor, public_key, valid_from, valid_to } => {
            let new = VendorKey { id, vendor, public_key, valid_from, valid_to, revoked: None };
            vendors::add(session, &new).await
        }
        Change::VendorKeyRevoked { id } => vendors::revoke(session, &id, at).await,
        Change::ObstacleRaised { pilot, unit, kind, text_key } => {
            let new = Obstacle { pilot, unit, kind, text_key, raised: at, resolved: None };
            obstacles::raise(session, &new).await
        }
        Change::ObstacleResolved { pilot, unit, kind } => obstacles::resolve(session, &pilot, &unit, &kind, at).await,
        Change::Series { pilot, name, board, as_of, base, body } => {
            bounded(&body)?;
            series::put(session, &Series { pilot, name, board, as_of, base, body, at }).await
        }
        Change::ScheduleRun { pilot, tick, due } => {
            schedules::run(session, &ScheduleRun { pilot, tick, due, at }).await
        }
        Change::EffectSettled(settlement) => outbox::settle(session, &settlement).await,
        Change::KeyDestroyed { record_id } => seals::destroy(session, &record_id).await,
        Change::Meta { key, value } => meta::put(session, &key, &value).await,
    }
}

fn bounded(body: &Value) -> Result<(), CommitError> {
    at_most(body.to_string().len(), MAX_BODY_BYTES, "a body")
}
