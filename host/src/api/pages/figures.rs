//! From answers to drawings and tables. Small counts arrive hidden, and stay so: a cell without a value is said to be hidden.

use time::Date;

use super::answers::{Answered, Cell, Table};
use crate::console::{Chart, FigureRow, FigureView, Point};
use crate::words::{self, Lang};

/// A hidden cell may have more people than the floor: then it stands in for one that has not.
fn hidden(lang: Lang, floor: u32) -> String {
    lang.pick(format!("ẩn để bảo vệ nhóm dưới {floor} người"), format!("hidden to protect groups under {floor}"))
}

fn counted(lang: Lang, value: Option<i64>, floor: u32) -> String {
    value.map_or_else(|| hidden(lang, floor), |value| words::count(lang, value.unsigned_abs()))
}

fn residence(lang: Lang, kind: &str) -> &'static str {
    let found = super::analysis::RESIDENCES.iter().find(|(code, ..)| *code == kind);
    found.map_or("", |(_, vi, en)| lang.pick(vi, en))
}

/// What must be known beside every figure.
fn notes(lang: Lang, kind: &str, answered: &Answered) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((vi, en)) = &answered.say
        && answered.decision != "answered"
    {
        notes.push(lang.pick(vi, en).clone());
    }
    let residence = residence(lang, kind);
    let Some(Table { total: Some(total), hidden_people, hidden_cells, .. }) = &answered.table else { return notes };
    let (total, hidden) = (words::count(lang, *total), words::count(lang, hidden_people.unwrap_or(0)));
    notes.push(if *hidden_cells == 0 {
        lang.pick(
            format!("{residence}; tổng {total} người; số liệu hành chính, không phải tổng điều tra."),
            format!("{residence}; {total} people in all; an administrative count, not a census."),
        )
    } else {
        lang.pick(
            format!("{residence}; tổng {total} người, trong đó {hidden} người ở {hidden_cells} ô bị ẩn; số liệu hành chính, không phải tổng điều tra."),
            format!("{residence}; {total} people in all, {hidden} of them in {hidden_cells} hidden cells; an administrative count, not a census."),
        )
    });
    notes
}

fn view(lang: Lang, kind: &str, id: &str, title: (&str, &str), first: (&str, &str), answered: &Answered) -> FigureView {
    FigureView {
        id: id.to_owned(),
        title: lang.pick(title.0, title.1).to_owned(),
        notes: notes(lang, kind, answered),
        chart: None,
        columns: Vec::new(),
        first: lang.pick(first.0, first.1).to_owned(),
        rows: Vec::new(),
        csv_href: format!("/analysis.csv?table={id}&residence={kind}"),
        evidence_href: (!answered.id.is_empty()).then(|| format!("/invocations/{}", answered.id)),
    }
}

/// The age pyramid.
pub(super) fn ages(lang: Lang, kind: &str, answered: &Answered) -> FigureView {
    let mut view = view(lang, kind, "ages", ("Tháp tuổi", "Age pyramid"), ("Tuổi", "Age"), answered);
    let sides = lang.pick(("Nam", "Nữ"), ("Men", "Women"));
    view.columns = vec![sides.0.to_owned(), sides.1.to_owned()];
    let Some(table) = &answered.table else { return view };
    let mut bands: Vec<&str> = Vec::new();
    for cell in &table.cells {
        if let Some(band) = cell.labels.first().map(String::as_str).filter(|band| !bands.contains(band)) {
            bands.push(band);
        }
    }
    let of = |band: &str, sex: &str| {
        let is_it = |cell: &&Cell| {
            cell.labels.first().is_some_and(|label| label == band)
                && cell.labels.get(1).is_some_and(|label| label == sex)
        };
        table.cells.iter().find(is_it).and_then(|cell| cell.value)
    };
    let point = |band: &str, value: Option<i64>| Point {
        name: band.replace('-', "–"),
        value: value.map(i64::unsigned_abs),
        words: counted(lang, value, table.floor),
    };
    let pairs: Vec<(Point, Point)> =
        bands.iter().map(|band| (point(band, of(band, "male")), point(band, of(band, "female")))).collect();
    let largest = pairs.iter().max_by_key(|(men, women)| men.value.unwrap_or(0) + women.value.unwrap_or(0));
    let largest = largest.map_or("", |(men, _)| men.name.as_str());
    let label = lang.pick(
        format!("Tháp tuổi, {}: nam bên trái, nữ bên phải; nhóm đông nhất {largest} tuổi. Số liệu ở bảng bên cạnh.", residence(lang, kind)),
        format!("Age pyramid, {}: men left, women right; the largest group is aged {largest}. The table beside has the figures.", residence(lang, kind)),
    );
    view.chart = Some(Chart::pyramid(label, sides, &pairs));
    view.rows = pairs
        .into_iter()
        .map(|(men, women)| FigureRow { name: men.name, cells: vec![men.words, women.words] })
        .collect();
    view
}

