//! A nixpacks.json or nixpacks.toml of any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_fuzz::plan_and_check;

fuzz_target!(|bytes: &[u8]| {
    let name = if bytes.trim_ascii_start().starts_with(b"{") { "nixpacks.json" } else { "nixpacks.toml" };
    plan_and_check(&[("main.py", b""), ("requirements.txt", b"flask==3.0.3\n"), (name, bytes)]);
});
