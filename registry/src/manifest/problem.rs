//! What is wrong with a manifest: where, what, and how to mend it.

use std::fmt;

/// Longest message: what a vendor wrote is in it, and it is shown on pages and in terminals.
const MAX_MESSAGE_CHARS: usize = 300;
/// Most problems that are told at once: the rest shows after the first are mended.
pub(super) const MAX_PROBLEMS: usize = 50;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, such as `capability.1.scope.claims`. Empty where there is none.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// A manifest that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// The file that was read.
    pub file: String,
    /// Everything that is wrong, in the order of the file. Never empty.
    pub problems: Vec<Problem>,
}

impl std::error::Error for ManifestError {}

impl ManifestError {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        "manifest.invalid"
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{problem}", self.file)?;
        }
        Ok(())
    }
}

/// A text with a vendor's words in it, fit for a page: no control or invisible characters, bounded.
pub(super) fn tame(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_MESSAGE_CHARS {
            out.push('…');
            break;
        }
        if c == '\n' {
            out.push(' ');
        } else if c.is_control() || crate::text::is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Line and column of a byte, both from 1.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

/// The known name that was probably meant.
pub(super) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    let name = plain(name);
    // Comparing is quadratic in length; a name that long is no slip of the pen.
    if name.len() > 64 {
        return None;
    }
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), known))
        .filter(|(distance, known)| *distance <= 1.max(known.len() / 3))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_near_miss_is_suggested_and_a_far_one_is_not() {
        let known = ["legal-basis", "purpose", "functions"];
        assert_eq!(nearest("legal_basis", known), Some("legal-basis"));
        assert_eq!(nearest("Purpouse", known), Some("purpose"));
        assert_eq!(nearest("colour", known), None);
    }

    proptest! {
        #[test]
        fn a_place_is_inside_the_text(text in ".{0,40}(\n.{0,40}){0,4}", at in 0usize..200) {
            let (line, column) = place(&text, at);
            prop_assert!(line >= 1 && line <= text.matches('\n').count() + 1 && column >= 1);
        }
    }
}
