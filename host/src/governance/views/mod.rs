//! What officers, callers and pages see of the house: lines and details, made of what is stored.

mod board;
mod changed;
mod granted;
mod log;
mod pilot;
mod places;

pub(crate) use self::board::state_of;
pub use self::board::{GroupLine, ModelLine, PilotLine, PilotState};
pub(super) use self::changed::SettingLine;
pub use self::changed::{Changed, CredentialLine, Installed, NewCredential, Rotated, SettingsView};
pub use self::granted::SoughtLine;
pub use self::log::{InvocationView, Replayed, Signed, Verified};
pub use self::pilot::{InvocationLine, PilotDetail, VersionLine};
