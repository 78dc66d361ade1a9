//! Typed settings: what a department may set of a pilot, and the check of what it set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::problem::nearest;
use crate::ids::SettingName;
use crate::text::{Bilingual, escape_name};

/// Most settings of one pilot: what a form still shows.
pub const MAX_SETTINGS: usize = 64;
/// Longest text of a setting, in bytes, unless it says less.
pub const MAX_SETTING_TEXT: usize = 2_048;
/// Most entries of a list or rows of a table, unless it says fewer. Lists of services or facilities have some hundreds.
pub const MAX_SETTING_ENTRIES: usize = 1_000;
/// Most columns of a table's row.
pub const MAX_SETTING_COLUMNS: usize = 32;

/// The form of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// A whole number, from `min` to `max`.
    Integer,
    /// True or false.
    Boolean,
    /// A text of `min` to `max` bytes.
    Text,
    /// One of `choices`.
    Choice,
    /// `min` to `max` texts or whole numbers; of `choices`, where there are any.
    List,
    /// A table of names and values, or `min` to `max` rows of such; values are texts, whole numbers or booleans.
    Table,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// The form of its value.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// What holds until the department sets something else.
    pub default: Value,
    /// Smallest number, fewest bytes or entries.
    pub min: Option<i64>,
    /// Largest number, most bytes or entries.
    pub max: Option<i64>,
    /// What may be chosen.
    #[serde(default)]
    pub choices: Vec<String>,
    /// What people call it.
    pub title: Bilingual,
    /// Where the default comes from: an article, or `config default`.
    pub source: Option<String>,
    /// Which values of it show more than the default does: two officers approve those, nobody sets them alone.
    #[serde(default)]
    pub widens: Widens,
}

/// Which values of a setting show more than its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Widens {
    /// None: the setting opens nothing.
    #[default]
    Never,
    /// Numbers below the default.
    Below,
    /// Numbers above the default.
    Above,
    /// Every other value.
    Always,
}

/// All settings of a pilot.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Config {
    /// By name.
    pub settings: BTreeMap<SettingName, Setting>,
}

/// Why a department's settings were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No such setting.
    #[error("there is no setting `{key}`{}", nearest.as_ref().map_or_else(|| ": remove it".to_owned(), |name| format!(": did you mean `{name}`?")))]
    Unknown {
        /// Its name, escaped.
        key: String,
        /// The setting that was probably meant.
        nearest: Option<SettingName>,
    },
    /// Of another form.
    #[error("`{key}` is not {wanted}: give {wanted}")]
    Form {
        /// The setting.
        key: SettingName,
        /// `a whole number`, …
        wanted: &'static str,
    },
    /// Too small, too large, too short, too long.
    #[error("`{key}` must have {what} from {min} to {max}: change it")]
    Range {
        /// The setting.
        key: SettingName,
        /// `a value`, `a length in bytes`, `a number of entries`.
        what: &'static str,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// None of the choices.
    #[error("`{key}` must be one of: {}", choices.join(", "))]
    Choice {
        /// The setting.
        key: SettingName,
        /// What may be chosen.
        choices: Vec<String>,
    },
}

impl ConfigError {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ConfigError::Unknown { .. } => "config.unknown",
            ConfigError::Form { .. } => "config.form",
            ConfigError::Range { .. } => "config.range",
            ConfigError::Choice { .. } => "config.choice",
        }
    }

    /// Which setting, escaped.
    pub fn key(&self) -> &str {
        match self {
            ConfigError::Unknown { key, .. } => key,
            ConfigError::Form { key, .. } | ConfigError::Range { key, .. } | ConfigError::Choice { key, .. } => {
                key.as_str()
            }
        }
    }
}

