use super::{fires, silent};

#[test]
fn files_that_the_deploy_needs() {
    let files = [("requirements.txt", "flask==3.0.0\n"), ("main.py", "")];
    let with = |name, rules| [files[0], files[1], (name, rules)];
    fires("needed-file-ignored", ".dockerignore:2", &with(".dockerignore", "venv\n*.txt\n"));
    fires("needed-file-ignored", ".gitignore:1", &with(".gitignore", "main.py\n"));
    fires("needed-file-ignored", ".railwayignore:1", &with(".railwayignore", "*\n!main.py\n"));
    silent("needed-file-ignored", &with(".dockerignore", "*\n!requirements.txt\n!main.py\n"));
    silent("needed-file-ignored", &with(".gitignore", "__pycache__/\n*.pyc\nvenv/\n.env\n"));
}

#[test]
fn files_that_the_code_reaches() {
    let start =
        ("main.py", "import json\nfrom bot import config\n\nwith open(\"data/words.json\") as file:\n    pass\n");
    let code =
        [start, ("bot/__init__.py", ""), ("bot/config.py", "from .keys import KEY\n"), ("bot/keys.py", "KEY = 1\n")];
    let with = |rule| [code[0], code[1], code[2], code[3], ("data/words.json", "[]"), (".gitignore", rule)];
    let finding = fires("needed-file-ignored", ".gitignore:1", &with("keys.py\n"));
    assert_eq!(finding.evidence[1].source.to_string(), "bot/config.py:1");
    assert_eq!(finding.fixes, []);
    let finding = fires("needed-file-ignored", ".gitignore:1", &with("data/\n"));
    assert_eq!(finding.evidence[1].source.to_string(), "main.py:4");
    silent("needed-file-ignored", &with("*.db\n"));
}

#[test]
fn what_may_be_absent_is_not_needed() {
    let start = "try:\n    import local_settings\nexcept ImportError:\n    pass\nopen(\"out.txt\", \"w\")\n";
    let ignored = (".gitignore", "local_settings.py\nout.txt\n");
    silent("needed-file-ignored", &[("main.py", start), ("local_settings.py", ""), ("out.txt", ""), ignored]);
}

#[test]
fn what_may_never_be_read_is_not_needed() {
    let ignored = (".gitignore", "helpers.py\ndata.json\n");
    for text in [
        "\"\"\"\nimport helpers\n\"\"\"\n",
        "if os.path.exists(\"data.json\"):\n    open(\"data.json\")\n",
        "open(\"data.json\", \"w\").write(\"{}\")\nopen(\"data.json\").read()\n",
        "os.chdir(\"sub\")\nopen(\"data.json\").read()\n",
    ] {
        silent("needed-file-ignored", &[("main.py", text), ("helpers.py", ""), ("data.json", "{}"), ignored]);
    }
    let nested = [("main.py", "import cfg.local\n"), ("cfg/local.py", ""), ("cfg/.gitignore", "!local.py\n")];
    silent("needed-file-ignored", &[nested[0], nested[1], nested[2], (".gitignore", "local.py\n")]);
}

#[test]
fn a_module_that_the_ignore_file_of_another_folder_hides() {
    let code = [("main.py", "import bot.keys\n"), ("bot/keys.py", "KEY = 1\n")];
    let hides = ("bot/.gitignore", "*.log\nkeys.py\n");
    let finding = fires("needed-file-ignored", "bot/.gitignore:2", &[code[0], code[1], hides]);
    assert_eq!(finding.evidence[1].source.to_string(), "main.py:1");
}
