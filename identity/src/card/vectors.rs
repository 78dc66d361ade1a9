//! The test vectors of the card's code: accepted readings, refusals, and generated texts.

use proptest::prelude::*;
use time::Date;
use time::macros::date;
use unicode_normalization::UnicodeNormalization;

use super::{
    CardKind, CardLayout, CardReading, CardText, CardTextError, CardWarning, IssueFault, LayoutFault, Mismatch,
};
use crate::{AddressText, FullName, NameVerdict, OldNumber, PersonalNumber, Sex, compare};

const TODAY: Date = date!(2026 - 12 - 01);

const Q01: &str =
    "044099990017|194999001|Nguyễn Văn Thử|14021999|Nam|Tổ dân phố 0, Bắc Lý, Đồng Hới, Quảng Bình|25042021";
const Q02: &str = "044199990025||Trần Thị Mẫu|30111999|Nữ|Thôn Mẫu, Quảng Phú, Quảng Trạch, Quảng Bình|02082022";
const Q03: &str = "044305990038||Hồ Thị Giả Định|07072005|Nữ|Bản Thử, Trường Sơn, Quảng Ninh, Quảng Bình|15102024||||";
const Q04: &str = "044213990041||Lê Minh Thử|01092013|Nam|Thôn Mẫu, Phong Nha, Quảng Trị|20082025||044213990032||";

fn read(text: &str) -> CardReading {
    match CardText::parse(text, TODAY) {
        Ok(reading) => reading,
        Err(error) => panic!("{error}"),
    }
}

