//! Requests that a device signs with its own key: HTTP Message Signatures (RFC 9421) over method, target URI and content
//! digest (RFC 9530), with Ed25519. One profile, taken whole or refused: what a device does not sign, nobody may rely on.
//!
//! ```text
//! Content-Digest: sha-256=:…:
//! Signature-Input: device=("@method" "@target-uri" "content-digest");created=1798736399;keyid="0011223344556677";nonce="…"
//! Signature: device=:…:
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sfv::{BareItem, Dictionary, InnerList, ListEntry, ListSerializer, Parser};
use sha2::{Digest as _, Sha256};

use crate::ids::KeyId;
use crate::keys::key_id;

/// Longest of the three header fields, in bytes: ours have some 200.
pub const MAX_FIELD: usize = 1_024;
/// Shortest nonce, in characters: 16 hexadecimal digits are 64 bits, so no two of a device's meet by chance.
pub const MIN_NONCE: usize = 16;
/// Longest nonce, in characters: it is kept while its signature could be sent again.
pub const MAX_NONCE: usize = 64;
/// What is signed, in this order or another.
const COMPONENTS: [&str; 3] = ["@method", "@target-uri", "content-digest"];
/// What a signature says of itself; `alg` may be left out (RFC 9421, 2.3).
const PARAMETERS: [&str; 4] = ["created", "keyid", "nonce", "alg"];
/// The one algorithm (RFC 9421, 3.3.6).
const ALGORITHM: &str = "ed25519";
/// The label that we give; any other is taken.
const LABEL: &str = "device";

/// Why a signature is not one of this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header field is missing, too long or of another form.
    #[error(
        "the fields Signature-Input, Signature and Content-Digest are missing or of another form: sign @method, @target-uri and content-digest, with created, keyid and nonce"
    )]
    Form,
    /// The signature was not made with this key over this request.
    #[error("the signature is not this device's over this request: sign with the device's own key what is sent")]
    Signature,
    /// The body is not the one that was signed.
    #[error("the body is not the one that was signed: it was changed on its way, send it again")]
    Body,
}

/// The three header fields of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFields {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// What of a request is signed.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// Its whole address: scheme, authority, path and query.
    pub uri: &'a str,
}

/// Signs a request.
///
/// `created` is the device's own time in whole seconds since 1970, UTC; `nonce` is never used twice.
pub fn sign(key: &SigningKey, target: Target<'_>, body: &[u8], created: i64, nonce: &str) -> SignatureFields {
    let content_digest = content_digest(body);
    let id = key_id(&key.verifying_key());
    let parameters = format!(
        "(\"@method\" \"@target-uri\" \"content-digest\");created={created};keyid=\"{id}\";nonce=\"{nonce}\";alg=\"{ALGORITHM}\""
    );
    let base = base(&COMPONENTS, target, &content_digest, &parameters);
    let signature = STANDARD.encode(key.sign(base.as_bytes()).to_bytes());
    SignatureFields {
        content_digest,
        signature_input: format!("{LABEL}={parameters}"),
        signature: format!("{LABEL}=:{signature}:"),
    }
}

/// The digest of a body as RFC 9530 writes it.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(body)))
}

