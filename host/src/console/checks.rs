//! What holds for every page in every language: it renders, escapes, names its language, and is built as people expect.

use super::{AnalysisPage, BoardView, InvocationPage, LodgingPage, PilotPage, ProblemPage, SignInPage, TryPage};
use crate::words::Lang;

const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"y";

/// Every page of every sample, with a name for messages.
fn pages(lang: Lang) -> Vec<(String, String)> {
    let boards = BoardView::samples(lang).into_iter().map(|view| view.page().unwrap());
    let pilots = PilotPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let invocations = InvocationPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let sign_ins = SignInPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let nights = LodgingPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let analyses = AnalysisPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let tries = TryPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    let problems = ProblemPage::samples(lang).into_iter().map(|view| view.page().unwrap());
    boards
        .map(|page| ("board", page))
        .chain(pilots.map(|page| ("pilot", page)))
        .chain(invocations.map(|page| ("invocation", page)))
        .chain(sign_ins.map(|page| ("sign-in", page)))
        .chain(nights.map(|page| ("lodging", page)))
        .chain(analyses.map(|page| ("analysis", page)))
        .chain(tries.map(|page| ("try", page)))
        .chain(problems.map(|page| ("problem", page)))
        .map(|(name, page)| (format!("{name} in {}", lang.code()), page))
        .collect()
}

fn all_pages() -> Vec<(String, String)> {
    Lang::ALL.into_iter().flat_map(pages).collect()
}

/// The values of an attribute, in the order of the page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    page.split(&opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn heading_levels(page: &str) -> Vec<u8> {
    page.match_indices("<h")
        .filter_map(|(at, _)| page.as_bytes().get(at + 2).copied())
        .filter(u8::is_ascii_digit)
        .map(|digit| digit - b'0')
        .collect()
}

#[test]
fn every_page_names_its_language_and_has_one_title_main_and_first_heading() {
    for lang in Lang::ALL {
        for (name, page) in pages(lang) {
            assert!(page.starts_with("<!doctype html>"), "{name}");
            assert!(page.contains(&format!("<html lang=\"{}\">", lang.code())), "{name}");
            for once in ["<title>", "<main", "<h1", "</html>"] {
                assert_eq!(page.matches(once).count(), 1, "{once} of {name}");
            }
        }
    }
}

#[test]
fn the_pages_of_the_two_languages_differ() {
    for ((name, vi), (_, en)) in pages(Lang::Vi).iter().zip(&pages(Lang::En)) {
        assert_ne!(vi, en, "{name}");
    }
}

#[test]
fn headings_never_skip_a_level() {
    for (name, page) in all_pages() {
        let levels = heading_levels(&page);
        assert_eq!(levels.first(), Some(&1), "{name}");
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{name}: h{} after h{}", pair[1], pair[0]);
        }
    }
}

#[test]
fn every_table_has_a_caption() {
    for (name, page) in all_pages() {
        for table in page.split("<table").skip(1) {
            let head = table.split("<thead").next().unwrap();
            assert!(head.contains("<caption"), "{name}");
        }
    }
}

#[test]
fn every_link_stays_on_this_host() {
    for (name, page) in all_pages() {
        let links = values(&page, "href");
        assert!(links.len() > 3, "{name}");
        for link in links.into_iter().chain(values(&page, "src")) {
            let stays = link.starts_with(['?', '#']) || (link.starts_with('/') && !link.starts_with("//"));
            assert!(stays, "{name}: {link}");
        }
    }
}

#[test]
fn links_within_a_page_and_ids_fit() {
    for (name, page) in all_pages() {
        let mut ids = values(&page, "id");
        for link in values(&page, "href").iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(ids.contains(&link), "{name}: #{link}");
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}: an id twice");
    }
}

#[test]
fn no_page_needs_more_than_the_policy_allows() {
    for (name, page) in all_pages() {
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{name}: {inline}");
        }
        for script in page.split("<script").skip(1) {
            assert!(script.split('>').nth(1).is_some_and(|body| body.starts_with("</script")), "{name}");
        }
    }
}

