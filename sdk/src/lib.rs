//! pilothouse-sdk
