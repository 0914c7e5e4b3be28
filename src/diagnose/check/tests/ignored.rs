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
