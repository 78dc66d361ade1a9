//! Chips as desks send them: genuine ones, and every way in which one is not.

use std::sync::LazyLock;

use pilothouse_documents::synthetic::{CardFactory, CardHolder, Chip, SignerTerms};
use pilothouse_documents::{
    AnchorError, Anchors, ChipError, ChipReading, MAX_GROUP, MAX_SOD, PartFault, ReadingWarning, Times,
};
use pilothouse_identity::{AddressText, FullName, OldNumber, PartialDate, PersonalNumber};
use proptest::prelude::*;
use time::macros::{date, datetime};
use time::{Duration, OffsetDateTime};

const AT: OffsetDateTime = datetime!(2026-12-01 08:00 +7);

fn holder() -> CardHolder {
    CardHolder {
        number: PersonalNumber::parse("044099990017").expect("a number"),
        name: FullName::parse("Nguyễn Văn Thử").expect("a name"),
        born: PartialDate::full(1999, 2, 14).expect("a date"),
        address: AddressText::parse("Thôn Mẫu, Phong Nha, Quảng Trị").ok().flatten(),
        old_number: OldNumber::parse("194999001").ok(),
        issued: date!(2021 - 04 - 25),
        expires: Some(date!(2039 - 02 - 14)),
    }
}

fn factory() -> &'static CardFactory {
    static FACTORY: LazyLock<CardFactory> = LazyLock::new(|| CardFactory::new(&[7; 32]).expect("a factory"));
    &FACTORY
}

fn anchors() -> &'static Anchors {
    static LIST: LazyLock<Anchors> =
        LazyLock::new(|| Anchors::read(factory().issuer_pem().as_bytes()).expect("a list"));
    &LIST
}

/// The genuine card.
fn card() -> Chip {
    static CARD: LazyLock<Chip> = LazyLock::new(|| factory().card(&holder()));
    CARD.clone()
}

fn read(chip: &Chip, anchors: &Anchors, at: OffsetDateTime) -> Result<ChipReading, ChipError> {
    chip.sent(|files| anchors.authenticate(files, Times { captured_at: at, now: at }))
}

fn refusal(chip: &Chip) -> Option<ChipError> {
    read(chip, anchors(), AT).err()
}

/// The chip with one stretch of bytes of its SOD replaced.
fn with_sod(from: &[u8], to: &[u8]) -> Chip {
    let mut chip = card();
    let at = chip.sod.windows(from.len()).position(|part| part == from).expect("these bytes stand in the file");
    chip.sod.splice(at..at + from.len(), to.iter().copied());
    chip
}

#[test]
fn a_genuine_chip_says_who_holds_it() {
    let reading = read(&card(), anchors(), AT).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(reading.number.reveal(), "044099990017");
    assert_eq!(reading.name.as_ref().map(FullName::reveal), Some("Nguyễn Văn Thử"));
    assert_eq!(reading.born.reveal().to_date(), Some(date!(1999 - 02 - 14)));
    assert_eq!((reading.issued, reading.expires), (Some(date!(2021 - 04 - 25)), Some(date!(2039 - 02 - 14))));
    assert!(reading.old_number.is_some() && reading.address.is_some());
    assert_eq!(
        reading.warnings,
        [ReadingWarning::NoCloneCheck, ReadingWarning::Synthetic, ReadingWarning::RevocationsMissing]
    );
}

#[test]
fn the_same_seed_makes_the_same_card() {
    let again = CardFactory::new(&[7; 32]).unwrap();
    assert!(card() == again.card(&holder()));
    assert_eq!(factory().issuer_pem(), again.issuer_pem());
}

#[test]
fn everything_that_the_factory_makes_is_marked() {
    assert!(factory().issuer_pem().contains("SYNTHETIC") && anchors().has_synthetic());
    let sod = card().sod;
    assert!(sod.windows(9).any(|part| part == b"SYNTHETIC"));
    assert!(sod.windows(2).any(|part| part == b"XX"));
}

#[test]
fn a_group_that_was_changed_is_named() {
    let mut chip = card();
    chip.groups[0].1[20] ^= 1;
    assert_eq!(refusal(&chip), Some(ChipError::WrongHash(1)));
    let mut chip = card();
    chip.groups[1].1[20] ^= 1;
    assert_eq!(refusal(&chip), Some(ChipError::WrongHash(13)));
    let mut chip = card();
    chip.picture_hash[0] ^= 1;
    assert_eq!(refusal(&chip), Some(ChipError::WrongHash(2)));
    let mut chip = card();
    chip.groups.push((14, vec![0x6e, 0]));
    assert_eq!(refusal(&chip), Some(ChipError::GroupNotSigned(14)));
}

