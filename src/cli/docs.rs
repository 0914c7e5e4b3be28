//! `shakedown completions` and `shakedown man`: for packagers.

use anyhow::Result;
use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use super::exit::Exit;
use super::output::data;

#[derive(Debug, ClapArgs)]
pub(super) struct CompletionsArgs {
    /// The shell to complete for
    shell: Shell,
}

pub(super) fn completions(mut command: Command, args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, env!("CARGO_PKG_NAME"), &mut script);
    data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Works)
}

/// The manual page, with those of the commands after it.
pub(super) fn man(mut command: Command) -> Result<Exit> {
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        clap_mangen::Man::new(subcommand.clone()).render(&mut page)?;
    }
    data(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Works)
}
