//! The words of the console in Vietnamese and English, and numbers, dates and shares in each one's form.

mod cast;
mod form;
mod lang;
mod roles;
mod texts;

pub use cast::cast;
pub use form::{clock, count, date, decimal, instant, local, share};
pub use lang::{LANG_COOKIE, Lang, switch_href};
pub use roles::role;
pub use texts::{EN, TEXTS, VI, Words};
