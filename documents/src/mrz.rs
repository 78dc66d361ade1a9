//! Data group 1: the machine-readable zone of the card, three lines of thirty.
//!
//! Source: ICAO Doc 9303-5 (TD1) and 9303-3 section 4.9 (check digits). On the Vietnamese card the document number is the
//! last nine digits of the personal number, and the optional data hold all twelve with a check digit of their own.

use pilothouse_identity::{BirthDate, PartialDate, PersonalNumber, Sex};
use time::{Date, Month};

use crate::ChipError;
use crate::tlv::{Elements, element};

/// Length of the zone.
const ZONE: usize = 90;
/// Tag of the group, and of the zone in it.
const GROUP: u16 = 0x61;
const LINES: u16 = 0x5f1f;
/// Written where a card does not expire (holders of 60 and more). Not published; see the crate's list of open facts.
const NEVER: &str = "991231";

/// What the zone says.
pub(crate) struct Zone {
    /// Code of the document, as a signer's list of documents has it.
    pub(crate) document: String,
    pub(crate) number: PersonalNumber,
    pub(crate) born: BirthDate,
    pub(crate) sex: Sex,
    /// Last day; `None` for a card without one.
    pub(crate) expires: Option<Date>,
}

/// Reads data group 1. `today` settles the century of a birth where the number does not.
pub(crate) fn read(group: &[u8], today: Date) -> Result<Zone, ChipError> {
    let cut = |fault| ChipError::of_group(fault);
    let lines = Elements::file(group, GROUP).map_err(cut)?;
    let mut inside = lines.inside();
    let zone = inside.expect(LINES).map_err(cut)?.value;
    inside.end().map_err(cut)?;
    let zone = std::str::from_utf8(zone).map_err(|_| ChipError::Zone)?;
    let is_alphabet = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<';
    if zone.len() != ZONE || !zone.bytes().all(is_alphabet) {
        return Err(ChipError::Zone);
    }
    let part = |from: usize, to: usize| zone.get(from..to).ok_or(ChipError::Zone);
    if !part(0, 5)?.starts_with('I') || part(2, 5)? != "VNM" {
        return Err(ChipError::ForeignDocument);
    }
    let (document, number) = (part(5, 14)?, part(15, 27)?);
    let (born, expires) = (part(30, 36)?, part(38, 44)?);
    let composite = [part(5, 30)?, part(30, 37)?, part(38, 45)?, part(48, 59)?].concat();
    let checks = [
        (document, part(14, 15)?),
        (born, part(36, 37)?),
        (expires, part(44, 45)?),
        (number, part(29, 30)?),
        (composite.as_str(), part(59, 60)?),
    ];
    if checks.iter().any(|(text, digit)| !digit.starts_with(check_digit(text))) {
        return Err(ChipError::CheckDigit);
    }
    let number = PersonalNumber::parse(number).map_err(|_| ChipError::Zone)?;
    if !number.reveal().ends_with(document) {
        return Err(ChipError::NumberMismatch);
    }
    let born = PartialDate::parse_mrz_birth(born, Some(&number), today).map_err(|_| ChipError::Zone)?;
    let sex = match part(37, 38)? {
        "M" => Sex::Male,
        "F" => Sex::Female,
        _ => return Err(ChipError::Zone),
    };
    if number.sex() != sex || number.birth_year() != born.year() {
        return Err(ChipError::NumberMismatch);
    }
    let expires = if expires == NEVER { None } else { Some(expiry(expires).ok_or(ChipError::Zone)?) };
    let kind = part(0, 2)?.trim_end_matches('<').to_owned();
    Ok(Zone { document: kind, number, born: BirthDate::new(born), sex, expires })
}

/// A day of expiry: always of this century, since the first of these cards was issued in it.
fn expiry(text: &str) -> Option<Date> {
    let part = |from: usize| text.get(from..from + 2)?.parse::<u8>().ok();
    Date::from_calendar_date(2000 + i32::from(part(0)?), Month::try_from(part(2)?).ok()?, part(4)?).ok()
}

