//! What the end-to-end tests share.
#![forbid(unsafe_code)]

pub mod asking;
pub mod browser;
pub mod engine;
mod first;
pub mod house;
pub mod packages;
pub mod people;
pub mod program;
pub mod raw;
pub mod reader;
pub mod vendor;
pub mod zoo;
