//! From clean text to a reading: the checks after the first, in order.

use time::Date;
use time::macros::date;

use super::receive::is_suffix;
use super::{CardLayout, CardReading, CardText, CardTextError, CardWarning, IssueFault, LayoutFault, Mismatch};
use crate::{AddressText, BirthDate, FullName, OldNumber, PartialDate, PersonalNumber, Sex};

/// Since when cards carry this code.
const QR_SINCE: Date = date!(2021 - 01 - 01);

/// Most fields that two scans in one text can have: 11 + 11, of which two are one.
const MAX_FIELDS: usize = 21;

pub(super) fn reading(card: &CardText, today: Date) -> Result<CardReading, CardTextError> {
    let mut warnings = Vec::new();
    if card.artefacts.repaired {
        warnings.push(CardWarning::Repaired);
    }
    let (text, layout, twice) = single_scan(&card.text)?;
    if twice {
        warnings.push(CardWarning::DuplicateScan);
    }
    let mut fields = text.split('|');
    let mut next = || fields.next().unwrap_or_default();
    let (number, old, name, born, sex, address, issued) = (next(), next(), next(), next(), next(), next(), next());

    let number = PersonalNumber::parse(number).map_err(|_| CardTextError::NumberFormat)?;
    if !number.registration().is_known() {
        warnings.push(CardWarning::UnknownRegistration);
    }
    if number.is_typed_placeholder() {
        warnings.push(CardWarning::TypedPlaceholder);
    }
    let old_number = match old {
        "" => None,
        digits => Some(OldNumber::parse(digits).map_err(|_| CardTextError::OldNumberFormat)?),
    };
    if old_number.as_ref().is_some_and(OldNumber::has_twelve_digits) {
        warnings.push(CardWarning::TwelveDigitOldNumber);
    }
    let lossy = is_lossy(name) || is_lossy(address);
    if lossy {
        warnings.push(CardWarning::LossyText);
    }
    let name = if is_lossy(name) { None } else { Some(FullName::parse(name).map_err(|_| CardTextError::Name)?) };
    let address =
        if is_lossy(address) { None } else { AddressText::parse(address).map_err(|_| CardTextError::Address)? };
    let born = day(born).ok_or(CardTextError::Born)?;
    let issued = day(issued).ok_or(CardTextError::Issued(IssueFault::NoDate))?;
    if issued < born {
        return Err(CardTextError::Issued(IssueFault::BeforeBirth));
    }
    // A clock that is a day behind must not refuse a new card.
    if today.next_day().is_some_and(|tomorrow| issued > tomorrow) {
        return Err(CardTextError::Issued(IssueFault::InFuture));
    }
    if issued < QR_SINCE {
        warnings.push(CardWarning::IssuedBeforeQr);
    }
    let sex = match sex {
        // Of the two words only one has a letter to lose.
        "N?" | "N\u{fffd}" if lossy => Sex::Female,
        word => Sex::from_card(word).ok_or(CardTextError::Sex)?,
    };
    if number.sex() != sex {
        return Err(CardTextError::NumberMismatch(Mismatch::Sex));
    }
    let born = PartialDate::from(born);
    if number.birth_year() != born.year() {
        return Err(CardTextError::NumberMismatch(Mismatch::Year));
    }
    // The meaning of the last four fields is not published: only a number is taken from them, everything else is dropped.
    let cancelled = fields.find_map(|field| PersonalNumber::parse(field).ok().filter(|other| *other != number));
    Ok(CardReading {
        number,
        old_number,
        cancelled,
        name,
        born: BirthDate::new(born),
        sex,
        address,
        issued,
        layout,
        warnings,
    })
}

/// The text of one scan, its layout, and whether it was scanned twice.
fn single_scan(text: &str) -> Result<(&str, CardLayout, bool), CardTextError> {
    let count = text.split('|').take(MAX_FIELDS + 1).count();
    let has_suffix_inside = text.contains(is_suffix);
    if let Some(layout) = CardLayout::of_fields(count) {
        return if has_suffix_inside { Err(CardTextError::ControlCharacter) } else { Ok((text, layout, false)) };
    }
    if let Some((first, second, layout)) = two_scans(text, count) {
        return if first == second { Ok((first, layout, true)) } else { Err(layout_fault(LayoutFault::TwoCards)) };
    }
    if has_suffix_inside {
        return Err(CardTextError::ControlCharacter);
    }
    Err(layout_fault(match count {
        1 if is_other_keyboard(text) => LayoutFault::KeyboardLayout,
        ..7 => LayoutFault::TooFew,
        _ => LayoutFault::TooMany,
    }))
}

/// Splits two payloads back to back: the last field of the first runs into the twelve digits that begin the second.
fn two_scans(text: &str, count: usize) -> Option<(&str, &str, CardLayout)> {
    [CardLayout::V1, CardLayout::V2].into_iter().find_map(|layout| {
        let second_fields = (count + 1).checked_sub(layout.fields())?;
        CardLayout::of_fields(second_fields)?;
        let (seam, _) = text.match_indices('|').nth(layout.fields() - 1)?;
        let start = seam.checked_sub(12)?;
        let (first, second) = (text.get(..start)?, text.get(start..)?);
        let begins_with_number = second.as_bytes()[..12].iter().all(u8::is_ascii_digit);
        begins_with_number.then(|| (first.trim_end_matches(is_suffix), second, layout))
    })
}

/// Whether the text has a card's shape with another sign for `|`: six or ten times after the number.
fn is_other_keyboard(text: &str) -> bool {
    let mut characters = text.chars().skip_while(char::is_ascii_digit);
    let Some(sign) = characters.next().filter(|sign| !sign.is_alphanumeric() && *sign != ' ') else { return false };
    text.starts_with(|first: char| first.is_ascii_digit()) && matches!(text.matches(sign).count(), 6 | 10)
}

const fn layout_fault(fault: LayoutFault) -> CardTextError {
    CardTextError::Layout(fault)
}

fn is_lossy(text: &str) -> bool {
    text.contains(['?', '\u{fffd}'])
}

/// A full day written as `ddMMyyyy`.
fn day(digits: &str) -> Option<Date> {
    let is_form = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_form.then(|| PartialDate::parse(digits).ok().and_then(PartialDate::to_date)).flatten()
}
