//! Wheels and source archives small enough to be made on the spot. The same definition gives the same bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::format::{Package, PackageKind};

/// An archive as an index offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archive {
    /// The project's name as PEP 503 normalises it.
    pub(super) project: String,
    /// For example `greeter-1.0-py3-none-any.whl`.
    pub(super) file_name: String,
    /// What the index tells about the Python versions it is for.
    pub(super) requires_python: Option<String>,
    /// The zip file.
    pub(super) bytes: Vec<u8>,
}

impl Package {
    /// Makes the archive.
    pub(super) fn archive(&self) -> Result<Archive> {
        let (file_name, files) = match self.kind {
            PackageKind::Wheel => (format!("{}-{}.whl", self.stem(), self.tag), self.wheel_files()),
            PackageKind::Sdist => (format!("{}.zip", self.stem()), self.source_files()),
        };
        let bytes = zipped(&files).with_context(|| format!("cannot make {file_name}"))?;
        let requires_python = self.requires_python.clone();
        Ok(Archive { project: normalised(&self.name), file_name, requires_python, bytes })
    }

    /// `name-version`, as file names have it.
    fn stem(&self) -> String {
        format!("{}-{}", self.name.replace(['-', '.'], "_"), self.version)
    }

    fn metadata(&self) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", self.name, self.version);
        for requirement in &self.requires {
            text += &format!("Requires-Dist: {requirement}\n");
        }
        if let Some(python) = &self.requires_python {
            text += &format!("Requires-Python: {python}\n");
        }
        text
    }

    fn wheel_files(&self) -> BTreeMap<String, String> {
        let info = |name: &str| format!("{}.dist-info/{name}", self.stem());
        let mut files = self.files.clone();
        let mut add = |name: &str, text: String| {
            files.entry(info(name)).or_insert(text);
        };
        add("METADATA", self.metadata());
        let pure = self.tag.ends_with("-none-any");
        add("WHEEL", format!("Wheel-Version: 1.0\nGenerator: shakedown\nRoot-Is-Purelib: {pure}\nTag: {}\n", self.tag));
        if !self.scripts.is_empty() {
            let lines = self.scripts.iter().map(|(name, target)| format!("{name} = {target}\n"));
            add("entry_points.txt", format!("[console_scripts]\n{}", lines.collect::<String>()));
        }
        let record = info("RECORD");
        let lines = files.keys().chain([&record]).map(|path| format!("{path},,\n")).collect();
        files.insert(record, lines);
        files
    }

    fn source_files(&self) -> BTreeMap<String, String> {
        let mut files = self.files.clone();
        files.entry("PKG-INFO".into()).or_insert_with(|| self.metadata());
        files.into_iter().map(|(path, text)| (format!("{}/{path}", self.stem()), text)).collect()
    }
}

/// A project's name as PEP 503 compares it.
pub(super) fn normalised(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

fn zipped(files: &BTreeMap<String, String>) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (path, text) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(text.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(extra: &str) -> Package {
        toml_edit::de::from_str(&format!("name = \"Tide.Table\"\n{extra}")).unwrap()
    }

    fn names(archive: &Archive) -> Vec<String> {
        let zip = zip::ZipArchive::new(Cursor::new(&archive.bytes)).unwrap();
        zip.file_names().map(|name| name.unwrap().into_owned()).collect()
    }

    #[test]
    fn a_wheel_has_its_metadata_beside_the_modules() {
        let package = package("requires = [\"moon\"]\nscripts.tide = \"tide:main\"\nfiles.\"tide.py\" = \"\"\n");
        let archive = package.archive().unwrap();
        assert_eq!(archive.file_name, "Tide_Table-1.0-py3-none-any.whl");
        assert_eq!(archive.project, "tide-table");
        let info = ["METADATA", "WHEEL", "entry_points.txt", "RECORD"];
        let mut wanted: Vec<String> = info.map(|name| format!("Tide_Table-1.0.dist-info/{name}")).to_vec();
        wanted.push("tide.py".into());
        let mut found = names(&archive);
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_file_of_ones_own_beats_the_made_one() {
        let package = package("files.\"Tide_Table-1.0.dist-info/METADATA\" = \"broken\"\n");
        assert_eq!(package.wheel_files()["Tide_Table-1.0.dist-info/METADATA"], "broken");
    }

    #[test]
    fn a_source_archive_has_one_root_folder() {
        let package = package("kind = \"sdist\"\nfiles.\"setup.py\" = \"\"\n");
        let archive = package.archive().unwrap();
        assert_eq!(archive.file_name, "Tide_Table-1.0.zip");
        assert!(names(&archive).iter().all(|name| name.starts_with("Tide_Table-1.0/")));
    }

    #[test]
    fn the_same_definition_gives_the_same_bytes() {
        assert_eq!(package("").archive().unwrap(), package("").archive().unwrap());
    }
}
