//! Measurements of the host: `calls/` is the program, `guest/` the pilot that it measures. Nothing is in the library itself.
#![forbid(unsafe_code)]
