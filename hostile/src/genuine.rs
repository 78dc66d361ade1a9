//! One synthetic person's papers: what is genuine, and what everything damaged is compared with.

use std::sync::LazyLock;

use ed25519_dalek::SigningKey;
use pilothouse_documents::code::{AccountLevel, IdentityProvider};
use pilothouse_documents::synthetic::{CardFactory, CardHolder, Chip};
use pilothouse_documents::{Anchors, Times};
use pilothouse_identity::{AddressText, FullName, OldNumber, PartialDate, PersonalNumber};
use time::macros::{date, datetime};
use time::{Date, OffsetDateTime};

/// Some morning in the province.
pub(crate) const AT: OffsetDateTime = datetime!(2026-12-01 08:00 +7);
/// That day.
pub(crate) const TODAY: Date = date!(2026 - 12 - 01);
/// Read and received at the same moment.
pub(crate) const TIMES: Times = Times { captured_at: AT, now: AT };
/// The number.
pub(crate) const NUMBER: &str = "044099990017";
/// Where codes are shown.
pub(crate) const PLACE: &str = "benh-vien-mau";
/// The kiosk's name.
pub(crate) const KIOSK: &str = "kiosk-1";
/// What a code or a result bears once.
pub(crate) const NONCE: [u8; 16] = [0x5a; 16];

/// Who makes the cards.
pub(crate) static FACTORY: LazyLock<CardFactory> =
    LazyLock::new(|| CardFactory::new(&[7; 32]).expect("a seed that makes keys"));
/// Who is trusted.
pub(crate) static ANCHORS: LazyLock<Anchors> =
    LazyLock::new(|| Anchors::read(FACTORY.issuer_pem().as_bytes()).expect("the factory's own list"));
/// The person's chip.
pub(crate) static CHIP: LazyLock<Chip> = LazyLock::new(|| FACTORY.card(&holder()));
/// Who makes codes.
pub(crate) static PROVIDER: LazyLock<IdentityProvider> = LazyLock::new(|| IdentityProvider::new("fuzz", &[3; 32]));
/// The person's code.
pub(crate) static CODE: LazyLock<String> =
    LazyLock::new(|| PROVIDER.code(&number(), AccountLevel::Two, PLACE, &NONCE, AT));
/// A device's key.
pub(crate) static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[5; 32]));

/// The number, parsed.
pub(crate) fn number() -> PersonalNumber {
    PersonalNumber::parse(NUMBER).expect("a number")
}

/// What the chip says.
fn holder() -> CardHolder {
    CardHolder {
        number: number(),
        name: FullName::parse("Nguyễn Văn Thử").expect("a name"),
        born: PartialDate::full(1999, 2, 14).expect("a date"),
        address: AddressText::parse("Tổ dân phố 0, Bắc Lý").expect("an address"),
        old_number: OldNumber::parse("194999001").ok(),
        issued: date!(2021 - 04 - 25),
        expires: Some(date!(2039 - 02 - 14)),
    }
}
