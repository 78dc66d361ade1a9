//! Files that another program signed: `openssl cms -sign -econtent_type 2.23.136.1.1.1` (OpenSSL 3), under an RSA issuer of
//! 3072 bits. What our own factory and our own checks might get wrong together shows here.

use pilothouse_documents::{Anchors, ChipError, ChipFiles, ChipReading, Times};
use time::macros::datetime;

const ISSUER: &[u8] = include_bytes!("openssl/ca.pem");
const GROUP: &[u8] = include_bytes!("openssl/group-1.bin");

fn read(sod: &[u8]) -> Result<ChipReading, ChipError> {
    let anchors = Anchors::read(ISSUER).expect("the issuer's certificate");
    let at = datetime!(2026-12-01 08:00 +7);
    let files = ChipFiles { sod, groups: &[(1, GROUP)], hashes: &[] };
    anchors.authenticate(&files, Times { captured_at: at, now: at })
}

#[test]
fn signers_with_rsa_pss_p384_and_brainpool_are_believed() {
    for sod in [
        &include_bytes!("openssl/rsa.sod")[..],
        include_bytes!("openssl/pss.sod"),
        include_bytes!("openssl/p384.sod"),
        include_bytes!("openssl/brainpool.sod"),
    ] {
        assert_eq!(read(sod).map(|reading| reading.number.is_synthetic()), Ok(true));
        let mut changed = sod.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert_eq!(read(&changed).err(), Some(ChipError::Signature));
    }
}

#[test]
fn a_signer_on_a_curve_that_is_not_known_is_said_to_be() {
    let mut sod = include_bytes!("openssl/brainpool.sod").to_vec();
    let brainpool = [0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07];
    let at = sod.windows(9).position(|part| part == brainpool).expect("the curve's name");
    sod[at + 8] = 0x7f;
    assert_eq!(read(&sod).err(), Some(ChipError::ForeignAlgorithm));
}
