//! Digests, keys and signatures of chips: which are known, which are too weak, and whether a signature is one.
//!
//! Source: ICAO Doc 9303-12 section 4.4: RSA (PKCS #1 v1.5 and PSS) and ECDSA, with SHA-256 and longer.

use const_oid::ObjectIdentifier;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::curve::EcKey;
use crate::tlv::{Elements, Fault};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA1_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const SHA256_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SHA1_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const SHA256_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const SHA384_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const SHA512_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");

/// Shortest and longest RSA modulus, in bytes: 9303-12 asks for 2048 bits and more, issuers in use have up to 6144; over
/// 8192 a check would cost what a flood wants.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Why an algorithm or a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlgorithmFault {
    /// Not one that this program knows.
    Foreign,
    /// One that no longer proves anything: SHA-1, short RSA keys.
    Weak,
    /// Not an algorithm identifier at all.
    Malformed,
}

impl From<Fault> for AlgorithmFault {
    fn from(_: Fault) -> Self {
        Self::Malformed
    }
}

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Of an AlgorithmIdentifier in DER.
    pub(crate) fn read(algorithm: &[u8]) -> Result<Self, AlgorithmFault> {
        let mut inside = Elements::file(algorithm, 0x30)?.inside();
        Self::of_oid(inside.expect(0x06)?.value)
    }

    fn of_oid(oid: &[u8]) -> Result<Self, AlgorithmFault> {
        [(SHA256, Self::Sha256), (SHA384, Self::Sha384), (SHA512, Self::Sha512)]
            .into_iter()
            .find(|(known, _)| known.as_bytes() == oid)
            .map(|(_, digest)| digest)
            .ok_or(if oid == SHA1.as_bytes() { AlgorithmFault::Weak } else { AlgorithmFault::Foreign })
    }

    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// How something was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Pkcs1(Digest),
    Pss(Digest, usize),
    Ecdsa(Digest),
}

impl Scheme {
    /// Of an AlgorithmIdentifier in DER. `digest` is what a CMS signer names beside it: a plain key's identifier means that one.
    pub(crate) fn read(algorithm: &[u8], digest: Option<Digest>) -> Result<Self, AlgorithmFault> {
        let mut inside = Elements::file(algorithm, 0x30)?.inside();
        let oid = inside.expect(0x06)?.value;
        let known = [
            (SHA256_RSA, Self::Pkcs1(Digest::Sha256)),
            (SHA384_RSA, Self::Pkcs1(Digest::Sha384)),
            (SHA512_RSA, Self::Pkcs1(Digest::Sha512)),
            (SHA256_ECDSA, Self::Ecdsa(Digest::Sha256)),
            (SHA384_ECDSA, Self::Ecdsa(Digest::Sha384)),
            (SHA512_ECDSA, Self::Ecdsa(Digest::Sha512)),
        ];
        if let Some((_, scheme)) = known.into_iter().find(|(known, _)| known.as_bytes() == oid) {
            return Ok(scheme);
        }
        if oid == RSA.as_bytes() {
            return digest.map(Self::Pkcs1).ok_or(AlgorithmFault::Foreign);
        }
        if oid == EC.as_bytes() {
            return digest.map(Self::Ecdsa).ok_or(AlgorithmFault::Foreign);
        }
        if oid == PSS.as_bytes() {
            return Self::read_pss(&mut inside);
        }
        let weak = oid == SHA1_RSA.as_bytes() || oid == SHA1_ECDSA.as_bytes();
        Err(if weak { AlgorithmFault::Weak } else { AlgorithmFault::Foreign })
    }

    /// RSASSA-PSS-params (RFC 4055): what is left out means SHA-1, which is refused.
    fn read_pss(inside: &mut Elements<'_>) -> Result<Self, AlgorithmFault> {
        let mut parameters = inside.expect(0x30)?.inside();
        let Some(hash) = parameters.optional(0xa0)? else { return Err(AlgorithmFault::Weak) };
        let digest = Digest::read(hash.value)?;
        let Some(mask) = parameters.optional(0xa1)? else { return Err(AlgorithmFault::Weak) };
        let mut mask = Elements::file(mask.value, 0x30)?.inside();
        if mask.expect(0x06)?.value != MGF1.as_bytes() || Digest::read(mask.next()?.whole)? != digest {
            return Err(AlgorithmFault::Foreign);
        }
        let salt = match parameters.optional(0xa2)? {
            Some(salt) => match Elements::file(salt.value, 0x02)?.value {
                [length] if *length <= 64 => usize::from(*length),
                _ => return Err(AlgorithmFault::Foreign),
            },
            None => 20,
        };
        Ok(Self::Pss(digest, salt))
    }
}

/// A public key.
pub(crate) enum PublicKey {
    Rsa(Box<rsa::PublicKey>),
    Ec(EcKey),
}

