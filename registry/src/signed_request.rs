//! Requests that a device signs with its own key: HTTP Message Signatures (RFC 9421) over method, target URI and content
//! digest (RFC 9530), with Ed25519. What a device must sign is fixed; what it signs beyond that is checked with it, and
//! signatures of others beside its own (a gateway's) are none of our business.
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

/// Longest of the three header fields, in bytes: ours have some 200; a gateway in front may add a signature of its own.
pub const MAX_FIELD: usize = 4_096;
/// Most signatures that are looked at.
const MAX_SIGNATURES: usize = 8;
/// Most components that a signature may cover.
const MAX_COMPONENTS: usize = 32;
/// Shortest nonce, in characters: 16 hexadecimal digits are 64 bits, so no two of a device's meet by chance.
pub const MIN_NONCE: usize = 16;
/// Longest nonce, in characters: it is kept while its signature could be sent again.
pub const MAX_NONCE: usize = 64;
/// What must be signed, in this order or another.
const COMPONENTS: [&str; 3] = ["@method", "@target-uri", "content-digest"];
/// The one algorithm (RFC 9421, 3.3.6).
const ALGORITHM: &str = "ed25519";
/// The label that we give; any other is taken.
const LABEL: &str = "device";

/// Why a signature is not one of this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header field is not there.
    #[error("the field {0} is missing: a device sends Signature-Input, Signature and Content-Digest")]
    Missing(&'static str),
    /// A header field is too long.
    #[error("the field {0} is longer than {MAX_FIELD} bytes: sign with fewer components and shorter parameters")]
    TooLong(&'static str),
    /// A header field is no dictionary of RFC 9651, or has another member than it should.
    #[error("the field {0} does not have the form that RFC 9421 and RFC 9530 give it: see /openapi.json")]
    Field(&'static str),
    /// No signature under the label of its input, or none of Ed25519.
    #[error("Signature holds no 64 bytes of Ed25519 under the label of its Signature-Input: give both the same label")]
    NoSignature,
    /// What a signature says of itself is missing or of another form.
    #[error("the signature's parameter `{0}` is missing or of another form: {1}")]
    Parameter(&'static str, &'static str),
    /// A component that every device signs is not covered.
    #[error("the signature does not cover `{0}`: sign @method, @target-uri and content-digest at least")]
    Uncovered(&'static str),
    /// A component is covered in a way that is not read here.
    #[error("the signature covers a component twice, with parameters, or one that this host cannot tell: leave it out")]
    Component,
    /// A covered field is not in the request.
    #[error("the signature covers a field that the request does not have: send it, or leave it out of the signature")]
    Absent,
    /// Its own term is over.
    #[error("the signature's own `expires` is over: sign anew, and look at the device's clock")]
    Expired,
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

impl<'a> Target<'a> {
    /// Scheme, authority and what follows it.
    fn parts(self) -> Option<(&'a str, &'a str, &'a str)> {
        let (scheme, rest) = self.uri.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Some((scheme, authority, path))
    }

    /// The value of a component of RFC 9421, 2.2, that is the request's own and no field of it.
    fn derived(self, name: &str) -> Option<String> {
        let (scheme, authority, target) = self.parts()?;
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Some(match name {
            "@method" => self.method.to_owned(),
            "@target-uri" => self.uri.to_owned(),
            "@scheme" => scheme.to_ascii_lowercase(),
            "@authority" => normal_authority(scheme, authority),
            "@request-target" => target.to_owned(),
            "@path" => path.to_owned(),
            "@query" => format!("?{}", query.unwrap_or_default()),
            _ => return None,
        })
    }
}

/// An authority as RFC 9421, 2.2.3, signs it: in small letters, without the port that its scheme has anyway.
pub fn normal_authority(scheme: &str, authority: &str) -> String {
    let port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    authority.strip_suffix(port).unwrap_or(authority).to_ascii_lowercase()
}

/// The fields of a request, by their name in small letters: several of one name joined by a comma and a space.
pub type FieldsOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Signs a request.
///
/// `created` is the device's own time in whole seconds since 1970, UTC; `nonce` is never used twice.
pub fn sign(key: &SigningKey, target: Target<'_>, body: &[u8], created: i64, nonce: &str) -> SignatureFields {
    let content_digest = content_digest(body);
    let id = key_id(&key.verifying_key());
    let parameters = format!(
        "(\"@method\" \"@target-uri\" \"content-digest\");created={created};keyid=\"{id}\";nonce=\"{nonce}\";alg=\"{ALGORITHM}\""
    );
    let field = |name: &str| (name == "content-digest").then(|| content_digest.clone());
    // Every component of the list is known, so there is a base.
    let base = base(&COMPONENTS, target, &field, &parameters).unwrap_or_default();
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
fn base<C: AsRef<str>>(
    components: &[C],
    target: Target<'_>,
    field: FieldsOf<'_>,
    parameters: &str,
) -> Result<String, SignatureError> {
    let mut base = String::new();
    for component in components.iter().map(AsRef::as_ref) {
        let value = match component.starts_with('@') {
            true => target.derived(component).ok_or(SignatureError::Component)?,
            false => field(component).ok_or(SignatureError::Absent)?,
        };
        base.push_str(&format!("\"{component}\": {value}\n"));
    }
    base.push_str(&format!("\"@signature-params\": {parameters}"));
    Ok(base)
}

/// A signature as it came, parsed and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    components: Vec<String>,
    parameters: String,
    digest: Vec<u8>,
    signature: Signature,
    key: KeyId,
    created: i64,
    expires: Option<i64>,
    nonce: String,
}

impl Claimed {
    /// Parses the three header fields. Of several signatures it is the one whose key is known; of none that is, the first that names
    /// a key.
    ///
    /// # Errors
    /// What is wrong with the fields, or with that signature.
    pub fn parse(fields: &SignatureFields, is_known: impl Fn(&KeyId) -> bool) -> Result<Claimed, SignatureError> {
        let SignatureFields { content_digest, signature_input, signature } = fields;
        let digest = dictionary("Content-Digest", content_digest)?;
        let digest = bytes_of(&digest, "sha-256").ok_or(SignatureError::Field("Content-Digest"))?;
        let inputs = dictionary("Signature-Input", signature_input)?;
        let signatures = dictionary("Signature", signature)?;
        if inputs.is_empty() || inputs.len() > MAX_SIGNATURES {
            return Err(SignatureError::Field("Signature-Input"));
        }
        let mut named = None;
        for (label, entry) in &inputs {
            let ListEntry::InnerList(list) = entry else { return Err(SignatureError::Field("Signature-Input")) };
            let Some(key) = text(list, "keyid").and_then(|id| id.parse::<KeyId>().ok()) else { continue };
            let is_ours = is_known(&key);
            if named.is_none() || is_ours {
                named = Some((label.as_str(), entry, list, key));
            }
            if is_ours {
                break;
            }
        }
        let (label, entry, list, key) =
            named.ok_or(SignatureError::Parameter("keyid", "send the id of the device's key, in quotes"))?;
        let signature = bytes_of(&signatures, label).ok_or(SignatureError::NoSignature)?;
        let signature = Signature::from_slice(&signature).map_err(|_| SignatureError::NoSignature)?;
        let mut written = ListSerializer::new();
        written.members([entry]);
        let parameters = written.finish().ok_or(SignatureError::Field("Signature-Input"))?;
        let second = |name: &'static str| match list.params.get(name) {
            None => Ok(None),
            Some(value) => value.as_integer().map(|second| Some(i64::from(second))).ok_or(()),
        };
        let wrong = SignatureError::Parameter("created", "send the device's time in whole seconds since 1970, UTC");
        let created = second("created").ok().flatten().ok_or(wrong)?;
        let wrong = SignatureError::Parameter("expires", "send whole seconds since 1970, UTC, after `created`");
        let expires = second("expires").map_err(|()| wrong)?;
        if expires.is_some_and(|expires| expires <= created) {
            return Err(wrong);
        }
        let nonce = text(list, "nonce").filter(|nonce| (MIN_NONCE..=MAX_NONCE).contains(&nonce.len()));
        let nonce =
            nonce.ok_or(SignatureError::Parameter("nonce", "send 16 to 64 characters, never the same twice"))?;
        if list.params.contains_key("alg") && text(list, "alg") != Some(ALGORITHM) {
            return Err(SignatureError::Parameter("alg", "sign with Ed25519, as `ed25519`, or leave it out"));
        }
        let (components, nonce) = (components(list)?, nonce.to_owned());
        Ok(Claimed { components, parameters, digest, signature, key, created, expires, nonce })
    }

    /// Whose signature it claims to be.
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// When it claims to have been made: the device's own time, in seconds since 1970, UTC.
    pub fn created(&self) -> i64 {
        self.created
    }

    /// Until when it wants to be believed, in seconds since 1970, UTC; none where it does not say.
    pub fn expires(&self) -> Option<i64> {
        self.expires
    }

    /// What makes it differ from every other signature of the device.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// Whether this key signed this request; says nothing of when, or how often.
    ///
    /// # Errors
    /// [`SignatureError::Signature`], [`SignatureError::Body`]; [`SignatureError::Absent`] and [`SignatureError::Component`] where
    /// what is covered cannot be told.
    pub fn verify(
        &self,
        key: &VerifyingKey,
        target: Target<'_>,
        field: FieldsOf<'_>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let base = base(&self.components, target, field, &self.parameters)?;
        key.verify_strict(base.as_bytes(), &self.signature).map_err(|_| SignatureError::Signature)?;
        if self.digest == Sha256::digest(body).as_slice() { Ok(()) } else { Err(SignatureError::Body) }
    }
}

fn text<'a>(list: &'a InnerList, name: &str) -> Option<&'a str> {
    list.params.get(name).and_then(BareItem::as_string).map(|text| text.as_str())
}

fn dictionary(name: &'static str, field: &str) -> Result<Dictionary, SignatureError> {
    if field.len() > MAX_FIELD {
        return Err(SignatureError::TooLong(name));
    }
    Parser::new(field).parse().map_err(|_| SignatureError::Field(name))
}

fn bytes_of(dictionary: &Dictionary, name: &str) -> Option<Vec<u8>> {
    match dictionary.get(name)? {
        ListEntry::Item(item) => item.bare_item.as_byte_sequence().map(<[u8]>::to_vec),
        ListEntry::InnerList(_) => None,
    }
}

/// All that must be covered and what more is, each once and without parameters of its own.
fn components(list: &InnerList) -> Result<Vec<String>, SignatureError> {
    let mut found: Vec<String> = Vec::with_capacity(list.items.len().min(MAX_COMPONENTS));
    for item in &list.items {
        let name = item.bare_item.as_string().filter(|_| item.params.is_empty()).ok_or(SignatureError::Component)?;
        let name = name.as_str();
        if found.len() == MAX_COMPONENTS || found.iter().any(|other| other == name) {
            return Err(SignatureError::Component);
        }
        found.push(name.to_owned());
    }
    match COMPONENTS.into_iter().find(|needed| !found.iter().any(|name| name == needed)) {
        Some(needed) => Err(SignatureError::Uncovered(needed)),
        None => Ok(found),
    }
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

    fn parse(fields: &SignatureFields) -> Result<Claimed, SignatureError> {
        Claimed::parse(fields, |_| false)
    }

    fn digest_of(fields: &SignatureFields) -> impl Fn(&str) -> Option<String> {
        let digest = fields.content_digest.clone();
        move |name| match name {
            "content-digest" => Some(digest.clone()),
            "content-type" => Some("application/json".to_owned()),
            _ => None,
        }
    }

    fn verify(claimed: &Claimed, key: &VerifyingKey, target: Target<'_>, body: &[u8]) -> Result<(), SignatureError> {
        claimed.verify(key, target, &digest_of(&signed()), body)
    }

    /// A signature over these components with these parameters, made as another program would.
    fn signed_as(components: &[&str], more: &str) -> SignatureFields {
        let key = key();
        let list: Vec<String> = components.iter().map(|name| format!("\"{name}\"")).collect();
        let id = key_id(&key.verifying_key());
        let parameters = format!("({});created=7;keyid=\"{id}\";nonce=\"{NONCE}\"{more}", list.join(" "));
        let fields = SignatureFields { signature_input: format!("sig1={parameters}"), ..signed() };
        let base = base(components, TARGET, &digest_of(&fields), &parameters).unwrap();
        SignatureFields {
            signature: format!("sig1=:{}:", STANDARD.encode(key.sign(base.as_bytes()).to_bytes())),
            ..fields
        }
    }

    #[test]
    fn a_signed_request_verifies_and_says_whose_it_is_and_when_it_was_made() {
        let claimed = parse(&signed()).unwrap();
        assert_eq!(claimed.key(), &key_id(&key().verifying_key()));
        assert_eq!((claimed.created(), claimed.nonce()), (1_798_736_399, NONCE));
        assert_eq!(verify(&claimed, &key().verifying_key(), TARGET, BODY), Ok(()));
    }

    #[test]
    fn the_signature_base_is_that_of_rfc_9421() {
        let fields = signed();
        let (_, parameters) = fields.signature_input.split_once('=').unwrap();
        let digest = &fields.content_digest;
        assert_eq!(
            base(&COMPONENTS, TARGET, &digest_of(&fields), parameters).unwrap(),
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
        let claimed = parse(&signed()).unwrap();
        let own = key().verifying_key();
        let foreign = SigningKey::from_bytes(&[8; 32]).verifying_key();
        assert_eq!(verify(&claimed, &foreign, TARGET, BODY), Err(SignatureError::Signature));
        let put = Target { method: "PUT", ..TARGET };
        assert_eq!(verify(&claimed, &own, put, BODY), Err(SignatureError::Signature));
        let elsewhere = Target { uri: "http://house.test/v1/pilots/lodging-hotels/readings?x=1", ..TARGET };
        assert_eq!(verify(&claimed, &own, elsewhere, BODY), Err(SignatureError::Signature));
        assert_eq!(verify(&claimed, &own, TARGET, b"{\"reference\":\"R-2\"}"), Err(SignatureError::Body));
        let mut other = signed();
        other.content_digest = content_digest(b"{\"reference\":\"R-2\"}");
        let claimed = parse(&other).unwrap();
        let body = b"{\"reference\":\"R-2\"}";
        assert_eq!(claimed.verify(&own, TARGET, &digest_of(&other), body), Err(SignatureError::Signature));
    }

    #[test]
    fn white_space_and_the_order_of_components_are_the_devices_own() {
        let mut fields = signed_as(&["content-digest", "@method", "@target-uri"], "");
        fields.signature_input = format!("  {} ", fields.signature_input.replace(";nonce", "; nonce"));
        assert_eq!(verify(&parse(&fields).unwrap(), &key().verifying_key(), TARGET, BODY), Ok(()));
    }

    #[test]
    fn what_is_signed_beyond_what_must_be_is_no_fault_and_is_checked_with_it() {
        let all = ["@method", "@target-uri", "content-digest"];
        let more = ["@authority", "@scheme", "@path", "@query", "@request-target", "content-type"];
        let fields = signed_as(&[&all[..], &more[..]].concat(), ";expires=307;tag=\"reader\";app=1");
        let claimed = parse(&fields).unwrap();
        assert_eq!((claimed.created(), claimed.expires()), (7, Some(307)));
        let own = key().verifying_key();
        assert_eq!(verify(&claimed, &own, TARGET, BODY), Ok(()));
        let digest = digest_of(&fields);
        let other = |name: &str| if name == "content-type" { Some("text/plain".to_owned()) } else { digest(name) };
        assert_eq!(claimed.verify(&own, TARGET, &other, BODY), Err(SignatureError::Signature));
        let none = |name: &str| digest(name).filter(|_| name != "content-type");
        assert_eq!(claimed.verify(&own, TARGET, &none, BODY), Err(SignatureError::Absent));
    }

    #[test]
    fn the_signature_of_a_key_that_is_known_is_picked_from_several() {
        let own = signed();
        let gateway = "proxy=(\"@method\");created=7;keyid=\"0011223344556677\"";
        for (input, signature) in [
            (format!("{}, {gateway}", own.signature_input), format!("{}, proxy=:AAAA:", own.signature)),
            (format!("{gateway}, {}", own.signature_input), format!("proxy=:AAAA:, {}", own.signature)),
            (format!("px=(\"@method\");keyid=\"px\", {}", own.signature_input), own.signature.clone()),
        ] {
            let fields = SignatureFields { signature_input: input, signature, ..own.clone() };
            let id = key_id(&key().verifying_key());
            let claimed = Claimed::parse(&fields, |key| *key == id).unwrap();
            assert_eq!(verify(&claimed, &key().verifying_key(), TARGET, BODY), Ok(()), "{fields:?}");
        }
    }

    #[test]
    fn an_authority_has_one_spelling() {
        for (scheme, authority) in [("http", "DAT.Example:80"), ("https", "dat.example:443"), ("http", "dat.example")] {
            assert_eq!(normal_authority(scheme, authority), "dat.example");
        }
        assert_eq!(normal_authority("https", "dat.example:80"), "dat.example:80");
    }

    #[test]
    fn each_fault_of_a_signature_is_told_by_its_own_name() {
        use SignatureError as E;
        let good = signed();
        let input = |from: &str, to: &str| {
            assert!(good.signature_input.contains(from), "{from}");
            SignatureFields { signature_input: good.signature_input.replace(from, to), ..good.clone() }
        };
        let parameter = |error: Option<E>| match error {
            Some(E::Parameter(name, _)) => name,
            _ => "",
        };
        for (from, to, name) in [
            ("created=1798736399", "created=\"1798736399\"", "created"),
            (";created=1798736399", "", "created"),
            (";nonce=\"0123456789abcdef\"", "", "nonce"),
            ("0123456789abcdef", "short", "nonce"),
            ("ed25519", "hmac-sha256", "alg"),
            (";alg", ";expires=9;alg", "expires"),
            (";alg", ";expires=\"9\";alg", "expires"),
            ("keyid=", "key=", "keyid"),
        ] {
            assert_eq!(parameter(parse(&input(from, to)).err()), name, "{to}");
        }
        let broken = [
            (input("\"@method\" ", ""), E::Uncovered("@method")),
            (input("\"content-digest\"", "\"@method\""), E::Component),
            (input("\"@method\"", "\"@method\";req"), E::Component),
            (input("device=", "other="), E::NoSignature),
            (
                SignatureFields { signature_input: format!("{0}, b", good.signature_input), ..good.clone() },
                E::Field("Signature-Input"),
            ),
            (SignatureFields { signature: "device=:AAAA:".to_owned(), ..good.clone() }, E::NoSignature),
            (SignatureFields { signature: String::new(), ..good.clone() }, E::NoSignature),
            (
                SignatureFields { content_digest: "sha-512=:AAAA:".to_owned(), ..good.clone() },
                E::Field("Content-Digest"),
            ),
            (
                SignatureFields { content_digest: " ".repeat(MAX_FIELD + 1), ..good.clone() },
                E::TooLong("Content-Digest"),
            ),
        ];
        for (fields, error) in broken {
            assert_eq!(parse(&fields).err(), Some(error), "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_fields_make_the_parser_fail_otherwise_than_by_its_error(
            content_digest in ".{0,80}", signature_input in ".{0,160}", signature in ".{0,120}",
        ) {
            let fields = SignatureFields { content_digest, signature_input, signature };
            prop_assert!(parse(&fields).is_err());
        }

        #[test]
        fn a_changed_byte_of_the_body_never_verifies(at in 0..BODY.len(), flip in 1..=255_u8) {
            let mut body = BODY.to_vec();
            body[at] ^= flip;
            let claimed = parse(&signed()).unwrap();
            prop_assert_eq!(verify(&claimed, &key().verifying_key(), TARGET, &body), Err(SignatureError::Body));
        }
    }
}
