use super::{fires, silent};

const CONFIG: (&str, &str) = ("bot/config.py", "X = 1\n");
const MAIN: (&str, &str) = ("bot/main.py", "from .config import X\n");

#[test]
fn a_script_that_imports_as_a_part_of_its_package() {
    let start = ("Procfile", "worker: python bot/main.py\n");
    let found = fires("relative-import-error", "bot/main.py:1", &[CONFIG, MAIN, start, ("requirements.txt", "")]);
    assert_eq!(found.fixes[0].summary, "start it with `python -m bot.main`");
    // The root is no package.
    let found =
        fires("relative-import-error", "main.py:1", &[("main.py", "from . import config\n"), ("config.py", "")]);
    assert!(found.fixes.is_empty());
}

#[test]
fn a_package_that_is_started_as_one() {
    let all = ("requirements.txt", "");
    silent("relative-import-error", &[CONFIG, MAIN, all, ("Procfile", "worker: python -m bot.main\n")]);
    silent("relative-import-error", &[CONFIG, MAIN, ("main.py", "import bot.main\n")]);
    let either = ("main.py", "try:\n    from .config import X\nexcept ImportError:\n    from config import X\n");
    silent("relative-import-error", &[either, ("config.py", "X = 1\n")]);
}