/// People and density by commune: drawn by density where the areas are known, else by people.
pub(super) fn communes(
    lang: Lang,
    kind: &str,
    people: &Answered,
    density: &Answered,
    name: &dyn Fn(&str) -> String,
) -> FigureView {
    let title = ("Dân số và mật độ theo xã, phường", "Population and density by commune");
    let mut view = view(lang, kind, "communes", title, ("Xã, phường", "Commune"), people);
    view.columns =
        vec![lang.pick("Người", "People").to_owned(), lang.pick("Người trên km²", "People per km²").to_owned()];
    let Some(table) = &people.table else { return view };
    let density_of = |code: &str| {
        let is_it = |cell: &&Cell| cell.labels.first().is_some_and(|label| label == code);
        density.table.as_ref().and_then(|table| table.cells.iter().find(is_it)).and_then(|cell| cell.value)
    };
    let unknown = lang.pick("chưa có diện tích", "no area yet");
    let mut rows: Vec<(String, Option<i64>, Option<i64>)> = table
        .cells
        .iter()
        .filter_map(|cell| cell.labels.first().map(|code| (name(code), cell.value, density_of(code))))
        .collect();
    let has_density = rows.iter().any(|(.., density)| density.is_some());
    rows.sort_by_key(|(_, people, density)| std::cmp::Reverse(if has_density { *density } else { *people }));
    let points: Vec<Point> = rows
        .iter()
        .map(|(name, people, density)| {
            let value = if has_density { *density } else { *people };
            let words = value
                .map_or_else(|| lang.pick("ẩn", "hidden").to_owned(), |value| words::count(lang, value.unsigned_abs()));
            Point { name: name.clone(), value: value.map(i64::unsigned_abs), words }
        })
        .collect();
    if !has_density {
        view.notes.push(
            lang.pick(
                "Sở chưa nhập diện tích của xã nào (cài đặt areas), nên biểu đồ vẽ theo số người.",
                "The department has entered no commune's area (setting areas), so the chart is drawn by people.",
            )
            .to_owned(),
        );
    }
    let most = points.first().map_or("", |point| point.name.as_str());
    let label = lang.pick(
        format!("{} xã, phường xếp từ cao xuống thấp; cao nhất là {most}. Số liệu ở bảng bên cạnh.", points.len()),
        format!("{} communes from most to least; first is {most}. The table beside has the figures.", points.len()),
    );
    view.chart = Some(Chart::ranks(label, &points));
    view.rows = rows
        .into_iter()
        .map(|(name, people, density)| {
            let density = density.map_or_else(|| unknown.to_owned(), |value| words::count(lang, value.unsigned_abs()));
            FigureRow { name, cells: vec![counted(lang, people, table.floor), density] }
        })
        .collect();
    view
}

/// All people, year by year.
pub(super) fn years(lang: Lang, kind: &str, years: &[(Date, Answered)]) -> FigureView {
    let title = ("Thay đổi theo thời gian", "Change over time");
    let Some((_, last)) = years.last() else {
        let nothing = Answered { decision: String::new(), say: None, id: String::new(), table: None };
        return view(lang, kind, "years", title, ("Ngày", "Day"), &nothing);
    };
    let mut view = view(lang, kind, "years", title, ("Ngày", "Day"), last);
    view.columns =
        vec![lang.pick("Người", "People").to_owned(), lang.pick("So với kỳ trước", "Since the line above").to_owned()];
    let mut before: Option<u64> = None;
    let mut points = Vec::new();
    for (day, answered) in years {
        let floor = answered.table.as_ref().map_or(0, |table| table.floor);
        let total = answered.table.as_ref().and_then(|table| table.total);
        let words = total.map_or_else(|| hidden(lang, floor), |total| words::count(lang, total));
        let change = match (before, total) {
            (Some(before), Some(total)) => changed(lang, before, total),
            _ => "–".to_owned(),
        };
        let is_first = u8::from(day.month()) == 1 && day.day() == 1;
        let short = if is_first { day.year().to_string() } else { lang.pick("hôm nay", "today").to_owned() };
        points.push(Point { name: short, value: total, words: words.clone() });
        view.rows.push(FigureRow { name: words::date(lang, *day), cells: vec![words, change] });
        before = total.or(before);
    }
    let (first, end) =
        (points.first().map_or("", |point| &point.words), points.last().map_or("", |point| &point.words));
    let label = lang.pick(
        format!("Dân số ngày 01/01 các năm và hôm nay: từ {first} đến {end}. Số liệu ở bảng bên cạnh."),
        format!(
            "Population on 1 January of each year and today: from {first} to {end}. The table beside has the figures."
        ),
    );
    view.chart = Some(Chart::columns(label, &points));
    view
}