/// Writes data group 1. `name` is the third line, already without diacritics.
pub(crate) fn write(number: &PersonalNumber, born: PartialDate, expires: Option<Date>, name: &str) -> Vec<u8> {
    let digits = number.reveal();
    let document = digits.get(3..).unwrap_or_default();
    let first = format!("IDVNM{document}{}{digits}<<{}", check_digit(document), check_digit(digits));
    let unknown = |part: Option<u8>| part.map_or_else(|| "<<".to_owned(), |part| format!("{part:02}"));
    let born = format!("{:02}{}{}", born.year() % 100, unknown(born.month()), unknown(born.day()));
    let expires = expires.map_or_else(
        || NEVER.to_owned(),
        |day| format!("{:02}{:02}{:02}", day.year().rem_euclid(100), u8::from(day.month()), day.day()),
    );
    let sex = if number.sex() == Sex::Male { 'M' } else { 'F' };
    let (born_check, expiry_check) = (check_digit(&born), check_digit(&expires));
    let rest = "<".repeat(11);
    let upper = first.get(5..).unwrap_or_default();
    let composite = check_digit(&format!("{upper}{born}{born_check}{expires}{expiry_check}{rest}"));
    let second = format!("{born}{born_check}{sex}{expires}{expiry_check}VNM{rest}{composite}");
    element(GROUP, &[&element(LINES, &[format!("{first}{second}{name:<<30.30}").as_bytes()])])
}

/// Weights 7, 3, 1 over digits, letters (A = 10) and fillers (0), modulo 10.
fn check_digit(text: &str) -> char {
    let values = text.bytes().map(|byte| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    });
    let sum: u32 = values.zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum();
    char::from_digit(sum % 10, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const SAMPLE: &str = "IDVNM0999900176044099990017<<29902141M3902149VNM<<<<<<<<<<<2NGUYEN<<VAN<THU<<<<<<<<<<<<<<<";
    const TODAY: Date = date!(2026 - 12 - 01);

    fn group(zone: &str) -> Vec<u8> {
        element(GROUP, &[&element(LINES, &[zone.as_bytes()])])
    }

    #[test]
    fn the_published_form_is_read_and_written() {
        let zone = read(&group(SAMPLE), TODAY).map_err(|error| error.code()).unwrap();
        assert_eq!(zone.number.reveal(), "044099990017");
        assert_eq!(zone.born.reveal().to_date(), Some(date!(1999 - 02 - 14)));
        assert_eq!((zone.sex, zone.expires), (Sex::Male, Some(date!(2039 - 02 - 14))));
        let written = write(&zone.number, zone.born.reveal(), zone.expires, "NGUYEN<<VAN<THU");
        assert_eq!(written, group(SAMPLE));
        for other in [
            "IDVNM1999900254044199990025<<09911307F3911305VNM<<<<<<<<<<<8TRAN<<THI<MAU<<<<<<<<<<<<<<<<<",
            "IDVNM3059900383044305990038<<90507071F3007077VNM<<<<<<<<<<<4HO<<THI<GIA<DINH<<<<<<<<<<<<<<",
        ] {
            assert!(read(&group(other), TODAY).is_ok());
        }
    }

    #[test]
    fn a_card_without_expiry_stays_one() {
        let number = PersonalNumber::parse("044099990017").unwrap();
        let written = write(&number, PartialDate::full(1999, 2, 14).unwrap(), None, "THU");
        assert!(read(&written, TODAY).is_ok_and(|zone| zone.expires.is_none()));
    }

    #[test]
    fn each_damage_has_its_own_answer() {
        let code = |zone: &str| read(&group(zone), TODAY).err().map(|error| error.code());
        assert_eq!(code(&SAMPLE.replacen("9902141M", "9902151M", 1)), Some("chip-check-digit"));
        assert_eq!(code(&SAMPLE.replacen("IDVNM", "IDXXX", 1)), Some("chip-foreign-document"));
        assert_eq!(code(&SAMPLE[..89]), Some("chip-zone"));
        assert_eq!(code(&SAMPLE.replacen("1M39", "1F39", 1)), Some("chip-number-mismatch"));
        assert_eq!(code(&SAMPLE.to_lowercase()), Some("chip-zone"));
    }
}
