//! The C and C++ compiler of this machine, with glibc's own headers and nothing else of `/usr/include`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::layer::store_path;
use super::store_paths;
use super::system::{place, system_command};
use crate::catalog::nix_packages::Package;
use crate::fs::tree;
use crate::sandbox::elf::Libraries;

/// What nixpkgs' `gcc` puts into the profile.
pub(super) const COMMANDS: &[&str] = &[
    "gcc",
    "g++",
    "cc",
    "c++",
    "cpp",
    "gcov",
    "as",
    "ld",
    "ar",
    "ranlib",
    "nm",
    "strip",
    "objcopy",
    "objdump",
    "readelf",
    "size",
    "strings",
    "addr2line",
    "c++filt",
];

/// Programs that gcc starts by itself.
const INNER: &[&str] = &["cc1", "cc1plus", "collect2", "lto-wrapper", "lto1", "liblto_plugin.so"];

/// glibc's and the kernel's headers at the top of `/usr/include`.
const HEADERS: &[&str] = &[
    "a.out.h",
    "aio.h",
    "aliases.h",
    "alloca.h",
    "ar.h",
    "argp.h",
    "argz.h",
    "arpa",
    "asm",
    "asm-generic",
    "assert.h",
    "bits",
    "byteswap.h",
    "c++",
    "complex.h",
    "cpio.h",
    "crypt.h",
    "ctype.h",
    "dirent.h",
    "dlfcn.h",
    "drm",
    "elf.h",
    "endian.h",
    "envz.h",
    "err.h",
    "errno.h",
    "error.h",
    "execinfo.h",
    "fcntl.h",
    "features-time64.h",
    "features.h",
    "fenv.h",
    "finclude",
    "fmtmsg.h",
    "fnmatch.h",
    "fpu_control.h",
    "fstab.h",
    "fts.h",
    "ftw.h",
    "gconv.h",
    "getopt.h",
    "glob.h",
    "gnu",
    "gnu-versions.h",
    "grp.h",
    "gshadow.h",
    "iconv.h",
    "ieee754.h",
    "ifaddrs.h",
    "inttypes.h",
    "langinfo.h",
    "lastlog.h",
    "libgen.h",
    "libintl.h",
    "limits.h",
    "link.h",
    "linux",
    "locale.h",
    "malloc.h",
    "math.h",
    "mcheck.h",
    "memory.h",
    "misc",
    "mntent.h",
    "monetary.h",
    "mqueue.h",
    "mtd",
    "net",
    "netash",
    "netatalk",
    "netax25",
    "netdb.h",
    "neteconet",
    "netinet",
    "netipx",
    "netiucv",
    "netpacket",
    "netrom",
    "netrose",
    "nfs",
    "nl_types.h",
    "nss.h",
    "obstack.h",
    "paths.h",
    "poll.h",
    "printf.h",
    "proc_service.h",
    "protocols",
    "pthread.h",
    "pty.h",
    "pwd.h",
    "rdma",
    "re_comp.h",
    "regex.h",
    "regexp.h",
    "resolv.h",
    "rpc",
    "sched.h",
    "scsi",
    "search.h",
    "semaphore.h",
    "setjmp.h",
    "sgtty.h",
    "shadow.h",
    "signal.h",
    "sound",
    "spawn.h",
    "stab.h",
    "stdc-predef.h",
    "stdint.h",
    "stdio.h",
    "stdio_ext.h",
    "stdlib.h",
    "string.h",
    "strings.h",
    "sys",
    "syscall.h",
    "sysexits.h",
    "syslog.h",
    "tar.h",
    "termio.h",
    "termios.h",
    "tgmath.h",
    "thread_db.h",
    "threads.h",
    "time.h",
    "ttyent.h",
    "uchar.h",
    "ucontext.h",
    "ulimit.h",
    "unistd.h",
    "utime.h",
    "utmp.h",
    "utmpx.h",
    "values.h",
    "video",
    "wait.h",
    "wchar.h",
    "wctype.h",
    "wordexp.h",
    "xen",
];

/// What programs are linked with besides the shared libraries themselves.
const LINK_FILES: &[&str] = &[
    "Mcrt1.o",
    "Scrt1.o",
    "crt1.o",
    "crti.o",
    "crtn.o",
    "gcrt1.o",
    "grcrt1.o",
    "rcrt1.o",
    "libc.so",
    "libc.a",
    "libc_nonshared.a",
    "libm.so",
    "libm.a",
    "libmvec.so",
    "libmvec.a",
    "libpthread.a",
    "libpthread_nonshared.a",
    "libdl.a",
    "librt.a",
    "libutil.a",
    "libresolv.so",
    "libresolv.a",
    "libanl.so",
    "libanl.a",
    "libcrypt.so",
];