#[test]
fn every_page_says_that_people_are_synthetic_unless_they_are_not() {
    for lang in Lang::ALL {
        let text = lang.words().synthetic_text;
        for view in BoardView::samples(lang) {
            assert_eq!(view.page().unwrap().contains(text), view.frame.synthetic);
        }
        assert!(PilotPage::samples(lang).iter().all(|view| view.page().unwrap().contains(text)));
        assert!(ProblemPage::samples(lang).iter().all(|view| view.page().unwrap().contains(text)));
    }
}

#[test]
fn hostile_names_are_shown_and_not_obeyed() {
    for lang in Lang::ALL {
        let mut board = BoardView::samples(lang).remove(0);
        board.province_note = HOSTILE.into();
        for group in &mut board.groups {
            group.title = HOSTILE.into();
            for model in &mut group.models {
                model.name = HOSTILE.into();
                model.lead_plan = HOSTILE.into();
                if let Some(pilot) = &mut model.pilot {
                    pilot.version = HOSTILE.into();
                    pilot.href = HOSTILE.into();
                    for indicator in &mut pilot.indicators {
                        indicator.title = HOSTILE.into();
                    }
                }
            }
        }
        let mut pilot = PilotPage::samples(lang).remove(0);
        pilot.title = HOSTILE.into();
        if let Some(first) = pilot.invocations.as_mut().and_then(|calls| calls.first_mut()) {
            first.href = Some(HOSTILE.into());
            first.outcome = HOSTILE.into();
            first.calls[0].function = HOSTILE.into();
        }
        pilot.capabilities[0].scope = vec![HOSTILE.into()];
        let mut problem = ProblemPage::samples(lang).remove(0);
        problem.detail = HOSTILE.into();
        let mut tried = TryPage::samples(lang).remove(0);
        tried.card = HOSTILE.into();
        let mut analysis = AnalysisPage::samples(lang).remove(2);
        analysis.figures[0].rows[0].name = HOSTILE.into();
        for page in [
            board.page().unwrap(),
            board.live().unwrap(),
            pilot.page().unwrap(),
            problem.page().unwrap(),
            tried.page().unwrap(),
            analysis.page().unwrap(),
        ] {
            assert!(!page.contains("<script>alert") && !page.contains("\" onload=\"y"));
            assert!(page.contains("&#60;script&#62;"));
        }
    }
}

#[test]
fn the_live_part_is_the_part_of_the_page() {
    for lang in Lang::ALL {
        for view in BoardView::samples(lang) {
            let (page, live) = (view.page().unwrap(), view.live().unwrap());
            assert!(page.contains(live.trim()), "{}", lang.code());
            assert!(!live.contains("<html"), "{}", lang.code());
        }
    }
}

#[test]
fn what_is_refreshed_has_a_key_of_its_own() {
    for lang in Lang::ALL {
        let live = BoardView::samples(lang).remove(0).live().unwrap();
        let mut keys = values(&live, "data-live");
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert!(count > 10);
        assert_eq!(keys.len(), count);
    }
}

#[test]
fn the_board_adds_its_pilots_up() {
    let page = BoardView::samples(Lang::Vi).remove(0).page().unwrap();
    for figure in ["2.568", "48.213", "86,2%"] {
        assert!(page.contains(figure), "{figure}");
    }
    let page = BoardView::samples(Lang::En).remove(0).page().unwrap();
    for figure in ["2,568", "48,213", "86.2%"] {
        assert!(page.contains(figure), "{figure}");
    }
}

#[test]
fn every_state_is_told_in_words() {
    for lang in Lang::ALL {
        let page = BoardView::samples(lang).remove(0).page().unwrap();
        let words = lang.words();
        for text in [
            words.state_planned,
            words.state_waiting,
            words.state_running,
            words.state_late,
            words.state_disabled,
            words.state_quarantined,
        ] {
            assert!(page.contains(text), "{text}");
        }
    }
}
