//! What a grant of `population` may say: claims, fields, the household, counts and from how many people on they are shown.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Difference, MissKind, RowFilter, Scope, ScopeMiss, both};
use crate::ids::closed_set;

closed_set! {
    /// A claim about a person: answered with yes, no or unknown.
    Claim, "the claim", {
        /// The name presented is the database's.
        NameMatches = "name-matches" ("họ tên khớp", "name matches"),
        /// The birth date presented is the database's.
        BirthDateMatches = "birth-date-matches" ("ngày sinh khớp", "date of birth matches"),
        /// The person lives.
        Alive = "alive" ("còn sống", "is alive"),
        /// The card has not expired.
        CardValid = "card-valid" ("thẻ còn hạn", "card is valid"),
        /// The card was not taken back.
        CardNotRevoked = "card-not-revoked" ("thẻ không bị thu hồi", "card is not revoked"),
        /// Between two ages, both included.
        AgeBetween = "age-between" ("tuổi trong khoảng", "age is in a range"),
        /// Of this sex.
        SexIs = "sex-is" ("giới tính", "sex is"),
        /// Resides in a unit.
        ResidentIn = "resident-in" ("cư trú tại", "resides in"),
        /// Heads a household.
        HouseholdHead = "household-head" ("là chủ hộ", "heads a household"),
        /// Lives in one household with another person.
        SameHousehold = "same-household" ("cùng hộ", "same household"),
        /// Is related to another person.
        RelationIs = "relation-is" ("quan hệ gia đình", "family relation"),
        /// An old number is this person's.
        IdChain = "id-chain" ("số giấy tờ cũ là của người này", "an old number is this person's"),
    }
}

closed_set! {
    /// A field of a person. Portrait, fingerprints and the personal number are no fields: they are never readable.
    Field, "the field", {
        /// A token for display, not the name.
        FullName = "full-name" ("họ tên (chỉ hiển thị)", "full name (for display only)"),
        /// Full date.
        BirthDate = "birth-date" ("ngày sinh", "date of birth"),
        /// Year only.
        BirthYear = "birth-year" ("năm sinh", "year of birth"),
        /// Five years wide.
        AgeBand = "age-band" ("nhóm tuổi", "age band"),
        /// Sex.
        Sex = "sex" ("giới tính", "sex"),
        /// Nationality.
        Nationality = "nationality" ("quốc tịch", "nationality"),
        /// Unit of permanent residence.
        PermanentUnit = "permanent-unit" ("nơi thường trú (xã, phường)", "commune of permanent residence"),
        /// Unit of temporary residence.
        TemporaryUnit = "temporary-unit" ("nơi tạm trú (xã, phường)", "commune of temporary residence"),
        /// Unit of current residence.
        CurrentUnit = "current-unit" ("nơi ở hiện tại (xã, phường)", "commune of current residence"),
        /// A token for display or delivery, not the address.
        AddressToken = "address-token" ("địa chỉ (chỉ hiển thị)", "address (for display only)"),
        /// Marital status.
        MaritalStatus = "marital-status" ("tình trạng hôn nhân", "marital status"),
        /// Alive, dead, missing.
        LifeStatus = "life-status" ("tình trạng sống", "life status"),
        /// State of the card.
        CardState = "card-state" ("tình trạng thẻ", "state of the card"),
        /// Expiry of the card.
        CardExpiry = "card-expiry" ("hạn thẻ", "expiry of the card"),
        /// People in the household.
        HouseholdSize = "household-size" ("số người trong hộ", "size of the household"),
        /// Ethnicity. Sensitive.
        Ethnicity = "ethnicity" ("dân tộc (nhạy cảm)", "ethnicity (sensitive)"),
        /// Religion. Sensitive.
        Religion = "religion" ("tôn giáo (nhạy cảm)", "religion (sensitive)"),
    }
}

closed_set! {
    /// What is counted.
    Measure, "the measure", {
        /// People.
        Count = "count" ("số người", "number of people"),
    }
}

closed_set! {
    /// By what is counted.
    Dimension, "the dimension", {
        /// Commune-level unit.
        Commune = "commune" ("xã, phường", "commune"),
        /// The district of before 2025.
        DistrictBefore2025 = "district-before-2025" ("huyện (trước 2025)", "district (before 2025)"),
        /// Five years wide.
        AgeBand = "age-band" ("nhóm tuổi", "age band"),
        /// Single years of age, 0 to 18.
        AgeSingle = "age-single" ("từng tuổi", "single years of age"),
        /// Sex.
        Sex = "sex" ("giới tính", "sex"),
        /// Permanent or temporary.
        ResidenceKind = "residence-kind" ("loại cư trú", "kind of residence"),
        /// Ethnicity. Sensitive.
        Ethnicity = "ethnicity" ("dân tộc (nhạy cảm)", "ethnicity (sensitive)"),
        /// Religion. Sensitive.
        Religion = "religion" ("tôn giáo (nhạy cảm)", "religion (sensitive)"),
    }
}

