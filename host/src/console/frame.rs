//! What stands around every page: language and its switch, the time, the banner about synthetic people, the assets.

use time::OffsetDateTime;

use super::assets::{CAMERA, CODE_READER, HTMX, ICON, SCRIPT, STYLE};
use crate::words::{self, Lang, Words};

/// A page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("a page template failed: serve the plain problem document instead, and report this as a fault of the console")]
pub struct RenderError(#[from] askama::Error);

/// What stands around a page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The language of the page.
    pub lang: Lang,
    /// When the page is made.
    pub now: OffsetDateTime,
    /// Whether all people on this system are made up, which every page then says.
    pub synthetic: bool,
    /// Who is signed in; none for everyone else.
    pub signed_in: Option<SignedIn>,
    /// The pages of the menu that this reader may open.
    pub places: Vec<Place>,
    switch_href: String,
}

/// A page of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The board of the models.
    Board,
    /// Population figures.
    Analysis,
    /// Tonight's lodging.
    Lodging,
    /// Trying a card at a desk.
    Try,
}

impl Place {
    pub(super) fn href(self) -> &'static str {
        match self {
            Place::Board => "/",
            Place::Analysis => "/analysis",
            Place::Lodging => "/lodging",
            Place::Try => "/try",
        }
    }

    pub(super) fn name(self, words: &Words) -> &'static str {
        match self {
            Place::Board => words.nav_board,
            Place::Analysis => words.nav_analysis,
            Place::Lodging => words.nav_lodging,
            Place::Try => words.nav_try,
        }
    }
}

/// Who is signed in, as every page says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The role, by its stable name.
    pub role: String,
    /// Goes with every form of this session.
    pub form_token: String,
}

impl Frame {
    /// `query` is the raw query string of the request: the language switch keeps it.
    pub fn new(lang: Lang, now: OffsetDateTime, synthetic: bool, query: &str) -> Self {
        Self {
            lang,
            now,
            synthetic,
            signed_in: None,
            places: vec![Place::Board],
            switch_href: words::switch_href(query, lang.other()),
        }
    }

    pub(super) fn words(&self) -> &'static Words {
        self.lang.words()
    }

    pub(super) fn switch_href(&self) -> &str {
        &self.switch_href
    }

    /// The name of the other language, in that language.
    pub(super) fn switch_name(&self) -> &'static str {
        match self.lang.other() {
            Lang::Vi => "Tiếng Việt",
            Lang::En => "English",
        }
    }

    /// The name of this language, in itself.
    pub(super) fn own_name(&self) -> &'static str {
        match self.lang {
            Lang::Vi => "Tiếng Việt",
            Lang::En => "English",
        }
    }

    pub(super) fn written_at(&self) -> String {
        words::instant(self.lang, self.now)
    }

    /// The role of who is signed in, in words.
    pub(super) fn role(&self, signed_in: &SignedIn) -> String {
        words::role(self.lang, &signed_in.role).unwrap_or(&signed_in.role).to_owned()
    }

    pub(super) fn camera(&self) -> String {
        CAMERA.href()
    }

    pub(super) fn code_reader(&self) -> String {
        CODE_READER[0].href()
    }

    pub(super) fn htmx(&self) -> String {
        HTMX.href()
    }

    pub(super) fn style(&self) -> String {
        STYLE.href()
    }

    pub(super) fn script(&self) -> String {
        SCRIPT.href()
    }

    pub(super) fn icon(&self) -> String {
        ICON.href()
    }
}

#[cfg(test)]
impl Frame {
    /// A morning in 2026, as all samples have it.
    pub(super) fn sample(lang: Lang) -> Self {
        Self::new(lang, time::macros::datetime!(2026-03-02 00:30:05 UTC), true, "")
    }
}
