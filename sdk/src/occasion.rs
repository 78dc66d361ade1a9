//! The circumstances of a call. There is no other clock and no other input.

use crate::bindings::imports::pilothouse::call::occasion;
use crate::{Date, FacilityId, Instant, Ref, Refusal, UnitCode};

/// The circumstances of this call. Each question is asked of the host when it is put, so a pilot imports only those that it asks.
#[derive(Debug)]
pub struct Occasion(());

impl Occasion {
    pub(crate) fn current() -> Self {
        Self(())
    }

    /// When the call is made.
    pub fn at(&self) -> Instant {
        Instant::from_micros(occasion::at())
    }

    /// When the event happened, where a device or desk was offline; otherwise [`Self::at`]. The clock of the law runs from here.
    pub fn captured_at(&self) -> Instant {
        Instant::from_micros(occasion::captured_at())
    }

    /// [`Self::captured_at`], for calls that a device sends.
    ///
    /// # Errors
    /// The refusal `clock-ahead` where the event lies in the future by more than clocks differ.
    pub fn captured(&self) -> Result<Instant, Refusal> {
        let captured = self.captured_at();
        if captured.is_ahead_of(self.at()) {
            return Err(Refusal::new("clock-ahead").because("the device's clock is ahead: set it, and read again"));
        }
        Ok(captured)
    }

    /// The date of [`Self::at`] in province time.
    pub fn local_date(&self) -> Date {
        // The host's own date; the one of `at` is the same by the contract, and cannot fail.
        Date::parse(&occasion::local_date()).unwrap_or_else(|_| self.at().date())
    }

    /// Commune-level unit of the caller.
    ///
    /// # Errors
    /// A refusal where the host names no unit, which it does for every caller with a desk.
    pub fn unit(&self) -> Result<UnitCode, Refusal> {
        UnitCode::parse(&occasion::unit())
            .map_err(|_| Refusal::new("out-of-unit").because("the caller has no unit: call from a desk's credential"))
    }

    /// Facility of the caller, if the credential belongs to one.
    pub fn facility(&self) -> Option<FacilityId> {
        occasion::facility().and_then(|id| FacilityId::parse(&id).ok())
    }

    /// Facility of the caller, for operations that only a facility may call.
    ///
    /// # Errors
    /// The refusal `no-facility` where the credential belongs to none.
    pub fn own_facility(&self) -> Result<FacilityId, Refusal> {
        self.facility()
            .ok_or_else(|| Refusal::new("no-facility").because("call with the credential of a facility's desk"))
    }

    /// Role of the caller, as the manifest names it.
    pub fn role(&self) -> String {
        occasion::caller_role()
    }

    /// Device of the caller, if one is known.
    pub fn device(&self) -> Option<String> {
        occasion::device()
    }

    /// The caller's own reference: the same reference never does a thing twice.
    ///
    /// # Errors
    /// A refusal where it is empty or too long, which the host does not let through.
    pub fn reference(&self) -> Result<Ref, Refusal> {
        Ref::parse(&occasion::reference()).map_err(|error| Refusal::new("invalid").because(error.to_string()))
    }

    /// A random number that the host drew and recorded for this call; 0 unless the manifest asks for a seed.
    pub fn seed(&self) -> u64 {
        occasion::seed()
    }
}