impl Dimension {
    /// Whether the law counts it as sensitive (Law 91/2025/QH15): it needs `sensitive-min-cell`.
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Dimension::Ethnicity | Dimension::Religion)
    }
}

/// What a grant of `population` may say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PopulationScope {
    /// Claims that may be asked.
    pub claims: BTreeSet<Claim>,
    /// Fields that may be read.
    pub fields: BTreeSet<Field>,
    /// Whether the people of a person's household may be met.
    pub household: bool,
    /// What may be counted.
    pub measures: BTreeSet<Measure>,
    /// By what it may be counted.
    pub dims: BTreeSet<Dimension>,
    /// The smallest count that is shown. None: no counts at all; the larger is the narrower.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_cell: Option<u32>,
    /// The same, for counts by a sensitive dimension. None: no such counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitive_min_cell: Option<u32>,
    /// Of whom the grant may be used.
    #[serde(skip_serializing_if = "RowFilter::is_open")]
    pub row_filter: RowFilter,
}

/// What a call asks of `population`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopulationAsk<'a> {
    /// Answers to these claims. The first that is outside is named; none is then answered.
    Claims(&'a [Claim]),
    /// One field of a person.
    Field(Field),
    /// The people of a household.
    Household,
    /// Counts.
    Aggregate {
        /// Of what.
        measure: Measure,
        /// By what.
        dimensions: &'a [Dimension],
    },
}

impl PopulationScope {
    /// The smallest count that is shown for these dimensions. None: no such counts.
    pub fn minimum(&self, dimensions: &[Dimension]) -> Option<u32> {
        if dimensions.iter().any(|dimension| dimension.is_sensitive()) {
            higher_floor(self.min_cell, self.sensitive_min_cell)
        } else {
            self.min_cell
        }
    }
}

/// The larger floor; a missing one permits nothing, so it stays missing.
fn higher_floor(one: Option<u32>, other: Option<u32>) -> Option<u32> {
    one.zip(other).map(|(one, other)| one.max(other))
}

fn lower_floor(key: &str, old: Option<u32>, new: Option<u32>, (vi, en): (&str, &str)) -> Option<Difference> {
    match (old, new) {
        (_, None) => None,
        (None, Some(new)) => Some(Difference::new(
            key,
            format!("{vi}: xem số liệu tổng hợp từ {new} người trở lên"),
            format!("{en}: sees counts from {new} people on"),
        )),
        (Some(old), Some(new)) => (new < old).then(|| {
            Difference::new(
                key,
                format!("{vi}: từ {old} xuống {new} người"),
                format!("{en}: from {old} down to {new} people"),
            )
        }),
    }
}

impl Scope for PopulationScope {
    type Ask<'a> = PopulationAsk<'a>;

    fn narrow(&self, other: &Self) -> Self {
        Self {
            claims: both(&self.claims, &other.claims),
            fields: both(&self.fields, &other.fields),
            household: self.household && other.household,
            measures: both(&self.measures, &other.measures),
            dims: both(&self.dims, &other.dims),
            min_cell: higher_floor(self.min_cell, other.min_cell),
            sensitive_min_cell: higher_floor(self.sensitive_min_cell, other.sensitive_min_cell),
            row_filter: self.row_filter.narrow(&other.row_filter),
        }
    }

