//! The machine: disk, memory, time, programs, rights.

use super::compile::{MISSING_COMPILER, MISSING_RUST, MISSING_SYSTEM_HEADER};
use super::database::SQLITE_PATH_UNWRITABLE;
use super::install::EXTERNALLY_MANAGED;
use super::network::GIT_AUTH_FAILED;
use super::rule::{OnRailpack, Rule, YieldsTo, by, decisive, hint, last_resort, over_fixes_of_its_subject, said};
use super::server::PORT_PERMISSION_DENIED;
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static GIT_MISSING: Rule = Rule {
    id: "git-missing",
    phases: &["install"],
    message: "{a requirement} is fetched with git, and there is no git",
    about: "A `git+https` requirement is cloned by the git program, which the build image lacks; an app that calls git needs it in the image that runs.",
    help: "add \"git\" to nixPkgs (with \"...\" first) or to aptPkgs, or require a released version instead",
    on_railpack: OnRailpack::help(
        "name git in deploy.aptPackages of railpack.json (with \"...\" first): the image that builds has it, the one that runs does not",
    )
    .and_fix(fixes::railpack::git),
    example: "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
    signatures: &[
        decisive(r"Cannot find command 'git'|No such file or directory: 'git'|\bgit: (?:command )?not found"),
        decisive(r"(?i)git executable (?:was )?not found"),
        decisive(r"(?i)git (?:command|executable)? ?(?:is )?not (?:found|installed)"),
        decisive(r"(?i)Failed to (?:spawn|find|execute).*\bgit\b"),
        decisive(r"(?i)GitExecutableNotFound"),
        decisive(r"(?i)Bad git executable"),
        decisive(r"(?i)(?:could not|unable to) find (?:command |executable )?['`\x22]?git['`\x22]?(?:\s|\.|$)"),
        decisive(r#"exec: "git": executable file not found"#),
    ],
    is_of_a_package: true,
    refine: Some(refine::packages::git),
    fix: Some(fixes::nixpacks::git),
    ..Rule::BLANK
};

pub(crate) static DISK_FULL: Rule = Rule {
    id: "disk-full",
    phases: &["any"],
    message: "no space is left on the disk{}",
    about: "The build or the app filled its disk. Large packages (PyTorch with CUDA above all), caches or data files are the usual reasons.",
    help: "install smaller builds (`torch` from its CPU index), keep data out of the image, or take a larger disk",
    example: "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    signatures: &[
        decisive(
            r"\[?(?:Errno 28|os error 28|ENOSPC)|[Nn]o space left on device|There is not enough space on the disk|Disk quota exceeded|\[Errno 122\]|WinError 112",
        ),
        decisive(r"(?i)database or disk is full|could not extend file .*: no space|disk full"),
        decisive(r"Image of size .* exceeded limit"),
        decisive(r"exceeded (?:the )?(?:maximum )?(?:image|slug|storage|disk) (?:size )?limit"),
        decisive(r"You don't have enough free space|slug size: .* is too large"),
    ],
    unless: &["inotify", "file watch", "/dev/shm/"],
    refine: Some(refine::hosts::image_size),
    ..Rule::BLANK
};

pub(crate) static SHARED_MEMORY_FULL: Rule = Rule {
    id: "shared-memory-full",
    phases: &["any"],
    message: "a process wrote past the end of its shared memory, of which a container has 64 MB",
    about: "/dev/shm is a file system in memory of 64 MB unless the container is started with more, which platforms do not do. What \
            several processes share lies there (multiprocessing, PyTorch's loaders, the pages of Chromium), and past its end the \
            kernel ends the process with SIGBUS.",
    help: "share less: fewer or smaller arrays, loaders without workers (`num_workers=0`), a file under /tmp with numpy.memmap; start \
           Chromium with `--disable-dev-shm-usage`",
    example: "Fatal Python error: Bus error",
    signatures: &[
        hint(
            r"Fatal Python error: Bus error|killed by signal: Bus error|^Bus error|: Bus error(?: +\(core dumped\))?(?:\s|$)",
        ),
        decisive(r"[Nn]o space left on device.*/dev/shm/|/dev/shm/.*[Nn]o space left on device"),
        decisive(r"workers are out of shared memory"),
        said(r"^from tab crashed|: tab crashed|session deleted because of page crash"),
    ],
    link: Some("https://docs.docker.com/reference/cli/docker/container/run/#shm-size"),
    ..Rule::BLANK
};

