//! pilothouse-toolchain
