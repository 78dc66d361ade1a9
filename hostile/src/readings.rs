//! What desks, readers, phones and kiosks send: a damaged reading never names another person than the genuine one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_documents::kiosk::{Body, KioskResult, Match, sign_result, sign_text};
use pilothouse_documents::{Anchors, Checks, Reading, ReadingError, Sent};
use pilothouse_identity::{CardLabels, CardText, CardWarning};
use time::macros::date;

use crate::genuine::{
    ANCHORS, AT, CHIP, CODE, FACTORY, KEY, KIOSK, NONCE, NUMBER, PLACE, PROVIDER, TIMES, TODAY, number,
};

fn check(sent: &Sent<'_>) -> Result<Reading, ReadingError> {
    Reading::check(sent, Checks { anchors: &ANCHORS, codes: &PROVIDER.verifier(), labels: &CardLabels::none() }, TIMES)
}

/// What is not signed is at least read alike a second time: a text that was taken is taken again as it would be printed.
pub(crate) fn card_text(bytes: &[u8]) {
    let Ok(reading) = CardText::parse(bytes, TODAY) else { return };
    assert_eq!(reading.number.reveal().len(), 12);
    if reading.warnings.contains(&CardWarning::LossyText) {
        return;
    }
    let again = CardText::parse(reading.text().reveal(), TODAY);
    let again = again.expect("a card that was read can be printed and read");
    assert!(again.number == reading.number && again.name == reading.name && again.born == reading.born);
    assert!(again.address == reading.address && again.issued == reading.issued && again.sex == reading.sex);
}

