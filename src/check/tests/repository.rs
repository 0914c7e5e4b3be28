use super::{Planned, findings, fires, nixpacks, silent};
use crate::finding::Severity;
use crate::folder::folder;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
const READS: (&str, &str) = ("main.py", "import pickle\nmodel = pickle.load(open('model.pkl', 'rb'))\n");
const RULES: (&str, &str) = (".gitattributes", "*.png binary\n*.pkl filter=lfs diff=lfs merge=lfs -text\n");

#[test]
fn a_file_that_the_code_opens_and_git_lfs_keeps() {
    let found = fires("git-lfs-pointer", "model.pkl:1", &[READS, ("model.pkl", POINTER)]);
    assert_eq!(found.severity, Severity::Error);
    let found = fires("git-lfs-pointer", ".gitattributes:2", &[READS, RULES, ("model.pkl", "real")]);
    assert_eq!(found.severity, Severity::Warning);
    silent("git-lfs-pointer", &[READS, ("model.pkl", "real")]);
    silent("git-lfs-pointer", &[("main.py", "print(1)\n"), RULES, ("model.pkl", POINTER)]);
}

#[test]
fn a_module_of_a_submodule() {
    let modules = (".gitmodules", "[submodule \"tides\"]\n\tpath = tides\n\turl = https://example.com/tides.git\n");
    let main = ("main.py", "from tides import table\n");
    fires("module-in-submodule", ".gitmodules:2", &[main, modules, ("tides/__init__.py", "table = 1\n")]);
    silent("module-in-submodule", &[("main.py", "print(1)\n"), modules, ("tides/__init__.py", "")]);
}

#[test]
fn a_link_that_leads_out_of_what_is_deployed() {
    let dir = folder(&[("api/main.py", "import common\n"), ("lib/common.py", "x = 1\n"), ("api/own.py", "")]);
    let link =
        |target: &str, name: &str| std::os::unix::fs::symlink(target, dir.path().join("api").join(name)).unwrap();
    link("../lib/common.py", "common.py");
    link("own.py", "alias.py");
    let all = findings(&dir, &[]);
    // From the repository's root it leads nowhere else.
    assert!(all.iter().all(|found| found.rule != "link-leads-out"), "{all:#?}");
    let project = crate::project::Project::open(&dir.path().join("api")).unwrap();
    let given = crate::builder::DeployOptions::default();
    let derived = nixpacks::derive(&project, &given, &nixpacks::Options::default());
    let all = super::check(&project, &given, &Planned::Nixpacks(derived));
    let found: Vec<_> = all.iter().filter(|found| found.rule == "link-leads-out").collect();
    assert_eq!(found.len(), 1, "{all:#?}");
    assert_eq!(found[0].subject.as_deref(), Some("common.py"));
}
