//! References to law in a reader's language. A manifest writes them once, in English: `Decree 188/2025/NĐ-CP Art. 37`.

use super::Lang;

/// Words of a reference, in English and Vietnamese.
const WORDS: [(&str, &str); 9] = [
    ("Constitution", "Hiến pháp"),
    ("Law", "Luật"),
    ("Ordinance", "Pháp lệnh"),
    ("Decree", "Nghị định"),
    ("Circular", "Thông tư"),
    ("Decision", "Quyết định"),
    ("Resolution", "Nghị quyết"),
    ("Plan", "Kế hoạch"),
    ("Art.", "Điều"),
];

/// A reference as a reader of the language writes it. Words that are none of a reference stay as they are.
pub fn legal(lang: Lang, reference: &str) -> String {
    if lang == Lang::En {
        return reference.to_owned();
    }
    let word =
        |word: &str| WORDS.iter().find(|(en, _)| *en == word).map_or(word.to_owned(), |(_, vi)| (*vi).to_owned());
    reference.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_in_the_readers_language() {
        let reference = "Decree 188/2025/NĐ-CP Art. 37";
        assert_eq!(legal(Lang::Vi, reference), "Nghị định 188/2025/NĐ-CP Điều 37");
        assert_eq!(legal(Lang::En, reference), reference);
        assert_eq!(legal(Lang::Vi, "68/2020/QH14 Điều 30"), "68/2020/QH14 Điều 30");
    }
}
