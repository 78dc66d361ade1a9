//! Elliptic curves: which are known, by their name or by all of their parameters, and keys and signatures on them.
//!
//! ICAO Doc 9303-12 has issuers write a curve's parameters out. What is written is never worked with: it is compared with
//! the curves that are known here, and a key on any other curve is foreign. Sources: SEC 1 section C.2, RFC 5639, FIPS 186-4.

use const_oid::ObjectIdentifier;
use ecdsa::{EcdsaCurve, Signature, SignatureSize, VerifyingKey};
use elliptic_curve::array::ArraySize;
use elliptic_curve::array::typenum::Unsigned;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize};
use p256::ecdsa::signature::hazmat::PrehashVerifier;

use crate::algorithm::AlgorithmFault;
use crate::brainpool::{BrainpoolP320r1, BrainpoolP512r1};
use crate::tlv::{Element, Elements};

const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");

/// A curve that keys may lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
    Brainpool256,
    Brainpool320,
    Brainpool384,
    Brainpool512,
}

/// A curve's name and all that describes it, hexadecimal; the cofactor is 1.
struct Known {
    curve: Curve,
    name: ObjectIdentifier,
    field: &'static str,
    a: &'static str,
    b: &'static str,
    x: &'static str,
    y: &'static str,
    order: &'static str,
}

const KNOWN: [Known; 7] = [
    Known {
        curve: Curve::P256,
        name: ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
        field: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        a: "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
        b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        order: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    },
    Known {
        curve: Curve::P384,
        name: ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        field: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
        a: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffc",
        b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
        x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        order: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    },
    Known {
        curve: Curve::P521,
        name: ObjectIdentifier::new_unwrap("1.3.132.0.35"),
        field: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        a: "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc",
        b: "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        x: "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        y: "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        order: "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    },
    Known {
        curve: Curve::Brainpool256,
        name: ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7"),
        field: "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
        a: "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
        b: "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
        x: "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
        y: "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
        order: "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
    },
    Known {
        curve: Curve::Brainpool320,
        name: ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.9"),
        field: "d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27",
        a: "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4",
        b: "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6",
        x: "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611",
        y: "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1",
        order: "d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311",
    },
    Known {
        curve: Curve::Brainpool384,
        name: ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11"),
        field: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
        a: "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
        b: "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
        x: "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
        y: "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
        order: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
    },
    Known {
        curve: Curve::Brainpool512,
        name: ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.13"),
        field: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
        a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
        b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
        x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
        y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
        order: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
    },
];

impl Curve {
    /// Of what stands behind `ecPublicKey`: a name, or the parameters.
    fn read(parameters: Element<'_>) -> Result<Self, AlgorithmFault> {
        let known = match parameters.tag {
            0x06 => KNOWN.iter().find(|known| known.name.as_bytes() == parameters.value),
            0x30 => {
                let written = Written::read(parameters)?;
                KNOWN.iter().find(|known| written.is(known))
            }
            _ => None,
        };
        known.map(|known| known.curve).ok_or(AlgorithmFault::Foreign)
    }
}

/// Parameters that a certificate writes out (`SpecifiedECDomain`).
struct Written<'a> {
    field: &'a [u8],
    a: &'a [u8],
    b: &'a [u8],
    base: &'a [u8],
    order: &'a [u8],
    cofactor: Option<&'a [u8]>,
}

impl<'a> Written<'a> {
    fn read(parameters: Element<'a>) -> Result<Self, AlgorithmFault> {
        let mut inside = parameters.inside();
        inside.expect(0x02)?;
        let mut field = inside.expect(0x30)?.inside();
        if field.expect(0x06)?.value != PRIME_FIELD.as_bytes() {
            return Err(AlgorithmFault::Foreign);
        }
        let field = field.expect(0x02)?.value;
        // A seed may follow the two: how the curve was drawn changes nothing about it.
        let mut curve = inside.expect(0x30)?.inside();
        let (a, b) = (curve.expect(0x04)?.value, curve.expect(0x04)?.value);
        let (base, order) = (inside.expect(0x04)?.value, inside.expect(0x02)?.value);
        let cofactor = inside.optional(0x02)?.map(|cofactor| cofactor.value);
        Ok(Self { field, a, b, base, order, cofactor })
    }

