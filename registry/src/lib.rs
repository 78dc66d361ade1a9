//! pilothouse-registry
