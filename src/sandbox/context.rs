//! What of a project the cloud receives, and copying it into `/app`.
//!
//! `railway up` sends what neither `.gitignore` nor `.railwayignore` excludes, without `.git` and `node_modules`; a deploy
//! from a repository receives the same files, and those that git tracks though `.gitignore` names them. The build then obeys
//! `.dockerignore`. Git knows files alone, so that a repository has no folder in which there is none.
//! Line ends stay as they are: Nixpacks rewrites CRLF only when it builds without `--out`, and no platform does that.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use ignore::gitignore::GitignoreBuilder;
use ignore::{DirEntry, Match, WalkBuilder};

use crate::fs::{DockerIgnore, can_be_walked, can_be_walked_from, tree};
use crate::project::{GitIndex, Repository};

/// Never sent.
const DROPPED: &[&str] = &[".git", "node_modules"];
/// What `railway up` leaves out, in the form of `.gitignore`.
const RAILWAY: &str = ".railwayignore";

/// Copies what the cloud would receive from `project` to `app`, or only the named files. What is in `app` already and
/// not in the project stays. Patterns to exclude hold the project's `.dockerignore` too.
pub fn copy(project: &Path, app: &Path, only: Option<&[String]>, exclude: &[String]) -> Result<()> {
    if let Some(names) = only {
        let excluded = DockerIgnore::parse(&exclude.join("\n"));
        return names.iter().try_for_each(|name| copy_named(project, app, name, &excluded));
    }
    let left_out = if exclude.is_empty() { dockerignore(project)? } else { DockerIgnore::parse(&exclude.join("\n")) };
    copy_all(project, app, &left_out, &[])
}

/// Writes a file of the run's own into `app`, where the project's may be in its way: none of its links is followed.
///
/// # Errors
/// Those of writing, and a path that leads out of `app`.
pub fn write(app: &Path, file: &str, text: &str) -> Result<()> {
    let relative = Path::new(file);
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        bail!("{file} leads out of the project");
    }
    Placing::in_app(app).enter(relative.parent().unwrap_or(Path::new("")))?;
    let target = app.join(relative);
    make_room(&target)?;
    let mut opened = fs::OpenOptions::new().write(true).create_new(true).open(&target)?;
    Ok(opened.write_all(text.as_bytes())?)
}

/// Copies what the cloud would receive from `project` to `app`, but for what is in folders that are none of the project's.
/// One of them may hold `app`; the project's root itself is never one.
pub fn copy_without(project: &Path, app: &Path, others: &[&Path]) -> Result<()> {
    copy_all(project, app, &dockerignore(project)?, others)
}

fn copy_all(project: &Path, app: &Path, left_out: &DockerIgnore, others: &[&Path]) -> Result<()> {
    let root = fs::canonicalize(project).with_context(|| format!("cannot read {}", project.display()))?;
    let inside = |other: &&Path| Some(fs::canonicalize(other).ok()?.strip_prefix(&root).ok()?.to_owned());
    let others: Vec<PathBuf> =
        others.iter().filter_map(inside).filter(|inside| !inside.as_os_str().is_empty()).collect();
    let mut placing = Placing::in_app(app);
    for Sent { path, is_dir } in sent(project, Path::new(""))? {
        if !left_out.excludes(&path, is_dir) && !others.iter().any(|other| path.starts_with(other)) {
            placing.place(&project.join(&path), &path, is_dir)?;
        }
    }
    Ok(())
}

fn copy_named(project: &Path, app: &Path, name: &str, excluded: &DockerIgnore) -> Result<()> {
    let named = Path::new(name.trim_start_matches('/'));
    if !named.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        bail!("onlyIncludeFiles: {name} leads out of the project");
    }
    let mut found = sent(project, &named.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>())?;
    found.retain(|Sent { path, is_dir }| !excluded.excludes(path, *is_dir));
    if found.is_empty() {
        bail!("{name} is not among the files that the cloud receives, and its COPY fails with \"/{name}\": not found");
    }
    let mut placing = Placing::in_app(app);
    found.iter().try_for_each(|Sent { path, is_dir }| placing.place(&project.join(path), path, *is_dir))
}

