//! The page on which an officer or a desk signs in.

use askama::Template;

use super::{Frame, RenderError};
use crate::words::Words;

/// The form, with what was wrong the last time.
#[derive(Debug, Clone)]
pub struct SignInPage {
    /// What stands around it.
    pub frame: Frame,
    /// Where the reader wanted to go: a path of this host.
    pub next: String,
    /// Whether the token of the last try was refused.
    pub wrong: bool,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    page: &'a SignInPage,
}

impl SignInPage {
    /// The whole page.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), page: self }.render()?)
    }
}

#[cfg(test)]
impl SignInPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let first = Self { frame: Frame::sample(lang), next: "/analysis".into(), wrong: false };
        vec![Self { wrong: true, ..first.clone() }, first]
    }
}
