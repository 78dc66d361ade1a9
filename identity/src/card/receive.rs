//! From the bytes of a reader to clean text: the first of the checks.

use zeroize::Zeroizing;

use super::{Artefacts, CardLabels, CardText, CardTextError, MAX_CARD_BYTES};
use crate::compose::composed;

/// How links and payment codes (EMV: `00 02 01`) begin.
const OTHER_CODES: [&str; 4] = ["http://", "https://", "000201", "WIFI:"];

pub(super) fn receive(bytes: &[u8], labels: &CardLabels) -> Result<CardText, CardTextError> {
    if bytes.len() > MAX_CARD_BYTES {
        return Err(CardTextError::TooLong);
    }
    let sent = std::str::from_utf8(bytes).map_err(|_| CardTextError::NotUtf8)?;
    let stripped = labels.strip(strip(sent));
    if stripped.is_empty() || OTHER_CODES.iter().any(|start| starts_with_any_case(stripped, start)) {
        return Err(CardTextError::NotIdentityQr);
    }
    // Before anything looks at single characters: a misread byte may have become a control character.
    let repaired = repair(stripped);
    let text = repaired.as_ref().map_or(stripped, |text| text.as_str());
    if text.chars().any(is_east_asian) {
        return Err(CardTextError::GuessedEncoding);
    }
    // A second scan may follow the first after the reader's suffix; anything else inside is refused.
    if text.chars().any(|character| character.is_control() && !is_suffix(character)) {
        return Err(CardTextError::ControlCharacter);
    }
    let artefacts = Artefacts { repaired: repaired.is_some() };
    Ok(CardText { text: composed(text), artefacts })
}

/// What readers put at the ends: byte order mark, STX, NUL, line ends, tabs, and once at the start the AIM identifier of QR codes.
fn strip(text: &str) -> &str {
    let around = |character: char| is_suffix(character) || matches!(character, '\u{feff}' | '\u{2}' | '\0');
    let text = text.trim_matches(around);
    match text.as_bytes() {
        [b']', b'Q', b'0'..=b'9', ..] => text[3..].trim_start_matches(around),
        _ => text,
    }
}

/// What readers send after a scan.
pub(super) fn is_suffix(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\t')
}

fn starts_with_any_case(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// The text as it was before UTF-8 was read as Windows-1252 or Latin-1; `None` where that did not happen.
///
/// Only a strict way back counts: every character is in the code page, the bytes are UTF-8, and the text changes.
fn repair(text: &str) -> Option<Zeroizing<String>> {
    if text.is_ascii() {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    for character in text.chars() {
        bytes.push(western_byte(character)?);
    }
    let repaired = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(repaired.to_owned()))
}

/// The byte of a character in Windows-1252 by the web's table, which passes the five unassigned bytes (Đ ends in one of
/// them) through as control characters; and in Latin-1, which does so for all of 80 to 9F.
fn western_byte(character: char) -> Option<u8> {
    const HIGH: [(char, u8); 27] = [
        ('€', 0x80),
        ('‚', 0x82),
        ('ƒ', 0x83),
        ('„', 0x84),
        ('…', 0x85),
        ('†', 0x86),
        ('‡', 0x87),
        ('ˆ', 0x88),
        ('‰', 0x89),
        ('Š', 0x8a),
        ('‹', 0x8b),
        ('Œ', 0x8c),
        ('Ž', 0x8e),
        ('‘', 0x91),
        ('’', 0x92),
        ('“', 0x93),
        ('”', 0x94),
        ('•', 0x95),
        ('–', 0x96),
        ('—', 0x97),
        ('˜', 0x98),
        ('™', 0x99),
        ('š', 0x9a),
        ('›', 0x9b),
        ('œ', 0x9c),
        ('ž', 0x9e),
        ('Ÿ', 0x9f),
    ];
    u8::try_from(u32::from(character))
        .ok()
        .or_else(|| HIGH.iter().find(|(high, _)| *high == character).map(|(_, byte)| *byte))
}

/// Scripts that appear when a reader takes UTF-8 for Big5, Shift-JIS, GB18030 or EUC-KR.
fn is_east_asian(character: char) -> bool {
    matches!(character,
        '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{e000}'..='\u{faff}' | '\u{ff61}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}')
}