/// RFC 9421, 2.5.
fn base(components: &[&str], target: Target<'_>, content_digest: &str, parameters: &str) -> String {
    let mut base = String::new();
    for component in components {
        let value = match *component {
            "@method" => target.method,
            "@target-uri" => target.uri,
            _ => content_digest,
        };
        base.push_str(&format!("\"{component}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    base
}

/// A signature as it came, parsed and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    components: Vec<&'static str>,
    parameters: String,
    content_digest: String,
    digest: Vec<u8>,
    signature: Signature,
    key: KeyId,
    created: i64,
    nonce: String,
}

impl Claimed {
    /// Parses the three header fields.
    ///
    /// # Errors
    /// [`SignatureError::Form`].
    pub fn parse(fields: &SignatureFields) -> Result<Claimed, SignatureError> {
        let SignatureFields { content_digest, signature_input, signature } = fields;
        if [content_digest, signature_input, signature].into_iter().any(|field| field.len() > MAX_FIELD) {
            return Err(SignatureError::Form);
        }
        let digest = bytes_of(&dictionary(content_digest)?, "sha-256")?;
        let inputs = dictionary(signature_input)?;
        let (label, entry) = inputs.iter().next().ok_or(SignatureError::Form)?;
        let ListEntry::InnerList(list) = entry else { return Err(SignatureError::Form) };
        let signatures = dictionary(signature)?;
        let signature = bytes_of(&signatures, label.as_str())?;
        if inputs.len() != 1 || signatures.len() != 1 {
            return Err(SignatureError::Form);
        }
        let signature = Signature::from_slice(&signature).map_err(|_| SignatureError::Form)?;
        let mut written = ListSerializer::new();
        written.members([entry]);
        let parameters = written.finish().ok_or(SignatureError::Form)?;
        let text = |name: &str| list.params.get(name).and_then(BareItem::as_string).map(|text| text.as_str());
        let created = list.params.get("created").and_then(BareItem::as_integer).ok_or(SignatureError::Form)?;
        let key = text("keyid").and_then(|id| id.parse().ok()).ok_or(SignatureError::Form)?;
        let nonce = text("nonce").filter(|nonce| (MIN_NONCE..=MAX_NONCE).contains(&nonce.len()));
        let nonce = nonce.ok_or(SignatureError::Form)?.to_owned();
        let known = list.params.keys().all(|name| PARAMETERS.contains(&name.as_str()));
        let algorithm = !list.params.contains_key("alg") || text("alg") == Some(ALGORITHM);
        if !known || !algorithm {
            return Err(SignatureError::Form);
        }
        Ok(Claimed {
            components: components(list)?,
            parameters,
            content_digest: content_digest.trim().to_owned(),
            digest,
            signature,
            key,
            created: created.into(),
            nonce,
        })
    }

    /// Whose signature it claims to be.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// When it claims to have been made: the device's own time, in seconds since 1970, UTC.
    pub fn created(&self) -> i64 {
        self.created
    }

    /// What makes it differ from every other signature of the device.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Whether this key signed this request; says nothing of when, or how often.
    ///
    /// # Errors
    /// [`SignatureError::Signature`], [`SignatureError::Body`].
    pub fn verify(&self, key: &VerifyingKey, target: Target<'_>, body: &[u8]) -> Result<(), SignatureError> {
        let base = base(&self.components, target, &self.content_digest, &self.parameters);
        key.verify_strict(base.as_bytes(), &self.signature).map_err(|_| SignatureError::Signature)?;
        if self.digest == Sha256::digest(body).as_slice() { Ok(()) } else { Err(SignatureError::Body) }
    }
}

fn dictionary(field: &str) -> Result<Dictionary, SignatureError> {
    Parser::new(field).parse().map_err(|_| SignatureError::Form)
}

fn bytes_of(dictionary: &Dictionary, name: &str) -> Result<Vec<u8>, SignatureError> {
    match dictionary.get(name) {
        Some(ListEntry::Item(item)) => {
            item.bare_item.as_byte_sequence().map(<[u8]>::to_vec).ok_or(SignatureError::Form)
        }
        Some(ListEntry::InnerList(_)) | None => Err(SignatureError::Form),
    }
}

/// All three, each once, without parameters of their own.
fn components(list: &InnerList) -> Result<Vec<&'static str>, SignatureError> {
    let mut found = Vec::with_capacity(COMPONENTS.len());
    for item in &list.items {
        let name = item.bare_item.as_string().filter(|_| item.params.is_empty()).ok_or(SignatureError::Form)?;
        let known = COMPONENTS.into_iter().find(|known| *known == name.as_str()).ok_or(SignatureError::Form)?;
        if found.contains(&known) {
            return Err(SignatureError::Form);
        }
        found.push(known);
    }
    if found.len() == COMPONENTS.len() { Ok(found) } else { Err(SignatureError::Form) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TARGET: Target<'_> = Target { method: "POST", uri: "http://house.test/v1/pilots/bhyt-checkin/readings?x=1" };
    const BODY: &[u8] = b"{\"reference\":\"R-1\"}";
    const NONCE: &str = "0123456789abcdef";

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn signed() -> SignatureFields {
        sign(&key(), TARGET, BODY, 1_798_736_399, NONCE)
    }

    #[test]
    fn a_signed_request_verifies_and_says_whose_it_is_and_when_it_was_made() {
        let claimed = Claimed::parse(&signed()).unwrap();
        assert_eq!(claimed.key(), &key_id(&key().verifying_key()));
        assert_eq!((claimed.created(), claimed.nonce()), (1_798_736_399, NONCE));
        assert_eq!(claimed.verify(&key().verifying_key(), TARGET, BODY), Ok(()));
    }

    #[test]
    fn the_signature_base_is_that_of_rfc_9421() {
        let fields = signed();
        let (_, parameters) = fields.signature_input.split_once('=').unwrap();
        let digest = &fields.content_digest;
        assert_eq!(
            base(&COMPONENTS, TARGET, digest, parameters),
            format!(
                "\"@method\": POST\n\"@target-uri\": http://house.test/v1/pilots/bhyt-checkin/readings?x=1\n\"content-digest\": {digest}\n\"@signature-params\": {parameters}"
            )
        );
        // RFC 9530, appendix D: the digest of this JSON with its newline.
        assert_eq!(
            content_digest(b"{\"hello\": \"world\"}\n"),
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        );
    }

    #[test]
    fn a_foreign_key_another_method_another_address_and_another_body_do_not_verify() {
        let claimed = Claimed::parse(&signed()).unwrap();
        let own = key().verifying_key();
        let foreign = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert_eq!(claimed.verify(&foreign, TARGET, BODY), Err(SignatureError::Signature));
        let put = Target { method: "PUT", ..TARGET };
        assert_eq!(claimed.verify(&own, put, BODY), Err(SignatureError::Signature));
        let elsewhere = Target { uri: "http://house.test/v1/pilots/lodging-hotels/readings?x=1", ..TARGET };
        assert_eq!(claimed.verify(&own, elsewhere, BODY), Err(SignatureError::Signature));
        assert_eq!(claimed.verify(&own, TARGET, b"{\"reference\":\"R-2\"}"), Err(SignatureError::Body));
        let mut other = signed();
        other.content_digest = content_digest(b"{\"reference\":\"R-2\"}");
        let other = Claimed::parse(&other).unwrap();
        assert_eq!(other.verify(&own, TARGET, b"{\"reference\":\"R-2\"}"), Err(SignatureError::Signature));
    }

    #[test]
    fn white_space_and_the_order_of_components_are_the_devices_own() {
        let key = key();
        let parameters =
            "(\"content-digest\" \"@method\" \"@target-uri\");nonce=\"0123456789abcdef\";created=7;keyid=\"KEY\""
                .replace("KEY", key_id(&key.verifying_key()).as_str());
        let order = ["content-digest", "@method", "@target-uri"];
        let base = base(&order, TARGET, &content_digest(BODY), &parameters);
        let signature = STANDARD.encode(key.sign(base.as_bytes()).to_bytes());
        let fields = SignatureFields {
            content_digest: content_digest(BODY),
            signature_input: format!("  sig1={} ", parameters.replace(";nonce", "; nonce")),
            signature: format!("sig1=:{signature}:"),
        };
        assert_eq!(Claimed::parse(&fields).unwrap().verify(&key.verifying_key(), TARGET, BODY), Ok(()));
    }

    #[test]
    fn what_leaves_something_out_or_adds_something_is_no_signature_of_this_profile() {
        let good = signed();
        let input = |from: &str, to: &str| {
            assert!(good.signature_input.contains(from), "{from}");
            SignatureFields { signature_input: good.signature_input.replace(from, to), ..good.clone() }
        };
        let broken = [
            input("\"@method\" ", ""),
            input("\"content-digest\"", "\"@method\""),
            input("\"@method\"", "\"@method\";req"),
            input("\"@method\"", "\"@method\" \"@authority\""),
            input("created=1798736399", "created=\"1798736399\""),
            input(";created=1798736399", ""),
            input(";nonce=\"0123456789abcdef\"", ""),
            input("0123456789abcdef", "short"),
            input("ed25519", "hmac-sha256"),
            input(";alg", ";expires=9;alg"),
            input("device=", "other="),
            SignatureFields { signature_input: format!("{0}, b{0}", good.signature_input), ..good.clone() },
            SignatureFields { signature: "device=:AAAA:".to_owned(), ..good.clone() },
            SignatureFields { signature: String::new(), ..good.clone() },
            SignatureFields { content_digest: "sha-512=:AAAA:".to_owned(), ..good.clone() },
            SignatureFields { content_digest: " ".repeat(MAX_FIELD + 1), ..good.clone() },
        ];
        for fields in broken {
            assert_eq!(Claimed::parse(&fields).err(), Some(SignatureError::Form), "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_fields_make_the_parser_fail_otherwise_than_by_its_error(
            content_digest in ".{0,80}", signature_input in ".{0,160}", signature in ".{0,120}",
        ) {
            let fields = SignatureFields { content_digest, signature_input, signature };
            prop_assert_eq!(Claimed::parse(&fields).err(), Some(SignatureError::Form));
        }

        #[test]
        fn a_changed_byte_of_the_body_never_verifies(at in 0..BODY.len(), flip in 1..=255_u8) {
            let mut body = BODY.to_vec();
            body[at] ^= flip;
            let claimed = Claimed::parse(&signed()).unwrap();
            prop_assert_eq!(claimed.verify(&key().verifying_key(), TARGET, &body), Err(SignatureError::Body));
        }
    }
}
