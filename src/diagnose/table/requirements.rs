//! Requirement files, as they are written.

use super::rule::{OnRailpack, Rule, YieldsTo, decisive, hint, over_fixes_by, over_fixes_of_its_subject, said};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static LOCAL_PATH_REQUIREMENT: Rule = Rule {
    id: check::requirements::LOCAL.id,
    phases: &["install"],
    message: "{a requirement} points at a path that exists on somebody's own machine only",
    about: check::requirements::LOCAL.about,
    help: "require the package by name and version in place of {the path} (`pip list --format=freeze` writes such lines)",
    example: "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/home/ada/wheels/ledger-0.4-py3-none-any.whl'",
    signatures: &[
        decisive(
            r"(?:OSError|EnvironmentError): \[(?:Errno|WinError) 2\] [^:]*: '(?P<s>/(?:croot|home|Users|tmp/build/|private|opt/conda|feedstock_root|work|builds?|io|mnt|System|C:|D:)[^']*)'",
        ),
        decisive(
            r"file:///+(?P<s>[A-Za-z]:[/\\][^'`\s]+)['`]?.*(?:[Nn]o such file|not found|does not (?:exist|appear)|cannot find)",
        ),
        decisive(r"No such file or directory: '(?P<s>/?[A-Za-z]:[/\\][^']*)'"),
        decisive(r"(?:Distribution not found at|does not exist|not found).*(?P<s>file://+\S+?)[`'\s]*$"),
        decisive(r"(?P<s>file:///\S+) does not (?:exist|appear to be)"),
        decisive(r"Invalid (?:file )?URL.*(?P<s>file:\S+)"),
        decisive(
            r"ERROR: (?P<s>(?:-e |file:)?\S*/\S*|\.\S*) (?:does not appear to be a Python project|is not a valid editable requirement|should either be a path)",
        ),
        said(r"Directory '(?P<s>[^'.][^']*|\.[^']+)' is not installable\. Neither"),
        said(r"Invalid requirement: '(?P<s>[./~][^']*)': (?:File|Expected)"),
        said(
            r"(?:Could not install packages due to an (?:OSError|EnvironmentError)): \[Errno 2\] [^:]*: '(?P<s>/[^']+)'",
        ),
        said(r"Path (?P<s>/\S+|\.\.?/\S+) (?:for \S+ )?does not exist"),
        hint(r"Looks like .*Processing (?P<s>/\S*(?:croot|conda|Users|home)\S*)"),
    ],
    unless: &["/pip-uninstall-"],
    fix: Some(fixes::requirements::drop_path),
    explained_by: &[over_fixes_by(&check::workspace::OUTSIDE), over_fixes_by(&check::railpack::NOT_COPIED)],
    ..Rule::BLANK
};

pub(crate) static WORKSPACE_MEMBER_OUTSIDE: Rule = Rule {
    id: check::workspace::OUTSIDE.id,
    phases: &["install"],
    message: "{a dependency} is a member of a workspace, and the folder that is built has no such workspace",
    about: check::workspace::OUTSIDE.about,
    help: "deploy the root of the repository, where the workspace is, with a start command for this member (`uv run --package NAME …`), or list {it} under [tool.uv.workspace]",
    example: "  cause: `tides` references a workspace in `tool.uv.sources` (e.g., `tides = { workspace = true }`), but is not a workspace member",
    signatures: &[decisive(r"`(?P<s>[\w.-]+)` references a workspace in `tool\.uv\.sources`.*not a workspace member")],
    explained_by: &[over_fixes_by(&check::workspace::OUTSIDE)],
    ..Rule::BLANK
};

pub(crate) static REQUIREMENTS_ENCODING: Rule = Rule {
    id: check::requirements::ENCODING.id,
    phases: &["install"],
    message: "{the requirements file} is not UTF-8",
    about: check::requirements::ENCODING.about,
    help: "save {the requirements file} as UTF-8 (in PowerShell: `pip freeze | Out-File -Encoding utf8 requirements.txt`)",
    example: "UnicodeDecodeError: 'utf-16-le' codec can't decode byte 0x0a in position 118: truncated data",
    signatures: &[
        decisive(r"'utf-?16(?:-?[lb]e)?' codec can't decode|^\s*(?:cause: )?Expected .*, found ``"),
        decisive(r"Invalid requirement: ['\x22](?:.?\x00|.*\\x00|\\ufeff|��|ÿþ|þÿ|\u{feff})"),
        decisive(
            r"(?i)requirements[\w./-]*.*(?:stream did not contain valid UTF-8|invalid utf-8|not valid utf-8|failed to decode)",
        ),
        decisive(
            r"(?i)(?:failed to read|couldn't parse|error reading)\b.*(?P<s>requirements[\w.-]*\.txt).*(?:utf-8|encoding)",
        ),
        decisive(r"(?i)WARNING: unable to decode|requirements?.*(?:UnicodeDecodeError|can't decode byte)"),
    ],
    ..Rule::BLANK
};

