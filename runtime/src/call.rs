//! What the store of one call holds: the funnel, the people, what is pending. Capabilities borrow from it what they need.

use std::sync::Arc;

use wasmtime::component::ResourceTable;

use crate::capabilities::Providers;
use crate::capabilities::funnel::Funnel;
use crate::limits::Limits;
use crate::occasion::Occasion;
use crate::pending::Pending;
use crate::people::People;

/// Resources that a guest may hold at once beside people.
pub(crate) const MAX_RESOURCES: usize = 1_024;
/// Handles of a component instance.
pub(crate) const MAX_HANDLES: usize = 1_024;
/// Bytes that may cross from the guest in one host call (fuel of lifting).
pub(crate) const HOSTCALL_BYTES: usize = 1 << 20;

/// The state of one call. Made for it, dropped with it.
pub(crate) struct Call {
    pub(crate) table: ResourceTable,
    pub(crate) funnel: Funnel,
    pub(crate) people: People,
    pub(crate) occasion: Arc<Occasion>,
    /// Whether the host itself calls, for a due tick.
    pub(crate) is_tick: bool,
    pub(crate) settings: Arc<str>,
    pub(crate) pilot: Arc<str>,
    pub(crate) providers: Arc<Providers>,
    pub(crate) pending: Pending,
    pub(crate) limits: Limits,
}
