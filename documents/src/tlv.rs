//! Tag, length, value: the one encoding of chips (ISO/IEC 7816-4) and of signatures (DER), read without copying.
//!
//! Only definite lengths. What is signed or hashed is always taken as the bytes that were sent, never encoded anew.

/// Why bytes are not elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The file says that it is longer than what was sent.
    Cut,
    /// An element of indefinite length: BER, which a signed file must not be.
    Indefinite,
    /// Anything else.
    Malformed,
}

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    /// The tag's one or two bytes.
    pub(crate) tag: u16,
    /// Tag, length and value.
    pub(crate) whole: &'a [u8],
    /// The value.
    pub(crate) value: &'a [u8],
}

impl<'a> Element<'a> {
    pub(crate) const fn inside(&self) -> Elements<'a> {
        Elements { rest: self.value, outermost: false }
    }
}

/// Elements one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    outermost: bool,
}

impl<'a> Elements<'a> {
    /// The one element that a file is; nothing follows it.
    pub(crate) fn file(bytes: &'a [u8], tag: u16) -> Result<Element<'a>, Fault> {
        let mut elements = Elements { rest: bytes, outermost: true };
        let element = elements.expect(tag)?;
        elements.end()?;
        Ok(element)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn next(&mut self) -> Result<Element<'a>, Fault> {
        let cut = if self.outermost { Fault::Cut } else { Fault::Malformed };
        let mut rest = self.rest;
        let mut byte = || {
            let (first, after) = rest.split_first().ok_or(cut)?;
            rest = after;
            Ok(*first)
        };
        let mut tag = u16::from(byte()?);
        if tag & 0x1f == 0x1f {
            let second = byte()?;
            // A third byte of a tag exists nowhere in these files.
            if second & 0x80 != 0 {
                return Err(Fault::Malformed);
            }
            tag = tag << 8 | u16::from(second);
        }
        let length = match byte()? {
            0x80 => return Err(Fault::Indefinite),
            short @ ..0x80 => usize::from(short),
            0x81 => usize::from(byte()?),
            0x82 => usize::from(byte()?) << 8 | usize::from(byte()?),
            0x83 => usize::from(byte()?) << 16 | usize::from(byte()?) << 8 | usize::from(byte()?),
            // 16 MiB and more: longer than anything that is taken.
            _ => return Err(Fault::Malformed),
        };
        let (value, after) = rest.split_at_checked(length).ok_or(cut)?;
        let whole = self.rest.get(..self.rest.len() - after.len()).ok_or(Fault::Malformed)?;
        self.rest = after;
        Ok(Element { tag, whole, value })
    }

    pub(crate) fn expect(&mut self, tag: u16) -> Result<Element<'a>, Fault> {
        let element = self.next()?;
        if element.tag == tag { Ok(element) } else { Err(Fault::Malformed) }
    }

    /// The next element, where it has this tag.
    pub(crate) fn optional(&mut self, tag: u16) -> Result<Option<Element<'a>>, Fault> {
        let mut ahead = *self;
        if ahead.is_empty() {
            return Ok(None);
        }
        let element = ahead.next()?;
        if element.tag != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(element))
    }

    pub(crate) const fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() { Ok(()) } else { Err(Fault::Malformed) }
    }
}

/// Writes an element. Values of this program only, all far below the four-byte limit.
pub(crate) fn element(tag: u16, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    let [high, low] = tag.to_be_bytes();
    if high != 0 {
        bytes.push(high);
    }
    bytes.push(low);
    let [.., third, second, first] = length.to_be_bytes();
    match length {
        ..0x80 => bytes.push(first),
        0x80..0x100 => bytes.extend([0x81, first]),
        0x100..0x1_0000 => bytes.extend([0x82, second, first]),
        _ => bytes.extend([0x83, third, second, first]),
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_that_is_cut_off_is_told_from_one_that_is_malformed_inside() {
        let whole = element(0x77, &[&element(0x30, &[&[7; 200]])]);
        assert!(Elements::file(&whole, 0x77).is_ok());
        for end in 0..whole.len() {
            assert_eq!(Elements::file(&whole[..end], 0x77).err(), Some(Fault::Cut), "{end}");
        }
        let inner = element(0x77, &[&[0x30, 0x05, 1]]);
        let inside = Elements::file(&inner, 0x77).unwrap().inside().next();
        assert_eq!(inside.err(), Some(Fault::Malformed));
        assert_eq!(Elements::file(&[0x30, 0x80, 0, 0], 0x30).err(), Some(Fault::Indefinite));
        assert_eq!(Elements::file(&[0x30, 0, 0], 0x30).err(), Some(Fault::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in proptest::collection::vec(any::<u8>(), 0..70_000), tag in prop_oneof![Just(0x30_u16), Just(0x5f1f)]) {
            let bytes = element(tag, &[&value]);
            let read = Elements::file(&bytes, tag).unwrap();
            prop_assert!(read.value == value && read.whole == bytes);
        }

        #[test]
        fn any_bytes_end_in_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut elements = Elements { rest: &bytes, outermost: true };
            let mut count = 0;
            while elements.next().is_ok() {
                count += 1;
            }
            prop_assert!(count <= bytes.len());
        }
    }
}