/// A file, link or folder that the cloud receives.
struct Sent {
    /// Relative to the project.
    path: PathBuf,
    is_dir: bool,
}

/// What the cloud receives of `within`, a path in the project, folders before what is in them.
fn sent(project: &Path, within: &Path) -> Result<Vec<Sent>> {
    let mut found = Vec::new();
    // Something that cannot be read is not sent either.
    for entry in walk(project, within)?.flatten().filter(|entry| !is_special(entry)) {
        let Ok(path) = entry.path().strip_prefix(project).map(Path::to_owned) else { continue };
        if !path.as_os_str().is_empty() && path.starts_with(within) {
            found.push(Sent { path, is_dir: entry.file_type().is_some_and(|kind| kind.is_dir()) });
        }
    }
    if let Some(index) = GitIndex::of(project) {
        let walked: HashSet<&Path> = found.iter().map(|sent| sent.path.as_path()).collect();
        let missed = index.files().filter(|file| file.starts_with(within) && !walked.contains(*file));
        let missed =
            missed.filter(|file| !is_dropped(file) && is_there(project, file) && !railway_ignores(project, file));
        let missed: Vec<Sent> = missed.map(|file| Sent { path: file.to_owned(), is_dir: false }).collect();
        found.extend(missed);
    }
    if Repository::root_of(project).is_some() {
        drop_empty(&mut found);
    }
    Ok(found)
}

/// Leaves out the folders in which nothing else is.
fn drop_empty(found: &mut Vec<Sent>) {
    let files = found.iter().filter(|sent| !sent.is_dir);
    let full: HashSet<PathBuf> = files.flat_map(|file| file.path.ancestors().skip(1).map(Path::to_owned)).collect();
    found.retain(|sent| !sent.is_dir || full.contains(&sent.path));
}

