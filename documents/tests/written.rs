//! Lists of issuers and chips as other programs write them: curves with explicit parameters, links from one key of an
//! issuer to the next, names in several string types, files longer than their content. Made with OpenSSL 3; every person,
//! number and key is synthetic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_documents::{Anchors, ChipError, ChipFiles, ChipReading, ReadingWarning, Times};
use time::macros::datetime;

const ISSUERS: &str = include_str!("data/issuers.pem");
const WITH_LINK: &str = include_str!("data/issuers-with-link.pem");
const GROUPS: [(u8, &[u8]); 2] = [(1, include_bytes!("data/group-1.bin")), (13, include_bytes!("data/group-13.bin"))];

fn read(anchors: &Anchors, sod: &[u8]) -> Result<ChipReading, ChipError> {
    let at = datetime!(2026-12-01 08:00 +7);
    let files = ChipFiles { sod, groups: &GROUPS, hashes: &[] };
    anchors.authenticate(&files, Times { captured_at: at, now: at })
}

fn list(file: &[u8]) -> Anchors {
    let anchors = Anchors::read(file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(anchors.unread(), []);
    anchors
}

/// The certificates of a PEM file, in DER.
fn certificates(pem: &str) -> Vec<Vec<u8>> {
    let packed = |block: &str| block.split("-----").nth(1).map(|body| body.split_whitespace().collect::<String>());
    let blocks = pem.split("-----BEGIN CERTIFICATE").skip(1).filter_map(packed);
    blocks.map(|packed| STANDARD.decode(packed).expect("base64")).collect()
}

#[test]
fn issuers_with_explicit_parameters_of_known_curves_are_read() {
    for pem in [include_str!("data/issuer-brainpool512-explicit.pem"), include_str!("data/issuer-p256-explicit.pem")] {
        assert_eq!(list(pem.as_bytes()).len(), 1);
    }
}

#[test]
fn parameters_that_are_no_known_curve_are_refused() {
    // The generator's first byte is one more: the curve is P-256's, the point is not.
    let mut bytes = certificates(include_str!("data/issuer-p256-explicit.pem")).remove(0);
    let generator = [0x6b, 0x17, 0xd1, 0xf2];
    let at = bytes.windows(4).position(|part| part == generator).expect("the generator");
    bytes[at] += 1;
    assert!(Anchors::read(&bytes).is_err());
    let own = list(ISSUERS.as_bytes());
    let mut sod = include_bytes!("data/p256-explicit.sod").to_vec();
    let at = sod.windows(4).position(|part| part == generator).expect("the generator");
    sod[at] += 1;
    assert_eq!(read(&own, &sod).err(), Some(ChipError::ForeignAlgorithm));
}

#[test]
fn chips_of_signers_on_every_known_curve_are_believed() {
    let anchors = list(ISSUERS.as_bytes());
    for sod in [
        &include_bytes!("data/p256.sod")[..],
        include_bytes!("data/brainpool256.sod"),
        include_bytes!("data/p256-explicit.sod"),
        include_bytes!("data/p521.sod"),
    ] {
        let reading = read(&anchors, sod).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(reading.number.reveal(), "044089990000");
        assert_eq!(reading.warnings, [ReadingWarning::NoCloneCheck, ReadingWarning::RevocationsMissing]);
        let mut changed = sod.to_vec();
        *changed.last_mut().expect("a signature") ^= 1;
        assert_eq!(read(&anchors, &changed).err(), Some(ChipError::Signature));
    }
}

#[test]
fn a_signer_whose_issuer_is_written_in_another_string_type_is_found() {
    assert!(read(&list(ISSUERS.as_bytes()), include_bytes!("data/printable-issuer.sod")).is_ok());
}

#[test]
fn a_file_longer_than_its_content_is_read() {
    assert!(read(&list(ISSUERS.as_bytes()), include_bytes!("data/trailing-zeros.sod")).is_ok());
}

#[test]
fn indefinite_lengths_are_refused_with_their_own_answer() {
    let answer = read(&list(ISSUERS.as_bytes()), include_bytes!("data/indefinite.sod")).err();
    assert_eq!(answer, Some(ChipError::NotDer));
}

#[test]
fn a_list_with_a_link_from_the_old_key_to_the_new_one_is_read_in_any_order() {
    assert_eq!(list(WITH_LINK.as_bytes()).len(), 3);
    let mut ders = certificates(WITH_LINK);
    ders.reverse();
    assert_eq!(list(&ders.concat()).len(), 3);
    ders.swap(0, 1);
    assert_eq!(list(&ders.concat()).len(), 3);
}

#[test]
fn a_link_whose_old_key_is_not_on_the_list_is_read() {
    assert_eq!(list(include_bytes!("data/link.pem")).len(), 1);
}

#[test]
fn bundles_and_master_lists_are_read_as_their_certificates_are() {
    assert_eq!(list(include_bytes!("data/issuers.p7b")).len(), 3);
    assert_eq!(list(include_bytes!("data/master.ml")).len(), 3);
    let packed = STANDARD.encode(include_bytes!("data/issuers.p7b"));
    assert_eq!(list(format!("-----BEGIN PKCS7-----\n{packed}\n-----END PKCS7-----\n").as_bytes()).len(), 3);
    let both = format!("{WITH_LINK}{ISSUERS}");
    assert_eq!(list(both.as_bytes()).len(), 5);
}
