//! A requirements file of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_fuzz::plan_and_check;

fuzz_target!(|bytes: &[u8]| plan_and_check(&[("main.py", b""), ("requirements.txt", bytes)]));