fn dockerignore(project: &Path) -> Result<DockerIgnore> {
    let path = project.join(".dockerignore");
    match crate::fs::read_patterns(&path) {
        Ok(text) => Ok(DockerIgnore::parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DockerIgnore::default()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

/// Goes to `within` and through it.
fn walk(project: &Path, within: &Path) -> Result<ignore::Walk> {
    if !can_be_walked_from(project) {
        bail!(
            "an ignore file in {} or above it cannot be read: it is no plain file, larger than 1 MiB, or a pattern is too long or nested",
            project.display()
        );
    }
    let (root, within) = (project.to_owned(), within.to_owned());
    Ok(WalkBuilder::new(project)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        // Only in a repository do the folders above have a say; a stray `.gitignore` in the user's home has none.
        .parents(Repository::root_of(project).is_some())
        .follow_links(false)
        .add_custom_ignore_filename(RAILWAY)
        .filter_entry(move |entry| {
            let path = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let is_on_the_way = path.starts_with(&within) || within.starts_with(path);
            let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
            is_on_the_way && !is_dropped(path) && (!is_dir || can_be_walked(entry.path()))
        })
        .build())
}

fn is_dropped(path: &Path) -> bool {
    path.components().any(|part| DROPPED.iter().any(|name| part.as_os_str() == *name))
}

/// Sockets, pipes and devices cannot be sent.
fn is_special(entry: &DirEntry) -> bool {
    !entry.file_type().is_some_and(|kind| kind.is_dir() || kind.is_file() || kind.is_symlink())
}

/// Whether a tracked file is still one, with no link on the way to it.
fn is_there(project: &Path, file: &Path) -> bool {
    let is = |path: &Path, kinds: fn(fs::FileType) -> bool| {
        project.join(path).symlink_metadata().is_ok_and(|meta| kinds(meta.file_type()))
    };
    is(file, |kind| kind.is_file() || kind.is_symlink())
        && file.ancestors().skip(1).all(|folder| is(folder, |kind| kind.is_dir()))
}

/// Whether a `.railwayignore` on the way to a file leaves it out; the nearest that names it decides.
fn railway_ignores(project: &Path, file: &Path) -> bool {
    let ruling = |folder: &Path| {
        let text = crate::fs::read_patterns(&project.join(folder).join(RAILWAY)).ok()?;
        let mut rules = GitignoreBuilder::new("");
        for line in text.lines() {
            // What is no pattern matches nothing.
            let _ = rules.add_line(None, line);
        }
        match rules.build().ok()?.matched_path_or_any_parents(file.strip_prefix(folder).ok()?, false) {
            Match::None => None,
            found => Some(found.is_ignore()),
        }
    };
    file.ancestors().skip(1).find_map(ruling).unwrap_or(false)
}

/// Puts entries into `app`. An earlier command may have left links there; none is followed, so nothing outside is touched. Its processes
/// are gone: each command has a PID namespace of its own.
struct Placing<'a> {
    app: &'a Path,
    /// The folder that an entry was put into last, which is none but real folders down to it. Where folders are deep, looking at all of them
    /// for each entry would take minutes.
    last: PathBuf,
}

impl<'a> Placing<'a> {
    fn in_app(app: &'a Path) -> Self {
        Self { app, last: PathBuf::new() }
    }

    /// Makes a folder, and those on the way to it.
    fn enter(&mut self, folder: &Path) -> Result<()> {
        let known = folder.components().zip(self.last.components()).take_while(|(new, old)| new == old).count();
        let mut dir = self.app.to_owned();
        for (number, part) in folder.components().enumerate() {
            dir.push(part);
            if number >= known {
                real_dir(&dir)?;
            }
        }
        folder.clone_into(&mut self.last);
        Ok(())
    }

    fn place(&mut self, source: &Path, relative: &Path, is_dir: bool) -> Result<()> {
        self.enter(relative.parent().unwrap_or(Path::new("")))?;
        place(source, &self.app.join(relative), is_dir)
    }
}

fn place(source: &Path, target: &Path, is_dir: bool) -> Result<()> {
    let failure = || format!("could not copy {} into the sandbox", source.display());
    if is_dir {
        return real_dir(target).with_context(failure);
    }
    let meta = match source.symlink_metadata() {
        Ok(meta) => meta,
        // Deleted since it was listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(failure),
    };
    let old = target.symlink_metadata().ok();
    if let Some(old) = &old {
        let same = old.is_file() && meta.is_file() && old.len() == meta.len();
        if same && old.modified().ok() == meta.modified().ok() && old.permissions() == meta.permissions() {
            return Ok(());
        }
        make_room(target).with_context(failure)?;
    }
    if meta.is_symlink() {
        return symlink(fs::read_link(source)?, target).with_context(failure);
    }
    crate::fs::copy_sparse(source, target).with_context(failure)?;
    if let Ok(modified) = meta.modified() {
        // The time tells an unchanged file from one that a command has edited since.
        let _ = fs::File::open(target).and_then(|file| file.set_modified(modified));
    }
    Ok(())
}

/// Removes what is at `target`, if anything is.
fn make_room(target: &Path) -> Result<()> {
    match target.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(meta) if meta.is_dir() => tree::remove(target),
        Ok(_) => Ok(fs::remove_file(target)?),
    }
}

fn real_dir(dir: &Path) -> Result<()> {
    match dir.symlink_metadata() {
        Ok(meta) if meta.is_dir() => return Ok(()),
        Ok(_) => fs::remove_file(dir)?,
        Err(_) => {}
    }
    fs::create_dir(dir).with_context(|| format!("could not make {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;
    use crate::folder::folder;

    /// The files that a copy of `project` has.
    fn copied(project: &Path) -> Vec<String> {
        let app = tempfile::tempdir().unwrap();
        copy(project, app.path(), None, &[]).unwrap();
        let files = WalkBuilder::new(app.path()).standard_filters(false).build().flatten();
        let files = files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
        let mut names: Vec<String> =
            files.map(|file| file.path().strip_prefix(app.path()).unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn sent(files: &[(&str, &str)]) -> Vec<String> {
        copied(folder(files).path())
    }

    #[test]
    fn ignored_files_are_not_sent() {
        let files = [
            (".gitignore", "*.log\nvenv/\n"),
            (".railwayignore", "notes\n"),
            ("a.log", ""),
            ("venv/x", ""),
            ("notes", ""),
            (".git/config", ""),
            ("node_modules/m/i.js", ""),
            (".env", ""),
            ("main.py", ""),
        ];
        assert_eq!(sent(&files), [".env", ".gitignore", ".railwayignore", "main.py"]);
    }

    #[test]
    fn folders_above_have_a_say_only_in_a_repository() {
        let dir = folder(&[(".gitignore", "venv/\n"), ("app/venv/x", ""), ("app/main.py", "")]);
        let names = || copied(&dir.path().join("app"));
        assert_eq!(names().len(), 2);
        fs::create_dir(dir.path().join(".git")).unwrap();
        assert_eq!(names(), ["main.py"]);
    }

    #[test]
    fn what_git_tracks_is_sent_though_an_ignore_file_names_it() {
        let files = [
            (".gitignore", "data/\n*.db\n"),
            (".railwayignore", "notes.db\n"),
            (".dockerignore", "cut.db\n"),
            ("api/data/words.txt", ""),
            ("api/kept.db", ""),
            ("api/notes.db", ""),
            ("api/other.db", ""),
            ("cut.db", ""),
            ("main.py", ""),
        ];
        let dir = folder(&files);
        let git = |arguments: &[&str]| {
            let done = Command::new("git").arg("-C").arg(dir.path()).args(arguments).status().unwrap();
            assert!(done.success());
        };
        git(&["init", "--quiet"]);
        git(&["add", "--force", "api/data", "api/kept.db", "api/notes.db", "cut.db", "main.py"]);
        let (dotfiles, rest): (Vec<String>, Vec<String>) =
            copied(dir.path()).into_iter().partition(|name| name.starts_with('.'));
        assert_eq!(dotfiles.len(), 3);
        assert_eq!(rest, ["api/data/words.txt", "api/kept.db", "main.py"]);
        let app = tempfile::tempdir().unwrap();
        let named = |name: &str| copy(dir.path(), app.path(), Some(&[name.to_owned()]), &[]);
        named("api/kept.db").unwrap();
        assert!(named("api/other.db").unwrap_err().to_string().contains("not found"));
        named("api").unwrap();
        assert!(app.path().join("api/data/words.txt").exists() && !app.path().join("api/other.db").exists());
    }

    #[test]
    fn a_repository_has_no_empty_folders() {
        let dir = folder(&[(".gitignore", "*.log\n"), ("logs/old.log", ""), ("static/css/a.css", "")]);
        fs::create_dir_all(dir.path().join("media/photos")).unwrap();
        let has = |names: &[&str]| -> Vec<bool> {
            let app = tempfile::tempdir().unwrap();
            copy(dir.path(), app.path(), None, &[]).unwrap();
            names.iter().map(|name| app.path().join(name).is_dir()).collect()
        };
        let names = ["logs", "media/photos", "media", "static/css"];
        assert_eq!(has(&names), [true; 4], "a folder that nobody commits goes as it is");
        fs::create_dir(dir.path().join(".git")).unwrap();
        assert_eq!(has(&names), [false, false, false, true]);
    }

    #[test]
    fn dockerignore_is_rooted_and_the_last_match_decides() {
        let files = [
            (".dockerignore", "# c\ndocs\n!docs/keep.md\n**/*.pyc\n*.txt\n!requirements.txt\n"),
            ("docs/a.md", ""),
            ("docs/keep.md", ""),
            ("sub/docs/b.md", ""),
            ("sub/x.pyc", ""),
            ("sub/y.txt", ""),
            ("z.txt", ""),
            ("requirements.txt", ""),
        ];
        assert_eq!(sent(&files), [".dockerignore", "docs/keep.md", "requirements.txt", "sub/docs/b.md", "sub/y.txt"]);
    }

    #[test]
    fn odd_names_modes_and_links_arrive() {
        let dir = folder(&[("a b/c\nd/é.py", "1"), ("run.sh", "#!/bin/sh\n")]);
        fs::set_permissions(dir.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink(".", dir.path().join("loop")).unwrap();
        symlink("/etc/passwd", dir.path().join("out")).unwrap();
        let app = tempfile::tempdir().unwrap();
        copy(dir.path(), app.path(), None, &[]).unwrap();
        assert_eq!(fs::read_to_string(app.path().join("a b/c\nd/é.py")).unwrap(), "1");
        assert_eq!(fs::metadata(app.path().join("run.sh")).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_link(app.path().join("loop")).unwrap(), Path::new("."));
        assert_eq!(fs::read_link(app.path().join("out")).unwrap(), Path::new("/etc/passwd"));
    }

    #[test]
    fn a_planted_link_is_replaced_not_followed() {
        let dir = folder(&[("d/f", "new"), ("g", "new")]);
        let (app, outside) = (tempfile::tempdir().unwrap(), folder(&[("f", "old"), ("g", "old")]));
        symlink(outside.path(), app.path().join("d")).unwrap();
        symlink(outside.path().join("g"), app.path().join("g")).unwrap();
        copy(dir.path(), app.path(), None, &[]).unwrap();
        assert_eq!(fs::read_to_string(outside.path().join("f")).unwrap(), "old");
        assert_eq!(fs::read_to_string(outside.path().join("g")).unwrap(), "old");
        assert_eq!(fs::read_to_string(app.path().join("d/f")).unwrap(), "new");
    }

    #[test]
    fn a_file_of_the_run_is_written_over_links_not_through_them() {
        let outside = folder(&[("f", "old")]);
        for (link, target) in [(".own", outside.path().to_owned()), (".own/f", outside.path().join("f"))] {
            let app = tempfile::tempdir().unwrap();
            if link != ".own" {
                fs::create_dir(app.path().join(".own")).unwrap();
            }
            symlink(&target, app.path().join(link)).unwrap();
            write(app.path(), ".own/f", "new").unwrap();
            write(app.path(), ".own/f", "newer").unwrap();
            assert_eq!(fs::read_to_string(outside.path().join("f")).unwrap(), "old");
            assert_eq!(fs::read_to_string(app.path().join(".own/f")).unwrap(), "newer");
            for name in ["../f", "/f", ".own/../../f"] {
                assert!(write(app.path(), name, "").is_err(), "{name}");
            }
        }
    }

    #[test]
    fn copying_again_restores_the_project_and_keeps_the_rest() {
        let dir = folder(&[("f", "new"), ("pyproject.toml", "p")]);
        let app = tempfile::tempdir().unwrap();
        copy(dir.path(), app.path(), Some(&["pyproject.toml".to_owned()]), &[]).unwrap();
        assert!(!app.path().join("f").exists());
        copy(dir.path(), app.path(), None, &[]).unwrap();
        fs::write(app.path().join("f"), "bad").unwrap();
        fs::write(app.path().join("made"), "kept").unwrap();
        copy(dir.path(), app.path(), None, &[]).unwrap();
        assert_eq!(fs::read_to_string(app.path().join("f")).unwrap(), "new");
        assert_eq!(fs::read_to_string(app.path().join("made")).unwrap(), "kept");
        for name in ["gone", "../x", "a/../../x"] {
            assert!(copy(dir.path(), app.path(), Some(&[name.to_owned()]), &[]).is_err(), "{name}");
        }
    }

    #[test]
    fn what_a_plan_excludes_is_not_copied_by_name_either() {
        let dir = folder(&[("main.py", ""), ("data/a", ""), ("data/b", "")]);
        let app = tempfile::tempdir().unwrap();
        let exclude = ["data/*".to_owned(), "!data/b".to_owned()];
        copy(dir.path(), app.path(), None, &exclude).unwrap();
        let is_there = |name: &str| app.path().join(name).exists();
        assert_eq!([is_there("main.py"), is_there("data/a"), is_there("data/b")], [true, false, true]);
        let fault = copy(dir.path(), app.path(), Some(&["data/a".to_owned()]), &exclude).unwrap_err();
        assert!(fault.to_string().contains("not found"), "{fault}");
    }
}
