//! A pilot's own words: its Fluent texts in two languages, worded by the host from keys and codes.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use pilothouse_registry::package::Texts;
use unic_langid::LanguageIdentifier;

use crate::words::{self, CodeKind, Lang};

/// The words of a pilot version.
pub(crate) struct Words {
    vi: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

fn bundle(language: &str, text: &str) -> FluentBundle<FluentResource> {
    // `vi` and `en` are languages; what is none has no plural rules, and no more.
    let languages: Vec<LanguageIdentifier> = language.parse().into_iter().collect();
    let mut bundle = FluentBundle::new_concurrent(languages);
    bundle.set_use_isolating(false);
    // What cannot be parsed is left out: a key without words shows as the key, never as a failed call.
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let _twice = bundle.add_resource(resource);
    bundle
}

impl Words {
    pub(crate) fn new(texts: &Texts) -> Words {
        Words { vi: bundle("vi", &texts.vi), en: bundle("en", &texts.en) }
    }

    /// A message in Vietnamese and English; the key itself where there are no words for it.
    pub(crate) fn say(&self, key: &str, args: &[(String, String)]) -> (String, String) {
        (word(&self.vi, Lang::Vi, key, args), word(&self.en, Lang::En, key, args))
    }

    /// A code of a kind (`reason`, `next`, `decision`, `refusal`, `fault`): in the pilot's words, else in those of all.
    pub(crate) fn code(&self, kind: &str, code: &str) -> (String, String) {
        let key = format!("{kind}-{code}");
        let (vi, en) = self.say(&key, &[]);
        let (common_vi, common_en) = common(kind, code);
        (if vi == key { common_vi } else { vi }, if en == key { common_en } else { en })
    }
}

/// A code in the words that are every pilot's alike, in Vietnamese and English; the code itself where there are none.
pub(crate) fn common(kind: &str, code: &str) -> (String, String) {
    let kind = match kind {
        "refusal" => Some(CodeKind::Refusal),
        "fault" => Some(CodeKind::Fault),
        _ => None,
    };
    let of = |lang| kind.and_then(|kind| words::code(lang, kind, code)).unwrap_or(code).to_owned();
    (of(Lang::Vi), of(Lang::En))
}

fn word(bundle: &FluentBundle<FluentResource>, lang: Lang, key: &str, args: &[(String, String)]) -> String {
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
    let mut values = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        let value = words::moment(lang, value).unwrap_or_else(|| value.clone());
        values.set(name.as_str(), FluentValue::from(value));
    }
    let mut errors = Vec::new();
    bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_words_shows_as_itself_and_a_code_as_its_code() {
        let texts = Texts { vi: "due = Hạn { $at }\n".to_owned(), en: "due = Due { $at }\n".to_owned() };
        let words = Words::new(&texts);
        let at = [("at".to_owned(), "2026-12-01T23:00:00+07:00".to_owned())];
        assert_eq!(words.say("due", &at).0, "Hạn 23:00 01/12/2026");
        let at = [("at".to_owned(), "23:00".to_owned())];
        assert_eq!(words.say("due", &at), ("Hạn 23:00".to_owned(), "Due 23:00".to_owned()));
        assert_eq!(words.say("other", &[]), ("other".to_owned(), "other".to_owned()));
        assert_eq!(words.code("reason", "late"), ("late".to_owned(), "late".to_owned()));
    }

    #[test]
    fn a_pilot_says_a_common_code_in_its_own_words_or_in_those_of_all() {
        let texts = Texts { vi: "refusal-no-facility = Chưa nêu xe\n".to_owned(), en: String::new() };
        let words = Words::new(&texts);
        let (vi, en) = words.code("refusal", "no-facility");
        assert_eq!((vi.as_str(), en.as_str()), ("Chưa nêu xe", "No facility was named"));
        assert_eq!(words.code("fault", "deadline").1, "The component ran past its deadline");
    }
}
