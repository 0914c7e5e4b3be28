//! A project and the options it is planned with.

use std::fs;
use std::path::Path;

use shakedown::builder::DeployOptions;
use shakedown::builder::nixpacks::{Options, Plan};
use shakedown::platform::Platform;
use tempfile::TempDir;

#[derive(Debug, Clone, Default)]
pub(crate) struct Case {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// Everything is written below this folder.
    pub(crate) below: String,
    pub(crate) folders: Vec<&'static str>,
    pub(crate) env: Vec<String>,
    pub(crate) config: Option<&'static str>,
    pub(crate) json_plan: Option<String>,
    pub(crate) commands: [Option<String>; 3],
    pub(crate) packages: [Vec<String>; 3],
}

impl Case {
    pub(crate) fn write(&self) -> TempDir {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let base = folder.path().join(&self.below);
        fs::create_dir_all(&base).unwrap();
        for name in &self.folders {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        for (name, content) in &self.files {
            let path = base.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    pub(crate) fn options(&self) -> (DeployOptions, Options) {
        let [install_cmd, build_cmd, start_cmd] = self.commands.clone();
        let [pkgs, libs, apt] = self.packages.clone();
        let deploy = DeployOptions {
            env: self.env.clone(),
            process_env: std::env::vars().collect(),
            build_cmd,
            start_cmd,
            platform: Platform::None,
            environment: None,
            railway_ended: false,
        };
        let options = Options {
            config: self.config.map(Into::into),
            json_plan: self.json_plan.as_deref().map(|json| Plan::from_json(json).unwrap()),
            install_cmd,
            pkgs,
            libs,
            apt,
        };
        (deploy, options)
    }
}
