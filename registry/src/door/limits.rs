//! The door's numbers. What a compiler would do with more is not defended upstream: 20,000 nested components in 238 kB once took a
//! minute and 5.4 GB. Our largest pilot stays under a tenth of each.

/// Largest package, in bytes: the data below, and as much again for code.
pub const PACKAGE_BYTES: usize = 40 << 20;
/// Modules and components inside one another.
pub const NESTING: u64 = 8;
/// Modules and components in all. A Rust guest has three.
pub const COMPONENTS: u64 = 100;
/// Core instances, and as many component instances.
pub const INSTANCES: u64 = 100;
/// Functions of all kinds. A Rust guest of 120 KB has some 500.
pub const FUNCTIONS: u64 = 20_000;
/// Types of all kinds, those inside instance types included.
pub const TYPES: u64 = 5_000;
/// Imports of all modules and components together.
pub const IMPORTS: u64 = 1_000;
/// Exports of all modules and components together.
pub const EXPORTS: u64 = 1_000;
/// Aliases and globals, each: as many as functions, which they serve.
pub const ALIASES: u64 = 20_000;
/// Bytes of one name.
pub const NAME_BYTES: u64 = 256;
/// Sections of all modules and components together.
pub const SECTIONS: u64 = 1_000;
/// Bytes of data segments.
pub const DATA_BYTES: u64 = 20_000_000;
/// Locals of one function.
pub const LOCALS: u64 = 5_000;
/// Blocks inside one another in one function.
pub const BLOCK_DEPTH: u64 = 1_000;
/// Instance or component types inside one another. The parser reads such types by recursion and without a bound of its own.
pub const TYPE_DEPTH: u64 = 100;
/// Longest written type of one function: the contract's longest has some 700 bytes.
pub const SIGNATURE_BYTES: usize = 8_192;
