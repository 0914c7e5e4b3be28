//! The command line as its users type it: `tests/cmd/*.md` are terminal sessions, and so are README's `console` blocks.
//! `TRYCMD=overwrite cargo test --test cli` accepts what has changed.

#[test]
fn sessions() {
    trycmd::TestCases::new().case("tests/cmd/*.md").case("README.md");
}