impl Config {
    /// Checks what a department set, and fills in the defaults of what it left alone.
    ///
    /// # Errors
    /// The first setting that is unknown or does not fit.
    pub fn check(&self, values: &Map<String, Value>) -> Result<Map<String, Value>, ConfigError> {
        for key in values.keys() {
            if !self.settings.contains_key(key.as_str()) {
                let known = self.settings.keys().map(SettingName::as_str);
                let nearest = nearest(key, known).and_then(|name| name.parse().ok());
                return Err(ConfigError::Unknown { key: escape_name(key), nearest });
            }
        }
        let mut all = Map::new();
        for (name, setting) in &self.settings {
            let value = match values.get(name.as_str()) {
                Some(value) => {
                    setting.check(name, value)?;
                    value
                }
                None => &setting.default,
            };
            all.insert(name.to_string(), value.clone());
        }
        Ok(all)
    }
}

impl Setting {
    /// Whether a value shows more than the default, which two officers approved with the build.
    pub fn is_widened_by(&self, value: &Value) -> bool {
        if *value == self.default {
            return false;
        }
        // A value that is no number is compared with none: it counts as wider, and the check of its form comes beside.
        match (self.widens, value.as_i64().zip(self.default.as_i64())) {
            (Widens::Never, _) => false,
            (Widens::Below, Some((value, default))) => value < default,
            (Widens::Above, Some((value, default))) => value > default,
            (Widens::Below | Widens::Above | Widens::Always, _) => true,
        }
    }

    /// Checks one value.
    pub fn check(&self, key: &SettingName, value: &Value) -> Result<(), ConfigError> {
        let form = |wanted| ConfigError::Form { key: key.clone(), wanted };
        match self.kind {
            SettingKind::Integer => {
                let number = value.as_i64().ok_or_else(|| form("a whole number"))?;
                self.in_range(key, "a value", number, (i64::MIN, i64::MAX))
            }
            SettingKind::Boolean => value.as_bool().map(drop).ok_or_else(|| form("true or false")),
            SettingKind::Text => {
                let text = value.as_str().ok_or_else(|| form("a text"))?;
                self.in_range(key, "a length in bytes", length(text.len()), (0, length(MAX_SETTING_TEXT)))
            }
            SettingKind::Choice => {
                let text = value.as_str().ok_or_else(|| form("a text"))?;
                self.is_choice(key, text)
            }
            SettingKind::List => {
                const WANTED: &str = "a list of texts or whole numbers";
                let list = value.as_array().ok_or_else(|| form(WANTED))?;
                self.in_range(key, "a number of entries", length(list.len()), (0, length(MAX_SETTING_ENTRIES)))?;
                for entry in list {
                    match entry {
                        Value::String(text) if self.choices.is_empty() => short(key, text)?,
                        Value::String(text) => self.is_choice(key, text)?,
                        Value::Number(number) if number.is_i64() && self.choices.is_empty() => {}
                        _ => return Err(form(WANTED)),
                    }
                }
                Ok(())
            }
            SettingKind::Table => {
                const WANTED: &str = "a table of names and values, or a list of such";
                match value {
                    Value::Object(row) => is_row(key, row, MAX_SETTING_ENTRIES),
                    Value::Array(rows) => {
                        self.in_range(key, "a number of rows", length(rows.len()), (0, length(MAX_SETTING_ENTRIES)))?;
                        rows.iter().try_for_each(|row| match row {
                            Value::Object(row) => is_row(key, row, MAX_SETTING_COLUMNS),
                            _ => Err(form(WANTED)),
                        })
                    }
                    _ => Err(form(WANTED)),
                }
            }
        }
    }

    fn in_range(
        &self,
        key: &SettingName,
        what: &'static str,
        number: i64,
        (least, most): (i64, i64),
    ) -> Result<(), ConfigError> {
        let (min, max) = (self.min.unwrap_or(least).max(least), self.max.unwrap_or(most).min(most));
        if (min..=max).contains(&number) {
            Ok(())
        } else {
            Err(ConfigError::Range { key: key.clone(), what, min, max })
        }
    }

