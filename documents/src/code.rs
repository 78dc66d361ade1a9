//! Codes of VNeID: shown on a phone, good once, for a moment, at one place.
//!
//! What VNeID's real codes hold is not published. A host that is connected to the national identity provider hands them
//! over unread and gets an answer; here stands the **embedded** provider of demonstrations and tests, whose own codes are
//! signed, short-lived and bound to the facility that asks. Using a code a second time is refused where its `once` is
//! kept, with the call that used it: see [`Reading::once`](crate::Reading::once).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use pilothouse_identity::PersonalNumber;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, macros::date};

use crate::CodeError;

/// Longest code, in bytes; ours have some 320.
pub const MAX_CODE: usize = 1_024;
/// How the embedded provider's codes begin. No code of the real application begins so.
const PREFIX: &str = "PHVNEID1.";
/// What else the key signs begins otherwise.
const DOMAIN: &str = "pilothouse vneid code 1\n";

/// What holds for codes from a day on. Nothing of it is published for the real application: assumptions, each with its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRules {
    /// First day.
    pub since: Date,
    /// Longest life of a code, in seconds.
    pub lifetime: i64,
    /// How far the phone's provider and this host may disagree about the time, in seconds.
    pub skew: i64,
}

/// The rules by their days, oldest first.
pub const CODE_RULES: &[CodeRules] = &[CodeRules { since: date!(2024 - 07 - 01), lifetime: 120, skew: 30 }];

impl CodeRules {
    /// The rules of a day; before the first, the first.
    #[must_use]
    pub fn on(day: Date) -> Self {
        let first = Self { since: Date::MIN, lifetime: 120, skew: 30 };
        CODE_RULES.iter().rev().find(|rules| rules.since <= day).copied().unwrap_or(first)
    }
}

/// Level of the account: 1 was opened online, 2 in person and is equal to the card (Decree 69/2024/NĐ-CP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountLevel {
    /// Opened online.
    One,
    /// Opened in person.
    Two,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    lvl: u8,
    iat: i64,
    exp: i64,
    jti: String,
}

/// What a code says, once it is checked.
pub(crate) struct Checked {
    pub(crate) number: PersonalNumber,
    pub(crate) level: AccountLevel,
    pub(crate) once: String,
}

/// The embedded identity provider's public side: who checks codes.
#[derive(Clone)]
pub struct CodeVerifier {
    issuer: String,
    /// None: nobody's codes are believed.
    key: Option<VerifyingKey>,
}

/// The embedded identity provider: makes codes as a person's phone would show them.
pub struct IdentityProvider {
    issuer: String,
    key: SigningKey,
}

