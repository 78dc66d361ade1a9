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
    /// More than padding stands behind a file's end.
    Trailing,
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

    /// The elements of a file that may hold several.
    pub(crate) const fn files(bytes: &'a [u8]) -> Self {
        Elements { rest: bytes, outermost: true }
    }

    /// The one element that a file of a card is, by the length that it says itself: readers send along what fills the
    /// card's storage behind it (zeros or FF) and the status word of the last command (90 00).
    pub(crate) fn card_file(bytes: &'a [u8], tag: u16) -> Result<Element<'a>, Fault> {
        let mut elements = Elements { rest: bytes, outermost: true };
        let element = elements.expect(tag)?;
        if is_padding(elements.rest) { Ok(element) } else { Err(Fault::Trailing) }
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

/// A file of a card without the padding behind it; the bytes as they are, where they are no such file.
pub(crate) fn unpadded(bytes: &[u8]) -> &[u8] {
    let mut elements = Elements { rest: bytes, outermost: true };
    match elements.next() {
        Ok(element) if is_padding(elements.rest) => element.whole,
        _ => bytes,
    }
}

fn is_padding(rest: &[u8]) -> bool {
    let rest = rest.strip_suffix(&[0x90, 0x00]).unwrap_or(rest);
    rest.iter().all(|byte| *byte == 0) || rest.iter().all(|byte| *byte == 0xff)
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

    #[test]
    fn padding_behind_a_card_file_is_passed_over_and_anything_else_is_told() {
        let whole = element(0x77, &[&[7; 20]]);
        for padding in [&[][..], &[0; 8], &[0xff; 3], &[0x90, 0], &[0, 0, 0x90, 0]] {
            let padded = [&whole, padding].concat();
            assert_eq!(Elements::card_file(&padded, 0x77).map(|element| element.whole), Ok(&whole[..]));
            assert_eq!(unpadded(&padded), whole);
        }
        for more in [&[1][..], &[0, 0xff], &whole] {
            let more = [&whole, more].concat();
            assert_eq!(Elements::card_file(&more, 0x77).err(), Some(Fault::Trailing));
            assert_eq!(unpadded(&more), more);
        }
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
