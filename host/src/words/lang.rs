//! Which language a page is in: what the reader chose, else what they chose before, else what the browser says.

use super::{EN, VI, Words};

/// The cookie that remembers the choice between visits. It holds `vi` or `en`, nothing of a person.
pub const LANG_COOKIE: &str = "lang";

/// Longer headers and queries are not read: ours are a few dozen bytes, and only hostile ones come near this.
const MAX_HEADER_BYTES: usize = 2048;
/// Browsers send up to about ten languages.
const MAX_ACCEPTED: usize = 16;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Vietnamese, the language of the administration and the default.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Both, in the order in which they are offered.
    pub const ALL: [Lang; 2] = [Lang::Vi, Lang::En];

    /// The BCP 47 code, as in `<html lang>` and `Content-Language`.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    /// The language of a code such as `vi`, `en` or `en-GB`; none for any other.
    pub fn from_code(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        Lang::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.code()))
    }

    /// The one to switch to.
    pub const fn other(self) -> Self {
        match self {
            Lang::Vi => Lang::En,
            Lang::En => Lang::Vi,
        }
    }

    /// The texts of the console in this language.
    pub fn words(self) -> &'static Words {
        match self {
            Lang::Vi => &VI,
            Lang::En => &EN,
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    /// The language of a page, from the raw query string, `Cookie` and `Accept-Language`, in this order.
    pub fn choose(query: Option<&str>, cookie: Option<&str>, accept: Option<&str>) -> Self {
        query
            .and_then(asked)
            .or_else(|| cookie.and_then(remembered))
            .or_else(|| accept.and_then(accepted))
            .unwrap_or_default()
    }

    /// The `Set-Cookie` that remembers this choice for a year. Send it when the query named a language.
    pub fn set_cookie(self) -> String {
        format!("{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", self.code())
    }
}

fn asked(query: &str) -> Option<Lang> {
    named(query, '&')
}

fn remembered(cookie: &str) -> Option<Lang> {
    named(cookie, ';')
}

/// The value of `lang=` in a list of pairs.
fn named(pairs: &str, separator: char) -> Option<Lang> {
    if pairs.len() > MAX_HEADER_BYTES {
        return None;
    }
    pairs
        .split(separator)
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == LANG_COOKIE)
        .find_map(|(_, value)| Lang::from_code(value))
}

/// The language of ours that `Accept-Language` prefers (RFC 9110, section 12.5.4).
fn accepted(header: &str) -> Option<Lang> {
    if header.len() > MAX_HEADER_BYTES {
        return None;
    }
    let mut best: Option<(Lang, f32)> = None;
    for range in header.split(',').take(MAX_ACCEPTED) {
        let (code, weight) = match range.split_once(';') {
            None => (range, 1.0),
            Some((code, q)) => (code, q.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(0.0)),
        };
        let Some(lang) = Lang::from_code(code) else { continue };
        // The first of two equals stays, as browsers list them by preference. NaN is never greater.
        if weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((lang, weight));
        }
    }
    best.map(|(lang, _)| lang)
}

/// The link to the same page in another language: a relative reference that keeps all other pairs of the query.
pub fn switch_href(query: &str, to: Lang) -> String {
    let mut href = String::from("?");
    if query.len() <= MAX_HEADER_BYTES {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if pair != LANG_COOKIE && !pair.starts_with("lang=") {
                href.push_str(pair);
                href.push('&');
            }
        }
    }
    href.push_str("lang=");
    href.push_str(to.code());
    href
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_wins_over_the_cookie_and_the_cookie_over_the_browser() {
        let vi_cookie = Some("theme=x; lang=vi");
        assert_eq!(Lang::choose(Some("a=1&lang=en"), vi_cookie, Some("vi")), Lang::En);
        assert_eq!(Lang::choose(Some("a=1"), vi_cookie, Some("en")), Lang::Vi);
        assert_eq!(Lang::choose(None, None, Some("en-GB,en;q=0.9")), Lang::En);
        assert_eq!(Lang::choose(None, None, None), Lang::Vi);
    }

    #[test]
    fn an_unknown_language_falls_through_to_the_next_source() {
        assert_eq!(Lang::choose(Some("lang=fr"), Some("lang=en"), None), Lang::En);
        assert_eq!(Lang::choose(Some("lang="), Some("lang=xx"), Some("de, fr;q=0.5")), Lang::Vi);
        assert_eq!(Lang::choose(Some("slang=en"), None, None), Lang::Vi);
    }

    #[test]
    fn the_browser_s_weights_are_respected() {
        assert_eq!(accepted("vi;q=0.2, en;q=0.8"), Some(Lang::En));
        assert_eq!(accepted("en;q=0.5, vi;q=0.5"), Some(Lang::En));
        assert_eq!(accepted("en;q=0, *"), None);
        assert_eq!(accepted("en;q=NaN, vi;q=oops"), None);
    }

    #[test]
    fn headers_of_any_size_are_bounded() {
        let long = format!("lang=en&{}", "x=1&".repeat(1000));
        assert_eq!(named(&long, '&'), None);
        assert_eq!(switch_href(&long, Lang::En), "?lang=en");
        assert_eq!(accepted(&format!("{} en", "fr, ".repeat(MAX_ACCEPTED))), None);
    }

    #[test]
    fn switching_keeps_the_page_and_its_other_parameters() {
        assert_eq!(switch_href("", Lang::En), "?lang=en");
        assert_eq!(switch_href("lang=vi", Lang::En), "?lang=en");
        assert_eq!(switch_href("group=2&lang=vi&page=3", Lang::En), "?group=2&page=3&lang=en");
    }

    #[test]
    fn codes_read_back() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_code(lang.code()), Some(lang));
            assert_ne!(lang.other(), lang);
            assert!(lang.set_cookie().starts_with(&format!("lang={}", lang.code())));
        }
    }
}
