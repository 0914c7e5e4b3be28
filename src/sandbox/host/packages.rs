//! Looks up, and fetches, what a plan declares.

use std::path::Path;

use anyhow::Result;

use super::declared::Declared;
use super::fetched::{self, Tool};
use super::pip::pip;
use super::{mise, store_paths, toolchain};
use crate::catalog::base_image;
use crate::catalog::nix_packages::package;
use crate::plan::{Image, Installs, PackageList, Plan};
use crate::sandbox::cache::Cache;
use crate::sandbox::elf::Libraries;
use crate::sandbox::python::{self, Interpreter, Wanted};
use crate::sandbox::{Progress, Unavailable};

/// Attributes that stand for a C compiler.
const COMPILERS: &[&str] = &["gcc", "stdenv", "stdenv.cc", "gcc12", "gcc13", "gcc14", "binutils", "gcc_multi"];

/// Python packages that the plan may ask of nixpkgs and that come to something on `PATH`.
const PIP: &[&str] = &["pip"];

/// Those that come to nothing there: the interpreter's own `sys.path` does not reach the profile.
const UNSEEN: &[&str] = &["setuptools", "wheel"];

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
    wanted_interpreter(plan).map(|wanted| python::find(wanted, chosen)).transpose()
}

/// The interpreter that the plan names.
pub(super) fn wanted_interpreter(plan: &Plan) -> Option<Wanted> {
    wanted(&plan.nix_packages().names).or_else(|| mise::python(plan))
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

/// Looks up everything the plan names. Packages that nixpkgs does not have make the setup phase fail, as they do there.
/// What no machine has is fetched, where there is a network and somebody to wait for it.
pub(super) fn declared(
    plan: &Plan,
    cache: &Cache,
    chosen: Option<&Path>,
    mut progress: Option<&mut Progress<'_>>,
) -> Result<Declared> {
    let (attributes, libraries) = (plan.nix_packages(), plan.nix_libraries());
    let mut declared = Declared { python: interpreter(plan, chosen)?, ..Declared::default() };
    if plan.image.installs == Installs::Mise {
        declared.setup = setup(plan);
        declared.add_mise(plan, cache, progress)?;
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
                declared.add_fetched(&label, tool, &plan.image, &python, cache, progress.as_deref_mut())?;
            }
            _ => declared.add(&label, attribute, cache, host)?,
        }
    }
    for attribute in &libraries.names {
        declared.add_library(libraries.label(attribute), attribute, cache, host)?;
    }
    let apt = plan.apt_packages();
    for name in &apt.names {
        declared.add_apt(&apt, name);
    }
    Ok(declared)
}

impl Declared {
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
            if store_paths::program("gcc").is_none() {
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
            self.linked.extend(store_paths::linked(cache, package, host)?);
            if !toolchain::has_development(package) {
                self.note(
                    what(),
                    "its headers are not installed on this machine: what compiles against it cannot be judged",
                );
            }
        }
        match store_paths::commands(cache, package, host)? {
            Some(stored) => self.stored.push(stored),
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
        progress: Option<&mut Progress<'_>>,
    ) -> Result<()> {
        let Tool { attribute, version, .. } = tool;
        match tool.fetch(cache, image, python, progress)? {
            Ok(stored) => {
                let why =
                    format!("{version} from the package index, run by the plan's Python where it is a Python program");
                self.note((*attribute).to_owned(), why);
                self.stored.push(stored);
            }
            Err(why) => self.note(label.to_owned(), why),
        }
        Ok(())
    }

    fn add_library(&mut self, what: String, attribute: &str, cache: &Cache, host: &Libraries) -> Result<()> {
        let Some(package) = package(attribute).filter(|package| !package.libraries.is_empty()) else {
            self.note(what, "not in the table of libraries that the host sandbox knows");
            return Ok(());
        };
        match store_paths::library(cache, package, host)? {
            Some(stored) => self.libraries.push(stored),
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
}
