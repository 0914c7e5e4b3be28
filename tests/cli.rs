//! The command line as its users type it: `tests/cmd/*.md` are terminal sessions, and so are README's `console` blocks.
//! Those in `tests/cmd/host` run something, and need the host backend.
//! `TRYCMD=overwrite cargo test --test cli` accepts what has changed.

mod support;

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    cases.case("tests/cmd/*.md").case("README.md");
    if !support::host_is_missing("sessions that run something") {
        cases.case("tests/cmd/host/*.md");
    }
}
