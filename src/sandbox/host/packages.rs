//! What the plan's setup phase comes to here: an interpreter, a compiler, shelved packages, and what could not be had.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::bwrap::Bind;
use super::fetched::{self, Tool};
use super::layer::{self, Layer, in_root, store_path};
use super::mise;
use super::root::Recipe;
use super::shelf::{self, Shelved};
use super::toolchain;
use crate::catalog::base_image;
use crate::catalog::nix_packages::{Package, package};
use crate::plan::{Image, Installs, PackageList, Plan};
use crate::sandbox::cache::Cache;
use crate::sandbox::elf::Libraries;
use crate::sandbox::python::{self, Interpreter, Wanted};
use crate::sandbox::{Unavailable, Unverified, Watch};

/// Attributes that stand for a C compiler.
const COMPILERS: &[&str] = &["gcc", "stdenv", "stdenv.cc", "gcc12", "gcc13", "gcc14", "binutils", "gcc_multi"];

/// Python packages that the plan may ask of nixpkgs and that come to something on `PATH`.
const PIP: &[&str] = &["pip"];

/// Those that come to nothing there: the interpreter's own `sys.path` does not reach the profile.
const UNSEEN: &[&str] = &["setuptools", "wheel"];

/// The setup phase's packages, found or not.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) python: Option<Interpreter>,
    pub(super) notes: Vec<Unverified>,
    pub(super) setup: Vec<(String, Vec<String>, i32)>,
    pub(super) compiler: bool,
    pub(super) pip: Option<PathBuf>,
    development: Vec<&'static Package>,
    pub(super) shelved: Vec<Shelved>,
    libraries: Vec<Shelved>,
    linked: Vec<Shelved>,
    data: Vec<&'static str>,
}

/// `python311Packages.pip` taken apart.
fn python_package(attribute: &str) -> Option<(Wanted, &str)> {
    let (set, name) = attribute.split_once('.')?;
    let base = set.strip_suffix("Packages").or_else(|| set.strip_suffix(".pkgs"))?;
    Some((python::wanted(base)?, name))
}

/// The interpreter that the plan's packages name, or `None` when they name none.
fn wanted(attributes: &[String]) -> Option<Wanted> {
    let plain = attributes.iter().find_map(|attribute| python::wanted(attribute));
    plain.or_else(|| attributes.iter().find_map(|attribute| Some(python_package(attribute)?.0)))
}

/// The interpreter for `plan`, as far as it wants one.
pub(super) fn interpreter(plan: &Plan, chosen: Option<&Path>) -> Result<Option<Interpreter>, Unavailable> {
    let named = wanted(&plan.nix_packages().names).or_else(|| mise::python(plan));
    named.map(|wanted| python::find(wanted, chosen)).transpose()
}

/// What the setup step shows: title, output and exit code of each command, up to the first that fails.
pub(super) fn setup(plan: &Plan) -> Vec<(String, Vec<String>, i32)> {
    let mut steps = Vec::new();
    for nix in plan.nix() {
        let code = i32::from(nix.refusal.is_some());
        steps.push((nix.command.clone(), nix.refusal.clone().unwrap_or_default(), code));
        if code != 0 {
            return steps;
        }
    }
    steps.extend(mise::setup(plan));
    let apt = plan.steps.iter().flat_map(|step| &step.packages.apt);
    steps.extend(apt.map(|apt| (apt.command.clone(), Vec::new(), 0)));
    steps
}

impl Declared {
    /// Only an interpreter.
    pub(super) fn only(python: Interpreter) -> Self {
        Self { python: Some(python), ..Self::default() }
    }

    /// Nothing, or nothing but a compiler.
    pub(super) fn with_compiler(compiler: bool) -> Self {
        Self { compiler, ..Self::default() }
    }

    /// Looks up everything the plan names. Packages that nixpkgs does not have make the setup phase fail, as they do there.
    /// What no machine has is fetched, where there is a network and somebody to wait for it.
    pub(super) fn of(
        plan: &Plan,
        cache: &Cache,
        chosen: Option<&Path>,
        mut watch: Option<&mut Watch<'_>>,
    ) -> Result<Self> {
        let (attributes, libraries) = (plan.nix_packages(), plan.nix_libraries());
        let mut declared = Self { python: interpreter(plan, chosen)?, ..Self::default() };
        if plan.image.installs == Installs::Mise {
            declared.add_mise(plan, cache, watch)?;
            return Ok(declared);
        }
        if attributes.names.is_empty() && libraries.names.is_empty() {
            return Ok(declared);
        }
        declared.setup = setup(plan);
        if declared.setup.iter().any(|(_, _, code)| *code != 0) {
            return Ok(declared);
        }
        declared.note_version(&attributes.names);
        let host = Libraries::of_this_machine();
        for attribute in &attributes.names {
            let label = attributes.label(attribute);
            match (fetched::tool(attribute), declared.python.clone()) {
                (Some(tool), Some(python)) => {
                    declared.add_fetched(&label, tool, &plan.image, &python, cache, watch.as_deref_mut())?;
                }
                _ => declared.add(&label, attribute, cache, &host)?,
            }
        }
        for attribute in &libraries.names {
            declared.add_library(libraries.label(attribute), attribute, cache, &host)?;
        }
        let apt = plan.apt_packages();
        for name in &apt.names {
            declared.add_apt(&apt, name);
        }
        Ok(declared)
    }

