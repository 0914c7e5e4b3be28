//! A requirements file of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_fuzz::look;

fuzz_target!(|bytes: &[u8]| look(&[("main.py", b""), ("requirements.txt", bytes)]));
