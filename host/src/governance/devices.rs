//! Devices of facilities: enrolled with a key of their own, believed by their signature, seen, revoked.
//!
//! The working group enrols them, as it gives credentials out: who may speak for a facility is decided in one place. The
//! device makes its key; only the public half ever comes here, and its id is the device's.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ed25519_dalek::VerifyingKey;
use pilothouse_registry::signed_request::{Claimed, FieldsOf, SignatureError, Target};
use pilothouse_registry::{DeviceClass, FacilityId, KeyId, Role, UnitCode, keys as device_keys};
use pilothouse_store::StateChange;
use serde::{Deserialize, Serialize};

use super::records::{Change, DAY};
use super::{Caller, DeviceError, House, HouseError, now, parse};

/// Microseconds of one second.
const SECOND: i64 = 1_000_000;
/// Most signatures of one device that are remembered at once. Its clock may be off by five minutes either way, so this is
/// some 30 requests a second for ten minutes; a backlog is one request a hundred events.
const MAX_SIGNATURES: usize = 20_000;

/// What clocks of desks and devices may differ by, and how late an event may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clocks {
    /// Furthest that a device's clock may be off, and that an event may lie in the future; microseconds.
    pub allowance: i64,
    /// Furthest that an event may lie in the past; microseconds. Pilots have narrower limits of their own.
    pub oldest: i64,
}

impl Clocks {
    /// From whole seconds and days.
    pub fn new(allowance_seconds: u32, oldest_days: u32) -> Clocks {
        Clocks { allowance: i64::from(allowance_seconds) * SECOND, oldest: i64::from(oldest_days) * DAY }
    }

    /// How long the answer to an event is kept: longer than the event itself would be taken.
    pub(crate) fn answers_kept(&self) -> i64 {
        self.oldest + self.allowance + DAY
    }
}

impl Default for Clocks {
    fn default() -> Self {
        // Five minutes, as the models say; a reader in a commune without network is visited once a month.
        Clocks::new(300, 31)
    }
}

/// The device that sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The id of its key.
    pub id: String,
    /// How far its clock was ahead of the host's when it signed the request, in microseconds; negative: behind.
    pub clock_ahead: i64,
}

impl Sender {
    /// Largest difference that is none, in microseconds: signatures have whole seconds, and the way takes a moment.
    const SAME_TIME: i64 = 5 * SECOND;

    /// How far its clock is off, where that is more than the way of a request can be.
    fn clock_off(&self) -> Option<i64> {
        Some(self.clock_ahead).filter(|ahead| ahead.saturating_abs() > Self::SAME_TIME)
    }

    /// The same in whole seconds.
    pub(super) fn seconds_off(&self) -> Option<i64> {
        self.clock_off().map(in_seconds)
    }

    /// What the host's clock said when the device's said this. The device may not set its clock between an event and its sending.
    pub(super) fn by_host_clock(&self, instant: i64) -> i64 {
        instant.saturating_sub(self.clock_off().unwrap_or(0))
    }
}

/// A device as the host believes it.
struct Enrolled {
    class: DeviceClass,
    /// As whom it asks; each request adds when it was signed.
    caller: Caller,
    key: VerifyingKey,
    enrolled: i64,
    state: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    revoked: Option<i64>,
    at: Option<i64>,
    skew: Option<i64>,
    /// The newest signature that was believed before this start: which others were, nobody remembers, so none up to it is again.
    signed_before: Option<i64>,
    /// Signatures that were believed, by their time, while they could be sent again.
    signatures: BTreeSet<(i64, String)>,
}

/// All devices. What is not here is not believed.
#[derive(Default)]
pub(crate) struct Devices(RwLock<HashMap<KeyId, Arc<Enrolled>>>);

impl Devices {
    fn find(&self, id: &KeyId) -> Option<Arc<Enrolled>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The key of a facility's device that was not revoked.
    pub(crate) fn key_at(&self, id: &str, facility: &FacilityId) -> Option<VerifyingKey> {
        let device = self.find(&id.parse().ok()?).filter(|device| device.caller.facility.as_ref() == Some(facility))?;
        let is_revoked = device.state.lock().unwrap_or_else(PoisonError::into_inner).revoked.is_some();
        (!is_revoked).then_some(device.key)
    }

    fn put(&self, id: KeyId, device: Enrolled) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(device));
    }

    /// The change that notes, with a record of this device's, how it was seen; none for a caller that is no device.
    pub(crate) fn sighting(&self, caller: &Caller) -> Vec<StateChange> {
        let device = caller.device.as_ref().and_then(|sender| sender.id.parse().ok()).and_then(|id| self.find(&id));
        let Some(device) = device else { return Vec::new() };
        let seen = device.state.lock().unwrap_or_else(PoisonError::into_inner);
        vec![StateChange::DeviceSeen {
            id: caller.credential.clone(),
            skew: seen.skew.unwrap_or(0),
            signed: seen.signatures.last().map_or(0, |(created, _)| *created),
        }]
    }
}

