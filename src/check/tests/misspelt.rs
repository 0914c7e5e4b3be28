use super::{fires, silent};

const RUN: (&str, &str) = ("main.py", "print('up')\n");

#[test]
fn a_name_that_is_nearly_right() {
    for name in ["requirement.txt", "requirments.txt", "Requirements.txt", "requirements.txt.txt", "requirements"] {
        fires("requirements-file-misspelt", name, &[RUN, (name, "flask==3.0.0\n")]);
    }
    fires("misspelt-file-name", "Procfile.txt", &[RUN, ("Procfile.txt", "web: python main.py\n")]);
    fires("misspelt-file-name", "procfile", &[RUN, ("procfile", "web: python main.py\n")]);
    fires("misspelt-file-name", "nixpack.toml", &[RUN, ("nixpack.toml", "[start]\ncmd = \"python main.py\"\n")]);
}

#[test]
fn a_procfile_in_lower_case_is_renamed_and_not_written_anew() {
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let needs = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\n");
    let finding = fires("no-start-command", "procfile", &[app, needs, ("procfile", "web: gunicorn app:app -w 3\n")]);
    assert_eq!(finding.fixes[0].summary, "rename procfile to Procfile");
}

#[test]
fn without_the_right_name_there_may_be_no_plan_at_all() {
    fires("requirements-file-misspelt", "requirement.txt", &[("bot.py", ""), ("requirement.txt", "flask==3.0.0\n")]);
    silent("requirements-file-misspelt", &[("package.json", "{}"), ("requirement.txt", "flask==3.0.0\n")]);
}

#[test]
fn a_name_of_another_thing() {
    let all = ("requirements.txt", "flask==3.0.0\n");
    silent("requirements-file-misspelt", &[RUN, all, ("requirements-dev.txt", "pytest\n"), ("requirement.txt", "x\n")]);
    silent("misspelt-file-name", &[RUN, ("requirements.in", "flask\n"), ("profile.py", ""), ("railpack.json", "{}")]);
    let named = ("nixpacks.toml", "[phases.install]\ncmds = [\"...\", \"pip install -r requirement.txt\"]\n");
    silent("requirements-file-misspelt", &[RUN, named, ("requirement.txt", "flask==3.0.0\n")]);
    let poetry = ("pyproject.toml", "[tool.poetry]\nname = \"x\"\nversion = \"1\"\n");
    silent("requirements-file-misspelt", &[RUN, poetry, ("poetry.lock", ""), ("requirement.txt", "flask==3.0.0\n")]);
}

#[test]
fn a_file_of_another_kind() {
    silent("misspelt-file-name", &[RUN, ("nixpacks.yml", "phases:\n  setup: {}\n")]);
    silent("misspelt-file-name", &[RUN, ("runtimes.txt", "movie,minutes\nalien,117\n")]);
    let said = ("nixpacks.toml", "[start]\ncmd = \"python main.py\"\n");
    silent("misspelt-file-name", &[RUN, ("procfile", "web: python main.py\n"), said]);
}