#[test]
fn a_list_of_hashes_that_was_changed_is_not_what_was_signed() {
    let mut chip = card();
    chip.groups[0].1[20] ^= 1;
    // A forger writes the hash of the changed group into the list.
    use sha2::{Digest as _, Sha256};
    let genuine = Sha256::digest(&card().groups[0].1);
    let at = chip.sod.windows(32).position(|part| part == genuine.as_slice()).unwrap();
    chip.sod.splice(at..at + 32, Sha256::digest(&chip.groups[0].1));
    assert_eq!(refusal(&chip), Some(ChipError::ContentHash));
}

#[test]
fn a_signature_that_was_changed_is_not_the_signers() {
    let mut chip = card();
    let last = chip.sod.len() - 1;
    chip.sod[last] ^= 1;
    assert_eq!(refusal(&chip), Some(ChipError::Signature));
}

#[test]
fn a_signer_that_nobody_vouches_for_is_unknown_and_one_with_a_borrowed_name_is_forged() {
    let foreign = CardFactory::new(&[8; 32]).unwrap().card(&holder());
    assert_eq!(refusal(&foreign), Some(ChipError::UnknownSigner));
    assert_eq!(read(&card(), &Anchors::none(), AT).err(), Some(ChipError::UnknownSigner));
    let terms = SignerTerms { borrowed_name: Some([7; 32]), ..SignerTerms::default() };
    let forged = CardFactory::with_signer(&[8; 32], terms).unwrap().card(&holder());
    assert_eq!(refusal(&forged), Some(ChipError::SignerForged));
}

#[test]
fn a_signer_counts_between_its_days_only() {
    let terms = SignerTerms { serial: 3, valid: (date!(2025 - 01 - 01), date!(2026 - 06 - 30)), borrowed_name: None };
    let chip = CardFactory::with_signer(&[7; 32], terms).unwrap().card(&holder());
    let list = anchors();
    assert_eq!(read(&chip, list, AT).err(), Some(ChipError::SignerExpired));
    assert_eq!(read(&chip, list, datetime!(2024-12-31 08:00 +7)).err(), Some(ChipError::SignerNotYetValid));
    assert!(read(&chip, list, datetime!(2026-06-01 08:00 +7)).is_ok());
    assert_eq!(read(&chip, list, datetime!(2051-06-01 08:00 +7)).err(), Some(ChipError::IssuerExpired));
}

#[test]
fn a_signer_that_was_taken_back_is_refused_and_an_old_list_is_a_warning() {
    let list = |serials: &[u8], due| {
        let file = format!("{}{}", factory().issuer_pem(), factory().revocations_pem(serials, due));
        Anchors::read(file.as_bytes()).unwrap()
    };
    let chip = card();
    let revoked = list(&[2, 200], date!(2027 - 01 - 01));
    assert_eq!(read(&chip, &revoked, AT).err(), Some(ChipError::SignerRevoked));
    assert!(read(&chip, &list(&[3], date!(2027 - 01 - 01)), AT).is_ok());
    let stale = read(&chip, &list(&[], date!(2026 - 01 - 01)), AT);
    assert!(stale.is_ok_and(|reading| reading.warnings.contains(&ReadingWarning::RevocationsStale)));
    let high = SignerTerms { serial: 200, ..SignerTerms::default() };
    let high = CardFactory::with_signer(&[7; 32], high).unwrap().card(&holder());
    assert_eq!(read(&high, &revoked, AT).err(), Some(ChipError::SignerRevoked));
}

#[test]
fn an_expired_card_is_read_with_a_warning() {
    let expired = CardHolder { expires: Some(date!(2026 - 11 - 30)), ..holder() };
    let reading = read(&factory().card(&expired), anchors(), AT);
    assert!(reading.is_ok_and(|reading| reading.warnings.contains(&ReadingWarning::CardExpired)));
    let last_day = CardHolder { expires: Some(date!(2026 - 12 - 01)), ..holder() };
    let reading = read(&factory().card(&last_day), anchors(), AT + Duration::hours(15));
    assert!(reading.is_ok_and(|reading| !reading.warnings.contains(&ReadingWarning::CardExpired)));
}

