//! A log of any bytes, whole and in two pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown::diagnose::{Case, diagnose, replay::Failure, telling_lines};
use shakedown::log::{Log, LogBuilder};

fuzz_target!(|bytes: &[u8]| {
    let log = Log::read(bytes).unwrap();
    let found = diagnose(&Case::of_log(&log));
    Failure::of(&log, found.first());
    telling_lines(&log, None);

    // Where a pipe happens to break says nothing: in the middle of a character, of a colour, of a line end.
    let cut = bytes.last().map_or(0, |last| usize::from(*last) * bytes.len() / 256);
    let mut builder = LogBuilder::new();
    builder.push(None, &bytes[..cut]);
    builder.push(None, &bytes[cut..]);
    assert!(builder.finish() == log, "cut at {cut}");

    let mut builder = LogBuilder::new();
    builder.push(Some("install"), &bytes[..cut]);
    builder.push(Some("start"), &bytes[cut..]);
    diagnose(&Case::of_log(&builder.finish()));
});
