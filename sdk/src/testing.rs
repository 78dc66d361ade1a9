//! For a pilot's own unit tests: whether its texts say everything that it can say, in both languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast;

/// The languages of every pilot.
const LANGUAGES: [&str; 2] = ["vi", "en"];

/// What functions of this SDK say for a pilot that calls them.
const SAID_BY_THE_SDK: [(&str, &[&str]); 4] = [
    ("readers::light(", &["show-green", "show-amber", "show-red"]),
    (
        "Site::of(",
        &["refusal-other-facility", "refusal-no-facility", "refusal-facility-unknown", "refusal-unit-mismatch"],
    ),
    (".captured()?", &["refusal-clock-ahead"]),
    (".own_facility()?", &["refusal-no-facility"]),
];

/// Compares `texts/vi.ftl`, `texts/en.ftl`, `src/` and `pilot.toml` of the pilot in `root` (`env!("CARGO_MANIFEST_DIR")`), both ways.
/// Answers what is wrong, one sentence each; nothing where all is well.
///
/// What a pilot says, and the text that words it:
///
/// | in the source | text |
/// |---|---|
/// | `.say("KEY", [("name", …)])`, `show(…, "KEY")`, `obstacle(…, "KEY")` | `KEY`, with the variables `$name` |
/// | `.reason("CODE")`, `.next("CODE")`, `Refusal::new("CODE")` | `reason-CODE`, `next-CODE`, `refusal-CODE` |
/// | `reasons.push("CODE")`, `next.push("CODE")`, lists for [`Outcome::codes`](crate::Outcome::codes) | `reason-CODE`, `next-CODE` |
/// | `readers::light(…)`, `Site::of(…)`, `.captured()?`, `.own_facility()?` | the three lights, the refusals of each |
/// | a decision of the manifest | `decision-CODE` |
/// | a kind of alert, a template of messages in a scope of the manifest | `alert-KIND`, `message-TEMPLATE` |
///
/// Keys stand there as literals. Those that a rule computes are named in `computed`, as the text's own key.
pub fn texts_disagree(root: &str, computed: &[&str]) -> Vec<String> {
    let root = Path::new(root);
    let mut wrong = Vec::new();
    let [vi, en] = LANGUAGES.map(|language| {
        let path = root.join("texts").join(format!("{language}.ftl"));
        match std::fs::read_to_string(&path) {
            Ok(text) => messages(&text, language, &mut wrong),
            Err(error) => {
                wrong.push(format!("texts/{language}.ftl cannot be read: {error}"));
                BTreeMap::new()
            }
        }
    });
    for (key, variables) in &vi {
        match en.get(key) {
            None => wrong.push(format!("`{key}` is not in texts/en.ftl")),
            Some(other) if other != variables => {
                wrong.push(format!("`{key}` has other variables in each language: {variables:?}, {other:?}"))
            }
            Some(_) => {}
        }
    }
    wrong.extend(en.keys().filter(|key| !vi.contains_key(*key)).map(|key| format!("`{key}` is not in texts/vi.ftl")));

    let mut said = said(root, &mut wrong);
    said.extend(computed.iter().map(|key| ((*key).to_owned(), None)));
    for (key, args) in &said {
        match vi.get(key) {
            None => wrong.push(format!("`{key}` is said and not in texts/vi.ftl")),
            Some(variables) => {
                if let Some(args) = args
                    && let Some(missing) = variables.difference(args).next()
                {
                    wrong.push(format!("`{key}` has the variable ${missing}, which is not given where it is said"));
                }
            }
        }
    }
    wrong.extend(
        vi.keys()
            .filter(|key| !said.contains_key(*key))
            .map(|key| format!("`{key}` is in the texts and nobody says it")),
    );
    wrong
}

type Variables = BTreeSet<String>;