fn refused(text: &str) -> CardTextError {
    match CardText::parse(text, TODAY) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

fn name_of(reading: &CardReading) -> &str {
    reading.name.as_ref().map_or("", FullName::reveal)
}

#[test]
fn q01_the_card_of_2021_is_read_field_by_field() {
    let reading = read(Q01);
    assert_eq!(reading.number.reveal(), "044099990017");
    assert_eq!(reading.old_number.as_ref().map(OldNumber::reveal), Some("194999001"));
    assert!(reading.cancelled.is_none());
    assert_eq!(name_of(&reading), "Nguyễn Văn Thử");
    assert_eq!(reading.born.reveal().to_string(), "1999-02-14");
    assert_eq!(reading.sex, Sex::Male);
    let address = reading.address.as_ref().map(AddressText::reveal);
    assert_eq!(address, Some("Tổ dân phố 0, Bắc Lý, Đồng Hới, Quảng Bình"));
    assert_eq!(reading.issued, date!(2021 - 04 - 25));
    assert_eq!(reading.layout, CardLayout::V1);
    assert_eq!(reading.kind_guess(), CardKind::CitizenCard);
    assert_eq!(reading.warnings, []);
}

#[test]
fn q02_someone_without_an_old_number_has_none() {
    let reading = read(Q02);
    assert!(reading.old_number.is_none());
    assert_eq!((reading.sex, reading.layout), (Sex::Female, CardLayout::V1));
}

#[test]
fn q03_the_card_of_2024_has_eleven_fields() {
    let reading = read(Q03);
    assert_eq!(reading.layout, CardLayout::V2);
    assert!(reading.cancelled.is_none());
    assert_eq!(reading.kind_guess(), CardKind::IdentityCard);
}

#[test]
fn q04_a_cancelled_number_is_taken_from_the_extra_fields() {
    let reading = read(Q04);
    assert_eq!(reading.cancelled.as_ref().map(PersonalNumber::reveal), Some("044213990032"));
    assert_eq!(reading.address.as_ref().map(AddressText::reveal), Some("Thôn Mẫu, Phong Nha, Quảng Trị"));
}

#[test]
fn q05_to_q08_what_readers_do_around_the_text_makes_no_difference() {
    assert!(read(&format!("{Q01}\r\n")) == read(Q01));
    assert!(read(&format!("\u{feff}{Q02}\t")) == read(Q02));
    assert!(read(&format!("]Q3{Q01}")) == read(Q01));
    assert!(read(&format!("\u{2}]Q1{Q01}\0\r")) == read(Q01));
    assert!(read(&Q01.nfd().collect::<String>()) == read(Q01));
}

#[test]
fn q09_text_read_as_a_western_code_page_is_repaired_and_marked() {
    let misread = "044099990017|194999001|Nguyá»…n VÄƒn Thá»\u{ad}|14021999|Nam|Báº¯c LÃ½|25042021";
    let reading = read(misread);
    assert_eq!(name_of(&reading), "Nguyễn Văn Thử");
    assert_eq!(reading.address.as_ref().map(AddressText::reveal), Some("Bắc Lý"));
    assert_eq!(reading.warnings, [CardWarning::Repaired]);
    // Đ is C4 90, and the strict table of the code page has no 90.
    let latin1: String = Q01.bytes().map(char::from).collect();
    assert_eq!(name_of(&read(&latin1)), "Nguyễn Văn Thử");
}

#[test]
fn q10_the_name_is_kept_as_given_and_compared_by_its_key() {
    let reading = read("044099990017|194999001|NGUYỄN  VĂN THỬ|14021999|Nam||25042021");
    assert_eq!(name_of(&reading), "NGUYỄN  VĂN THỬ");
    assert_eq!(compare(name_of(&reading), "nguyễn văn thử"), NameVerdict::Equal);
    assert!(reading.address.is_none());
}

#[test]
fn q11_the_same_card_scanned_twice_is_one_card() {
    for card in [Q01, Q02, Q03, Q04] {
        for between in ["", "\r\n", "\t"] {
            let reading = read(&format!("{card}{between}{card}"));
            assert_eq!(reading.warnings, [CardWarning::DuplicateScan]);
            assert!(reading.number == read(card).number && reading.cancelled == read(card).cancelled);
        }
    }
}

#[test]
fn two_different_cards_in_one_text_are_refused() {
    for (first, second) in [(Q01, Q02), (Q01, Q03), (Q03, Q01), (Q04, Q03)] {
        assert_eq!(refused(&format!("{first}{second}")), CardTextError::Layout(LayoutFault::TwoCards));
    }
    assert_eq!(refused(&[Q01, Q01, Q01].concat()).code(), "layout");
}

#[test]
fn q12_lost_letters_leave_number_and_dates() {
    let reading = read("044099990017|194999001|Nguy?n V?n Th?|14021999|Nam|B?c Lý|25042021");
    assert_eq!(reading.warnings, [CardWarning::LossyText]);
    assert!(reading.name.is_none() && reading.address.is_none());
    assert_eq!(reading.issued, date!(2021 - 04 - 25));
    assert_eq!(read("044199990025||Tr?n Th? M?u|30111999|N?||02082022").sex, Sex::Female);
    assert_eq!(refused("044199990025||An Mau|30111999|N?||02082022"), CardTextError::Sex);
}

#[test]
fn e01_to_e13_each_fault_has_its_own_code() {
    use CardTextError as Error;
    for (id, text, error) in [
        ("E01", "044099990017|Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", Error::Layout(LayoutFault::TooFew)),
        ("E02", "04409999001||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", Error::NumberFormat),
        ("E03", "044199990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021", Error::NumberMismatch(Mismatch::Sex)),
        ("E04", "044099990017||Nguyễn Văn Thử|14021998|Nam|Bắc Lý|25042021", Error::NumberMismatch(Mismatch::Year)),
        ("E05", "044099990017||Nguyễn Văn Thử|31021999|Nam|Bắc Lý|25042021", Error::Born),
        ("E06", "044099990017||Nguyễn Văn Thử|14021999|M|Bắc Lý|25042021", Error::Sex),
        ("E07", "044099990017||Nguyễn Văn Thử|14/02/1999|Nam|Bắc Lý|25/04/2021", Error::Born),
        (
            "E09",
            "044099990017~194999001~Nguyễn Văn Thử~14021999~Nam~Bắc Lý~25042021",
            Error::Layout(LayoutFault::KeyboardLayout),
        ),
        ("E10", "044099990017|194999001|Hu廙軟h Th廙|14021999|Nam|Bắc Lý|25042021", Error::GuessedEncoding),
        ("E11", "https://example.invalid/044099990017|x", Error::NotIdentityQr),
        ("E11", "00020101021138570010A00000072701270006970000", Error::NotIdentityQr),
        ("E12", &format!("{Q01}|x"), Error::Layout(LayoutFault::TooMany)),
        ("E13", "044099990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25041990", Error::Issued(IssueFault::BeforeBirth)),
    ] {
        assert_eq!(refused(text), error, "{id}");
    }
    let codes = ["layout", "pin_format", "pin_mismatch", "dob", "sex", "encoding", "not_identity_qr", "issued"];
    assert_eq!(refused("").code(), codes[6]);
    assert_eq!(refused("x").code(), codes[0]);
}

#[test]
fn e08_an_unassigned_registration_code_is_a_warning() {
    let reading = read("003099990017||Nguyễn Văn Thử|14021999|Nam|Bắc Lý|25042021");
    assert_eq!(reading.warnings, [CardWarning::UnknownRegistration]);
    assert_eq!(CardWarning::UnknownRegistration.code(), "pin_province");
}

#[test]
fn the_remaining_checks_refuse_or_warn() {
    assert_eq!(refused("044099990017|12345|Nguyễn Thử|14021999|Nam||25042021"), CardTextError::OldNumberFormat);
    assert_eq!(refused("044099990017||Nguyễn 7hử|14021999|Nam||25042021"), CardTextError::Name);
    assert_eq!(refused("044099990017|||14021999|Nam||25042021"), CardTextError::Name);
    assert_eq!(refused("044099990017||Thử|14021999|Nam||03122026"), CardTextError::Issued(IssueFault::InFuture));
    assert_eq!(read("044099990017||Thử|14021999|Nam||02122026").warnings, []);
    assert_eq!(read("044099990017||Thử|14021999|Nam||31122020").warnings, [CardWarning::IssuedBeforeQr]);
    let twelve = read("044099990017|044099990017|Thử|14021999|Nam||25042021");
    assert_eq!(twelve.warnings, [CardWarning::TwelveDigitOldNumber]);
    let long = format!("044099990017||Thử|14021999|Nam|{}|25042021", "x".repeat(301));
    assert_eq!(refused(&long), CardTextError::Address);
}

#[test]
fn sizes_and_encodings_are_bounded_before_anything_is_read() {
    assert_eq!(refused(&"0".repeat(super::MAX_CARD_BYTES + 1)), CardTextError::TooLong);
    assert_eq!(CardText::parse([0xff, 0xfe, b'|'], TODAY).err(), Some(CardTextError::NotUtf8));
    assert_eq!(refused(&Q01.replace("Văn", "V\u{7}n")), CardTextError::ControlCharacter);
    assert_eq!(refused(&Q01.replace("Văn", "V\nn")), CardTextError::ControlCharacter);
}

prop_compose! {
    /// Texts of valid cards, written here by hand: the reading type has no `Debug`, and the writer is under test as well.
    fn any_card()(
        year in 1920_u16..=2020, month in 1_u8..=12, day in 1_u8..=28, female: bool, serial in 990_000_u32..=999_998,
        old in proptest::option::of(100_000_000_u32..=999_999_999), cancelled: bool, modern: bool,
        name in "[A-ZĐ][a-zảáạâầêếôơưừđ]{0,6}( [A-ZĐ][a-zảáạâầêếôơưừđ]{0,6}){0,4}",
        address in "(Thôn [a-zA-Zảáạđ ,.]{1,80}x)?", issued_month in 1_u8..=12, issued_year in 2021_u16..=2025,
    ) -> String {
        let digit = u16::from(female) + if year >= 2000 { 2 } else { 0 };
        let sex = if female { "Nữ" } else { "Nam" };
        let number = |serial| format!("044{digit}{:02}{serial}", year % 100);
        let old = old.map_or_else(String::new, |old| old.to_string());
        let cancelled = if cancelled { number(serial + 1) } else { String::new() };
        let extra = if modern { format!("||{cancelled}||") } else { String::new() };
        let born = format!("{day:02}{month:02}{year}");
        format!("{}|{old}|{name}|{born}|{sex}|{address}|15{issued_month:02}{issued_year}{extra}", number(serial))
    }
}

proptest! {
    #[test]
    fn every_valid_card_round_trips(card in any_card()) {
        let reading = CardText::parse(&card, TODAY);
        prop_assert!(reading.is_ok_and(|reading| reading.text().reveal() == card && reading.warnings.is_empty()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = CardText::parse(&bytes, TODAY);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let _ = CardText::parse(&text, TODAY);
    }

    #[test]
    fn texts_shaped_like_cards_never_panic(text in "([0-9]{0,13}|[NamữÐ?\u{fffd}\r\n~|]{0,6}|\\|){0,40}") {
        let _ = CardText::parse(&text, TODAY);
    }

    #[test]
    fn a_card_read_as_latin1_is_still_read(card in any_card()) {
        let misread: String = card.bytes().map(char::from).collect();
        prop_assert!(CardText::parse(&misread, TODAY).is_ok_and(|reading| reading.text().reveal() == card));
    }
}