#[test]
fn a_file_that_is_cut_off_is_said_to_be() {
    let mut chip = card();
    let whole = chip.sod.clone();
    for end in 0..whole.len() {
        chip.sod.truncate(0);
        chip.sod.extend_from_slice(&whole[..end]);
        assert_eq!(refusal(&chip), Some(ChipError::Cut), "{end}");
    }
}

#[test]
fn an_algorithm_that_is_not_known_is_said_to_be_foreign() {
    let sha256 = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let chip = card();
    let mut foreign = chip.clone();
    while let Some(at) = foreign.sod.windows(11).position(|part| part == sha256) {
        foreign.sod[at + 10] = 8;
    }
    assert_eq!(refusal(&foreign), Some(ChipError::ForeignAlgorithm));
    let ecdsa256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    let mut brainpool = chip.clone();
    while let Some(at) = brainpool.sod.windows(8).position(|part| part == ecdsa256) {
        brainpool.sod[at + 7] = 9;
    }
    assert_eq!(refusal(&brainpool), Some(ChipError::ForeignAlgorithm));
}

#[test]
fn another_content_indefinite_lengths_and_missing_parts_have_their_own_answers() {
    let lds = [0x06, 0x06, 0x67, 0x81, 0x08, 0x01, 0x01, 0x01];
    let mut other = lds;
    other[7] = 2;
    assert_eq!(refusal(&with_sod(&lds, &other)), Some(ChipError::ContentType));
    let mut indefinite = card();
    indefinite.sod = vec![0x77, 0x80, 0x30, 0x80, 0, 0, 0, 0];
    assert_eq!(refusal(&indefinite), Some(ChipError::NotDer));
    let mut bare = card();
    bare.groups.remove(0);
    assert_eq!(refusal(&bare), Some(ChipError::NoGroup1));
}

#[test]
fn sizes_and_numbers_are_bounded_and_biometrics_stay_away() {
    let chip = card();
    let with_group = |group: (u8, Vec<u8>)| {
        let mut chip = chip.clone();
        chip.groups.push(group);
        refusal(&chip)
    };
    assert_eq!(with_group((14, vec![0; MAX_GROUP + 1])), Some(ChipError::TooLarge));
    assert_eq!(with_group((3, vec![0x63, 0])), Some(ChipError::BiometricGroup));
    assert_eq!(with_group((17, vec![])), Some(ChipError::GroupNumber));
    assert_eq!(with_group((255, vec![])), Some(ChipError::GroupNumber));
    assert_eq!(with_group((13, vec![])), Some(ChipError::GroupTwice(13)));
    let mut large = chip.clone();
    large.sod.resize(MAX_SOD + 1, 0);
    assert_eq!(refusal(&large), Some(ChipError::TooLarge));
}

#[test]
fn a_list_on_which_nobody_can_be_used_is_refused() {
    let pem = factory().issuer_pem();
    let refused = |file: &[u8]| match Anchors::read(file) {
        Err(AnchorError::NoIssuer { first }) => first.map(|first| (first.part, first.fault)),
        Err(AnchorError::TooLarge) => panic!("the list is small"),
        Ok(_) => panic!("the list was taken"),
    };
    assert_eq!(refused(b""), None);
    assert_eq!(refused(b"no certificates at all"), None);
    assert_eq!(refused(&pem.as_bytes()[..pem.len() - 40]), Some((1, PartFault::Cut)));
    assert_eq!(refused(pem.replacen("MII", "MIJ", 1).as_bytes()), Some((1, PartFault::Malformed)));
    let alone = factory().revocations_pem(&[1], date!(2027 - 01 - 01));
    assert_eq!(refused(alone.as_bytes()), Some((1, PartFault::RevocationsOfNobody)));
}

#[test]
fn a_part_of_a_list_that_cannot_be_used_is_named_and_the_rest_is_used() {
    let pem = factory().issuer_pem();
    let other = CardFactory::new(&[9; 32]).unwrap();
    let cut = &pem[..pem.len() - 40];
    let revocations = other.revocations_pem(&[1], date!(2027 - 01 - 01));
    let key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let list = Anchors::read(format!("{cut}\n{revocations}{key}{pem}{pem}").as_bytes()).unwrap();
    let unread: Vec<_> = list.unread().iter().map(|unread| (unread.part, unread.fault)).collect();
    assert_eq!(unread, [(1, PartFault::Cut), (2, PartFault::RevocationsOfNobody), (3, PartFault::Kind)]);
    assert_eq!((list.len(), list.without_revocations()), (1, 1));
    assert!(read(&card(), &list, AT).is_ok());
}

