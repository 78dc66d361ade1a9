#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pilothouse_hostile::meet("chip", bytes));
