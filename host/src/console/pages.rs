//! The page that tells of a problem, in words, with what to do next.

use askama::Template;

use super::{Frame, RenderError};
use crate::words::Words;

/// A problem, told to a person.
#[derive(Debug, Clone)]
pub struct ProblemPage {
    /// What stands around it.
    pub frame: Frame,
    /// What happened, in a few words.
    pub title: String,
    /// What that means.
    pub detail: String,
    /// What the reader does now.
    pub next: String,
    /// The problem's stable code, such as `grant.second-eyes-needed`.
    pub code: Option<String>,
    /// The id under which the operator finds the request.
    pub request: Option<String>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'a> {
    frame: &'a Frame,
    words: &'static Words,
    problem: &'a ProblemPage,
}

impl ProblemPage {
    /// No page is at this address (404).
    pub fn not_found(frame: Frame) -> Self {
        let words = frame.words();
        Self {
            frame,
            title: words.not_found_title.to_owned(),
            detail: words.not_found_detail.to_owned(),
            next: words.not_found_next.to_owned(),
            code: None,
            request: None,
        }
    }

    /// The reader's role may not see it (403).
    pub fn forbidden(frame: Frame) -> Self {
        let words = frame.words();
        Self {
            frame,
            title: words.forbidden_title.to_owned(),
            detail: words.forbidden_detail.to_owned(),
            next: words.forbidden_next.to_owned(),
            code: None,
            request: None,
        }
    }

    /// A form came from elsewhere, or from a session that is over (403).
    pub fn foreign(frame: Frame) -> Self {
        let words = frame.words();
        Self {
            frame,
            title: words.foreign_title.to_owned(),
            detail: words.foreign_detail.to_owned(),
            next: words.foreign_next.to_owned(),
            code: None,
            request: None,
        }
    }

    /// Too many requests came from the reader's address (429).
    pub fn busy(frame: Frame) -> Self {
        let words = frame.words();
        Self {
            frame,
            title: words.busy_title.to_owned(),
            detail: words.busy_detail.to_owned(),
            next: words.busy_next.to_owned(),
            code: None,
            request: None,
        }
    }

    /// The fault is ours (500); `request` is what the operator looks for in the log.
    pub fn broken(frame: Frame, request: Option<String>) -> Self {
        let words = frame.words();
        Self {
            frame,
            title: words.broken_title.to_owned(),
            detail: words.broken_detail.to_owned(),
            next: words.broken_next.to_owned(),
            code: None,
            request,
        }
    }

    /// The whole page. The status stands in the response, not on it.
    ///
    /// # Errors
    /// When a template fails, which no content can bring about.
    pub fn page(&self) -> Result<String, RenderError> {
        Ok(Page { frame: &self.frame, words: self.frame.words(), problem: self }.render()?)
    }
}

#[cfg(test)]
impl ProblemPage {
    pub(crate) fn samples(lang: crate::words::Lang) -> Vec<Self> {
        let frame = Frame::sample(lang);
        let denied = Self {
            code: Some("grant.second-eyes-needed".into()),
            ..Self::broken(frame.clone(), Some("0195-7c3e-a41b".into()))
        };
        let others = [Self::forbidden(frame.clone()), Self::foreign(frame.clone()), Self::busy(frame.clone())];
        [others.to_vec(), vec![Self::not_found(frame.clone()), Self::broken(frame, None), denied]].concat()
    }
}
