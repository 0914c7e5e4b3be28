//! Where links lead that commands or a project may have put on the way to a file: within the image, and never out of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many links on the way to a file as the kernel follows (`path_resolution(7)`).
const MOST: usize = 40;

/// `inside` without links: they lead where they would if the files that are at `outside` of a path were at that path, which need not
/// be there. None where they lead in a circle.
pub(in crate::sandbox) fn follow(inside: &Path, outside: impl Fn(&Path) -> PathBuf) -> Option<PathBuf> {
    let (mut todo, mut here, mut links) = (parts(inside), PathBuf::from("/"), 0);
    while let Some(part) = todo.pop() {
        if part == ".." {
            here.pop();
            continue;
        }
        let next = here.join(part);
        match fs::read_link(outside(&next)) {
            Err(_) => here = next,
            Ok(target) => {
                links += 1;
                if links > MOST {
                    return None;
                }
                if target.is_absolute() {
                    here = PathBuf::from("/");
                }
                todo.extend(parts(&target));
            }
        }
    }
    Some(here)
}

/// The same of the way to `inside` alone: where that is a link itself, it stays one.
pub(in crate::sandbox) fn follow_to(inside: &Path, outside: impl Fn(&Path) -> PathBuf) -> Option<PathBuf> {
    match (inside.parent(), inside.file_name()) {
        (Some(folder), Some(name)) => Some(follow(folder, outside)?.join(name)),
        _ => follow(inside, outside),
    }
}

/// The names in a path, last first.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_lead_within_the_image() {
        let root = tempfile::tempdir().unwrap();
        let outside = |inside: &Path| root.path().join(inside.strip_prefix("/").unwrap());
        fs::create_dir_all(root.path().join("opt/real")).unwrap();
        for (target, link) in
            [("/opt/real", "data"), ("../../../..", "opt/up"), ("round", "round"), ("real", "opt/now")]
        {
            symlink(target, root.path().join(link)).unwrap();
        }
        let follow = |inside: &str| super::follow(Path::new(inside), outside);
        assert_eq!(follow("/data/models").unwrap(), Path::new("/opt/real/models"));
        assert_eq!(follow("/opt/up/data/../x").unwrap(), Path::new("/opt/x"));
        assert_eq!(follow("/round/x"), None);
        assert_eq!(follow("/opt/now").unwrap(), Path::new("/opt/real"));
        assert_eq!(follow_to(Path::new("/opt/now"), outside).unwrap(), Path::new("/opt/now"));
        assert_eq!(follow_to(Path::new("/"), outside).unwrap(), Path::new("/"));
    }
}
