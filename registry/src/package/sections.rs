//! The outermost sections of a file: a flat walk over their headers, which is all that is read before the signature is checked.

use super::is_component;
use crate::door::limits;
use crate::error::DoorError;
use crate::text::escape_name;

/// Every section of ours begins so.
pub const SECTION_PREFIX: &str = "pilothouse.";
/// The manifest, as TOML.
pub(super) const MANIFEST: &str = "pilothouse.manifest";
/// What `describe` answers, as JSON.
pub(super) const SCHEMAS: &str = "pilothouse.schemas";
/// Words in two languages, as JSON of Fluent texts.
pub(super) const TEXTS: &str = "pilothouse.texts";
/// The signature, as a DSSE envelope.
pub(super) const SIGNATURE: &str = "pilothouse.signature";

/// A section of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'b> {
    name: &'b str,
    /// Where its header begins.
    pub(super) start: usize,
    end: usize,
    pub(super) contents: &'b [u8],
}

/// The named sections of a file, in their order.
#[derive(Debug)]
pub(super) struct Sections<'b> {
    custom: Vec<Section<'b>>,
    length: usize,
}

impl<'b> Sections<'b> {
    /// Walks the headers. Whether the other sections are any good is the pre-pass's to say.
    pub(super) fn of(bytes: &'b [u8]) -> Result<Self, DoorError> {
        is_component(bytes)?;
        let mut custom = Vec::new();
        let mut at = 8;
        let mut count = 0;
        while at < bytes.len() {
            count += 1;
            if count > limits::SECTIONS {
                return Err(DoorError::Limit { what: "sections", most: limits::SECTIONS });
            }
            let cut = DoorError::Cut { offset: at };
            let start = at;
            let id = *bytes.get(at).ok_or_else(|| cut.clone())?;
            let (size, body) = leb(bytes, at + 1).ok_or_else(|| cut.clone())?;
            let end = body.checked_add(size).filter(|end| *end <= bytes.len()).ok_or_else(|| cut.clone())?;
            if id == 0 {
                let (length, text) = leb(bytes, body).ok_or_else(|| cut.clone())?;
                let after = text.checked_add(length).filter(|after| *after <= end).ok_or_else(|| cut.clone())?;
                let name = std::str::from_utf8(bytes.get(text..after).unwrap_or_default()).map_err(|_| cut)?;
                custom.push(Section { name, start, end, contents: bytes.get(after..end).unwrap_or_default() });
            }
            at = end;
        }
        Ok(Self { custom, length: bytes.len() })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'b str> {
        self.custom.iter().map(|section| section.name)
    }

    /// The one section of that name.
    fn one(&self, name: &'static str) -> Result<Section<'b>, DoorError> {
        let mut found = self.custom.iter().filter(|section| section.name == name);
        match (found.next(), found.next()) {
            (Some(section), None) => Ok(*section),
            (Some(_), Some(_)) => Err(DoorError::SectionTwice { section: name }),
            (None, _) => Err(DoorError::SectionMissing { section: name }),
        }
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&'b str, DoorError> {
        let section = self.one(name)?;
        std::str::from_utf8(section.contents)
            .map_err(|_| DoorError::SectionForm { section: name.to_owned(), why: "it is no UTF-8".to_owned() })
    }

    /// The signature: the last section, ending where the file ends. One before the last is one that something follows.
    pub(super) fn signature(&self) -> Result<Section<'b>, DoorError> {
        let mut all = self.custom.iter().filter(|section| section.name == SIGNATURE);
        match (all.next(), all.next()) {
            (None, _) => Err(DoorError::NoSignature),
            (Some(only), None) if only.end == self.length => Ok(*only),
            (Some(_), _) => Err(DoorError::SignatureNotLast),
        }
    }

    /// No section of ours that this host does not know: it might mean something to a later one.
    pub(super) fn only_known(&self) -> Result<(), DoorError> {
        let known = [MANIFEST, SCHEMAS, TEXTS, SIGNATURE];
        match self.names().find(|name| name.starts_with(SECTION_PREFIX) && !known.contains(name)) {
            Some(name) => {
                Err(DoorError::SectionForm { section: escape_name(name), why: "it is not known here".to_owned() })
            }
            None => Ok(()),
        }
    }
}

/// An unsigned LEB128 of 32 bits at this place: the value and where it ends. None: too long, too large or cut.
fn leb(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value: u64 = 0;
    for n in 0..5 {
        let byte = *bytes.get(at.checked_add(n)?)?;
        value |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(u32::try_from(value).ok()?).ok()?, at + n + 1));
        }
    }
    None
}

/// Appends a custom section.
pub(super) fn append(bytes: &mut Vec<u8>, name: &str, contents: &[u8]) {
    use wasm_encoder::ComponentSection as _;
    wasm_encoder::CustomSection { name: name.into(), data: contents.into() }.append_to_component(bytes);
}
