//! Files that another program signed: `openssl cms -sign -econtent_type 2.23.136.1.1.1` (OpenSSL 3), under an RSA issuer of
//! 3072 bits. What our own factory and our own checks might get wrong together shows here.

use pilothouse_documents::{Anchors, ChipError, ChipFiles, ChipReading};
use time::macros::datetime;

const ISSUER: &[u8] = include_bytes!("openssl/ca.pem");
const GROUP: &[u8] = include_bytes!("openssl/group-1.bin");

fn read(sod: &[u8]) -> Result<ChipReading, ChipError> {
    let anchors = Anchors::read(ISSUER).expect("the issuer's certificate");
    anchors.authenticate(&ChipFiles { sod, groups: &[(1, GROUP)], hashes: &[] }, datetime!(2026-12-01 08:00 +7))
}

#[test]
fn signers_with_rsa_pss_and_p384_are_believed() {
    for sod in
        [&include_bytes!("openssl/rsa.sod")[..], include_bytes!("openssl/pss.sod"), include_bytes!("openssl/p384.sod")]
    {
        assert_eq!(read(sod).map(|reading| reading.number.is_synthetic()), Ok(true));
        let mut changed = sod.to_vec();
        let last = changed.len() - 1;
        changed[last] ^= 1;
        assert_eq!(read(&changed).err(), Some(ChipError::Signature));
    }
}

#[test]
fn a_signer_on_a_curve_that_is_not_known_is_said_to_be() {
    assert_eq!(read(include_bytes!("openssl/brainpool.sod")).err(), Some(ChipError::ForeignAlgorithm));
}
