use super::{fires, silent};

const ID: &str = "workspace-member-not-installed";
const MEMBER: &str = "[project]\nname = \"tide-api\"\nversion = \"1\"\ndependencies = [\"uvicorn>=0.30\", \"tide-core\"]\n[project.scripts]\ntide = \"tide_api.main:run\"\n";
const LOCK: &str = "version = 1\n\n[[package]]\nname = \"tides\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\n[[package]]\nname = \"tide-api\"\nversion = \"1\"\nsource = { editable = \"apps/api\" }\ndependencies = [{ name = \"uvicorn\" }]\n\n[[package]]\nname = \"uvicorn\"\nversion = \"0.30.0\"\n";

fn root(dependencies: &str) -> String {
    format!(
        "[project]\nname = \"tides\"\nversion = \"1\"\ndependencies = [{dependencies}]\n[tool.uv.workspace]\nmembers = [\"apps/*\"]\n"
    )
}

fn files<'a>(root: &'a str, start: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("pyproject.toml", root),
        ("uv.lock", LOCK),
        ("apps/api/pyproject.toml", MEMBER),
        ("apps/api/src/tide_api/__init__.py", ""),
        ("Procfile", start),
    ]
}

/// By uv 0.4.30, which Nixpacks takes, and 0.13.9.
#[test]
fn a_member_on_which_the_root_does_not_depend_is_not_installed() {
    let root = root("");
    for start in [
        "web: uvicorn tide_api.main:app --host 0.0.0.0 --port $PORT\n",
        "web: python -m tide_api\n",
        "web: tide --port $PORT\n",
        "web: cd apps/api && uvicorn main:app --host 0.0.0.0 --port $PORT\n",
    ] {
        let found = fires(ID, "Procfile:1", &files(&root, start));
        assert_eq!(found.subject.as_deref(), Some("tide-api"));
        assert_eq!(found.fixes[0].summary, "install tide-api with what it depends on");
    }
}

#[test]
fn what_the_install_brings_is_no_fault() {
    let start = "web: uvicorn tide_api.main:app --host 0.0.0.0 --port $PORT\n";
    silent(ID, &files(&root("\"tide-api\""), start));
    silent(ID, &files(&root("\"tide-web>=1\", \"tide-api[all]\""), start));
    let own = root("");
    silent(ID, &files(&own, "web: python main.py\n"));
    let config = "[phases.install]\ncmds = [\"pip install uv && uv sync --all-packages --frozen\"]\n";
    let mut all = files(&own, start).to_vec();
    all.push(("nixpacks.toml", config));
    silent(ID, &all);
}