    fn is_choice(&self, key: &SettingName, text: &str) -> Result<(), ConfigError> {
        if self.choices.iter().any(|choice| choice == text) {
            Ok(())
        } else {
            Err(ConfigError::Choice { key: key.clone(), choices: self.choices.clone() })
        }
    }
}

fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn short(key: &SettingName, text: &str) -> Result<(), ConfigError> {
    if text.len() <= MAX_SETTING_TEXT {
        return Ok(());
    }
    Err(ConfigError::Range {
        key: key.clone(),
        what: "texts with a length in bytes",
        min: 0,
        max: length(MAX_SETTING_TEXT),
    })
}

/// A flat row: names are short, values are texts, whole numbers or booleans.
fn is_row(key: &SettingName, row: &Map<String, Value>, most: usize) -> Result<(), ConfigError> {
    if row.len() > most {
        return Err(ConfigError::Range { key: key.clone(), what: "a number of columns", min: 0, max: length(most) });
    }
    for (name, value) in row {
        match value {
            Value::String(text) => short(key, text)?,
            Value::Number(number) if number.is_i64() => {}
            Value::Bool(_) => {}
            _ => {
                return Err(ConfigError::Form {
                    key: key.clone(),
                    wanted: "a table of texts, whole numbers and booleans",
                });
            }
        }
        if name.len() > SettingName::MAX_BYTES {
            return Err(ConfigError::Form {
                key: key.clone(),
                wanted: "a table whose columns have names of at most 40 bytes",
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config() -> Config {
        serde_json::from_value(json!({
            "remind-days": { "type": "integer", "default": 2, "min": 1, "max": 30, "title": { "vi": "Nhắc trước", "en": "Remind before" } },
            "apology": { "type": "boolean", "default": true, "title": { "vi": "Xin lỗi", "en": "Apology" } },
            "on-expired": { "type": "choice", "default": "ask", "choices": ["ask", "refuse"], "title": { "vi": "Hết hạn", "en": "Expired" } },
            "channels": { "type": "list", "default": [], "max": 2, "title": { "vi": "Kênh", "en": "Channels" } },
            "fees": { "type": "table", "default": {}, "title": { "vi": "Phí", "en": "Fees" } },
        }))
        .unwrap()
    }

    fn check(values: Value) -> Result<Map<String, Value>, ConfigError> {
        config().check(values.as_object().unwrap())
    }

    #[test]
    fn what_a_department_leaves_alone_has_the_default() {
        let all = check(json!({ "remind-days": 5 })).unwrap();
        assert_eq!((&all["remind-days"], &all["on-expired"], all.len()), (&json!(5), &json!("ask"), 5));
    }

    #[test]
    fn a_setting_that_does_not_fit_is_refused_with_its_name_and_the_fix() {
        for (values, says) in [
            (json!({ "remind_days": 5 }), "there is no setting `remind_days`: did you mean `remind-days`?"),
            (json!({ "colour": 5 }), "there is no setting `colour`: remove it"),
            (json!({ "remind-days": 31 }), "`remind-days` must have a value from 1 to 30: change it"),
            (json!({ "remind-days": 2.5 }), "`remind-days` is not a whole number: give a whole number"),
            (json!({ "apology": "yes" }), "`apology` is not true or false: give true or false"),
            (json!({ "on-expired": "wave" }), "`on-expired` must be one of: ask, refuse"),
            (json!({ "channels": ["a", "b", "c"] }), "`channels` must have a number of entries from 0 to 2: change it"),
            (
                json!({ "channels": [["a"]] }),
                "`channels` is not a list of texts or whole numbers: give a list of texts or whole numbers",
            ),
            (
                json!({ "fees": { "copy": null } }),
                "`fees` is not a table of texts, whole numbers and booleans: give a table of texts, whole numbers and booleans",
            ),
        ] {
            assert_eq!(check(values).unwrap_err().to_string(), says);
        }
        assert!(check(json!({ "fees": [{ "kind": "copy", "vnd": 2000, "free": false }] })).is_ok());
    }
}
