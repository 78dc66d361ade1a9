//! Full validation with the engine's feature set: what passes here never fails at load.

use wasmparser::types::Types;
use wasmparser::{Validator, WasmFeatures};

use super::invalid;
use crate::error::DoorError;

/// What guests may use: all of it is on in the engine, and nothing that no pilot needs is.
///
/// Off: threads, shared memory, memory64, several memories, GC and its types, exceptions, typed function references, stack switching,
/// custom page sizes, relaxed SIMD, tail calls, wide arithmetic, and the component model's async, threads, values and nested names.
pub const FEATURES: WasmFeatures = WasmFeatures::COMPONENT_MODEL
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::EXTENDED_CONST);

/// Validates the whole component, every function included. Only after the pre-pass: validation of hostile structure is what that bounds.
pub(super) fn validate(bytes: &[u8]) -> Result<Types, DoorError> {
    Validator::new_with_features(FEATURES).validate_all(bytes).map_err(|error| invalid(&error))
}
