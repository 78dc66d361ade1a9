//! Numbers, shares, dates and times in the form of each language: `1.234,5`, `12,5%`, `07:30 15/11/2024`.

use fixed_decimal::Decimal;
use icu_decimal::DecimalFormatter;
use icu_locale_core::{Locale, locale};
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, OffsetDateTime, UtcOffset};

use super::Lang;

/// Vietnam's one offset. It has no summer time, so no table of zones is needed.
const VIETNAM: UtcOffset = offset!(+7);

fn locale_of(lang: Lang) -> Locale {
    match lang {
        Lang::Vi => locale!("vi"),
        Lang::En => locale!("en-GB"),
    }
}

fn written(lang: Lang, number: &Decimal) -> String {
    match DecimalFormatter::try_new(locale_of(lang).into(), Default::default()) {
        Ok(formatter) => formatter.format(number).to_string(),
        // The tables are compiled in; plain digits are still right where they should be missing.
        Err(_) => number.to_string(),
    }
}

/// A whole number with its groups: `1.234` or `1,234`.
pub fn count(lang: Lang, number: u64) -> String {
    written(lang, &Decimal::from(number))
}

/// A number given as an integer and how many of its digits stand behind the comma: `(12345, 1)` is `1.234,5`.
pub fn decimal(lang: Lang, unscaled: i64, places: u8) -> String {
    let mut number = Decimal::from(unscaled);
    number.multiply_pow10(-i16::from(places));
    number.absolute.pad_end(-i16::from(places));
    written(lang, &number)
}

/// A share in percent, rounded half up to one digit: `12,5%`. None of nothing, which has no share.
pub fn share(lang: Lang, part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let tenths = (part * 2000 + whole) / (whole * 2);
    let tenths = i64::try_from(tenths).unwrap_or(i64::MAX);
    Some(format!("{}%", decimal(lang, tenths, 1)))
}

/// The same instant on Vietnamese clocks.
pub fn local(instant: OffsetDateTime) -> OffsetDateTime {
    instant.to_offset(VIETNAM)
}

/// A day: `15/11/2024` or `15 November 2024`.
pub fn date(lang: Lang, day: Date) -> String {
    match lang {
        Lang::Vi => format!("{:02}/{:02}/{}", day.day(), u8::from(day.month()), day.year()),
        Lang::En => format!("{} {} {}", day.day(), day.month(), day.year()),
    }
}

/// Time and day on Vietnamese clocks: `07:30 15/11/2024` or `07:30, 15 November 2024`.
pub fn instant(lang: Lang, instant: OffsetDateTime) -> String {
    let local = local(instant);
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    let day = date(lang, local.date());
    lang.pick(format!("{time} {day}"), format!("{time}, {day}"))
}

/// A value as pilots pass it into their texts: a day or an instant in the language's form, all else as it is.
pub fn moment(lang: Lang, text: &str) -> Option<String> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(instant(lang, at));
    }
    Some(date(lang, Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?))
}

/// The time of day to the second on Vietnamese clocks: `07:30:05`. The same in both languages.
pub fn clock(instant: OffsetDateTime) -> String {
    let local = local(instant);
    format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn numbers_have_the_groups_and_comma_of_the_language() {
        assert_eq!(count(Lang::Vi, 0), "0");
        assert_eq!(count(Lang::Vi, 1234), "1.234");
        assert_eq!(count(Lang::En, 1_234_567), "1,234,567");
        assert_eq!(decimal(Lang::Vi, 12345, 1), "1.234,5");
        assert_eq!(decimal(Lang::En, 12345, 1), "1,234.5");
        assert_eq!(decimal(Lang::Vi, 50, 1), "5,0");
    }

    #[test]
    fn shares_round_half_up_and_nothing_has_none() {
        assert_eq!(share(Lang::Vi, 1, 8).as_deref(), Some("12,5%"));
        assert_eq!(share(Lang::En, 2, 3).as_deref(), Some("66.7%"));
        assert_eq!(share(Lang::Vi, 1, 2000).as_deref(), Some("0,1%"));
        assert_eq!(share(Lang::Vi, 0, 0), None);
        assert_eq!(share(Lang::En, u64::MAX, u64::MAX).as_deref(), Some("100.0%"));
    }

    #[test]
    fn dates_and_times_are_local() {
        assert_eq!(super::date(Lang::Vi, date!(2024 - 11 - 15)), "15/11/2024");
        assert_eq!(super::date(Lang::En, date!(2024 - 11 - 05)), "5 November 2024");
        assert_eq!(instant(Lang::Vi, datetime!(2024-11-15 00:30 UTC)), "07:30 15/11/2024");
        assert_eq!(instant(Lang::En, datetime!(2024-11-15 20:05 UTC)), "03:05, 16 November 2024");
        assert_eq!(clock(datetime!(2024-11-15 00:30:05 UTC)), "07:30:05");
    }

    #[test]
    fn days_and_instants_of_texts_are_written_as_people_write_them_and_nothing_else_is_touched() {
        assert_eq!(moment(Lang::Vi, "2026-12-01T23:00:00+07:00").as_deref(), Some("23:00 01/12/2026"));
        assert_eq!(moment(Lang::En, "2026-12-01T16:00:00Z").as_deref(), Some("23:00, 1 December 2026"));
        assert_eq!(moment(Lang::Vi, "2026-12-31").as_deref(), Some("31/12/2026"));
        for other in ["80", "23:00", "044089990000", "2026", "20261231", "2026-W01-1", "V-2026-12-31", ""] {
            assert_eq!(moment(Lang::Vi, other), None, "{other}");
        }
    }
}
