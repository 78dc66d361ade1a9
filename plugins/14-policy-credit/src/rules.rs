//! What makes a borrower eligible, as pure functions: programme, residence, list, grace. No clock of its own, no host.

use pilothouse_sdk::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a check ended as it did, or what was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    OverCeiling,
    OverTerm,
    Age,
    HouseholdHasLoan,
    SeePoliceDesk,
    Moved,
    ResidenceUnknown,
    CardDiffers,
    NotInPopulation,
    PopulationUnreachable,
    RegisterUnreachable,
    NotOnList,
    OtherCategory,
    ListEnded,
    OnAnotherList,
    ConsentAsked,
    ConsentRefused,
    ConsentUnreachable,
    AgeUnknown,
    CardUnclear,
    WithinGrace,
    CardNotValid,
    LowAssurance,
    TwiceInList,
    HouseholdTwice,
}

/// How much a reason weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Worth knowing.
    Note,
    /// Somebody has to look.
    Refer,
    /// The programme's own rule says no.
    Excludes,
}

impl Reason {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 25] = [
        Self::OverCeiling,
        Self::OverTerm,
        Self::Age,
        Self::HouseholdHasLoan,
        Self::SeePoliceDesk,
        Self::Moved,
        Self::ResidenceUnknown,
        Self::CardDiffers,
        Self::NotInPopulation,
        Self::PopulationUnreachable,
        Self::RegisterUnreachable,
        Self::NotOnList,
        Self::OtherCategory,
        Self::ListEnded,
        Self::OnAnotherList,
        Self::ConsentAsked,
        Self::ConsentRefused,
        Self::ConsentUnreachable,
        Self::AgeUnknown,
        Self::CardUnclear,
        Self::WithinGrace,
        Self::CardNotValid,
        Self::LowAssurance,
        Self::TwiceInList,
        Self::HouseholdTwice,
    ];

    /// As the texts name it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::OverCeiling => "over-ceiling",
            Self::OverTerm => "over-term",
            Self::Age => "age",
            Self::HouseholdHasLoan => "household-has-loan",
            Self::SeePoliceDesk => "see-police-desk",
            Self::Moved => "moved",
            Self::ResidenceUnknown => "residence-unknown",
            Self::CardDiffers => "card-differs",
            Self::NotInPopulation => "not-in-population",
            Self::PopulationUnreachable => "population-unreachable",
            Self::RegisterUnreachable => "register-unreachable",
            Self::NotOnList => "not-on-list",
            Self::OtherCategory => "other-category",
            Self::ListEnded => "list-ended",
            Self::OnAnotherList => "on-another-list",
            Self::ConsentAsked => "consent-asked",
            Self::ConsentRefused => "consent-refused",
            Self::ConsentUnreachable => "consent-unreachable",
            Self::AgeUnknown => "age-unknown",
            Self::CardUnclear => "card-unclear",
            Self::WithinGrace => "within-grace",
            Self::CardNotValid => "card-not-valid",
            Self::LowAssurance => "low-assurance",
            Self::TwiceInList => "twice-in-list",
            Self::HouseholdTwice => "household-twice",
        }
    }

    /// What the officer does about it, as the texts name it.
    pub(crate) fn next(self) -> Option<&'static str> {
        match self {
            Self::OverCeiling => Some("lower-amount"),
            Self::OverTerm => Some("shorten-term"),
            Self::Age | Self::HouseholdHasLoan | Self::TwiceInList | Self::HouseholdTwice | Self::WithinGrace => None,
            Self::SeePoliceDesk => Some("go-to-police-desk"),
            Self::Moved => Some("other-branch"),
            Self::ResidenceUnknown | Self::AgeUnknown | Self::PopulationUnreachable | Self::RegisterUnreachable => {
                Some("check-by-paper")
            }
            Self::CardDiffers | Self::CardUnclear => Some("compare-id"),
            Self::NotInPopulation => Some("check-number"),
            Self::NotOnList | Self::OtherCategory | Self::ListEnded => Some("dispute"),
            Self::OnAnotherList => Some("ask-the-group"),
            Self::ConsentAsked => Some("wait-for-consent"),
            Self::ConsentRefused => Some("check-by-paper"),
            Self::ConsentUnreachable => Some("sign-here"),
            Self::CardNotValid => Some("ask-for-valid-card"),
            Self::LowAssurance => Some("ask-chip"),
        }
    }

    /// How much it weighs. What a register says or does not say never excludes anybody.
    pub(crate) fn weight(self) -> Weight {
        match self {
            Self::OverCeiling
            | Self::OverTerm
            | Self::Age
            | Self::HouseholdHasLoan
            | Self::SeePoliceDesk
            | Self::TwiceInList
            | Self::HouseholdTwice => Weight::Excludes,
            Self::Moved
            | Self::ResidenceUnknown
            | Self::CardDiffers
            | Self::NotInPopulation
            | Self::PopulationUnreachable
            | Self::RegisterUnreachable
            | Self::NotOnList
            | Self::OtherCategory
            | Self::ListEnded
            | Self::OnAnotherList
            | Self::ConsentAsked
            | Self::ConsentRefused
            | Self::ConsentUnreachable
            | Self::AgeUnknown
            | Self::CardUnclear => Weight::Refer,
            Self::WithinGrace | Self::CardNotValid | Self::LowAssurance => Weight::Note,
        }
    }
}

