//! A Procfile of any bytes: its form, and the start commands in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_fuzz::plan_and_check;

fuzz_target!(|bytes: &[u8]| {
    plan_and_check(&[("main.py", b"app = 1\n"), ("requirements.txt", b"flask==3.0.3\n"), ("Procfile", bytes)]);
});
