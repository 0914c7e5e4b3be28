//! Programs that code starts by a literal name.

use super::reach::Module;
use crate::log::pattern::Pattern;

/// A program that a module starts.
pub(in crate::check) struct Called<'m> {
    pub(in crate::check) program: &'m str,
    pub(in crate::check) module: &'m Module,
    /// From 1.
    pub(in crate::check) line: usize,
    pub(in crate::check) text: &'m str,
}

static STARTS: Pattern = Pattern::ascii(
    r#"(?:\b(?:subprocess|sp|sh)\.\w+|\bos\.(?:system|popen|execvp|spawnlp)|\b(?:Popen|check_output|check_call|getoutput|create_subprocess_(?:exec|shell)))\(\s*[\[(]?\s*[frb]*["']([\w.+-]+)[ "']"#,
);

/// The programs that the modules start, as far as they are named where they are started. A module that asks whether a program is
/// there (`shutil.which`) can do without it.
pub(in crate::check) fn called(modules: &[Module]) -> Vec<Called<'_>> {
    let Some(starts) = STARTS.regex() else { return Vec::new() };
    let asks = |module: &Module, program: &str| {
        [format!("which(\"{program}\""), format!("which('{program}'")].iter().any(|ask| module.text.contains(ask))
    };
    let mut found: Vec<Called<'_>> = Vec::new();
    for module in modules {
        for statement in &module.code.statements {
            for named in starts.captures_iter(&statement.text) {
                let program = named.get(1).map_or("", |program| program.as_str());
                if found.iter().all(|known| known.program != program) && !asks(module, program) {
                    found.push(Called { program, module, line: statement.line, text: &statement.text });
                }
            }
        }
    }
    found
}
