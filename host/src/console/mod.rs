//! The pages that people read: views filled by the caller, and how each becomes HTML. Knows no database and no web server.
//!
//! Whoever serves them reads the language with [`Lang::choose`](crate::words::Lang::choose), fills a view, calls `page()`
//! and sends [`CONTENT_SECURITY_POLICY`] along. Every page works without JavaScript.

mod analysis;
mod assets;
mod board;
mod chart;
#[cfg(test)]
mod checks;
mod frame;
mod invocation;
mod lodging;
mod pages;
mod pilot;
mod sign_in;
mod state;
mod try_it;

pub use analysis::{AnalysisPage, Choice, FigureRow, FigureView, Undescribed};
pub use assets::{ASSET_CACHE_CONTROL, Asset, find};
pub use board::{BoardView, CheckpointView, GroupView, IndicatorView, LogView, ModelView, PilotView};
pub use chart::{Chart, Point};
pub use frame::{Frame, Place, RenderError, SignedIn};
pub use invocation::{CallView, DeviceView, InvocationPage, ProofView, VerdictView};
pub use lodging::{LodgingPage, NightRow, UnitChoice};
pub use pages::ProblemPage;
pub use pilot::{CapabilityView, FieldRow, InvocationRow, PilotPage, RightRow, VersionRow};
pub use sign_in::SignInPage;
pub use state::ModelState;
pub use try_it::{Signal, TryPage, TrySteps, Wrong};

/// What the browser may do on these pages: load our own style, script and icon, fetch our own figures, nothing else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
