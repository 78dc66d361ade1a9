//! pilothouse-store