/// What a device is enrolled with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// The facility that it belongs to; the unit is the facility's.
    pub facility: FacilityId,
    /// The role that it acts in, as manifests name it.
    pub role: Role,
    /// What kind of device it is.
    pub class: DeviceClass,
    /// Its public key, PEM.
    pub public_key: String,
}

/// A device as officers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceLine {
    /// The id of its key: the `keyid` of its signatures.
    pub id: KeyId,
    /// What kind of device it is.
    pub class: DeviceClass,
    /// The role that it acts in.
    pub role: Role,
    /// Its facility's unit.
    pub unit: UnitCode,
    /// Its facility.
    pub facility: Option<FacilityId>,
    /// When it was enrolled, microseconds UTC.
    pub enrolled: i64,
    /// When it was revoked.
    pub revoked: Option<i64>,
    /// When its signature was last believed.
    pub seen: Option<i64>,
    /// How far its clock was ahead of the host's then, in whole seconds; negative: behind.
    pub clock_ahead_seconds: Option<i64>,
}

impl House {
    /// Enrols a device of a facility.
    ///
    /// # Errors
    /// Where there is no such facility, the text is no public key, or the key is known already, revoked or not.
    pub async fn enrol_device(&self, by: &Caller, new: NewDevice) -> Result<DeviceLine, HouseError> {
        let facility = self.0.province.facility(new.facility.as_str());
        let facility =
            facility.ok_or_else(|| HouseError::Unknown { what: "facility", id: new.facility.to_string() })?;
        // An officer is no device: nobody stands at one who answers for what is decided.
        if !self.is_of_a_pilot(&new.role).await? {
            return Err(HouseError::Unknown { what: "role of a device", id: new.role.to_string() });
        }
        let unit: UnitCode = parse("unit", &facility.unit.to_string())?;
        let key = device_keys::public_from_pem(&new.public_key)
            .map_err(|error| HouseError::Malformed { what: "public_key", message: error.to_string() })?;
        // A key of small order verifies what nobody signed.
        if key.is_weak() {
            let message = "this key is weak: let the device make another".to_owned();
            return Err(HouseError::Malformed { what: "public_key", message });
        }
        let id = device_keys::key_id(&key);
        let row = StateChange::DeviceEnrolled {
            id: id.to_string(),
            class: new.class.to_string(),
            role: new.role.to_string(),
            unit: unit.to_string(),
            facility: new.facility.to_string(),
            public_key: key.as_bytes().to_vec(),
        };
        let detail = vec![
            ("class", new.class.to_string()),
            ("role", new.role.to_string()),
            ("facility", new.facility.to_string()),
        ];
        let change = Change { by, subject: "device", of: id.to_string(), action: "enrol", detail };
        self.keep_change(change, vec![row]).await?;
        let device = Enrolled {
            class: new.class,
            caller: caller(&id, new.role, unit, new.facility),
            key,
            enrolled: now(),
            state: Mutex::default(),
        };
        let line = line(&id, &device);
        self.0.devices.put(id, device);
        Ok(line)
    }