pub(crate) static REQUIREMENTS_FILE_MISSING: Rule = Rule {
    id: check::requirements::MISSING.id,
    phases: &["install", "build"],
    message: "{the requirements file} is not where the command looks for it",
    about: check::requirements::MISSING.about,
    help: "commit {the file}, or correct the path in the install command or the root directory",
    on_railpack: OnRailpack::help(
        "put the lines of {the file} into requirements.txt, or see that it is committed and have steps.install of railpack.json copy it first: Railpack copies nothing but the root's own manifests before it installs",
    ),
    example: "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'",
    signatures: &[
        decisive(
            r"Could not open (?:requirements|constraints?) file: \[(?:Errno|WinError) [23]\] .*?: '?(?P<s>[^'\n]+?)'?\s*$",
        ),
        decisive(
            r#"(?i)"?/?(?P<s>[\w./-]*(?:requirements?[\w./-]*\.(?:txt|in)|pyproject\.toml|poetry\.lock|Pipfile(?:\.lock)?|uv\.lock|constraints\.txt|setup\.py))"?(?: not found)?: (?:not found|file does not exist|no such file)"#,
        ),
        decisive(
            r"(?i)COPY failed: .*(?P<s>requirements?[\w./-]*\.txt|pyproject\.toml|Pipfile|poetry\.lock).*(?:no such file|not exist|not found)",
        ),
        decisive(r#""/(?P<s>requirements)": not found"#),
        decisive(r"error: File not found: `(?P<s>[^`]*(?:requirements|\.txt|\.in)[^`]*)`"),
        decisive(r"^error: File not found: (?P<s>\S*(?:requirements\S*|\.txt|\.in))$"),
        said(r"No such file or directory: '(?P<s>[^']*(?:requirements?|constraints?)[\w./-]*\.(?:txt|in))'"),
        said(r"Poetry could not find a (?P<s>pyproject\.toml) file"),
        said(r"No (?P<s>`?pyproject\.toml`?) found in current directory"),
        said(r"No Pipfile (?:present|found)"),
        said(r"(?P<s>Pipfile) (?:was )?not found"),
        said(r"Neither 'setup\.py' nor 'pyproject\.toml' found|neither setup\.py nor pyproject\.toml found"),
        said(r"cat: (?P<s>\S*requirements\S*): No such file"),
        said(r"Directory '[^']+' is not installable\. Neither 'setup\.py' nor 'pyproject\.toml' found"),
    ],
    unless: &["\\r'"],
    explained_by: &[over_fixes_by(&check::railpack::NOT_COPIED), over_fixes_of_its_subject(&check::ignored::IGNORED)],
    ..Rule::BLANK
};

pub(crate) static INVALID_REQUIREMENT: Rule = Rule {
    id: check::requirements::INVALID.id,
    phases: &["install"],
    message: "{a line of the requirements} is no requirement",
    about: check::requirements::INVALID.about,
    help: "correct or delete {the line}; one requirement a line, as `name==version`",
    example: "ERROR: Invalid requirement: 'sudo apt install libpq-dev' (from line 7 of requirements.txt)",
    link: Some("https://pip.pypa.io/en/stable/reference/requirements-file-format/"),
    signatures: &[
        said(r#"Invalid requirement: ['"](?P<s>.+?)['"](?:: | \(from|\s*$)"#),
        said(r"(?:Couldn't|Could not|Failed to) parse (?:requirement|requirements)[^`']*[`'](?P<s>[^`']+)[`']"),
        said(r"InvalidRequirement: (?P<s>.+)|(?:Invalid|Unsupported) requirement (?:in|at) .*"),
        said(r"ERROR: Invalid requirement: (?P<s>[^'\x22\s].*?)(?: \(from|\s*$)"),
        said(
            r"pip(?:3)?: error: no such option|Usage: pip(?:3)? install \[options\] <requirement|ERROR: unknown or invalid option",
        ),
        said(
            r"Expected (?:package name|end or semicolon|one of `@`)[^\n]*|Unexpected '.*', expected '-c', '-e', '-r'|Unsupported editable requirement",
        ),
        hint(r"Invalid requirement|parse error at .*(?:requirement|Expected)"),
    ],
    yields_to: YieldsTo::Rules(&[&REQUIREMENTS_ENCODING, &TOOL_VERSION_VARIABLE_EMPTY, &LOCAL_PATH_REQUIREMENT]),
    refine: Some(refine::requirements::a_lock_file),
    fix: Some(fixes::requirements::drop_line),
    ..Rule::BLANK
};

/// What `pip lock .` writes of a project lists the project itself, and pip 26.3 refuses to install that
/// (`findings/pip-lock-of-a-project.sh`).
pub(crate) static HASHED_DIRECTORY: Rule = Rule {
    id: "hashed-directory",
    phases: &["install"],
    message: "a local folder stands among requirements with hashes, and pip can verify no hash of a folder{}",
    about: "Where one requirement has a hash, pip wants one of every requirement, and a folder (`.`, `-e .`, the project itself in a pylock.toml that `pip lock .` wrote) has none.",
    help: "take the folder out: lock the dependencies alone (`pip lock -r requirements.txt`), and install the project apart with `pip install --no-deps .`",
    example: "ERROR: Can't verify hashes for these file:// requirements because they point to directories:",
    signatures: &[decisive(r"Can't verify hashes for these file:// requirements because they point to director")],
    ..Rule::BLANK
};

pub(crate) static HASH_MISMATCH: Rule = Rule {
    id: "hash-mismatch",
    phases: &["install"],
    message: "the hashes given for {a requirement} do not match, or some are missing",
    about: "With `--hash` in one requirement, every requirement needs a matching hash. A new upload, another platform's wheel or an unpinned line breaks that.",
    help: "write the hashes anew (`pip-compile --generate-hashes`), or remove all of them",
    example: "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.",
    signatures: &[
        decisive(r"(?i:PACKAGES (?:DO NOT|DIDN.T) MATCH THE HASHES)|Hashes are required in --require-hashes mode"),
        decisive(r"In --require-hashes mode, all requirements must have their versions pinned"),
        decisive(r"Hash mismatch for `?(?P<s>[^`\s]+)`?"),
        decisive(
            r"(?:Invalid|Unknown|Retrieved) (?:hash|digest)(?:es)?(?: for)? .*(?:\(sha256|not found in known hashes|for (?P<s>\S+))",
        ),
        decisive(r"Hash for (?P<s>\S+)(?: \([^)]*\))? from archive .* not found in known hashes"),
        decisive(r"Can't verify hashes for these|has no hash(?:es)?(?: in|, but)|The hash of .* doesn't match"),
        decisive(r"HashMismatch"),
    ],
    yields_to: YieldsTo::Rules(&[&HASHED_DIRECTORY]),
    refine: Some(refine::requirements::hashed),
    ..Rule::BLANK
};

pub(crate) static TOOL_VERSION_VARIABLE_EMPTY: Rule = Rule {
    id: check::nixpacks::lock::EMPTY.id,
    phases: &["install"],
    message: "the version variable in {an install command} is not set",
    about: check::nixpacks::lock::EMPTY.about,
    help: "commit the lock file, or set NIXPACKS_POETRY_VERSION, NIXPACKS_PDM_VERSION or NIXPACKS_UV_VERSION",
    on_railpack: OnRailpack::help("commit the lock file, or name the tool's release under packages of railpack.json"),
    example: "ERROR: Invalid requirement: 'uv==': Expected end or semicolon (after name and no valid version specifier)",
    signatures: &[
        decisive(r#"Invalid requirement: ['"](?P<s>[\w.-]+(?:\[[\w,]*\])?==)['"]"#),
        decisive(
            r"(?:No matching distribution found for|satisfies the requirement|parse:? `?|requirement `) ?(?P<s>[\w.-]+==)(?:[\s`(]|$)",
        ),
        decisive(r"(?P<s>(?:poetry|uv|pdm|pipenv)==)\s*$"),
    ],
    ..Rule::BLANK
};