/// How a check ended. A person decides the loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Eligible,
    Refer,
    NotEligible,
}

impl Verdict {
    /// The verdict of all that was found: the gravest reason counts.
    pub(crate) fn of(reasons: &[Reason]) -> Self {
        match reasons.iter().map(|reason| reason.weight()).max() {
            Some(Weight::Excludes) => Self::NotEligible,
            Some(Weight::Refer) => Self::Refer,
            Some(Weight::Note) | None => Self::Eligible,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Refer => "refer",
            Self::NotEligible => "not-eligible",
        }
    }
}

/// Which residence a programme asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ResidenceRule {
    Permanent,
    /// Permanent or temporary.
    Either,
    Any,
}

/// Whether the residence that a programme asks for is there.
pub(crate) fn residence(
    rule: ResidenceRule,
    permanent: population::Answer,
    temporary: population::Answer,
) -> Option<Reason> {
    let (is_there, is_nowhere) = match rule {
        ResidenceRule::Any => return None,
        ResidenceRule::Permanent => (permanent.is_yes(), permanent.is_no()),
        ResidenceRule::Either => (permanent.is_yes() || temporary.is_yes(), permanent.is_no() && temporary.is_no()),
    };
    match (is_there, is_nowhere) {
        (true, _) => None,
        (false, true) => Some(Reason::Moved),
        (false, false) => Some(Reason::ResidenceUnknown),
    }
}

/// What an entry of the beneficiaries' list is worth on a day.
pub(crate) fn listed(
    categories: &str,
    category: Option<&str>,
    until: Option<Date>,
    today: Date,
    grace_days: u16,
) -> Option<Reason> {
    if !category.is_some_and(|category| categories.split_whitespace().any(|wanted| wanted == category)) {
        return Some(Reason::OtherCategory);
    }
    match until.map(|until| today.days_since(until)) {
        Some(days) if days > i32::from(grace_days) => Some(Reason::ListEnded),
        Some(days) if days > 0 => Some(Reason::WithinGrace),
        _ => None,
    }
}

/// Whether a check is too old for a decision.
pub(crate) fn is_stale(checked: Date, today: Date, days: u16) -> bool {
    today.days_since(checked) > i32::from(days)
}

/// What changed about an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Unchanged,
    Moved,
    Died,
    StatusEnded,
    /// It cannot be told now.
    Unknown,
}

impl Change {
    /// As indicators name it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Moved => "moved",
            Self::Died => "died",
            Self::StatusEnded => "status-ended",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an officer has to look.
    pub(crate) fn is_worth_a_look(self) -> bool {
        matches!(self, Self::Moved | Self::Died | Self::StatusEnded)
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_sdk::population::Answer;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn what_a_register_says_or_does_not_say_never_excludes_anybody() {
        for reason in [
            Reason::NotOnList,
            Reason::OtherCategory,
            Reason::ListEnded,
            Reason::RegisterUnreachable,
            Reason::PopulationUnreachable,
            Reason::NotInPopulation,
            Reason::Moved,
        ] {
            assert_eq!(Verdict::of(&[reason, Reason::LowAssurance]), Verdict::Refer, "{reason:?}");
        }
    }

    #[test]
    fn the_gravest_reason_counts() {
        assert_eq!(Verdict::of(&[]), Verdict::Eligible);
        assert_eq!(Verdict::of(&[Reason::WithinGrace]), Verdict::Eligible);
        assert_eq!(Verdict::of(&[Reason::Moved, Reason::OverCeiling]), Verdict::NotEligible);
    }

    #[test]
    fn residence_is_moved_only_where_it_is_clearly_elsewhere() {
        use ResidenceRule::{Any, Either, Permanent};
        assert_eq!(residence(Permanent, Answer::No, Answer::Yes), Some(Reason::Moved));
        assert_eq!(residence(Either, Answer::No, Answer::Yes), None);
        assert_eq!(residence(Either, Answer::No, Answer::No), Some(Reason::Moved));
        assert_eq!(residence(Either, Answer::No, Answer::Unknown), Some(Reason::ResidenceUnknown));
        assert_eq!(residence(Permanent, Answer::Unknown, Answer::No), Some(Reason::ResidenceUnknown));
        assert_eq!(residence(Any, Answer::No, Answer::No), None);
    }

    #[test]
    fn grace_begins_after_the_last_day_and_ends_with_its_days() {
        let listed = |today| listed("poor near-poor", Some("near-poor"), Some(day("2026-12-31")), day(today), 30);
        assert_eq!(listed("2026-12-31"), None);
        assert_eq!(listed("2027-01-01"), Some(Reason::WithinGrace));
        assert_eq!(listed("2027-01-30"), Some(Reason::WithinGrace));
        assert_eq!(listed("2027-01-31"), Some(Reason::ListEnded));
    }

    #[test]
    fn a_category_is_a_whole_word_of_the_programmes() {
        let listed = |category| listed("near-poor", category, None, day("2026-03-02"), 30);
        assert_eq!(listed(Some("near-poor")), None);
        assert_eq!(listed(Some("poor")), Some(Reason::OtherCategory));
        assert_eq!(listed(None), Some(Reason::OtherCategory));
    }

    #[test]
    fn a_check_is_stale_the_day_after_its_term() {
        assert!(!is_stale(day("2026-03-01"), day("2026-03-31"), 30));
        assert!(is_stale(day("2026-03-01"), day("2026-04-01"), 30));
    }
}