    fn permits(&self, ask: &PopulationAsk<'_>) -> Result<(), ScopeMiss> {
        match ask {
            PopulationAsk::Claims(claims) => match claims.iter().find(|claim| !self.claims.contains(claim)) {
                Some(claim) => Err(ScopeMiss::new("claims", claim, MissKind::Claim)),
                None => Ok(()),
            },
            PopulationAsk::Field(field) if !self.fields.contains(field) => {
                Err(ScopeMiss::new("fields", field, MissKind::Field))
            }
            PopulationAsk::Field(_) => Ok(()),
            PopulationAsk::Household if !self.household => {
                Err(ScopeMiss::new("household", "household", MissKind::Field))
            }
            PopulationAsk::Household => Ok(()),
            PopulationAsk::Aggregate { measure, dimensions } => {
                if !self.measures.contains(measure) {
                    return Err(ScopeMiss::new("measures", measure, MissKind::Field));
                }
                if let Some(dimension) = dimensions.iter().find(|dimension| !self.dims.contains(dimension)) {
                    return Err(ScopeMiss::new("dims", dimension, MissKind::Field));
                }
                match self.minimum(dimensions) {
                    Some(_) => Ok(()),
                    None if self.min_cell.is_none() => Err(ScopeMiss::new("min-cell", "aggregate", MissKind::Field)),
                    None => Err(ScopeMiss::new("sensitive-min-cell", "aggregate", MissKind::Field)),
                }
            }
        }
    }

    fn beyond(&self, old: &Self) -> Vec<Difference> {
        let sets = [
            Difference::of_sets(
                "claims",
                &old.claims,
                &self.claims,
                ("Hỏi{ thêm} (có, không)", "Asks{ in addition} (yes or no)"),
                |claim| (claim.vi().to_owned(), claim.en().to_owned()),
            ),
            Difference::of_sets(
                "fields",
                &old.fields,
                &self.fields,
                ("Đọc{ thêm}", "Reads{ in addition}"),
                |field| (field.vi().to_owned(), field.en().to_owned()),
            ),
            Difference::of_switches(
                "household",
                old.household,
                self.household,
                ("Xem những người cùng hộ", "Meets the people of the household"),
            ),
            Difference::of_sets(
                "measures",
                &old.measures,
                &self.measures,
                ("Đếm{ thêm}", "Counts{ in addition}"),
                |measure| (measure.vi().to_owned(), measure.en().to_owned()),
            ),
            Difference::of_sets(
                "dims",
                &old.dims,
                &self.dims,
                ("Đếm{ thêm} theo", "Counts{ in addition} by"),
                |dimension| (dimension.vi().to_owned(), dimension.en().to_owned()),
            ),
            lower_floor("min-cell", old.min_cell, self.min_cell, ("Ngưỡng nhỏ nhất được hiện", "Smallest count shown")),
            lower_floor(
                "sensitive-min-cell",
                old.sensitive_min_cell,
                self.sensitive_min_cell,
                ("Ngưỡng nhỏ nhất được hiện với dữ liệu nhạy cảm", "Smallest count shown of sensitive data"),
            ),
        ];
        sets.into_iter().flatten().chain(self.row_filter.beyond(&old.row_filter, "row-filter")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_claim_outside_the_grant_is_named() {
        let scope = PopulationScope { claims: [Claim::Alive].into(), ..Default::default() };
        let miss = scope.permits(&PopulationAsk::Claims(&[Claim::Alive, Claim::SexIs, Claim::IdChain])).unwrap_err();
        assert_eq!((miss.key, miss.asked.as_str(), miss.kind), ("claims", "sex-is", MissKind::Claim));
    }

    #[test]
    fn counts_by_a_sensitive_dimension_need_a_floor_of_their_own() {
        let mut scope = PopulationScope {
            measures: [Measure::Count].into(),
            dims: [Dimension::Commune, Dimension::Ethnicity].into(),
            min_cell: Some(10),
            ..Default::default()
        };
        let ask = PopulationAsk::Aggregate { measure: Measure::Count, dimensions: &[Dimension::Ethnicity] };
        assert_eq!(scope.permits(&ask).unwrap_err().key, "sensitive-min-cell");
        scope.sensitive_min_cell = Some(5);
        assert_eq!(scope.permits(&ask), Ok(()));
        assert_eq!(scope.minimum(&[Dimension::Ethnicity]), Some(10), "never below the plain floor");
        assert_eq!(scope.minimum(&[Dimension::Commune]), Some(10));
    }

    #[test]
    fn a_wider_scope_is_told_in_plain_words() {
        let old = PopulationScope { fields: [Field::BirthYear].into(), ..Default::default() };
        let new = PopulationScope { fields: [Field::BirthYear, Field::BirthDate].into(), ..Default::default() };
        let [difference] = &new.beyond(&old)[..] else { panic!("one difference") };
        assert_eq!(difference.vi, "Đọc thêm: ngày sinh");
        assert_eq!(difference.en, "Reads in addition: date of birth");
    }

    #[test]
    fn the_personal_number_is_no_field() {
        for name in ["personal-number", "portrait", "fingerprint"] {
            assert!(name.parse::<Field>().is_err());
        }
    }
}
