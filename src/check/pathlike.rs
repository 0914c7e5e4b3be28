//! A server's target that is written as the path of a file: `src/main:app`, `main.py:app`.

use std::path::Path;

use super::entry::{MODULE, is_followed};
use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::Findings;
use crate::catalog::servers::takes_target;
use crate::log::pattern::Pattern;

static PATH: Pattern = Pattern::ascii(r"^(?:\./)?([A-Za-z_][\w/\\.]*?)(?:\.py)?:([A-Za-z_]\w*)$");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for start in Start::all(facts).iter().filter(|start| facts.is_python() && is_followed(start)) {
        for invocation in invocations(start.command).iter().filter(|invocation| takes_target(invocation.program)) {
            let is_path = |word: &&&str| word.contains(['/', '\\']) || word.contains(".py:");
            let written =
                invocation.arguments.iter().filter(is_path).find_map(|word| Some((*word, PATH.captures(word)?)));
            let Some((word, found)) = written else { continue };
            let path = found[1].replace('\\', "/");
            let base = invocation.option(&["--chdir", "--app-dir", "--pythonpath"]).unwrap_or_default();
            if facts.app.module_at(Path::new(invocation.folder).join(base).join(&path)).is_none() {
                continue;
            }
            let module = format!("{}:{}", path.replace('/', "."), &found[2]);
            let finding = MODULE
                .found(format!("{} takes a module, and {word} is the path of a file", invocation.program))
                .about(word.rsplit_once(':').map_or(word, |(path, _)| path))
                .at(start.source.clone(), start.command);
            let better = start.command.replacen(word, &module, 1);
            findings.push(finding.fix(format!("start {module}"), start.replaced_with(facts, &better)));
        }
    }
}
