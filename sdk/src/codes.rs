//! Closed sets that travel as registered strings: one macro, so that a name is written once.

/// An enum whose cases have a registered name: `code()`, `from_code()`, serde and JSON Schema as that name.
macro_rules! codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$case_meta:meta])* $case:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[schemars(inline)]
        $vis enum $name {
            $($(#[$case_meta])* #[serde(rename = $code)] $case,)*
        }

        impl $name {
            /// The registered name.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$case => $code,)*
                }
            }

            /// The case with this registered name; none where the contract has a newer one.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$case),)*
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use codes;
