//! A project and the options it is planned with.

use std::fs;
use std::path::Path;

use shakedown::plan::{Options, Plan, Platform};
use tempfile::TempDir;

#[derive(Debug, Clone, Default)]
pub struct Case {
    pub files: Vec<(String, Vec<u8>)>,
    /// Everything is written below this folder.
    pub below: String,
    pub folders: Vec<&'static str>,
    pub env: Vec<String>,
    pub config: Option<&'static str>,
    pub json_plan: Option<String>,
    pub commands: [Option<String>; 3],
    pub packages: [Vec<String>; 3],
}

impl Case {
    pub fn write(&self) -> TempDir {
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

    pub fn options(&self) -> Options {
        let [install_cmd, build_cmd, start_cmd] = self.commands.clone();
        let [pkgs, libs, apt] = self.packages.clone();
        Options {
            env: self.env.clone(),
            process_env: std::env::vars().collect(),
            config: self.config.map(Into::into),
            json_plan: self.json_plan.as_deref().map(|json| Plan::from_json(json).unwrap()),
            install_cmd,
            build_cmd,
            start_cmd,
            pkgs,
            libs,
            apt,
            platform: Platform::None,
            environment: None,
        }
    }
}
