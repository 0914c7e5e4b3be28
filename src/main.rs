//! The `shakedown` command: see the library for what it does.

fn main() -> std::process::ExitCode {
    shakedown::cli::main()
}
