use super::{fires, silent};

const ID: &str = "workspace-member-out-of-reach";
const MAIN: (&str, &str) = ("main.py", "print(1)\n");

#[test]
fn dependencies_beside_the_folder_are_out_of_reach_however_they_are_written() {
    fires(ID, "requirements.txt:1", &[("requirements.txt", "-e ../libs/common\n"), MAIN]);
    let uv = "[project]\nname = \"d\"\nversion = \"1\"\ndependencies = [\"common\"]\n[tool.uv.sources]\ncommon = { workspace = true }\n";
    fires(ID, "pyproject.toml:6", &[("pyproject.toml", uv), ("uv.lock", "version = 1\n"), MAIN]);
    let direct = "[project]\nname = \"d\"\nversion = \"1\"\ndependencies = [\n  \"flask\",\n  \"common @ file:///${PROJECT_ROOT}/../libs/common\",\n]\n";
    let found = fires(ID, "pyproject.toml:6", &[("pyproject.toml", direct), MAIN]);
    assert_eq!(found.subject.as_deref(), Some("common"));
    let pipfile = "[packages]\ncommon = {path = \"../libs/common\", editable = true}\n";
    fires(ID, "Pipfile:2", &[("Pipfile", pipfile), MAIN]);
}

#[test]
fn what_is_inside_the_folder_is_in_reach() {
    let direct =
        "[project]\nname = \"d\"\nversion = \"1\"\ndependencies = [\"common @ file:///${PROJECT_ROOT}/libs/common\"]\n";
    silent(ID, &[("pyproject.toml", direct), MAIN]);
    silent(ID, &[("Pipfile", "[packages]\ncommon = {path = \"./libs/common\"}\n"), MAIN]);
}
