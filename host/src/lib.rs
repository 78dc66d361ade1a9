//! pilothouse
