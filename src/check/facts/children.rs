//! Programs that the code starts, and goes on beside.

use super::reach::Module;
use crate::log::pattern::Pattern;

static QUOTED: Pattern = Pattern::new(r#""([^"]*)"|'([^']*)'"#);

/// The command lines that `Popen` is given in so many words, as a shell would be: `python bot.py` of `Popen([sys.executable, "bot.py"])`.
pub(in crate::check) fn commands(reached: &[Module]) -> Vec<String> {
    let statements = reached.iter().flat_map(|module| &module.code.statements);
    statements.filter_map(|statement| command(&statement.text)).collect()
}

fn command(statement: &str) -> Option<String> {
    let (_, given) = statement.split_once("Popen(")?;
    let words = QUOTED.regex().into_iter().flat_map(|pattern| pattern.captures_iter(given));
    let words = words.filter_map(|found| found.get(1).or(found.get(2))).map(|word| word.as_str());
    let own = given.contains("sys.executable").then_some("python");
    let all: Vec<&str> = own.into_iter().chain(words).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn what_popen_is_given_is_a_command() {
        let of = |statement| command(statement).unwrap_or_default();
        assert_eq!(of("bot = subprocess.Popen([sys.executable, '-u', \"bot.py\"])"), "python -u bot.py");
        assert_eq!(of("Popen('python bot.py', shell=True)"), "python bot.py");
        assert_eq!(of("Popen(command)"), "");
        assert_eq!(of("subprocess.run(['python', 'seed.py'])"), "");
    }
}
