//! A command in a container as a command line of the engine's client.

use super::container::Container;
use super::live::Live;
use crate::plan::Vars;
use crate::sandbox::CommandLine;
use crate::sandbox::mirror::route::INDEX;

/// What stands for a variable whose name the client itself listens to.
const ALIAS: &str = "SHAKEDOWN_ALIAS_";

impl Live {
    /// In the container that the build is in.
    pub(super) fn exec(&self, vars: &Vars, options: &[&str], command: &[&str]) -> CommandLine {
        self.exec_in(self.built(), vars, options, command)
    }

    pub(super) fn exec_in(
        &self,
        container: Option<&Container>,
        vars: &Vars,
        options: &[&str],
        command: &[&str],
    ) -> CommandLine {
        let engine = self.engine();
        let head = ["exec", "--user", "0", "--workdir", "/app"];
        let mut arguments: Vec<String> = head.iter().chain(options).map(|word| (*word).to_owned()).collect();
        let mut line_vars = engine.vars().clone();
        let mut renamed = Vec::new();
        // The machine's own index, which the mirror stands before.
        let is_led = |name: &String| name == INDEX && self.front.tells_pip();
        let own = self.config.access.vars.iter().filter(|(name, _)| !vars.contains_key(*name) && !is_led(name));
        let all = own.chain(vars);
        for (name, value) in all {
            // A name that the client reads for itself travels under another.
            let own = engine.vars().get(name).is_some_and(|own| own != value) || name.starts_with("DOCKER_");
            let carrier = if own { format!("{ALIAS}{}", renamed.len()) } else { name.clone() };
            if own {
                renamed.push((carrier.clone(), name.clone()));
            }
            arguments.extend(["--env".to_owned(), carrier.clone()]);
            line_vars.insert(carrier, value.clone());
        }
        arguments.push(container.map(Container::name).unwrap_or_default().to_owned());
        if !renamed.is_empty() {
            arguments.extend(["/bin/bash", "-c", &unalias(&renamed), "shakedown"].map(str::to_owned));
        }
        arguments.extend(command.iter().map(|word| (*word).to_owned()));
        CommandLine { vars: line_vars, ..engine.command(arguments) }
    }
}

/// Gives the variables their real names, then becomes the command that follows.
fn unalias(renamed: &[(String, String)]) -> String {
    let assign = |(carrier, name): &(String, String)| format!("export {name}=\"${carrier}\"; unset {carrier}; ");
    renamed.iter().map(assign).chain(["exec \"$@\"".to_owned()]).collect()
}
