//! What a plan declares and this machine has for it: an interpreter, a compiler, packages, and what could not be had.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::bwrap::Bind;
use super::layer::{self, Layer, in_root, store_path};
use super::root::Recipe;
use super::store_paths::{self, Stored};
use super::toolchain;
use crate::catalog::nix_packages::Package;
use crate::plan::{Image, Installs};
use crate::sandbox::Unverified;
use crate::sandbox::python::Interpreter;

/// The setup phase's packages, found or not.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) python: Option<Interpreter>,
    pub(super) notes: Vec<Unverified>,
    pub(super) setup: Vec<(String, Vec<String>, i32)>,
    pub(super) compiler: bool,
    pub(super) pip: Option<PathBuf>,
    pub(super) development: Vec<&'static Package>,
    pub(super) stored: Vec<Stored>,
    pub(super) libraries: Vec<Stored>,
    pub(super) linked: Vec<Stored>,
    pub(super) data: Vec<&'static str>,
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

    pub(super) fn note(&mut self, what: String, why: impl Into<String>) {
        self.notes.push(Unverified { what, why: why.into() });
    }

    /// What the root has to be made for.
    pub(super) fn recipe(&self, image: &Image) -> Recipe<'_> {
        let python = self.python.as_ref();
        let (development, data, libraries) = (&self.development[..], &self.data[..], image.libraries);
        Recipe { python, compiler: self.compiler, development, data, libraries, slim: false, locales: &[] }
    }

    /// The same without what only a build needs.
    pub(super) fn slim_recipe<'a>(&'a self, image: &Image, locales: &'a [String]) -> Recipe<'a> {
        Recipe { compiler: false, development: &[], slim: true, locales, ..self.recipe(image) }
    }

    /// Directories that declared programs read.
    pub(super) fn data(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.data.iter().copied()
    }

    /// What Nixpacks' profile script puts on `LD_LIBRARY_PATH`.
    pub(super) fn library_path(&self) -> Vec<String> {
        self.libraries.iter().map(|stored| format!("{}/lib", stored.store)).collect()
    }

    /// Links commands into the profile. Gives what has to be shown inside for that.
    pub(super) fn install(
        &self,
        rootfs: &Path,
        python: Option<(&Layer, &Interpreter)>,
        compiler: bool,
        installs: Installs,
        pip: Option<&Path>,
    ) -> Result<Vec<Bind>> {
        let bin = in_root(rootfs, &layer::programs(installs));
        let link = |target: String, name: &str| match symlink(target, bin.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        };
        // In Debian's images the compiler is where a system has it.
        if compiler && installs == Installs::Nix {
            for name in toolchain::COMMANDS.iter().filter(|name| store_paths::program(name).is_some()) {
                link(format!("/usr/bin/{name}"), name)?;
            }
        }
        let mut binds = Vec::new();
        for stored in self.stored.iter().chain(&self.libraries) {
            for name in &stored.commands {
                link(format!("{}/bin/{name}", stored.store), name)?;
            }
            binds.push(Bind::read_only(&stored.dir, stored.store.clone()));
        }
        binds.extend(self.linked.iter().map(|linked| Bind::read_only(&linked.dir, linked.store.clone())));
        if let (Some(dir), Some((layer, python))) = (pip, python) {
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
