//! Names of made-up people.
//!
//! A name is a surname, middle names, one of the marks Thử, Mẫu, Giả Định, and an ordinary given name, so that lists sort
//! and search as real ones do while every single name shows that nobody bears it. Shares of surnames are plausible for the region, not a statistic.

use pilothouse_identity::{FullName, Sex};

use crate::draw::Draw;

/// Surnames with their weight.
const SURNAMES: [(&str, u32); 26] = [
    ("Nguyễn", 330),
    ("Trần", 90),
    ("Lê", 90),
    ("Hoàng", 60),
    ("Phạm", 50),
    ("Phan", 45),
    ("Võ", 40),
    ("Trương", 30),
    ("Đặng", 15),
    ("Bùi", 15),
    ("Đỗ", 15),
    ("Ngô", 15),
    ("Dương", 15),
    ("Hồ", 13),
    ("Mai", 13),
    ("Lưu", 13),
    ("Từ", 13),
    ("Thái", 13),
    ("Hà", 13),
    ("Tưởng", 13),
    ("Đoàn", 13),
    ("Lương", 13),
    ("Đào", 13),
    ("Lý", 13),
    ("Cao", 8),
    ("Đinh", 5),
];
const CAO: u8 = 24;
const DINH: u8 = 25;
const HO: u8 = 13;

const MEN_MIDDLE: [&str; 9] = ["Văn", "Đức", "Quốc", "Minh", "Xuân", "Công", "Hữu", "Ngọc", "Thanh"];
const WOMEN_MIDDLE: [&str; 7] = ["Thị", "Ngọc", "Thu", "Hồng", "Thùy", "Khánh", "Thanh"];
const MARKS: [&str; 4] = ["Thử", "Mẫu", "Giả Định", "H'Mẫu"];
const MEN_GIVEN: [&str; 40] = [
    "An", "Anh", "Bảo", "Bình", "Cường", "Dũng", "Duy", "Đạt", "Đông", "Hải", "Hiếu", "Hòa", "Hoàn", "Hùng", "Hưng",
    "Huy", "Khoa", "Kiên", "Lâm", "Long", "Lý", "Minh", "Nam", "Nghĩa", "Phong", "Phúc", "Quân", "Quang", "Quý", "Sơn",
    "Tâm", "Thắng", "Thành", "Thanh", "Tiến", "Toàn", "Trung", "Tú", "Tuấn", "Việt",
];
const WOMEN_GIVEN: [&str; 40] = [
    "An", "Anh", "Ân", "Bích", "Chi", "Dung", "Diệp", "Giang", "Hà", "Hạnh", "Hiền", "Hoa", "Hòa", "Hồng", "Huệ",
    "Hương", "Khánh", "Lan", "Lành", "Liên", "Linh", "Loan", "Mai", "Mỹ", "My", "Nga", "Ngọc", "Nhung", "Oanh",
    "Phương", "Quyên", "Tâm", "Thảo", "Thu", "Thúy", "Thủy", "Trang", "Vân", "Xuân", "Yến",
];

/// Where surnames are distributed differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SurnameRegion {
    /// Most of the province.
    Usual,
    /// Minh Hóa and Tuyên Hóa.
    West,
    /// Bru–Vân Kiều and Chứt families.
    Minority,
}

/// A name as indexes into the tables; 0 in `surname` and the middles means none, otherwise one more than the index.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NameParts {
    pub(crate) surname: u8,
    middle: u8,
    second_middle: u8,
    mark: u8,
    /// 0: none, the mark is the given name.
    given: u8,
    women: bool,
}

impl NameParts {
    pub(crate) fn draw(draw: &mut Draw, surname: u8, sex: Sex, birth_year: u16, region: SurnameRegion) -> Self {
        let women = sex == Sex::Female;
        let mark = draw.weighted([45, 45, 10].into_iter()) as u8;
        if region == SurnameRegion::Minority && draw.chance(800) {
            // Names of one word exist, and names with an apostrophe.
            let mark = if women && draw.chance(5_000) { 3 } else { mark };
            return Self { surname: 0, middle: 0, second_middle: 0, mark, given: 0, women };
        }
        let middle = if women {
            let thi = if birth_year < 2000 { 650 } else { 350 };
            draw.weighted([thi, 75, 60, 60, 50, 50, 55].into_iter()) + 1
        } else {
            draw.weighted([350, 90, 80, 90, 80, 80, 80, 75, 75].into_iter()) + 1
        } as u8;
        let (middle, second_middle) = match draw.below(1_000) {
            0..50 => (0, 0),
            50..200 => (middle, draw.between(2, 6) as u8),
            _ => (middle, 0),
        };
        let given = draw.between(1, if women { WOMEN_GIVEN.len() } else { MEN_GIVEN.len() } as u32) as u8;
        Self { surname, middle, second_middle, mark, given, women }
    }

