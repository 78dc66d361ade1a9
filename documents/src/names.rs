//! Distinguished names, compared by what they say: issuers write the same name in other string types, in capitals and in
//! small letters, and with other spaces.
//!
//! Source: RFC 5280 section 7.1, RFC 4518.

use unicode_normalization::UnicodeNormalization as _;

use crate::tlv::{Element, Elements, Fault};

/// A name in the form in which names are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(Vec<Vec<Attribute>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute {
    kind: Vec<u8>,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    Other(u16, Vec<u8>),
}

impl Name {
    /// Of a `Name` in DER.
    pub(crate) fn read(name: &[u8]) -> Result<Self, Fault> {
        let mut parts = Elements::file(name, 0x30)?.inside();
        let mut read = Vec::new();
        while !parts.is_empty() {
            let mut set = parts.expect(0x31)?.inside();
            let mut attributes = Vec::new();
            while !set.is_empty() {
                let mut attribute = set.expect(0x30)?.inside();
                let kind = attribute.expect(0x06)?.value.to_vec();
                attributes.push(Attribute { kind, value: Value::of(attribute.next()?) });
            }
            attributes.sort_unstable();
            read.push(attributes);
        }
        Ok(Self(read))
    }
}

impl Value {
    fn of(element: Element<'_>) -> Self {
        let text = match element.tag {
            // UTF8String; NumericString, PrintableString and IA5String are subsets of it.
            0x0c | 0x12 | 0x13 | 0x16 => std::str::from_utf8(element.value).ok().map(str::to_owned),
            // TeletexString, which everybody writes as Latin-1.
            0x14 => Some(element.value.iter().copied().map(char::from).collect()),
            0x1c => wide(element.value, 4),
            0x1e => wide(element.value, 2),
            _ => None,
        };
        text.map_or_else(
            || Self::Other(element.tag, element.value.to_vec()),
            |text| {
                let folded = text.nfkc().collect::<String>().to_lowercase();
                let folded: String = folded.nfkc().collect();
                Self::Text(folded.split_whitespace().collect::<Vec<_>>().join(" "))
            },
        )
    }
}

/// BMPString and UniversalString: characters of this many bytes.
fn wide(bytes: &[u8], size: usize) -> Option<String> {
    let number = |character: &[u8]| character.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    if !bytes.len().is_multiple_of(size) {
        return None;
    }
    bytes.chunks(size).map(|character| char::from_u32(number(character))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::element;

    fn name(parts: &[(u8, u16, &[u8])]) -> Name {
        let parts: Vec<Vec<u8>> = parts
            .iter()
            .map(|(kind, tag, value)| {
                let kind = element(0x06, &[&[0x55, 0x04, *kind]]);
                element(0x31, &[&element(0x30, &[&kind, &element(*tag, &[value])])])
            })
            .collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Name::read(&element(0x30, &parts)).unwrap()
    }

    #[test]
    fn a_name_is_what_it_says_and_not_how_it_is_written() {
        let first = name(&[(6, 0x13, b"VN"), (3, 0x0c, "CSCA Mẫu".as_bytes())]);
        let bmp: Vec<u8> = "CSCA MẪU".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(first, name(&[(6, 0x0c, b"vn"), (3, 0x1e, &bmp)]));
        assert_eq!(first, name(&[(6, 0x16, b"VN "), (3, 0x0c, "  csca  ma\u{302}\u{303}u".as_bytes())]));
        assert_eq!(name(&[(3, 0x14, &[b'M', 0xfc])]), name(&[(3, 0x0c, "mü".as_bytes())]));
    }

    #[test]
    fn another_name_is_another() {
        let first = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA")]);
        assert_ne!(first, name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSC A")]));
        assert_ne!(first, name(&[(6, 0x13, b"VN"), (10, 0x13, b"CSCA")]));
        assert_ne!(first, name(&[(3, 0x13, b"CSCA"), (6, 0x13, b"VN")]));
        assert_ne!(first, name(&[(6, 0x13, b"VN")]));
        assert_ne!(name(&[(3, 0x04, b"a")]), name(&[(3, 0x04, b"A")]));
    }
}
