//! pilothouse-runtime