    /// Whether every one of them is the known curve's.
    fn is(&self, known: &Known) -> bool {
        same(self.field, known.field)
            && same(self.a, known.a)
            && same(self.b, known.b)
            && same(self.order, known.order)
            && self.cofactor.is_none_or(|cofactor| plain(cofactor) == [1])
            && is_base(self.base, known)
    }
}

/// Whether a point, compressed or not, is the known curve's base point.
fn is_base(point: &[u8], known: &Known) -> bool {
    let Some((form, coordinates)) = point.split_first() else { return false };
    let size = known.x.len() / 2;
    let is_odd = known.y.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']);
    match form {
        0x04 => {
            coordinates.len() == 2 * size
                && coordinates.split_at_checked(size).is_some_and(|(x, y)| same(x, known.x) && same(y, known.y))
        }
        0x02 | 0x03 => coordinates.len() == size && same(coordinates, known.x) && (*form == 0x03) == is_odd,
        _ => false,
    }
}

/// Whether bytes are this number, whatever zeros stand in front.
fn same(bytes: &[u8], known: &str) -> bool {
    hex::decode(known).is_ok_and(|known| plain(&known) == plain(bytes))
}

fn plain(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// A key on a known curve.
pub(crate) enum EcKey {
    P256(VerifyingKey<p256::NistP256>),
    P384(VerifyingKey<p384::NistP384>),
    P521(Box<VerifyingKey<p521::NistP521>>),
    Brainpool256(VerifyingKey<bp256::BrainpoolP256r1>),
    Brainpool320(VerifyingKey<BrainpoolP320r1>),
    Brainpool384(VerifyingKey<bp384::BrainpoolP384r1>),
    Brainpool512(Box<VerifyingKey<BrainpoolP512r1>>),
}

impl EcKey {
    /// Of the parameters of `ecPublicKey` and the point. A point that is not on the curve is none.
    pub(crate) fn read(parameters: Element<'_>, point: &[u8]) -> Result<Self, AlgorithmFault> {
        Ok(match Curve::read(parameters)? {
            Curve::P256 => Self::P256(key(point)?),
            Curve::P384 => Self::P384(key(point)?),
            Curve::P521 => Self::P521(Box::new(key(point)?)),
            Curve::Brainpool256 => Self::Brainpool256(key(point)?),
            Curve::Brainpool320 => Self::Brainpool320(key(point)?),
            Curve::Brainpool384 => Self::Brainpool384(key(point)?),
            Curve::Brainpool512 => Self::Brainpool512(Box::new(key(point)?)),
        })
    }

    /// Whether the signature is this key's over the hash.
    pub(crate) fn verifies(&self, hash: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::P256(key) => verifies(key, hash, signature),
            Self::P384(key) => verifies(key, hash, signature),
            Self::P521(key) => verifies(key, hash, signature),
            Self::Brainpool256(key) => verifies(key, hash, signature),
            Self::Brainpool320(key) => verifies(key, hash, signature),
            Self::Brainpool384(key) => verifies(key, hash, signature),
            Self::Brainpool512(key) => verifies(key, hash, signature),
        }
    }
}

fn key<C>(point: &[u8]) -> Result<VerifyingKey<C>, AlgorithmFault>
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    VerifyingKey::from_sec1_bytes(point).map_err(|_| AlgorithmFault::Malformed)
}

