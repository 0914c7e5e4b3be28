//! A command inside, and the command line that runs it.

use std::ffi::OsString;

use crate::plan::Vars;

/// One command of a step of the plan, or the start command.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What it is run as.
    pub role: Role,
    /// Program and arguments, from the plan.
    pub argv: &'a [String],
    /// Every variable the command sees.
    pub vars: &'a Vars,
    /// The caches that it sees, as the plan's step names them; a command of the build alone has any.
    pub caches: &'a [String],
}

/// What a command is run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A command of the build.
    Build,
    /// The app: process 1 of the finished image, with the profile and the user that the plan gives it.
    Start,
    /// A login shell at the user's terminal; [`Step::argv`] is not looked at.
    Interactive,
}

/// What the host executes. Values of variables travel in `vars`, never in `argv`, where `ps` shows them to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// Program and arguments.
    pub argv: Vec<OsString>,
    /// The whole environment of the program.
    pub vars: Vars,
}