    pub(crate) fn text(self) -> String {
        let table = |words: &[&'static str], place: u8| {
            usize::from(place).checked_sub(1).and_then(|index| words.get(index)).copied()
        };
        let (middles, givens) =
            if self.women { (&WOMEN_MIDDLE[..], &WOMEN_GIVEN[..]) } else { (&MEN_MIDDLE[..], &MEN_GIVEN[..]) };
        let surname = usize::from(self.surname).checked_sub(1).and_then(|index| SURNAMES.get(index));
        let words = [
            surname.map(|(name, _)| *name),
            table(middles, self.middle),
            table(middles, self.second_middle),
            MARKS.get(usize::from(self.mark)).copied(),
            table(givens, self.given),
        ];
        let mut text = String::with_capacity(48);
        for word in words.into_iter().flatten() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    pub(crate) fn full_name(self) -> Option<FullName> {
        FullName::parse(&self.text()).ok()
    }
}

/// A surname for a family.
pub(crate) fn surname(draw: &mut Draw, region: SurnameRegion) -> u8 {
    let local = draw.below(100);
    let index = match region {
        SurnameRegion::West if local < 25 => DINH,
        SurnameRegion::West if local < 45 => CAO,
        SurnameRegion::Minority if local < 85 => HO,
        _ => draw.weighted(SURNAMES.iter().map(|(_, weight)| *weight)) as u8,
    };
    index + 1
}

/// The other spelling of a name, with the tone of the last word on the second vowel; `None` if there is but one.
pub(crate) fn two_spellings(name: &str) -> Option<String> {
    const PAIRS: [(&str, &str); 3] = [("òa", "oà"), ("úy", "uý"), ("ủy", "uỷ")];
    PAIRS.iter().find_map(|(old, new)| name.strip_suffix(old).map(|start| format!("{start}{new}")))
}

#[cfg(test)]
mod tests {
    use pilothouse_identity::{NameVerdict, Sex, compare};

    use super::{CAO, DINH, HO, MARKS, NameParts, SURNAMES, SurnameRegion, surname, two_spellings};
    use crate::draw::Draw;

    #[test]
    fn every_name_shows_that_it_is_made_up_and_is_a_valid_name() {
        let mut draw = Draw::new(1, 1, 1);
        for round in 0..5_000 {
            let sex = if round % 2 == 0 { Sex::Male } else { Sex::Female };
            let region = [SurnameRegion::Usual, SurnameRegion::West, SurnameRegion::Minority][round % 3];
            let family = surname(&mut draw, region);
            let name = NameParts::draw(&mut draw, family, sex, 1990, region);
            assert!(name.full_name().is_some());
            assert!(MARKS.iter().any(|mark| name.text().contains(mark)), "{}", name.text());
        }
    }

    #[test]
    fn the_places_of_regional_surnames_are_right() {
        assert_eq!(SURNAMES[usize::from(CAO)].0, "Cao");
        assert_eq!(SURNAMES[usize::from(DINH)].0, "Đinh");
        assert_eq!(SURNAMES[usize::from(HO)].0, "Hồ");
    }

    #[test]
    fn the_other_spelling_is_the_same_name() {
        let other = two_spellings("Nguyễn Thị Mẫu Thủy").unwrap();
        assert_eq!(other, "Nguyễn Thị Mẫu Thuỷ");
        assert_eq!(compare(&other, "Nguyễn Thị Mẫu Thủy"), NameVerdict::Equal);
        assert_eq!(two_spellings("Nguyễn Thị Mẫu Hoa"), None);
        // After q the u belongs to the consonant, so there is but one spelling.
        assert_eq!(two_spellings("Nguyễn Văn Thử Quý"), None);
    }
}
