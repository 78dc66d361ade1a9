//! The pilots that this binary brings along, so that a fresh installation needs no second tool.

/// A pilot as it was built with the host. It is packaged, signed and submitted at the first start, like any vendor's.
#[derive(Debug)]
pub struct EmbeddedPlugin {
    /// The name of its package.
    pub name: &'static str,
    /// Its `pilot.toml`.
    pub manifest: &'static str,
    /// Its core module, not yet a component.
    pub core: &'static [u8],
    /// Its words: the language (`vi`, `en`) and the Fluent text.
    pub texts: &'static [(&'static str, &'static str)],
    /// Its scenarios: the name of the file and its TOML.
    pub scenarios: &'static [(&'static str, &'static str)],
}

/// All of them, by the number of their model.
pub static PLUGINS: &[EmbeddedPlugin] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_pilot_is_a_core_module_with_words_in_both_languages_and_a_scenario() {
        for plugin in PLUGINS {
            assert_eq!(plugin.core.get(..8), Some(&b"\0asm\x01\0\0\0"[..]), "{}", plugin.name);
            for language in ["vi", "en"] {
                assert!(plugin.texts.iter().any(|(found, _)| *found == language), "{} in {language}", plugin.name);
            }
            assert!(!plugin.scenarios.is_empty(), "{}", plugin.name);
        }
    }

    #[test]
    fn every_decision_that_a_manifest_declares_has_words_in_both_languages() {
        for plugin in PLUGINS {
            let manifest = pilothouse_registry::Manifest::parse("pilot.toml", plugin.manifest).unwrap();
            let of_operations = manifest.operations.values().flat_map(|operation| &operation.decisions);
            let of_readings = manifest.readings.iter().flat_map(|readings| &readings.decisions);
            for decision in of_operations.chain(of_readings) {
                for (language, text) in plugin.texts {
                    let key = format!("decision-{decision} =");
                    let found = text.lines().any(|line| line.starts_with(&key));
                    assert!(found, "{} has no words for {decision} in {language}", plugin.name);
                }
            }
        }
    }
}