impl IdentityProvider {
    /// A provider of this name, with this key.
    #[must_use]
    pub fn new(issuer: &str, seed: &[u8; 32]) -> Self {
        Self { issuer: issuer.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    /// Who checks its codes.
    #[must_use]
    pub fn verifier(&self) -> CodeVerifier {
        CodeVerifier { issuer: self.issuer.clone(), key: Some(self.key.verifying_key()) }
    }

    /// The code of a person for one place, good for the rules' lifetime from `at` on. `nonce` must be new each time.
    #[must_use]
    pub fn code(
        &self,
        number: &PersonalNumber,
        level: AccountLevel,
        audience: &str,
        nonce: &[u8; 16],
        at: OffsetDateTime,
    ) -> String {
        let iat = at.unix_timestamp();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            sub: number.reveal().to_owned(),
            lvl: if level == AccountLevel::Two { 2 } else { 1 },
            iat,
            exp: iat + CodeRules::on(at.date()).lifetime,
            jti: hex::encode(nonce),
        };
        // A struct of texts and numbers always serialises.
        self.sign(&serde_json::to_vec(&claims).unwrap_or_default())
    }

    /// A code around claims of any content, signed as they are: what a provider that went wrong would send.
    #[must_use]
    pub fn sign(&self, claims: &[u8]) -> String {
        let payload = URL_SAFE_NO_PAD.encode(claims);
        let signature = self.key.sign(format!("{DOMAIN}{payload}").as_bytes());
        format!("{PREFIX}{payload}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

impl CodeVerifier {
    /// Believes nobody's codes: of an installation to which no identity provider is connected.
    #[must_use]
    pub fn nobody() -> CodeVerifier {
        CodeVerifier { issuer: String::new(), key: None }
    }

    /// Checks a code for one place at one time.
    pub(crate) fn check(&self, code: &str, audience: &str, at: OffsetDateTime) -> Result<Checked, CodeError> {
        if code.len() > MAX_CODE {
            return Err(CodeError::TooLong);
        }
        let body = code.trim().strip_prefix(PREFIX).ok_or(CodeError::NotACode)?;
        let (payload, signature) = body.split_once('.').ok_or(CodeError::NotACode)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| CodeError::NotACode)?;
        let signature = Signature::from_slice(&signature).map_err(|_| CodeError::NotACode)?;
        let signed = format!("{DOMAIN}{payload}");
        let key = self.key.as_ref().ok_or(CodeError::Issuer)?;
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| CodeError::Signature)?;
        let claims = URL_SAFE_NO_PAD.decode(payload).map_err(|_| CodeError::NotACode)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| CodeError::NotACode)?;
        if claims.iss != self.issuer {
            return Err(CodeError::Issuer);
        }
        if claims.aud != audience {
            return Err(CodeError::Audience);
        }
        let (now, rules) = (at.unix_timestamp(), CodeRules::on(at.date()));
        let life = claims.exp.checked_sub(claims.iat).ok_or(CodeError::Times)?;
        if !(1..=rules.lifetime).contains(&life) || claims.iat > now.saturating_add(rules.skew) {
            return Err(CodeError::Times);
        }
        if now > claims.exp.saturating_add(rules.skew) {
            return Err(CodeError::Expired);
        }
        let level = match claims.lvl {
            1 => AccountLevel::One,
            2 => AccountLevel::Two,
            _ => return Err(CodeError::NotACode),
        };
        let is_nonce = claims.jti.len() == 32 && claims.jti.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = PersonalNumber::parse(&claims.sub).ok().filter(|_| is_nonce).ok_or(CodeError::NotACode)?;
        Ok(Checked { number, level, once: format!("vneid:{}", claims.jti.to_ascii_lowercase()) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-12-01 08:00 +7);

    fn provider() -> IdentityProvider {
        IdentityProvider::new("demo", &[7; 32])
    }

    fn code() -> String {
        let number = PersonalNumber::parse("044099990017").unwrap();
        provider().code(&number, AccountLevel::Two, "hotel-1", &[3; 16], AT)
    }

    fn refusal(code: &str, audience: &str, at: OffsetDateTime) -> Option<CodeError> {
        provider().verifier().check(code, audience, at).err()
    }

    #[test]
    fn a_code_is_good_at_its_place_and_for_its_moment() {
        let checked = provider().verifier().check(&code(), "hotel-1", AT + Duration::seconds(60));
        assert!(
            checked.is_ok_and(|checked| checked.level == AccountLevel::Two && checked.once.starts_with("vneid:03"))
        );
        assert_eq!(refusal(&code(), "hotel-2", AT), Some(CodeError::Audience));
        assert_eq!(refusal(&code(), "hotel-1", AT + Duration::seconds(151)), Some(CodeError::Expired));
        assert_eq!(refusal(&code(), "hotel-1", AT - Duration::seconds(31)), Some(CodeError::Times));
    }

    #[test]
    fn a_code_of_another_provider_or_key_is_refused() {
        let stranger = IdentityProvider::new("demo", &[8; 32]).verifier();
        assert_eq!(stranger.check(&code(), "hotel-1", AT).err(), Some(CodeError::Signature));
        let renamed = IdentityProvider::new("other", &[7; 32]).verifier();
        assert_eq!(renamed.check(&code(), "hotel-1", AT).err(), Some(CodeError::Issuer));
        assert_eq!(refusal(&"x".repeat(MAX_CODE + 1), "hotel-1", AT), Some(CodeError::TooLong));
        assert_eq!(refusal("044099990017||x", "hotel-1", AT), Some(CodeError::NotACode));
    }

    proptest! {
        #[test]
        fn a_changed_code_is_never_taken(at in 0_usize..300, with in "[A-Za-z0-9_-]") {
            let mut changed = code();
            prop_assume!(changed.is_char_boundary(at) && at < changed.len());
            let before = changed.clone();
            changed.replace_range(at..=at, &with);
            prop_assume!(changed != before);
            prop_assert!(refusal(&changed, "hotel-1", AT).is_some());
        }

        #[test]
        fn any_text_ends_in_an_answer(text in "(PHVNEID1\\.)?[A-Za-z0-9_.-]{0,200}") {
            prop_assert!(refusal(&text, "hotel-1", AT).is_some());
        }
    }
}