    /// Revokes a device, at once: what it has under way is not kept.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn revoke_device(&self, by: &Caller, id: &KeyId) -> Result<(), HouseError> {
        let device = self.0.devices.find(id);
        let device = device.ok_or_else(|| HouseError::Unknown { what: "device", id: id.to_string() })?;
        device.state.lock().unwrap_or_else(PoisonError::into_inner).revoked.get_or_insert(now());
        let row = StateChange::DeviceRevoked { id: id.to_string() };
        let change = Change { by, subject: "device", of: id.to_string(), action: "revoke", detail: Vec::new() };
        self.keep_change(change, vec![row]).await?;
        Ok(())
    }

    /// All devices, revoked or not, in the order in which they were enrolled.
    pub fn devices(&self) -> Vec<DeviceLine> {
        let known = self.0.devices.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut lines: Vec<DeviceLine> = known.iter().map(|(id, device)| line(id, device)).collect();
        lines.sort_by(|one, other| (one.enrolled, &one.id).cmp(&(other.enrolled, &other.id)));
        lines
    }

    /// Whether a device of this key was ever enrolled.
    pub fn knows_device(&self, id: &KeyId) -> bool {
        self.0.devices.find(id).is_some()
    }

    /// Which device sent this request. `targets` are the addresses at which it may have meant this host, `field` what its fields say.
    ///
    /// # Errors
    /// See [`DeviceError`].
    pub fn believe(
        &self,
        claimed: &Claimed,
        targets: &[Target<'_>],
        field: FieldsOf<'_>,
        body: &[u8],
    ) -> Result<Caller, DeviceError> {
        let device = self.0.devices.find(claimed.key()).ok_or(DeviceError::Unknown)?;
        let verified = targets.iter().map(|target| claimed.verify(&device.key, *target, field, body));
        // The body is looked at only after the signature fits, so its answer outweighs that of another address.
        let verdict = verified.reduce(|one, other| match (one, other) {
            (Ok(()), _) | (_, Ok(())) => Ok(()),
            (Err(SignatureError::Body), _) | (_, Err(SignatureError::Body)) => Err(SignatureError::Body),
            (Err(error), Err(_)) => Err(error),
        });
        verdict.unwrap_or(Err(SignatureError::Signature))?;
        let at = now();
        let allowance = self.0.clocks.allowance;
        let mut seen = device.state.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.revoked.is_some() {
            return Err(DeviceError::Revoked);
        }
        // A signature of whole seconds is up to one second older than it says, half of one on average.
        let skew = claimed.created().saturating_mul(SECOND).saturating_add(SECOND / 2).saturating_sub(at);
        let ahead_seconds = in_seconds(skew);
        seen.at = Some(at);
        seen.skew = Some(skew);
        if skew.saturating_abs() > allowance {
            return Err(DeviceError::Clock { ahead_seconds });
        }
        if claimed.expires().is_some_and(|expires| at >= expires.saturating_mul(SECOND)) {
            return Err(SignatureError::Expired.into());
        }
        let forgotten = ((at - allowance).div_euclid(SECOND), String::new());
        seen.signatures = seen.signatures.split_off(&forgotten);
        if seen.signatures.len() >= MAX_SIGNATURES {
            return Err(DeviceError::Busy);
        }
        if seen.signed_before.is_some_and(|before| claimed.created() <= before) {
            return Err(DeviceError::Replayed);
        }
        if !seen.signatures.insert((claimed.created(), claimed.nonce().to_owned())) {
            return Err(DeviceError::Replayed);
        }
        let sender = Sender { id: device.caller.credential.clone(), clock_ahead: skew };
        Ok(Caller { device: Some(sender), ..device.caller.clone() })
    }

    pub(crate) async fn read_devices(&self) -> Result<(), HouseError> {
        for stored in self.0.store.devices().all().await? {
            let key = stored.public_key.as_slice().try_into().ok();
            let Some(key) = key.and_then(|bytes| VerifyingKey::from_bytes(bytes).ok()) else { continue };
            let id: KeyId = parse("device", &stored.id)?;
            let state = Seen {
                revoked: stored.revoked,
                at: stored.seen,
                skew: stored.skew,
                signed_before: stored.signed,
                signatures: BTreeSet::new(),
            };
            let device = Enrolled {
                class: parse("device", &stored.class)?,
                caller: caller(
                    &id,
                    parse("role", &stored.role)?,
                    parse("unit", &stored.unit)?,
                    parse("facility", &stored.facility)?,
                ),
                key,
                enrolled: stored.enrolled,
                state: Mutex::new(state),
            };
            self.0.devices.put(id, device);
        }
        Ok(())
    }
}

fn caller(id: &KeyId, role: Role, unit: UnitCode, facility: FacilityId) -> Caller {
    Caller { credential: id.to_string(), role, unit, facility: Some(facility), device: None }
}

fn in_seconds(skew: i64) -> i64 {
    skew.div_euclid(SECOND)
}

fn line(id: &KeyId, device: &Enrolled) -> DeviceLine {
    let seen = device.state.lock().unwrap_or_else(PoisonError::into_inner);
    DeviceLine {
        id: id.clone(),
        class: device.class,
        role: device.caller.role.clone(),
        unit: device.caller.unit.clone(),
        facility: device.caller.facility.clone(),
        enrolled: device.enrolled,
        revoked: seen.revoked,
        seen: seen.at,
        clock_ahead_seconds: seen.skew.map(in_seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_only_where_the_way_of_a_request_cannot_be_the_reason() {
        let told = 1_764_000_000_000_000;
        let sender = |seconds: i64| Sender { id: String::new(), clock_ahead: seconds * SECOND };
        for (ahead, put_right) in [(0, None), (5, None), (-5, None), (6, Some(6)), (-6, Some(-6)), (300, Some(300))] {
            assert_eq!(sender(ahead).seconds_off(), put_right, "{ahead}");
            assert_eq!(sender(ahead).by_host_clock(told), told - put_right.unwrap_or(0) * SECOND, "{ahead}");
        }
        // A clock that is out of its mind puts an event at the end of time and does not overflow.
        let sender = Sender { id: String::new(), clock_ahead: i64::MIN };
        assert_eq!(sender.by_host_clock(told), i64::MAX);
    }
}
