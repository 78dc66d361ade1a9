//! The register's own key of a person.

/// Row of a person in the population register: what the host holds behind a handle.
///
/// It says nothing about the person by itself, but it is stable over years and the same for all pilots, so a log full
/// of it would be a log of people. Hence no `Debug`, `Display` or `Serialize`; pilots see pairwise pseudonyms.
/// A personal number can be cancelled and replaced (Decree 70/2024/NĐ-CP Article 11), this key cannot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey(u32);

impl PersonKey {
    /// The key with this row number.
    #[must_use]
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// The row number, for tables and for deriving pseudonyms. Never for a log line or an answer.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}
