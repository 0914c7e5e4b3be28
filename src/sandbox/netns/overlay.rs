//! Shows a folder that is kept to the commands of a run, as if it were a copy: what they write goes elsewhere.
//!
//! The mount is made in the mount namespace that the run's holder has for itself, so that it ends with the run however that ends.
//! bubblewrap learnt to make one in 0.11; since Linux 5.11 whoever is root of a user namespace may make it too.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::fs::{XattrFlags, setxattr};

use crate::sandbox::host::system::system_command;

/// The end of a word or of an option, to `mount` or to the kernel.
const SEPARATORS: &[char] = &[':', ',', '\\', '"', '\n'];

/// Mounts `lower` at `at`; `scratch`, which is made, gets what is written there. `enter` are the words that lead into the namespace.
///
/// # Errors
/// This machine's kernel or file system does not let it be done; nothing has changed then.
pub(super) fn mount(
    enter: &[OsString],
    is_in_user_namespace: bool,
    lower: &Path,
    at: &Path,
    scratch: &Path,
) -> Result<()> {
    let (upper, work) = (scratch.join("upper"), scratch.join("work"));
    for folder in [scratch, &upper, &work] {
        fs::create_dir(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    // It is the root folder that is shown, with the permissions of the one below.
    fs::set_permissions(&upper, fs::metadata(lower)?.permissions())?;
    // Without such attributes nothing can be removed for good, and the kernel mounts it all the same.
    let attribute = if is_in_user_namespace { "user.overlay.shakedown" } else { "trusted.overlay.shakedown" };
    setxattr(&work, attribute, b"y", XattrFlags::empty()).context("the file system has no extended attributes")?;
    let mut options = String::new();
    for (name, folder) in [("lowerdir", lower), ("upperdir", &upper), ("workdir", &work)] {
        let folder =
            folder.to_str().filter(|folder| !folder.contains(SEPARATORS)).context("a folder with an odd name")?;
        options += &format!("{name}={folder},");
    }
    // Nothing of it is to survive a crash. Folders can be renamed as in a copy, where the kernel lets this user have that.
    options += "index=off,metacopy=off,volatile,";
    options += if is_in_user_namespace { "userxattr" } else { "redirect_dir=on" };
    let mut words = enter.to_vec();
    words.push(system_command("mount").context("there is no mount")?.into());
    words.extend(["-t", "overlay", "overlay", "-o", &options].map(OsString::from));
    words.push(at.into());
    let (program, arguments) = words.split_first().context("no command")?;
    let output = Command::new(program).args(arguments).env_clear().stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}", said.lines().next().unwrap_or("it was refused"));
    Ok(())
}
