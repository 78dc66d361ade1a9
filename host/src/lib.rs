//! The host: governance of pilots, the REST API, the console, the command line.
//!
//! Arrows point one way: `cli, api, console → governance → runtime → store → evidence`; `registry` and `wit` know nobody.
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
pub mod console;
mod demo;
pub mod embedded;
pub mod governance;
pub mod harness;
mod introduction;
mod serving;
mod signing;
pub mod words;