/// Puts the compiler into `usr`. Gives the programs whose libraries have to come along.
pub(super) fn install(
    usr: &Path,
    libdir: &Path,
    libraries: &Libraries,
    compiler: Option<&str>,
) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for name in COMMANDS {
        let Some(path) = system_command(name).and_then(|path| fs::canonicalize(path).ok()) else { continue };
        place(&path, &usr.join("bin").join(name))?;
        programs.push(path);
    }
    if let Some(triple) = triple() {
        for name in ["gcc", "g++", "as", "ld", "ar", "ranlib"] {
            let _ = symlink(name, usr.join("bin").join(format!("{triple}-{name}")));
        }
    }
    // Interpreters remember the name of the compiler they were built with, and extension modules are built with it.
    if let Some(name) = compiler.filter(|name| !name.contains('/') && !usr.join("bin").join(name).exists()) {
        symlink(if name.contains("++") { "g++" } else { "gcc" }, usr.join("bin").join(name))?;
    }
    for inner in INNER {
        let asked = Command::new("/usr/bin/gcc").arg(format!("-print-prog-name={inner}")).env_clear().output();
        let path = asked.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        programs.extend(path.ok().filter(|path| path.is_absolute() && path.is_file()));
    }
    for dir in ["include".into(), include_of(libdir)] {
        for name in HEADERS {
            place_any(&Path::new("/usr").join(&dir).join(name), &usr.join(&dir).join(name))?;
        }
    }
    for name in LINK_FILES {
        place_any(&Path::new("/usr").join(libdir).join(name), &usr.join(libdir).join(name))?;
    }
    for soname in ["libc.so.6", "libm.so.6"] {
        programs.extend(libraries.by_name(soname));
    }
    Ok(programs)
}

/// Puts a declared package's headers, libraries to link with and pkg-config files at their usual places.
pub(super) fn install_development(
    usr: &Path,
    libdir: &Path,
    libraries: &Libraries,
    files: &Package,
) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for name in files.headers {
        for dir in ["include".into(), include_of(libdir)] {
            place_any(&Path::new("/usr").join(&dir).join(name), &usr.join(&dir).join(name))?;
        }
    }
    for name in files.link {
        let shared = format!("lib{name}.so");
        if let Some(file) = libraries.by_name(&shared).and_then(|file| fs::canonicalize(file).ok()) {
            place(&file, &usr.join(libdir).join(&shared))?;
            if let Some(dynamic) = file.file_name() {
                place(&file, &usr.join(libdir).join(dynamic))?;
            }
            programs.push(file);
        }
    }
    for name in files.pkg_config {
        for dir in [libdir.join("pkgconfig"), PathBuf::from("share/pkgconfig")] {
            let file = dir.join(format!("{name}.pc"));
            fs::create_dir_all(usr.join(&dir))?;
            place_any(&Path::new("/usr").join(&file), &usr.join(&file))?;
        }
    }
    Ok(programs)
}

/// Puts a wrapper in the linker's place that does what nixpkgs' `ld` does: what is linked with a library of a package finds it when it
/// runs, by a path of its own and without `LD_LIBRARY_PATH`. The old kind of that path holds for the library's own libraries too, of
/// which each has its own path there.
pub(super) fn wrap_linker(usr: &Path, development: &[&Package]) -> Result<()> {
    let own = usr.join("bin/ld");
    let linked: Vec<&&Package> = development.iter().filter(|package| !package.link.is_empty()).collect();
    if linked.is_empty() || !own.is_file() {
        return Ok(());
    }
    let mut script = "#!/bin/sh\npath=\nfor word; do\n  case $word in\n".to_owned();
    for package in linked {
        let options: Vec<String> = package.link.iter().map(|name| format!("-l{name}")).collect();
        let place = store_path(&store_paths::linked_name(package));
        script += &format!("    {}) path=\"$path -rpath {place}/lib\" ;;\n", options.join("|"));
    }
    script += "  esac\ndone\nexec /usr/lib/ld/ld \"$@\" ${path:+--disable-new-dtags} $path\n";
    fs::create_dir_all(usr.join("lib/ld"))?;
    fs::rename(&own, usr.join("lib/ld/ld"))?;
    fs::write(&own, script)?;
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Debian's second include directory, `include/x86_64-linux-gnu`, belongs to `lib/x86_64-linux-gnu`.
fn include_of(libdir: &Path) -> PathBuf {
    libdir.strip_prefix("lib").map(|triple| Path::new("include").join(triple)).unwrap_or_else(|_| "include".into())
}

fn triple() -> Option<String> {
    let output = Command::new("/usr/bin/gcc").arg("-dumpmachine").env_clear().output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|triple| !triple.is_empty())
}

fn place_any(from: &Path, to: &Path) -> Result<()> {
    if to.symlink_metadata().is_ok() || !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to.parent().context("a file without a directory")?)?;
    let real = fs::canonicalize(from)?;
    if real.is_dir() { tree::copy(&real, to) } else { place(&real, to) }
}

/// Whether this machine has what the package is compiled against.
pub(super) fn has_development(package: &Package) -> bool {
    let triple = triple().unwrap_or_default();
    let header = |name: &&str| {
        Path::new("/usr/include").join(name).exists() || Path::new("/usr/include").join(&triple).join(name).exists()
    };
    package.headers.first().is_none_or(header)
}
