//! The words of the console in Vietnamese and English, and numbers, dates and shares in each one's form.

mod cast;
mod codes;
mod desk;
mod form;
mod lang;
mod law;
mod roles;
mod scopes;
mod texts;

pub use cast::cast;
pub use codes::{CodeKind, code};
pub use desk::desk_next;
pub use form::{clock, count, date, decimal, instant, local, moment, share};
pub use lang::{LANG_COOKIE, Lang, switch_href};
pub use law::legal;
pub use roles::role;
pub use scopes::scope_key;
pub use texts::{EN, TEXTS, VI, Words};