pub(crate) fn card_texts() -> Vec<Vec<u8>> {
    let first = "044099990017|194999001|Nguyễn Văn Thử|14021999|Nam|Tổ dân phố 0, Bắc Lý|25042021";
    let texts = [
        first.to_owned(),
        "044199990025||Trần Thị Mẫu|30111999|Nữ|Thôn Mẫu, Quảng Phú|02082022".to_owned(),
        "044305990038||Hồ Thị Giả Định|07072005|Nữ|Bản Thử, Trường Sơn|15102024||||".to_owned(),
        "044213990041||Lê Minh Thử|01092013|Nam|Thôn Mẫu, Phong Nha|20082025||044213990032||".to_owned(),
        format!("\u{feff}]Q3{first}\r\n"),
        format!("{first}\r\n{first}"),
        first.bytes().map(char::from).collect(),
        "044099990017|194999001|Nguy?n V?n Th?|14021999|Nam|B?c Lý|25042021".to_owned(),
        "044099990017~194999001~Nguyễn Văn Thử~14021999~Nam~Bắc Lý~25042021".to_owned(),
        "https://example.invalid/x".to_owned(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// First byte below 128: the rest is `EF.SOD` beside the genuine groups. Above: the rest is group 13, signed anew.
pub(crate) fn chip(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let chip = if *which < 128 {
        let mut chip = CHIP.clone();
        chip.sod = rest.to_vec();
        chip
    } else {
        let mut groups = CHIP.groups.clone();
        for (_, group) in groups.iter_mut().filter(|(number, _)| *number == 13) {
            *group = rest.to_vec();
        }
        FACTORY.chip_of(groups)
    };
    if let Ok(reading) = chip.sent(|files| check(&Sent::Chip(*files))) {
        assert!(reading.number.reveal() == NUMBER, "a damaged chip named somebody else");
    }
}

pub(crate) fn chips() -> Vec<Vec<u8>> {
    let text = CHIP.groups.iter().find(|(number, _)| *number == 13).map(|(_, group)| group.clone());
    vec![[&[0], CHIP.sod.as_slice()].concat(), [vec![128], text.unwrap_or_default()].concat()]
}

/// Where the five check digits of the zone stand, and over what.
const CHECKS: [(usize, &[(usize, usize)]); 5] = [
    (14, &[(5, 14)]),
    (29, &[(15, 27)]),
    (36, &[(30, 36)]),
    (44, &[(38, 44)]),
    (59, &[(5, 30), (30, 37), (38, 45), (48, 59)]),
];

/// An odd first byte: the check digits of the zone that follows are mended, so that the search gets behind them. The group
/// is signed anew, as of a genuine but strange card.
pub(crate) fn machine_zone(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let mut group = rest.to_vec();
    if which & 1 == 1 && rest.len() == 90 {
        for (at, parts) in CHECKS {
            let digit = check_digit(parts.iter().flat_map(|(from, to)| &group[*from..*to]));
            group[at] = digit;
        }
        group = [&[0x61, 93, 0x5f, 0x1f, 90], group.as_slice()].concat();
    }
    let mut groups = CHIP.groups.clone();
    groups.retain(|(number, _)| *number != 13);
    for (_, whole) in &mut groups {
        whole.clone_from(&group);
    }
    if let Ok(reading) = FACTORY.chip_of(groups).sent(|files| check(&Sent::Chip(*files))) {
        assert!(group.windows(12).any(|part| part == reading.number.reveal().as_bytes()));
    }
}

fn check_digit<'a>(text: impl Iterator<Item = &'a u8>) -> u8 {
    let values = text.map(|byte| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 0,
    });
    let sum: u32 = values.zip([7, 3, 1].into_iter().cycle()).map(|(value, weight)| value * weight).sum();
    b'0' + u8::try_from(sum % 10).unwrap_or(0)
}

pub(crate) fn machine_zones() -> Vec<Vec<u8>> {
    let zones = [
        "IDVNM0999900176044099990017<<29902141M3902149VNM<<<<<<<<<<<2NGUYEN<<VAN<THU<<<<<<<<<<<<<<<",
        "IDVNM1999900254044199990025<<09911307F3911305VNM<<<<<<<<<<<8TRAN<<THI<MAU<<<<<<<<<<<<<<<<<",
        "IDVNM3059900383044305990038<<90507071F9912315VNM<<<<<<<<<<<4HO<<THI<GIA<DINH<<<<<<<<<<<<<<",
    ];
    let mut seeds: Vec<Vec<u8>> = zones.iter().map(|zone| [b"\x01", zone.as_bytes()].concat()).collect();
    let (_, whole) = CHIP.groups.first().expect("group 1");
    seeds.push([&[0], whole.as_slice()].concat());
    seeds
}

/// An even first byte: the rest is a code. An odd one: it is claims, which the provider signs.
pub(crate) fn code(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let anew = which & 1 == 1;
    let code = if anew { PROVIDER.sign(rest) } else { String::from_utf8_lossy(rest).into_owned() };
    if let Ok(reading) = check(&Sent::Code { code: &code, audience: PLACE }) {
        assert!(anew || code.trim() == *CODE, "a damaged code was taken");
        assert!(reading.once.is_some(), "a code could be used twice");
    }
}

pub(crate) fn codes() -> Vec<Vec<u8>> {
    let claims = format!(
        r#"{{"iss":"fuzz","aud":"{PLACE}","sub":"{NUMBER}","lvl":2,"iat":{at},"exp":{end},"jti":"{}"}}"#,
        "5a".repeat(16),
        at = AT.unix_timestamp(),
        end = AT.unix_timestamp() + 120
    );
    vec![[b"\x00", CODE.as_bytes()].concat(), [b"\x01", claims.as_bytes()].concat()]
}

/// An even first byte: the rest is signature and text. An odd one: it is a text, which the kiosk signs.
pub(crate) fn kiosk(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let anew = which & 1 == 1;
    let signed = sign_text(&KEY, rest);
    let (signature, result) = if anew { (signed.as_slice(), rest) } else { rest.split_at(rest.len().min(64)) };
    let sent = Sent::Kiosk { device: KIOSK, key: &KEY.verifying_key(), result: KioskResult { result, signature } };
    if let Ok(reading) = check(&sent) {
        assert!(anew || reading.number.reveal() == NUMBER, "a damaged result was taken");
        assert!(reading.once.is_some(), "a result could be used twice");
    }
}

pub(crate) fn kiosks() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (body, band) in [(Body::Face, Match::High), (Body::Fingerprint, Match::Low), (Body::Face, Match::Failed)] {
        let (text, signature) = sign_result(&KEY, KIOSK, &number(), (body, band), AT, &NONCE);
        let text = unpack(&text);
        seeds.push([b"\x01", text.as_slice()].concat());
        seeds.push([b"\x00", unpack(&signature).as_slice(), text.as_slice()].concat());
    }
    seeds
}

fn unpack(text: &str) -> Vec<u8> {
    STANDARD.decode(text).expect("base64 of this program's own")
}

/// A list of issuers: an operator's file, from somebody who says that he is the ministry.
pub(crate) fn issuers(bytes: &[u8]) {
    let Ok(anchors) = Anchors::read(bytes) else { return };
    let read = CHIP.sent(|files| anchors.authenticate(files, TIMES).is_ok());
    assert!(!read || anchors.has_synthetic(), "a synthetic chip was taken without its issuer");
}

pub(crate) fn issuer_lists() -> Vec<Vec<u8>> {
    let both = format!("{}{}", FACTORY.issuer_pem(), FACTORY.revocations_pem(&[9, 200], date!(2045 - 01 - 01)));
    let der = FACTORY.issuer_pem();
    let der = der.lines().skip_while(|line| !line.starts_with("-----BEGIN")).filter(|line| !line.starts_with('-'));
    vec![both.into_bytes(), unpack(&der.collect::<String>())]
}