    pub(super) fn note(&mut self, what: String, why: impl Into<String>) {
        self.notes.push(Unverified { what, why: why.into() });
    }

    fn note_version(&mut self, attributes: &[String]) {
        let (Some(python), Some(wanted)) = (&self.python, wanted(attributes)) else { return };
        let (here, debian) = (python.full_version(), python.debian);
        if here != wanted.cloud {
            self.note(format!("Python {}", wanted.cloud), format!("run with {here}, the one found here"));
        }
        if debian {
            self.note(
                "install locations".to_owned(),
                "the distribution's interpreter installs system-wide packages to /usr/local-like places; a uv or pyenv one does not",
            );
        }
    }

    fn add(&mut self, label: &str, attribute: &str, cache: &Cache, host: &Libraries) -> Result<()> {
        let what = || label.to_owned();
        if python::wanted(attribute).is_some() {
            return Ok(());
        }
        if COMPILERS.contains(&attribute) {
            if shelf::program("gcc").is_none() {
                self.note(what(), "this machine has no gcc");
            }
            self.compiler = true;
            return Ok(());
        }
        if let Some((_, name)) = python_package(attribute) {
            if PIP.contains(&name) {
                match self.python.as_ref().map(|python| pip(cache, python)).transpose()?.flatten() {
                    Some(dir) => self.pip = Some(dir),
                    None => self.note(what(), "no pip wheel for this interpreter on this machine"),
                }
            } else if !UNSEEN.contains(&name) {
                self.note(
                    what(),
                    "packages of nixpkgs' Python set are not reproduced; the interpreter would not import them anyway",
                );
            }
            return Ok(());
        }
        let Some(package) = package(attribute) else {
            self.note(what(), "not in the table of packages that the host sandbox knows");
            return Ok(());
        };
        self.data.extend(package.data.iter().filter(|dir| Path::new(dir).is_dir()));
        if package.is_for_development() {
            self.development.push(package);
            self.linked.extend(shelf::linked(cache, package, host)?);
            if !toolchain::has_development(package) {
                self.note(
                    what(),
                    "its headers are not installed on this machine: what compiles against it cannot be judged",
                );
            }
        }
        match shelf::commands(cache, package, host)? {
            Some(shelved) => self.shelved.push(shelved),
            None => self.note(what(), format!("this machine has no {}", package.commands[0])),
        }
        Ok(())
    }

    fn add_fetched(
        &mut self,
        label: &str,
        tool: &Tool,
        image: &Image,
        python: &Interpreter,
        cache: &Cache,
        watch: Option<&mut Watch<'_>>,
    ) -> Result<()> {
        let Tool { attribute, version, .. } = tool;
        match tool.fetch(cache, image, python, watch)? {
            Some(shelved) => {
                let why =
                    format!("{version} from the package index, run by the plan's Python where it is a Python program");
                self.note((*attribute).to_owned(), why);
                self.shelved.push(shelved);
            }
            None => self.note(label.to_owned(), "the package index did not give it"),
        }
        Ok(())
    }

    fn add_library(&mut self, what: String, attribute: &str, cache: &Cache, host: &Libraries) -> Result<()> {
        let Some(package) = package(attribute).filter(|package| !package.libraries.is_empty()) else {
            self.note(what, "not in the table of libraries that the host sandbox knows");
            return Ok(());
        };
        match shelf::library(cache, package, host)? {
            Some(shelved) => self.libraries.push(shelved),
            None => self.note(what, format!("this machine has no {}", package.libraries[0])),
        }
        Ok(())
    }

    fn add_apt(&mut self, apt: &PackageList, name: &str) {
        let base = name.split(['=', ':', '/']).next().unwrap_or(name);
        if base_image::IN_BASE_IMAGE.contains(&base) {
            return;
        }
        let library = base.starts_with("lib");
        let why = match library {
            true => {
                "apt packages are not installed in the host sandbox; note that a Nix Python does not look for libraries where apt puts them: use nixLibs"
            }
            false => "apt packages are not installed in the host sandbox",
        };
        self.note(apt.label(name), why);
    }