/// The messages of a Fluent file with their variables.
fn messages(text: &str, language: &str, wrong: &mut Vec<String>) -> BTreeMap<String, Variables> {
    let resource = match fluent_syntax::parser::parse(text) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            wrong.extend(errors.iter().map(|error| format!("texts/{language}.ftl: {error}")));
            resource
        }
    };
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        if let ast::Entry::Message(message) = entry {
            let mut variables = Variables::new();
            message.value.iter().for_each(|pattern| variables_of(pattern, &mut variables));
            if messages.insert(message.id.name.to_owned(), variables).is_some() {
                wrong.push(format!("`{}` stands twice in texts/{language}.ftl", message.id.name));
            }
        }
    }
    messages
}

fn variables_of(pattern: &ast::Pattern<&str>, into: &mut Variables) {
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            match expression {
                ast::Expression::Inline(inline) => variables_inline(inline, into),
                ast::Expression::Select { selector, variants } => {
                    variables_inline(selector, into);
                    variants.iter().for_each(|variant| variables_of(&variant.value, into));
                }
            }
        }
    }
}

fn variables_inline(expression: &ast::InlineExpression<&str>, into: &mut Variables) {
    match expression {
        ast::InlineExpression::VariableReference { id } => {
            into.insert(id.name.to_owned());
        }
        ast::InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| variables_inline(argument, into));
        }
        ast::InlineExpression::Placeable { expression } => match expression.as_ref() {
            ast::Expression::Inline(inline) => variables_inline(inline, into),
            ast::Expression::Select { selector, .. } => variables_inline(selector, into),
        },
        ast::InlineExpression::StringLiteral { .. }
        | ast::InlineExpression::NumberLiteral { .. }
        | ast::InlineExpression::MessageReference { .. }
        | ast::InlineExpression::TermReference { .. } => {}
    }
}

/// What the source and the manifest can say: keys, and the arguments given where they are known.
fn said(root: &Path, wrong: &mut Vec<String>) -> BTreeMap<String, Option<Variables>> {
    let mut said = BTreeMap::new();
    for path in sources(&root.join("src")) {
        let Ok(source) = std::fs::read_to_string(&path) else {
            wrong.push(format!("{} cannot be read", path.display()));
            continue;
        };
        // Tests may name keys that exist nowhere.
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (call, prefix) in [
            (".reason(", "reason-"),
            ("reasons.push(", "reason-"),
            (".next(", "next-"),
            ("next.push(", "next-"),
            ("Refusal::new(", "refusal-"),
        ] {
            said.extend(after(source, call).filter_map(literal).map(|(code, _)| (format!("{prefix}{code}"), None)));
        }
        for (call, keys) in SAID_BY_THE_SDK {
            if source.contains(call) {
                said.extend(keys.iter().map(|key| ((*key).to_owned(), None)));
            }
        }
        for call in ["show(", "obstacle("] {
            let second =
                after(source, call).filter_map(|rest| rest.split_once(',')).filter_map(|(_, rest)| literal(rest));
            said.extend(second.map(|(key, _)| (key.to_owned(), None)));
        }
        for (key, rest) in after(source, ".say(").filter_map(literal) {
            let args = arguments(rest);
            match said.get_mut(key) {
                // Said in several places: what is always given counts.
                Some(Some(known)) => *known = &*known & &args,
                _ => {
                    said.insert(key.to_owned(), Some(args));
                }
            }
        }
    }
    match std::fs::read_to_string(root.join("pilot.toml")).map(|text| text.parse::<toml::Table>()) {
        Ok(Ok(manifest)) => {
            let operations = manifest.get("operations").and_then(toml::Value::as_table);
            let decisions = operations
                .into_iter()
                .flat_map(|table| table.values())
                .filter_map(|o| o.get("decisions")?.as_array())
                .flatten();
            let readings = manifest.get("readings").and_then(|readings| readings.get("decisions")?.as_array());
            let decisions = decisions.chain(readings.into_iter().flatten());
            said.extend(decisions.filter_map(toml::Value::as_str).map(|code| (format!("decision-{code}"), None)));
            for (capability, key, prefix) in [("alerts", "kinds", "alert-"), ("messaging", "templates", "message-")] {
                let names = scope_names(&manifest, capability, key);
                said.extend(names.map(|name| (format!("{prefix}{name}"), None)));
            }
        }
        Ok(Err(error)) => wrong.push(format!("pilot.toml: {}", error.message())),
        Err(error) => wrong.push(format!("pilot.toml cannot be read: {error}")),
    }
    said
}