/// The change in tenths of a percent, with its sign.
fn changed(lang: Lang, before: u64, now: u64) -> String {
    let share = words::share(lang, before.abs_diff(now), before).unwrap_or_else(|| "–".to_owned());
    match now.cmp(&before) {
        std::cmp::Ordering::Less => format!("−{share}"),
        std::cmp::Ordering::Equal => share,
        std::cmp::Ordering::Greater => format!("+{share}"),
    }
}

/// A table for spreadsheets (RFC 4180). It begins with a byte order mark, by which they know UTF-8.
pub(super) fn csv(figure: &FigureView) -> String {
    let mut text = String::from("\u{feff}");
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&quoted(cell));
        }
        text.push_str("\r\n");
    };
    line(&mut std::iter::once(figure.first.as_str()).chain(figure.columns.iter().map(String::as_str)));
    for row in &figure.rows {
        line(&mut std::iter::once(row.name.as_str()).chain(row.cells.iter().map(String::as_str)));
    }
    text
}

/// A cell in quotes. What a spreadsheet would take for a formula is set off by an apostrophe, but for signed numbers.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '@', '\t', '\r'])
        || (cell.starts_with(['+', '-'])
            && !cell.chars().skip(1).all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '%')));
    let apostrophe = if is_formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    fn cell(labels: &[&str], value: Option<i64>) -> Cell {
        Cell { labels: labels.iter().map(|label| (*label).to_owned()).collect(), value }
    }

    fn answered(cells: Vec<Cell>, total: u64) -> Answered {
        let table = Table {
            residence: "permanent".into(),
            base: "2025".into(),
            floor: 10,
            total: Some(total),
            hidden_people: Some(5),
            hidden_cells: 1,
            cells,
        };
        Answered { decision: "answered".into(), say: None, id: "i".into(), table: Some(table) }
    }

    #[test]
    fn a_hidden_cell_is_said_to_be_hidden_and_is_never_nothing() {
        let cells = vec![cell(&["0-4", "male"], Some(1_200)), cell(&["0-4", "female"], None)];
        let view = ages(Lang::Vi, "permanent", &answered(cells, 1_205));
        assert_eq!(view.rows[0].cells, ["1.200", "ẩn để bảo vệ nhóm dưới 10 người"]);
        assert!(view.notes[0].contains("1.205") && view.notes[0].contains("1 ô bị ẩn"));
    }

    #[test]
    fn communes_go_from_most_to_least_and_without_areas_there_is_no_density() {
        let cells = vec![cell(&["1"], Some(20)), cell(&["2"], None), cell(&["3"], Some(70))];
        let none = answered(vec![cell(&["1"], None)], 95);
        let view = communes(Lang::En, "permanent", &answered(cells, 95), &none, &|code| format!("C{code}"));
        let names: Vec<&str> = view.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["C3", "C1", "C2"]);
        assert_eq!(view.rows[0].cells, ["70", "no area yet"]);
    }

    #[test]
    fn a_change_has_its_sign() {
        let days = [(date!(2025 - 01 - 01), answered(vec![], 1_000)), (date!(2026 - 11 - 25), answered(vec![], 990))];
        let view = years(Lang::En, "permanent", &days);
        assert_eq!(view.rows[1].cells, ["990", "−1.0%"]);
        assert_eq!(changed(Lang::Vi, 1_000, 1_025), "+2,5%");
    }

    #[test]
    fn a_spreadsheet_gets_text_and_no_formula() {
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("+cmd"), "\"'+cmd\"");
        assert_eq!(quoted("+2,5%"), "\"+2,5%\"");
        let text = csv(&ages(Lang::Vi, "permanent", &answered(vec![cell(&["0-4", "male"], Some(20))], 20)));
        assert!(text.starts_with("\u{feff}\"Tuổi\",\"Nam\",\"Nữ\"\r\n\"0–4\",\"20\","));
    }
}