/// An ECDSA signature as DER has it: two whole numbers above zero.
fn verifies<C>(key: &VerifyingKey<C>, hash: &[u8], signature: &[u8]) -> bool
where
    C: EcdsaCurve + CurveArithmetic,
    SignatureSize<C>: ArraySize,
{
    let number = |inside: &mut Elements<'_>, to: &mut [u8]| {
        let value = inside.expect(0x02).ok()?.value;
        let is_negative = value.first().is_none_or(|first| *first >= 0x80);
        let value = plain(value);
        let start = to.len().checked_sub(value.len()).filter(|_| !is_negative)?;
        to.get_mut(start..)?.copy_from_slice(value);
        Some(())
    };
    let size = FieldBytesSize::<C>::USIZE;
    let mut fixed = vec![0; 2 * size];
    let (r, s) = fixed.split_at_mut(size);
    let read = Elements::file(signature, 0x30).ok().and_then(|both| {
        let mut inside = both.inside();
        number(&mut inside, r)?;
        number(&mut inside, s)?;
        inside.end().ok()
    });
    read.is_some()
        && Signature::<C>::from_slice(&fixed).is_ok_and(|signature| key.verify_prehash(hash, &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use primeorder::PrimeCurveParams;

    use super::*;
    use crate::tlv::element;

    /// The parameters of a known curve, written out, with one of the parts replaced.
    fn written(known: &Known, replaced: Option<(usize, &[u8])>) -> Vec<u8> {
        let number = |text: &str| [vec![0], hex::decode(text).unwrap()].concat();
        let base = hex::decode(["04", known.x, known.y].concat()).unwrap();
        let mut parts = [
            number(known.field),
            hex::decode(known.a).unwrap(),
            hex::decode(known.b).unwrap(),
            base,
            number(known.order),
            vec![1],
        ];
        if let Some((at, with)) = replaced {
            parts[at] = with.to_vec();
        }
        let [field, a, b, base, order, cofactor] = parts;
        element(
            0x30,
            &[
                &element(0x02, &[&[1]]),
                &element(0x30, &[&element(0x06, &[PRIME_FIELD.as_bytes()]), &element(0x02, &[&field])]),
                &element(0x30, &[&element(0x04, &[&a]), &element(0x04, &[&b]), &element(0x03, &[&[0, 1, 2]])]),
                &element(0x04, &[&base]),
                &element(0x02, &[&order]),
                &element(0x02, &[&cofactor]),
            ],
        )
    }

    fn read(parameters: &[u8]) -> Result<Curve, AlgorithmFault> {
        Curve::read(Elements::file(parameters, 0x30).unwrap())
    }

    #[test]
    fn a_curve_is_known_by_all_of_its_parameters_and_by_nothing_less() {
        for known in &KNOWN {
            assert_eq!(read(&written(known, None)), Ok(known.curve));
            let compressed = hex::decode(
                [if known.y.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']) { "03" } else { "02" }, known.x]
                    .concat(),
            );
            assert_eq!(read(&written(known, Some((3, &compressed.unwrap())))), Ok(known.curve));
            // Another base point is how a forger chooses the key behind a trusted public one.
            let twisted = hex::decode(["04", known.y, known.x].concat()).unwrap();
            for (at, with) in [(0, [5].as_slice()), (1, &[3]), (2, &[7]), (3, &twisted), (4, &[11]), (5, &[4])] {
                assert_eq!(read(&written(known, Some((at, with)))), Err(AlgorithmFault::Foreign), "{at}");
            }
        }
    }

    #[test]
    fn the_parameters_are_those_that_the_arithmetic_uses() {
        fn is<C>(curve: Curve)
        where
            C: PrimeCurveParams + EcdsaCurve,
            AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
            FieldBytesSize<C>: ModulusSize,
        {
            let known = KNOWN.iter().find(|known| known.curve == curve).unwrap();
            // The base point lies on the curve of the crate, so a and b are the same where both of its coordinates are.
            let base = hex::decode(["04", known.x, known.y].concat()).unwrap();
            assert!(key::<C>(&base).is_ok());
            let (x, y) = C::GENERATOR;
            let hex_of = |number: C::FieldElement| hex::encode(elliptic_curve::ff::PrimeField::to_repr(&number));
            assert_eq!((hex_of(x).as_str(), hex_of(y).as_str()), (known.x, known.y));
            assert_eq!((hex_of(C::EQUATION_A).as_str(), hex_of(C::EQUATION_B).as_str()), (known.a, known.b));
            let order = elliptic_curve::bigint::Encoding::to_be_bytes(C::ORDER.as_ref());
            assert!(same(order.as_ref(), known.order));
        }
        is::<p256::NistP256>(Curve::P256);
        is::<p384::NistP384>(Curve::P384);
        is::<p521::NistP521>(Curve::P521);
        is::<bp256::BrainpoolP256r1>(Curve::Brainpool256);
        is::<BrainpoolP320r1>(Curve::Brainpool320);
        is::<bp384::BrainpoolP384r1>(Curve::Brainpool384);
        is::<BrainpoolP512r1>(Curve::Brainpool512);
    }
}