/// The names that the scope of a capability lists under `key`.
fn scope_names<'m>(manifest: &'m toml::Table, capability: &str, key: &str) -> impl Iterator<Item = &'m str> {
    let requests = manifest.get("capability").and_then(toml::Value::as_array).into_iter().flatten();
    let of = requests.filter(move |request| request.get("name").and_then(toml::Value::as_str) == Some(capability));
    of.filter_map(move |request| request.get("scope")?.get(key)?.as_array()).flatten().filter_map(toml::Value::as_str)
}

/// The Rust files under `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// What follows each `call` in `source`.
fn after<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = &'a str> {
    source.match_indices(call).filter_map(move |(at, _)| source.get(at + call.len()..))
}

/// The string literal at the beginning of `rest`, and what follows it.
fn literal(rest: &str) -> Option<(&str, &str)> {
    rest.trim_start().strip_prefix('"')?.split_once('"')
}

/// The names in `, [("name", …), …]`.
fn arguments(rest: &str) -> Variables {
    let mut depth = 0_i32;
    let mut names = Variables::new();
    for (at, character) in rest.char_indices() {
        match character {
            '(' | '[' => {
                depth += 1;
                // Inside the array, each pair begins with its name.
                if character == '('
                    && depth == 2
                    && let Some((name, _)) = rest.get(at + 1..).and_then(literal)
                {
                    names.insert(name.to_owned());
                }
            }
            ')' | ']' => {
                depth -= 1;
                if depth <= 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pilot(source: &str, vi: &str, en: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for folder in ["src", "texts"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        for (path, text) in [
            ("src/lib.rs", source),
            ("texts/vi.ftl", vi),
            ("texts/en.ftl", en),
            ("pilot.toml", "[operations]\narrive = { callers = [\"receptionist\"], decisions = [\"notified\"] }\n"),
        ] {
            std::fs::write(root.path().join(path), text).unwrap();
        }
        texts_disagree(root.path().to_str().unwrap(), &[])
    }

    const SOURCE: &str = r#"
        Outcome::new("notified").reason("late").say("notice-due", [("due", due.to_text()), ("n", f(&[1, 2]).to_text())]).next("call-police")
        readers::show(Signal::Amber, "ask-chip")?;
    "#;
    const TEXTS: &str =
        "decision-notified = A\nreason-late = B\nnotice-due = { $due } { $n }\nnext-call-police = C\nask-chip = D\n";

    #[test]
    fn texts_that_word_all_that_is_said_agree() {
        assert_eq!(pilot(SOURCE, TEXTS, TEXTS), Vec::<String>::new());
    }

    #[test]
    fn a_missing_an_unused_and_a_different_text_are_named() {
        let en = TEXTS.replace("{ $n }", "{ $count }").replace("reason-late = B\n", "");
        let vi = format!("{TEXTS}welcome = E\n");
        assert_eq!(
            pilot(SOURCE, &vi, &en),
            [
                r#"`notice-due` has other variables in each language: {"due", "n"}, {"count", "due"}"#,
                "`reason-late` is not in texts/en.ftl",
                "`welcome` is not in texts/en.ftl",
                "`welcome` is in the texts and nobody says it",
            ]
        );
    }

    #[test]
    fn a_variable_that_nobody_gives_is_named() {
        let texts = TEXTS.replace("{ $n }", "{ $n } { $room }");
        assert_eq!(
            pilot(SOURCE, &texts, &texts),
            ["`notice-due` has the variable $room, which is not given where it is said"]
        );
    }
}
