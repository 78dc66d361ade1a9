//! pilothouse-evidence
