//! pilothouse-province
