//! What a register says about people besides who they are: closed sets.

use time::Date;

use pilothouse_identity::PersonKey;

macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $vi:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in the order of lists.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code in interfaces.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The Vietnamese word of papers and lists.
            #[must_use]
            pub const fn name_vi(self) -> &'static str {
                match self { $(Self::$variant => $vi),* }
            }
        }
    };
}

coded! {
    /// Nationality, by its ISO 3166-1 alpha-3 code.
    Nationality {
        /// Viet Nam.
        VietNam = "VNM", "Việt Nam";
        /// Laos, the neighbour in the west.
        Laos = "LAO", "Lào";
    }
}

coded! {
    /// Ethnic group by the official list of 54. *Sensitive data* (Decree 356/2025/NĐ-CP Article 4).
    Ethnicity {
        /// Some 97 % of the province.
        Kinh = "kinh", "Kinh";
        /// With Vân Kiều, Khùa, Ma Coong, Trì.
        BruVanKieu = "bru-van-kieu", "Bru Vân Kiều";
        /// With Sách, Mày, Rục, A Rem, Mã Liềng.
        Chut = "chut", "Chứt";
        /// Mường.
        Muong = "muong", "Mường";
        /// Tày.
        Tay = "tay", "Tày";
        /// Thổ.
        Tho = "tho", "Thổ";
        /// Of foreign residents.
        Other = "other", "Khác";
    }
}

coded! {
    /// Religion as recorded. *Sensitive data* (Decree 356/2025/NĐ-CP Article 4).
    Religion {
        /// None recorded.
        None = "none", "Không";
        /// Catholic.
        Catholic = "catholic", "Công giáo";
        /// Buddhist.
        Buddhist = "buddhist", "Phật giáo";
    }
}

coded! {
    /// Marital status as recorded.
    MaritalStatus {
        /// Never married.
        Single = "single", "Độc thân";
        /// Married.
        Married = "married", "Đã kết hôn";
        /// Widowed.
        Widowed = "widowed", "Góa";
        /// Divorced.
        Divorced = "divorced", "Đã ly hôn";
    }
}

coded! {
    /// What someone is to the head of the household.
    HouseholdRole {
        /// Head of the household (chủ hộ).
        Head = "head", "Chủ hộ";
        /// Husband or wife of the head.
        Spouse = "spouse", "Vợ, chồng";
        /// Child of the head or the spouse.
        Child = "child", "Con";
        /// Grandchild.
        Grandchild = "grandchild", "Cháu";
        /// Father or mother of the head.
        Parent = "parent", "Cha, mẹ";
        /// Brother, sister or another relative.
        Relative = "relative", "Người thân khác";
    }
}

coded! {
    /// What one person is to another of the same household.
    Relation {
        /// Husband or wife.
        Spouse = "spouse", "Vợ, chồng";
        /// Father or mother (of a spouse as well).
        Parent = "parent", "Cha, mẹ";
        /// Child.
        Child = "child", "Con";
        /// Grandfather or grandmother.
        Grandparent = "grandparent", "Ông, bà";
        /// Grandchild.
        Grandchild = "grandchild", "Cháu";
        /// Children of the same household.
        Sibling = "sibling", "Anh, chị, em";
        /// Anything that the register does not say more closely.
        Relative = "relative", "Người thân khác";
    }
}

coded! {
    /// State of an identity card on the day of the register.
    CardState {
        /// Valid.
        Valid = "valid", "Còn hiệu lực";
        /// Past its last day.
        Expired = "expired", "Hết hạn";
        /// Lost, or withdrawn.
        Revoked = "revoked", "Đã thu hồi";
    }
}

coded! {
    /// Kind of identity card.
    Card {
        /// None, as with many small children.
        None = "none", "Chưa cấp";
        /// Thẻ căn cước công dân, issued until 30 June 2024.
        Cccd = "cccd", "Thẻ căn cước công dân";
        /// Thẻ căn cước, issued since 1 July 2024.
        CanCuoc = "can-cuoc", "Thẻ căn cước";
    }
}

coded! {
    /// Policy group of a household, between dates and by a decision.
    PolicyGroup {
        /// Hộ nghèo.
        Poor = "poor", "Hộ nghèo";
        /// Hộ cận nghèo.
        NearPoor = "near-poor", "Hộ cận nghèo";
        /// Hộ mới thoát nghèo: off both lists for up to three years.
        NewlyEscaped = "newly-escaped", "Hộ mới thoát nghèo";
    }
}

/// A card that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuedCard {
    /// Never [`Card::None`].
    pub kind: Card,
    /// Day of issue.
    pub issued: Date,
    /// Last day; `None` does not expire.
    pub expires: Option<Date>,
    /// State on the register's day.
    pub state: CardState,
}

/// Whether a person lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Alive, as far as the register knows.
    Alive,
    /// Died on that day.
    Died(Date),
}

/// A household of the register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HouseholdKey(pub(crate) u32);

impl HouseholdKey {
    /// Row number. Like [`PersonKey::raw`], not for logs and answers.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

/// What someone with role `of` is to someone with role `to` in one household.
pub(crate) fn relation(of: HouseholdRole, to: HouseholdRole) -> Relation {
    use HouseholdRole::{Child, Grandchild, Head, Parent, Spouse};
    match (of, to) {
        (Head, Spouse) | (Spouse, Head) => Relation::Spouse,
        (Head | Spouse, Child) | (Parent, Head | Spouse) => Relation::Parent,
        (Child, Head | Spouse) | (Head | Spouse, Parent) => Relation::Child,
        (Child, Child) => Relation::Sibling,
        (Head | Spouse, Grandchild) | (Parent, Child) => Relation::Grandparent,
        (Grandchild, Head | Spouse) | (Child, Parent) => Relation::Grandchild,
        _ => Relation::Relative,
    }
}

/// Row of a person in the tables of this crate.
pub(crate) fn row(key: PersonKey) -> usize {
    key.raw() as usize
}

#[cfg(test)]
mod tests {
    use super::{HouseholdRole, Relation, relation};

    #[test]
    fn relations_have_their_opposites() {
        for &a in HouseholdRole::ALL {
            for &b in HouseholdRole::ALL {
                let opposite = match relation(a, b) {
                    Relation::Parent => Relation::Child,
                    Relation::Child => Relation::Parent,
                    Relation::Grandparent => Relation::Grandchild,
                    Relation::Grandchild => Relation::Grandparent,
                    other => other,
                };
                assert_eq!(relation(b, a), opposite, "{a:?} {b:?}");
            }
        }
    }
}