#[test]
fn an_issuer_with_a_wrong_signature_is_named_by_its_name() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let pem = CardFactory::new(&[9; 32]).unwrap().issuer_pem();
    let packed: String = pem.lines().filter(|line| !line.starts_with(['-', '#'])).collect();
    let mut bytes = STANDARD.decode(packed).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(bytes));
    let list = Anchors::read(format!("{damaged}{}", factory().issuer_pem()).as_bytes()).unwrap();
    let [unread] = list.unread() else { panic!("one part is damaged") };
    assert_eq!((unread.part, unread.fault), (1, PartFault::Damaged));
    assert!(unread.name.as_ref().is_some_and(|name| name.contains("SYNTHETIC CSCA")));
}

#[test]
fn whether_the_signer_holds_is_asked_of_this_hosts_clock() {
    let terms = SignerTerms { serial: 3, valid: (date!(2025 - 01 - 01), date!(2026 - 06 - 30)), borrowed_name: None };
    let chip = CardFactory::with_signer(&[7; 32], terms).unwrap().card(&holder());
    let read = |captured_at, now| chip.sent(|files| anchors().authenticate(files, Times { captured_at, now })).err();
    let while_valid = datetime!(2026-06-01 08:00 +7);
    assert_eq!(read(while_valid, while_valid), None);
    assert_eq!(read(while_valid, AT), Some(ChipError::SignerExpired));
}

#[test]
fn padding_behind_a_file_is_passed_over_and_other_bytes_are_not() {
    let with = |behind: &[u8]| {
        let mut chip = card();
        chip.sod.extend_from_slice(behind);
        refusal(&chip)
    };
    assert_eq!(with(&[0; 8]), None);
    assert_eq!(with(&[0x90, 0x00]), None);
    assert_eq!(with(b"more"), Some(ChipError::Trailing));
    let mut chip = card();
    for (_, group) in &mut chip.groups {
        group.extend_from_slice(&[0; 3]);
    }
    assert_eq!(refusal(&chip), None);
}

#[test]
fn an_issuer_without_revocations_is_a_warning_and_one_with_a_list_is_not() {
    let missing = |list: &str| {
        let list = Anchors::read(list.as_bytes()).unwrap();
        let reading = read(&card(), &list, AT).unwrap_or_else(|error| panic!("{error}"));
        (list.without_revocations(), reading.warnings.contains(&ReadingWarning::RevocationsMissing))
    };
    assert_eq!(missing(&factory().issuer_pem()), (1, true));
    assert_eq!(missing(&factory().list_pem()), (0, false));
}

proptest! {
    #[test]
    fn no_changed_byte_of_a_chip_is_believed(at in 0_usize..2_000, bit in 0_u8..8) {
        let mut chip = card();
        prop_assume!(at < chip.sod.len());
        chip.sod[at] ^= 1 << bit;
        // A byte that nobody signs may change: the number of a version, a digest named twice. The person never does.
        if let Ok(reading) = read(&chip, anchors(), AT) {
            prop_assert!(reading.number == holder().number);
        }
    }

    #[test]
    fn signed_groups_of_any_content_end_in_an_answer(at in 0_usize..200, with: u8, thirteenth in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut groups = card().groups;
        let place = at % groups[0].1.len();
        groups[0].1[place] = with;
        groups[1].1 = thirteenth;
        let answer = read(&factory().chip_of(groups), anchors(), AT);
        prop_assert!(answer.map_or_else(|error| !error.to_string().is_empty(), |reading| reading.warnings.contains(&ReadingWarning::TextsUnread)));
    }

    #[test]
    fn any_bytes_end_in_an_answer(sod in proptest::collection::vec(any::<u8>(), 0..600), group in proptest::collection::vec(any::<u8>(), 0..120)) {
        let chip = Chip { sod, groups: vec![(1, group)], picture_hash: vec![0; 32] };
        prop_assert!(refusal(&chip).is_some());
    }
}
