//! Data group 13: the card's data as text, where the card has it.
//!
//! The form is known from independent readers only, and cards of 2024 may code it otherwise: every field is optional, and
//! a group that is not read is a warning. Ethnic group and religion are sensitive data that no task here needs, so they,
//! the place of origin, marks and relatives are passed over and never kept.

use pilothouse_identity::{AddressText, FullName, OldNumber, PersonalNumber};
use time::{Date, Month};

use crate::tlv::{Elements, Fault, element};

/// Tag of the group.
const GROUP: u16 = 0x6d;
/// Most fields; 16 are known.
const MAX_FIELDS: usize = 32;

/// What is taken from the group.
#[derive(Default)]
pub(crate) struct Texts {
    pub(crate) number: Option<PersonalNumber>,
    pub(crate) name: Option<FullName>,
    pub(crate) address: Option<AddressText>,
    pub(crate) issued: Option<Date>,
    pub(crate) old_number: Option<OldNumber>,
}

pub(crate) fn read(group: &[u8]) -> Result<Texts, Fault> {
    let mut texts = Texts::default();
    let mut fields = Elements::file(group, GROUP)?.inside();
    for _ in 0..MAX_FIELDS {
        if fields.is_empty() {
            return Ok(texts);
        }
        let mut field = fields.expect(0x30)?.inside();
        let [number] = *field.expect(0x02)?.value else { return Err(Fault::Malformed) };
        if field.is_empty() {
            continue;
        }
        let value = field.next()?;
        let Some(text) = (value.tag == 0x0c || value.tag == 0x13)
            .then(|| std::str::from_utf8(value.value).ok())
            .flatten()
            .map(str::trim)
        else {
            continue;
        };
        match number {
            1 => texts.number = PersonalNumber::parse(text).ok(),
            2 => texts.name = FullName::parse(text).ok(),
            9 => texts.address = AddressText::parse(text).ok().flatten(),
            11 => texts.issued = day(text),
            // Sources disagree which of the two is the old number: nine digits tell.
            15 | 16 if texts.old_number.is_none() => {
                texts.old_number = OldNumber::parse(text).ok().filter(|old| !old.has_twelve_digits());
            }
            _ => {}
        }
    }
    Err(Fault::Malformed)
}

/// A day as `dd/mm/yyyy`.
fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (day, month, year) =
        (parts.next()?.parse().ok()?, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse().ok()?);
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

/// Writes the group from its numbered fields.
pub(crate) fn write(fields: &[(u8, String)]) -> Vec<u8> {
    let fields: Vec<Vec<u8>> = fields
        .iter()
        .map(|(number, text)| element(0x30, &[&element(0x02, &[&[*number]]), &element(0x0c, &[text.as_bytes()])]))
        .collect();
    let parts: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    element(GROUP, &parts)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn fields_are_read_by_their_number_and_long_ones_too() {
        let address = "Thôn Mẫu, ".repeat(20);
        let group = write(&[
            (1, "044099990017".to_owned()),
            (2, "Nguyễn Văn Thử".to_owned()),
            (6, "Kinh".to_owned()),
            (9, address.clone()),
            (11, "25/04/2021".to_owned()),
            (15, "194999001".to_owned()),
        ]);
        let texts = read(&group).unwrap();
        assert_eq!(texts.name.as_ref().map(FullName::reveal), Some("Nguyễn Văn Thử"));
        assert_eq!(texts.address.as_ref().map(AddressText::reveal), Some(address.trim()));
        assert_eq!(texts.issued, Some(date!(2021 - 04 - 25)));
        assert!(texts.number.is_some() && texts.old_number.is_some());
    }

    #[test]
    fn a_field_that_is_no_text_is_passed_over_and_a_broken_group_is_said() {
        let nested = element(0x30, &[&element(0x02, &[&[13]]), &element(0x30, &[])]);
        assert!(read(&element(GROUP, &[&nested])).is_ok_and(|texts| texts.name.is_none()));
        assert!(read(&element(GROUP, &[&[0x30, 9]])).is_err());
        assert!(read(&element(GROUP, &vec![nested.as_slice(); MAX_FIELDS + 1])).is_err());
    }
}