    /// What the root has to be made for.
    pub(super) fn recipe(&self) -> Recipe<'_> {
        Recipe { python: self.python.as_ref(), compiler: self.compiler, development: &self.development, slim: false }
    }

    /// The same without what only a build needs.
    pub(super) fn slim_recipe(&self) -> Recipe<'_> {
        Recipe { compiler: false, development: &[], slim: true, ..self.recipe() }
    }

    /// Directories that declared programs read.
    pub(super) fn data(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.data.iter().copied()
    }

    /// What Nixpacks' profile script puts on `LD_LIBRARY_PATH`.
    pub(super) fn library_path(&self) -> Vec<String> {
        self.libraries.iter().map(|shelved| format!("{}/lib", shelved.store)).collect()
    }

    /// Links commands into the profile. Gives what has to be shown inside for that.
    pub(super) fn install(
        &self,
        rootfs: &Path,
        python: Option<(&Layer, &Interpreter)>,
        compiler: bool,
        installs: Installs,
    ) -> Result<Vec<Bind>> {
        let bin = in_root(rootfs, &layer::programs(installs));
        let link = |target: String, name: &str| match symlink(target, bin.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        };
        // In Debian's images the compiler is where a system has it.
        if compiler && installs == Installs::Nix {
            for name in toolchain::COMMANDS.iter().filter(|name| shelf::program(name).is_some()) {
                link(format!("/usr/bin/{name}"), name)?;
            }
        }
        let mut binds = Vec::new();
        for shelved in self.shelved.iter().chain(&self.libraries) {
            for name in &shelved.commands {
                link(format!("{}/bin/{name}", shelved.store), name)?;
            }
            binds.push(Bind::read_only(&shelved.dir, shelved.store.clone()));
        }
        binds.extend(self.linked.iter().map(|linked| Bind::read_only(&linked.dir, linked.store.clone())));
        if let (Some(dir), Some((layer, python))) = (&self.pip, python) {
            let store = store_path(&format!("{}-pip", python.name()));
            binds.push(Bind::read_only(dir, format!("{store}/lib/{}/site-packages", python.name())));
            let text = format!(
                "#!{}/bin/{name}\nimport sys\nimport site\nsite.addsitedir('{store}/lib/{name}/site-packages')\n\
                 from pip._internal.cli.main import main\nif __name__ == '__main__':\n    sys.exit(main())\n",
                layer.store,
                name = python.name(),
            );
            for name in ["pip".to_owned(), "pip3".to_owned(), python.name().replace("python", "pip")] {
                layer::script(rootfs, &format!("{store}/bin/{name}"), &text)?;
                link(format!("{store}/bin/{name}"), &name)?;
            }
        }
        Ok(binds)
    }
}

/// Unpacks and compiles one wheel: `argv` is the wheel, its folder, and the place it will be shown at.
const UNPACK: &str = "
import sys, zipfile, compileall
zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])
compileall.compile_dir(sys.argv[2], ddir=sys.argv[3], quiet=2)
";

/// pip as nixpkgs packages it: new enough to know about externally managed interpreters, also where the one that comes
/// with an old Python is not.
pub(super) fn pip(cache: &Cache, python: &Interpreter) -> Result<Option<PathBuf>> {
    let Some(wheel) = python::bundled_pips(python).into_iter().find(|wheel| suits(wheel, python.version)) else {
        return Ok(None);
    };
    let file = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let inside = format!("{}/lib/{}/site-packages", store_path(&format!("{}-pip", python.name())), python.name());
    let key = format!("{}-{}", file.trim_end_matches(".whl"), python.full_version());
    let unpack = |dir: &Path| {
        let status = Command::new(&python.program)
            .args(["-E", "-s", "-S", "-B", "-c", UNPACK])
            .args([&wheel, dir, Path::new(&inside)])
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not run {}", python.program.display()))?
            .status;
        if !status.success() || !fs::exists(dir.join("pip/__init__.py"))? {
            bail!("could not unpack {}", wheel.display());
        }
        Ok(())
    };
    cache.entry("pip", &key, unpack).map(Some)
}

/// Which pip runs on which Python, for the wheels that interpreters bundle.
fn suits(wheel: &Path, version: (u32, u32, u32)) -> bool {
    let Some(pip) = python::pip_version(wheel) else { return false };
    let newest = match (version.0, version.1) {
        (2, _) | (3, ..=6) => return false,
        (3, 7) => (24, 0),
        (3, 8) => (25, 0),
        _ => (u32::MAX, 0),
    };
    // Older ones do not run on an interpreter without distutils.
    let oldest = if version.1 >= 12 { (23, 2) } else { (0, 0) };
    (oldest..=newest).contains(&pip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_packages_are_taken_apart() {
        assert_eq!(python_package("python311Packages.pip").unwrap().1, "pip");
        assert_eq!(python_package("python3Packages.numpy").unwrap().0.minor, (3, 12));
        assert_eq!(python_package("nodePackages.npm"), None);
        let attributes = ["gcc", "python39Packages.pip", "python311"].map(str::to_owned);
        assert_eq!(wanted(&attributes).unwrap().minor, (3, 11));
        assert_eq!(wanted(&attributes[..2]).unwrap().minor, (3, 9));
        assert_eq!(wanted(&attributes[..1]), None);
    }

    #[test]
    fn an_old_python_gets_a_pip_it_can_run() {
        let suits = |pip: &str, minor| suits(Path::new(&format!("pip-{pip}-py3-none-any.whl")), (3, minor, 1));
        assert!(suits("24.0", 7) && !suits("24.2", 7) && suits("24.2", 8) && suits("22.0.4", 7));
        assert!(suits("23.2.1", 12) && !suits("23.0.1", 13));
    }
}