pub(crate) static READ_ONLY_FILESYSTEM: Rule = Rule {
    id: "read-only-filesystem",
    phases: &["any"],
    message: "{a path} lies on a read-only file system",
    about: "Something wrote where the platform mounts read-only, such as /nix/store or a mounted configuration.",
    help: "write under /tmp or on a volume in place of {the path}",
    example: "OSError: [Errno 30] Read-only file system: '/nix/var/harbour.log'",
    signatures: &[
        decisive(r"(?:Errno 30|os error 30)\]?[^:]*: '(?P<s>[^']+)'"),
        decisive(
            r"(?:[\w/-]+: )?(?:cannot \w+(?: directory)? )?(?:'|‘|`)?(?P<s>/[^'`:\s]+?)(?:'|’|`)?: Read-only file system",
        ),
        said(r"Read-only file system|\[Errno 30\]|EROFS|attempt to write a readonly database"),
    ],
    yields_to: YieldsTo::Rules(&[&MISSING_RUST, &EXTERNALLY_MANAGED, &SQLITE_PATH_UNWRITABLE]),
    refine: Some(refine::reasons::refused_path),
    ..Rule::BLANK
};

pub(crate) static PERMISSION_DENIED: Rule = Rule {
    id: "permission-denied",
    phases: &["any"],
    message: "{a path} may not be written, read or run by this user",
    about: "The process runs as a user to whom the file or folder does not belong, or a script lacks its executable bit.",
    help: "write where the user may (/tmp, a volume), or give {the path} to the user that runs the app",
    example: "PermissionError: [Errno 13] Permission denied: '/srv/tides/export.csv'",
    signatures: &[
        said(
            r"(?:PermissionError|OSError|EnvironmentError|IOError): \[(?:Errno 13|WinError 5|Errno 1)\][^:]*: '?(?P<s>[^'\n]+)'?",
        ),
        said(r"(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s>[\w./-]+): Permission denied"),
        said(r#"exec: "(?P<s>[^"]+)": permission denied"#),
        said(r"exec (?P<s>/\S+): permission denied"),
        said(r"(?:\[Errno 13\]|os error 13).*?(?:'|`)?(?P<s>/[^'`\s]+)?"),
        said(r"(?:[\w-]+: )?(?:cannot [\w ]+ )?(?:'|‘|`)(?P<s>/?[^'`]+?)(?:'|’|`): Permission denied"),
        hint(
            r"(?:^|: |\()[Pp]ermission denied(?:\s*$| \(os error|[.')])|(?i:error|fail|cannot|can't).*[Pp]ermission denied|: Operation not permitted|\bEACCES\b",
        ),
    ],
    unless: &["The cache has been disabled", "INFO", "try 'sudo", "permission denied for "],
    yields_to: YieldsTo::Rules(&[
        &PORT_PERMISSION_DENIED,
        &GIT_AUTH_FAILED,
        &MISSING_RUST,
        &SQLITE_PATH_UNWRITABLE,
        &EXTERNALLY_MANAGED,
    ]),
    refine: Some(refine::reasons::refused_path),
    ..Rule::BLANK
};

pub(crate) static MISSING_SYSTEM_BINARY: Rule = Rule {
    id: check::system_needs::PROGRAM.id,
    phases: &["install", "build", "start"],
    message: "the program {that a package runs} is not there",
    about: check::system_needs::PROGRAM.about,
    help: "add the package with {the program} to nixPkgs (with \"...\" first) or to aptPkgs",
    on_railpack: OnRailpack::help(
        "name the Debian package with {the program} in deploy.aptPackages of railpack.json (with \"...\" first), or in RAILPACK_DEPLOY_APT_PACKAGES",
    )
    .and_fix(fixes::railpack::program),
    example: "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
    signatures: &[
        decisive(r"Unable to get page count\. Is (?P<s>poppler) installed and in PATH"),
        decisive(r"PDFInfoNotInstalledError|TesseractNotFoundError"),
        decisive(r"(?P<s>(?i:tesseract)) is not installed or it's not in\b"),
        decisive(r"Executable doesn't exist at (?P<s>\S+)"),
        decisive(r"Looks like Playwright (?:Test or Playwright )?was just installed or updated|playwright install"),
        decisive(r"Host system is missing dependencies to run browsers"),
        decisive(r"[Cc]annot find (?P<s>Chrome|Firefox|chrome|chromium) binary"),
        decisive(r"[Uu]nable to obtain (?:driver for (?P<s>\w+)|working Selenium Manager)"),
        decisive(r"(?P<s>chromedriver|geckodriver)'? executable needs to be in PATH"),
        decisive(r"Chrome failed to start|session not created: .*(?:Chrome|chrome).*"),
        decisive(r"Could not find (?P<s>Chrome)|Kaleido requires Google Chrome to be installed"),
        // Prisma's client for Python, which looks in PRISMA_BINARY_CACHE_DIR.
        decisive(r"BinaryNotFoundError: Expected .* but (?:neither|none) were found"),
        decisive(r"No (?P<s>wkhtmltopdf|wkhtmltoimage) executable found"),
        decisive(r"(?P<s>ffmpeg|ffprobe|avconv)[\x22']? (?:was )?not found"),
        decisive(r"Couldn't find (?P<s>ffmpeg|ffprobe)(?: or avconv)?"),
        decisive(r"FFmpeg(?: is)? not (?:found|installed)|ffmpeg-location|No ffmpeg exe could be found"),
        decisive(r"make sure ffmpeg is installed"),
        decisive(r"failed to execute .*(?P<s>PosixPath\('dot'\)|dot).*make sure the Graphviz executables"),
        decisive(r"ExecutableNotFound: failed to execute .*'(?P<s>\w+)'"),
        decisive(r"you need to have (?P<s>java|node|npm) installed"),
        decisive(r"JavaGateway.*"),
        decisive(r"(?P<s>java): (?:command )?not found"),
        decisive(r"Java gateway process exited|Unable to locate a Java Runtime|JAVA_HOME is not set"),
        decisive(r"No JVM shared library file \(libjvm\.so\) found"),
        said(
            r"FileNotFoundError: \[(?:Errno|WinError) 2\] [^:]*: [`'\x22](?P<s>[a-zA-Z][\w+-]{0,40})['\x22](?:: '[\w+-]+')?\s*$",
        ),
        said(
            r"(?P<s>ffmpeg|ffprobe|chromium|google-chrome|pdfinfo|pdftoppm|tesseract|convert|magick|soffice|libreoffice): (?:command )?not found",
        ),
        decisive(r"(?:^|[\s/:])(?P<s>node|npm|npx|yarn|pnpm|bun|make|just): (?:command )?not found"),
        said(
            r"(?P<s>wkhtmltopdf|java|curl|wget|psql|mysql|redis-cli|sqlite3|unzip|xvfb-run|Xvfb|pg_dump|tini): (?:command )?not found",
        ),
        said(
            r"(?P<s>supervisord|nginx|pandoc|pdflatex|msgfmt|gettext|dot|espeak|aria2c|yt-dlp|rsync|ssh|tar|zip|7z|exiftool|gs): (?:command )?not found",
        ),
        said(r"(?P<s>ghostscript|inkscape): (?:command )?not found"),
        said(r"Can't find (?P<s>msgfmt|msgmerge|xgettext|msguniq)\. Make sure you have GNU gettext"),
        said(r"OSError: cannot find (?P<s>\w+) executable"),
        said(r"(?P<s>\w+) executable (?:was )?not found(?: in PATH)?"),
    ],
    yields_to: YieldsTo::Rules(&[&GIT_MISSING, &MISSING_COMPILER, &MISSING_RUST, &MISSING_SYSTEM_HEADER]),
    is_of_a_package: true,
    refine: Some(refine::libraries::browser),
    fix: Some(fixes::nixpacks::program),
    explained_by: &[by(&check::nixpacks::keys::UNKNOWN), over_fixes_of_its_subject(&check::railpack::APT_REPLACED)],
    ..Rule::BLANK
};

pub(crate) static COMMAND_TIMED_OUT: Rule = Rule {
    id: "command-timed-out",
    phases: &["any"],
    message: "{a command} did not end in the time it was given",
    about: "The command waits for something that never comes (a prompt, a lock, a server that it started itself), or has more to do than there is time for.",
    help: "run {the command} by itself (`shakedown shell`) to see what it waits for; a server belongs into the start command, and a long build gets more time with --timeout and --silence",
    example: "Build timed out after 20m0s",
    signatures: &[
        said(
            r"(?i)\bbuild (?:has )?(?:timed out|exceeded (?:the |its )?(?:maximum |allowed )?(?:build )?(?:time|duration))\b",
        ),
        said(r"(?i)exceeded (?:the |its )?maximum (?:allowed )?build (?:time|duration)"),
        said(
            r"(?i)(?:export|push|import)ing (?:to |the )?(?:docker )?(?:image|layers|cache).*(?:deadline|timed? ?out|canceled)",
        ),
        said(r"(?i)failed to (?:push|copy|export|solve).*(?:context canceled|deadline ?exceeded)"),
    ],
    refine: Some(refine::hosts::export),
    yields_to: YieldsTo::Anything,
    ..Rule::BLANK
};

pub(crate) static OUT_OF_MEMORY: Rule = Rule {
    id: "out-of-memory",
    phases: &["any"],
    message: "the process was killed for want of memory",
    about: "The kernel ended the process because it used more memory than the container has. Nothing else is logged when that happens.",
    help: "raise the memory limit, load less at once, or run fewer workers",
    example: "Killed",
    signatures: &[
        decisive(r"(?i)oom[-_ ]?kill"),
        decisive(r"(?i)out of memory: kill"),
        decisive(r"(?i)OOMKilled"),
        decisive(r"(?i)\x22OOMKilled\x22: ?true"),
        decisive(r"(?i)memory cgroup out of memory"),
        decisive(r"(?i)ran out of memory"),
        decisive(r"(?i)R14 \(Memory quota exceeded"),
        decisive(r"(?i)R15 \(Memory quota vastly"),
        decisive(r"(?i)out of memory \(used over"),
        decisive(r"(?i)Memory limit exceeded"),
        decisive(r"(?i)exceeded (?:its )?memory limit"),
        decisive(r"(?i)ResourceExhausted: .*memory"),
        said(r"did not complete successfully: exit code: 137|exit(?:ed)?(?: with)?(?: code| status)?:? ?137\b"),
        said(r"exited with code 137|returned? (?:non-zero )?(?:code|exit status):? 137|signal: killed"),
        said(r"killed by signal 9|\bSIGKILL: kill|terminated by signal SIGKILL|died with <Signals\.SIGKILL"),
        said(r"^(?:/bin/(?:ba)?sh: line \d+:\s+\d+ )?Killed\b|^(?:bash|sh|\S+\.sh): line \d+:\s+\d+ Killed"),
        said(r"MemoryError|Cannot allocate memory|exited with 'signal 9 \(SIGKILL\)'|WorkerLostError.*signal 9"),
        said(r"DefaultCPUAllocator: can't allocate memory|std::bad_alloc|Unable to allocate [\d.]+ [KMGT]iB"),
        said(r"c\+\+: fatal error: Killed signal|fatal error: Killed signal terminated program"),
        said(r"compiler error: Killed|CUDA out of memory|JavaScript heap out of memory"),
        last_resort(r"was sent SIGKILL! Perhaps out of memory\?"),
    ],
    unless: &["\"OOMKilled\": false", "container killed on request"],
    // gunicorn starts another worker, which the kernel ends like the first.
    persists_with: &["OOMKilled", "was sent SIGKILL! Perhaps out of memory?"],
    refine: Some(refine::servers::memory),
    ..Rule::BLANK
};

/// As faulthandler, bash, gunicorn and Celery say it, and the codes that a shell and BuildKit give it.
pub(crate) static ILLEGAL_INSTRUCTION: Rule = Rule {
    id: "illegal-instruction",
    message: "compiled code uses an instruction that this machine's processor does not have",
    about: "A wheel, or a model's engine, was compiled for newer processors (AVX2, AVX-512) than the one that runs it, and the kernel ended the process by signal 4, which a shell \
            calls exit code 132. What was compiled on one machine of the platform may fail on the next.",
    help: "see which import comes last (PYTHONFAULTHANDLER=1 shows it), and take a build of that package for older processors (`polars[rtcompat]`, `polars-lts-cpu`), an older release, or \
           build it without `-march=native`",
    example: "Fatal Python error: Illegal instruction",
    signatures: &[
        decisive(r"^Fatal Python error: Illegal instruction"),
        decisive(
            r"\bWorker \(pid:\d+\) was sent SIGILL!|exited with 'signal 4 \(SIGILL\)'|WorkerLostError.*signal 4\b",
        ),
        said(
            r"^(?:/bin/(?:ba)?sh: line \d+:\s+\d+ )?Illegal instruction\b|^(?:bash|sh|\S+\.sh): line \d+:\s+\d+ Illegal instruction",
        ),
        said(r"did not complete successfully: exit code: 132|exit(?:ed)?(?: with)?(?: code| status)?:? ?132\b"),
        said(r"died with <Signals\.SIGILL|terminated by signal SIGILL|signal: illegal instruction"),
    ],
    ..Rule::BLANK
};

/// As faulthandler, bash, gunicorn 23 and Celery 5.6 say it, and the codes that a shell and BuildKit give it.
pub(crate) static SEGMENTATION_FAULT: Rule = Rule {
    id: "segmentation-fault",
    phases: &["any"],
    message: "compiled code crashed the program (segmentation fault)",
    about: "Code of a compiled library touched memory that is not its own, and the kernel ended the process by signal 11, which a shell calls exit code 139. Python prints no traceback \
            then. Mostly two libraries do not fit each other, a library does not fit the interpreter or the processor, or a deep recursion used up the stack.",
    help: "set PYTHONFAULTHANDLER=1 among the service's variables, so that the next crash names the line that it came from; then take another release of that line's \
           package",
    example: "Fatal Python error: Segmentation fault",
    signatures: &[
        decisive(r"^Fatal Python error: Segmentation fault"),
        decisive(
            r"\bWorker \(pid:\d+\) was sent SIGSEGV!|exited with 'signal 11 \(SIGSEGV\)'|WorkerLostError.*signal 11\b",
        ),
        said(
            r"^(?:/bin/(?:ba)?sh: line \d+:\s+\d+ )?Segmentation fault\b|^(?:bash|sh|\S+\.sh): line \d+:\s+\d+ Segmentation fault",
        ),
        said(r"did not complete successfully: exit code: 139|exit(?:ed)?(?: with)?(?: code| status)?:? ?139\b"),
        said(r"died with <Signals\.SIGSEGV|terminated by signal SIGSEGV|signal: segmentation fault"),
    ],
    ..Rule::BLANK
};
