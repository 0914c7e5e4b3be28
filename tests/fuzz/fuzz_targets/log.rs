//! A log of any bytes, in two pieces and two phases.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown::diagnose::{Case, LogBuilder, diagnose, replay::Failure, telling_lines};

fuzz_target!(|bytes: &[u8]| {
    let mut builder = LogBuilder::new();
    let cut = bytes.first().map_or(0, |first| usize::from(*first).min(bytes.len()));
    builder.push(None, &bytes[..cut]);
    builder.push(Some("start"), &bytes[cut..]);
    let log = builder.finish();
    let found = diagnose(&Case::of_log(&log));
    Failure::of(&log, found.first());
    telling_lines(&log, None);
});