impl PublicKey {
    /// Of a SubjectPublicKeyInfo in DER.
    pub(crate) fn read(info: &[u8]) -> Result<Self, AlgorithmFault> {
        let mut inside = Elements::file(info, 0x30)?.inside();
        let mut algorithm = inside.expect(0x30)?.inside();
        let oid = algorithm.expect(0x06)?.value;
        let [0, key @ ..] = inside.expect(0x03)?.value else { return Err(AlgorithmFault::Malformed) };
        if oid == EC.as_bytes() {
            return EcKey::read(algorithm.next()?, key).map(Self::Ec);
        }
        if oid != RSA.as_bytes() && oid != PSS.as_bytes() {
            return Err(AlgorithmFault::Foreign);
        }
        let key = rsa::PublicKey::from_pkcs1_der(key).map_err(|_| AlgorithmFault::Foreign)?;
        match key.size() {
            length if RSA_BYTES.contains(&length) => Ok(Self::Rsa(Box::new(key))),
            length if length < *RSA_BYTES.start() => Err(AlgorithmFault::Weak),
            _ => Err(AlgorithmFault::Foreign),
        }
    }

    /// Whether the signature is this key's over the message.
    pub(crate) fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        match (self, scheme) {
            (Self::Rsa(key), Scheme::Pkcs1(digest)) => {
                let padding = match digest {
                    Digest::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Digest::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Digest::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                key.verify(padding, &digest.of(message), signature).is_ok()
            }
            (Self::Rsa(key), Scheme::Pss(digest, salt)) => {
                let hash = digest.of(message);
                match digest {
                    Digest::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt), &hash, signature).is_ok(),
                    Digest::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt), &hash, signature).is_ok(),
                    Digest::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt), &hash, signature).is_ok(),
                }
            }
            (Self::Ec(key), Scheme::Ecdsa(digest)) => key.verifies(&digest.of(message), signature),
            (Self::Rsa(_), Scheme::Ecdsa(_)) | (Self::Ec(_), Scheme::Pkcs1(_) | Scheme::Pss(..)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::element;

    fn algorithm(oid: ObjectIdentifier, parameters: &[u8]) -> Vec<u8> {
        element(0x30, &[&element(0x06, &[oid.as_bytes()]), parameters])
    }

    #[test]
    fn what_is_weak_is_told_from_what_is_unknown() {
        assert_eq!(Digest::read(&algorithm(SHA1, &[5, 0])), Err(AlgorithmFault::Weak));
        assert_eq!(Digest::read(&algorithm(RSA, &[])), Err(AlgorithmFault::Foreign));
        assert_eq!(Scheme::read(&algorithm(SHA1_RSA, &[5, 0]), None), Err(AlgorithmFault::Weak));
        assert_eq!(Scheme::read(&algorithm(SHA1_ECDSA, &[]), None), Err(AlgorithmFault::Weak));
        assert_eq!(Scheme::read(&algorithm(EC, &[]), None), Err(AlgorithmFault::Foreign));
        assert_eq!(Scheme::read(&algorithm(PSS, &element(0x30, &[])), None), Err(AlgorithmFault::Weak));
    }

    #[test]
    fn a_plain_rsa_identifier_means_the_digest_beside_it() {
        let plain = algorithm(RSA, &[5, 0]);
        assert_eq!(Scheme::read(&plain, Some(Digest::Sha384)), Ok(Scheme::Pkcs1(Digest::Sha384)));
        assert_eq!(Scheme::read(&plain, None), Err(AlgorithmFault::Foreign));
        assert_eq!(Scheme::read(&algorithm(EC, &[]), Some(Digest::Sha512)), Ok(Scheme::Ecdsa(Digest::Sha512)));
    }

    #[test]
    fn the_parameters_of_pss_name_one_digest_and_a_salt() {
        let of = |hash: ObjectIdentifier, mask: ObjectIdentifier, salt: &[u8]| {
            let parameters = element(
                0x30,
                &[
                    &element(0xa0, &[&algorithm(hash, &[])]),
                    &element(0xa1, &[&algorithm(MGF1, &algorithm(mask, &[]))]),
                    &element(0xa2, &[&element(0x02, &[salt])]),
                ],
            );
            Scheme::read(&algorithm(PSS, &parameters), None)
        };
        assert_eq!(of(SHA256, SHA256, &[32]), Ok(Scheme::Pss(Digest::Sha256, 32)));
        assert_eq!(of(SHA256, SHA512, &[32]), Err(AlgorithmFault::Foreign));
        assert_eq!(of(SHA1, SHA1, &[20]), Err(AlgorithmFault::Weak));
        assert_eq!(of(SHA256, SHA256, &[1, 0]), Err(AlgorithmFault::Foreign));
    }
}
