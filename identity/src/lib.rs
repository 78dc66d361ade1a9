//! pilothouse-identity
