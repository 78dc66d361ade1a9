//! pilothouse-tests
