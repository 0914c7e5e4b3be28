//! pip and its like: what is asked of an index, and where it is put.

use crate::diagnose::rule::{Rule, decisive, hint, last_resort, said};

const REQUIREMENTS: Option<&str> = Some("https://pip.pypa.io/en/stable/reference/requirements-file-format/");
const NETWORK: &[&str] = &["network-unreachable", "network-timeout", "tls-ca-bundle", "index-auth-failed"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "externally-managed",
        phases: &["install"],
        message: "pip was aimed at a Python that is marked as externally managed, not at the virtual environment",
        about: "PEP 668 forbids pip to install into a Python that the system or Nix manages. An install command of the project's own replaced the one \
                that makes and activates /opt/venv.",
        cure: "delete [phases.install] and any python3xxPackages.pip from nixpacks.toml, or begin the command with \
               `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `",
        example: "error: externally-managed-environment",
        link: Some("https://peps.python.org/pep-0668/"),
        signs: &[
            decisive(r"externally-managed-environment|This environment is externally managed"),
            decisive(r"The (?:interpreter|Python interpreter|virtual environment) at .+ is externally managed"),
            decisive(r"tries to modify the immutable|passing --break-system-packages"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "pip-not-found",
        phases: &["install"],
        message: "there is no pip where the command looks for it",
        about: "No pip is on PATH or in this Python: the Python provider was not used, or the virtual environment was never made. Nix' python carries no pip.",
        cure: "let the Python provider install (delete [phases.install]), or begin the command with \
               `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `",
        example: "/bin/bash: line 1: pip: command not found",
        signs: &[
            decisive(
                r"\bpip[\d.]*: (?:command )?not found|\bpip[\d.]*: No such file or directory|command not found: pip[\d.]*\s*$",
            ),
            decisive(r"(?:/|^|\s)python[\d.]*(?:\.exe)?: No module named pip\b"),
            decisive(r"No module named 'pip'\s*$|No module named pip\s*$"),
            decisive(r#"executable file not found in \$?PATH.*\bpip\b|exec: "pip[\d.]*": executable file not found"#),
            said(
                r"pip[\d.]*(?:'|’|`)? is not recognized as an internal or external command|The term 'pip' is not recognized",
            ),
            said(r"(?:/bin/(?:ba)?sh: )?(?:line )?\d*:? ?(?:\S+/)?python3?: (?:command )?not found"),
            said(r"\bpython[\d.]*: No module named ensurepip|ensurepip is not\s+available"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "no-matching-distribution",
        phases: &["install"],
        message: "no release satisfies {a requirement}",
        about: "The index has no such package, or not in that version. A misspelt name, a version that was never published, a module of the standard \
                library or a private package are the usual reasons.",
        cure: "check the name and version of {the requirement} on the index",
        example: "ERROR: No matching distribution found for tabulate==9.9.1",
        link: REQUIREMENTS,
        yields_to: &[
            "network-unreachable",
            "network-timeout",
            "tls-ca-bundle",
            "index-auth-failed",
            "windows-only-requirement",
            "no-wheel-for-python",
            "requires-python-mismatch",
            "tool-version-variable-empty",
            "wheel-wrong-platform",
            "registry-unreachable",
            "removed-stdlib-module",
        ],
        signs: &[
            said(r"No matching distribution found for (?P<s>[^\s(]+(?: ?[<>=!~]=?[^\s(]+)*)"),
            said(r"Could not find a version that satisfies the requirement (?P<s>[^\s(;]+)"),
            said(r"[Bb]ecause (?P<s>[\w.\[\]-]+) was not found in the (?:package registry|provided package locations)"),
            said(r"[Bb]ecause there (?:is|are) no versions? of (?P<s>[\w.\[\]-]+(?:[=<>!~]=?[\w.*]+)?)"),
            said(
                r"no versions of (?P<s>[\w.-]+) match (?:any of )?(?:the )?|Unable to find installation candidates for (?P<s2>\S+)",
            ),
            decisive(r"depends on (?P<s>[\w.-]+) \([^)]*\) which doesn't match any versions"),
            said(
                r"Could not find a matching version of package (?P<s>\S+)|Package '?(?P<s2>[\w.-]+)'? (?:not found|was not found)|Unable to find candidates for (?P<s3>\S+)",
            ),
            said(
                r"Could not find a version that matches (?P<s>\S+)|(?P<s2>[\w.-]+) (?:has no candidates|was not found in the cache)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "no-wheel-for-python",
        phases: &["install"],
        message: "{a package} has no wheel for this Python, and its source does not build here",
        about: "The pinned release is older (or pickier) than the Python that builds: there is no ready wheel, and the source distribution fails on it.",
        cure: "raise the pin of {the package} to a release with wheels for this Python, or choose an older Python (runtime.txt, .python-version)",
        example: "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
        yields_to: &[
            "network-unreachable",
            "network-timeout",
            "tls-ca-bundle",
            "index-auth-failed",
            "windows-only-requirement",
        ],
        signs: &[
            said(r"module 'pkgutil' has no attribute 'ImpImporter'"),
            said(r"wheel\(s\) were skipped as your project's environment does not support the identified"),
            said(r"'build_ext' object has no attribute 'cython_sources'|AttributeError: cython_sources"),
            said(
                r"(?:has no wheels? (?:with a matching|are available|for)|no wheels with a matching Python (?:ABI|version|implementation) tag)|doesn't have a source distribution or wheel for the current platform",
            ),
            said(r"[Bb]ecause (?P<s>\S+) has no wheels with a matching"),
            said(
                r"distribution `?(?P<s>[\w.=+-]+) ?@? ?[^`]*`? can't be installed because it (?:doesn't|does not) have a source distribution or (?:wheel|built distribution)",
            ),
            said(
                r"the configured Python interpreter version \(3\.\d+\) is newer than PyO3's maximum supported version",
            ),
            said(
                r"Cannot install on Python version 3\.\d+(?:\.\d+)?; only versions >=?3\.\d+,? ?<3\.\d+ are supported",
            ),
            said(r"Python (?:version )?3\.\d+ (?:is|was) not (?:yet )?supported by (?P<s>[\w-]+)"),
            said(
                r"(?:error: )?(?:too few arguments to function|implicit declaration of function|unknown type name|has no member named|undeclared|storage size of).*(?:_PyLong_AsByteArray|PyUnicode_|_PyUnicode|Py_UNICODE|PyFrameObject|PyThreadState|PyLongObject|ob_digit|PyCode_New|_Py_|tp_print|PyEval_|use_tracing|PyDict_|longintrepr|exc_info|curexc_)",
            ),
            said(r"fatal error: longintrepr\.h|‘PyThreadState’.*has no member named|'?_PyInterpreterState_GetConfig'?"),
            hint(r"^\s*KeyError: '__version__'\s*$"),
            hint(r"RuntimeError: Cython (?:is )?(?:required|needed)|Cython\.Compiler\.Errors\.CompileError"),
            hint(r"numpy/core/.*error:|RuntimeError: Broken toolchain: cannot link a simple C program"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "wheel-wrong-platform",
        phases: &["install"],
        message: "{a wheel} was built for another platform or Python",
        about: "The requirements name a wheel file directly, and its tags do not fit the machine that builds (Linux x86-64) or its Python.",
        cure: "require the package by name and version in place of {the wheel file}, so that pip can choose",
        example: "ERROR: demo-1.0-cp311-cp311-win_amd64.whl is not a supported wheel on this platform.",
        signs: &[
            decisive(r"(?P<s>\S+\.whl) is not a supported wheel on this platform"),
            decisive(r"[Tt]he wheel is not compatible|wheel (?:filename )?['`]?(?P<s>\S+\.whl)['`]? is not compatible"),
            decisive(
                r"[Pp]ackage .*(?P<s>[\w.+-]+-(?:cp|py)\d+-\S+\.whl).*(?:cannot|can't|not) be? ?(?:installed|compatible|supported)",
            ),
            said(
                r"wheel.*(?:platform|Python) tag.*(?:not compatible|does not match|is incompatible)|The binary distribution at `(?P<s>[^`]+)` is incompatible|A (?:path|URL) dependency is incompatible with the current platform: (?P<s2>\S+)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "windows-only-requirement",
        phases: &["install"],
        message: "{a requirement} exists for Windows only",
        about: "The package has nothing to install on Linux. It came into the requirements from a `pip freeze` on Windows.",
        cure: "remove {the requirement}, or end its line with `; sys_platform == \"win32\"`",
        example: "ERROR: No matching distribution found for pywinpty==2.0.12",
        yields_to: NETWORK,
        signs: &[
            decisive(
                r"(?i)(?:No matching distribution found for|satisfies the requirement|Unable to find installation candidates for|no versions? of|Because) (?P<s>(?:pywin32|pypiwin32|pywinpty|wmi|win32-setctime|win10toast(?:-click|-persist)?|windows-curses|pythonwin|winshell|winrt[\w.-]*|winsdk|win-inet-pton|pyreadline|comtypes-win|dxcam|windows-toasts|pywinauto|pythonnet-win|win32core|winsound|msvcrt|dragonfly|wincertstore|win-unicode-console|win32gui|pywin32-stubs|win-precise-time|win11toast|pyaudiowpatch)\b[^\s(]*)",
            ),
            said(
                r"(?i)(?P<s>pywinpty|winrt[\w-]*|pywin32|pyreadline|wmi|winsdk|dxcam).*(?:only (?:works|supported|available|runs) on|requires) windows|only (?:for|on) windows (?:is supported|platform)",
            ),
            said(
                r"(?i)error: .*(?:this (?:package|module)|(?P<s>[\w-]+)) (?:only (?:supports|works on|runs on)|is only (?:supported|available|for)) (?:on )?(?:ms )?windows",
            ),
            decisive(
                r"`(?P<s>[\w.-]+)` \(v[^)]*\) only has wheels for the following platforms?: (?:`win\w+`(?:, )?)+\s*$",
            ),
            decisive(r"fatal error: (?P<s>windows\.h|winsock2\.h|Windows\.h|io\.h|direct\.h|conio\.h): No such file"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "local-path-requirement",
        phases: &["install"],
        message: "{a requirement} points at a path that exists on somebody's own machine only",
        about: "`pip freeze` writes `@ file:///…` for packages that conda or a local folder brought. No other machine has that path.",
        cure: "require the package by name and version in place of {the path} (`pip list --format=freeze` writes such lines)",
        example: "ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: '/home/ada/wheels/ledger-0.4-py3-none-any.whl'",
        signs: &[
            decisive(
                r"(?:OSError|EnvironmentError): \[(?:Errno|WinError) 2\] [^:]*: '(?P<s>/(?:croot|home|Users|tmp/build/|private|opt/conda|feedstock_root|work|builds?|io|mnt|System|C:|D:)[^']*)'",
            ),
            decisive(
                r"file:///+(?P<s>[A-Za-z]:[/\\][^'`\s]+)['`]?.*(?:[Nn]o such file|not found|does not (?:exist|appear)|cannot find)",
            ),
            decisive(r"No such file or directory: '(?P<s>/?[A-Za-z]:[/\\][^']*)'"),
            decisive(r"(?:Distribution not found at|does not exist|not found).*(?P<s>file://+\S+?)[`'\s]*$"),
            decisive(r"(?P<s>file:///\S+) does not (?:exist|appear to be)|Invalid (?:file )?URL.*(?P<s2>file:\S+)"),
            decisive(
                r"ERROR: (?P<s>(?:-e |file:)?\S*/\S*|\.\S*) (?:does not appear to be a Python project|is not a valid editable requirement|should either be a path)",
            ),
            said(
                r"Directory '(?P<s>[^']+)' is not installable\. Neither|Invalid requirement: '(?P<s2>[./~][^']*)': (?:File|Expected)",
            ),
            said(
                r"(?:Could not install packages due to an (?:OSError|EnvironmentError)): \[Errno 2\] [^:]*: '(?P<s>/[^']+)'",
            ),
            said(r"Path (?P<s>/\S+|\.\.?/\S+) (?:for \S+ )?does not exist"),
            hint(r"Looks like .*Processing (?P<s>/\S*(?:croot|conda|Users|home)\S*)"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "requirements-encoding",
        phases: &["install"],
        message: "{the requirements file} is not UTF-8",
        about: "The file was saved as UTF-16 (PowerShell's `>` does that) or in an old code page, and the installer cannot decode it.",
        cure: "save {the requirements file} as UTF-8 (in PowerShell: `pip freeze | Out-File -Encoding utf8 requirements.txt`)",
        example: "UnicodeDecodeError: 'utf-16-le' codec can't decode byte 0x0a in position 118: truncated data",
        signs: &[
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
    },
    Rule {
        id: "requirements-file-missing",
        phases: &["install", "build"],
        message: "{the requirements file} is not where the command looks for it",
        about: "The install command names a file that is not in the build: another folder, another spelling, not committed, or ignored.",
        cure: "commit {the file}, or correct the path in the install command or the root directory",
        example: "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'",
        signs: &[
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
            said(r"No such file or directory: '(?P<s>[^']*(?:requirements?|constraints?)[\w./-]*\.(?:txt|in))'"),
            said(
                r"Poetry could not find a (?P<s>pyproject\.toml) file|No (?P<s2>`?pyproject\.toml`?) found in current directory|No Pipfile (?:present|found)|(?P<s3>Pipfile) (?:was )?not found|Neither 'setup\.py' nor 'pyproject\.toml' found|neither setup\.py nor pyproject\.toml found",
            ),
            said(r"cat: (?P<s>\S*requirements\S*): No such file"),
            said(r"Directory '[^']+' is not installable\. Neither 'setup\.py' nor 'pyproject\.toml' found"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "invalid-requirement",
        phases: &["install"],
        message: "{a line of the requirements} is no requirement",
        about: "pip cannot parse a line: a command, a merge marker, a single `=`, a bullet or prose got into the file.",
        cure: "correct or delete {the line}; one requirement a line, as `name==version`",
        example: "ERROR: Invalid requirement: 'sudo apt install libpq-dev' (from line 7 of requirements.txt)",
        link: REQUIREMENTS,
        yields_to: &["requirements-encoding", "tool-version-variable-empty", "local-path-requirement"],
        signs: &[
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
        ..Rule::BLANK
    },
    Rule {
        id: "requires-python-mismatch",
        phases: &["install"],
        message: "{a package} demands another Python than the one that builds",
        about: "The package or project states the Python versions it supports, and the one chosen for this build is not among them.",
        cure: "choose a Python that {it} supports (NIXPACKS_PYTHON_VERSION, runtime.txt or .python-version), or change the pin",
        example: "ERROR: Package 'demo' requires a different Python: 3.11.7 not in '>=3.12'",
        yields_to: NETWORK,
        signs: &[
            decisive(r"[Pp]ackage '(?P<s>[^']+)' requires a different Python: "),
            decisive(r"This script does not work on (?P<s>Python [\d.]+)\.? The minimum supported"),
            decisive(
                r"The currently activated Python version (?P<s>[\d.]+) is not supported by the project|Current Python version \((?P<s2>[^)]+)\) is not allowed by the project",
            ),
            decisive(
                r"requested (?:Python |interpreter )?.*(?:incompatible with|resolves to .* which is incompatible).*(?:requires-python|requires Python)|incompatible with the project(?:'s)?(?: Python)? requirement",
            ),
            decisive(
                r"Your Pipfile requires python_version (?P<s>[\d.]+), but you are using|Pipfile requires .*python_(?:full_)?version",
            ),
            decisive(
                r"Python (?P<s>[\d.]+) was not found on your system|No interpreter found for (?P<s2>Python [^ ]+)",
            ),
            decisive(
                r"(?:The )?(?:current project|project)'s (?:supported Python range|Python requirement) \([^)]*\) is not compatible|Because .*the current Python version \([\d.]+\) does not satisfy Python|the requested Python version \([^)]*\) does not satisfy",
            ),
            decisive(
                r"[Bb]ecause the (?:current Python version|requested Python version) \([^)]*\) does not satisfy Python",
            ),
            decisive(r"(?P<s2>[\w.-]+) requires Python (?:version )?[<>=!~^]=?\s*\d.*but"),
            decisive(
                r"No python interpreter (?:found|matching)|NoCompatiblePythonVersionFound|Poetry was unable to find a compatible version",
            ),
            decisive(r"The Python version .* (?:doesn't|does not) match|Python (?:>=|<|~=|==)[\d.,<>= ]+ is required"),
            decisive(
                r"(?:Failed to (?:install|resolve)|no version found for|No precompiled|no precompiled) .*python@(?P<s>[\d.]+)|Python (?P<s2>\d[\d.]+) (?:is not available|not found|is not supported by (?:this|the) (?:build|stack|platform))",
            ),
            said(r"Requested runtime .*(?P<s>python-[\d.]+).* is not available|runtime .*python-(?P<s2>[\d.]+)"),
            said(
                r"RuntimeError: Python version (?:>= ?|<= ?)?[\d.]+ (?:or (?:later|higher) )?(?:is )?required|requires? Python (?:>=|version|3\.\d+ or)|Unsupported Python version",
            ),
            hint(
                r"Ignored the following versions that require a different [Pp]ython version: (?:.*; )?(?P<x>[\d.]+)? ?Requires-Python",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "resolution-conflict",
        phases: &["install"],
        message: "the pinned versions contradict each other{}",
        about: "Two requirements exclude each other's versions, so no set of releases satisfies all of them.",
        cure: "loosen or align the pins that the log names under `The conflict is caused by`",
        example: "ERROR: Cannot install -r requirements.txt (line 4) and click==7.1.2 because these package versions have conflicting dependencies.",
        link: Some("https://pip.pypa.io/en/stable/topics/dependency-resolution/"),
        yields_to: &["network-unreachable", "network-timeout", "tls-ca-bundle", "no-wheel-for-python"],
        signs: &[
            decisive(
                r"Cannot install (?P<s>.+?) because these package versions have (?:conflicting|incompatible) dependencies",
            ),
            decisive(r"ResolutionImpossible|The conflict is caused by:|The user requested \S+"),
            decisive(
                r"resolution-too-deep|ResolutionTooDeep|exceeded maximum (?:resolution )?depth|pip cannot resolve the current dependencies as the dependency graph is too complex",
            ),
            decisive(
                r"Double requirement given: (?P<s>.+?) \(already in|version solving failed|Could not resolve dependencies",
            ),
            hint(r"(?:× )?No solution found when resolving (?:dependencies|tool dependencies)"),
            said(r"[Bb]ecause (?P<s>.+?) depends on .+"),
            said(
                r"Your dependencies could not be resolved|Unable to find a resolution|ResolutionFailure|Locking failed|Found incompatible (?:versions|packages)",
            ),
            last_resort(
                r"^\s*(?P<s>[\w.-]+) \S+ (?:requires|has requirement) .+, but you(?:'ll)? have .+ (?:which is incompatible|not installed)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "hash-mismatch",
        phases: &["install"],
        message: "the hashes given for {a requirement} do not match, or some are missing",
        about: "With `--hash` in one requirement, every requirement needs a matching hash. A new upload, another platform's wheel or an unpinned line breaks that.",
        cure: "write the hashes anew (`pip-compile --generate-hashes`), or remove all of them",
        example: "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.",
        signs: &[
            decisive(
                r"(?i:PACKAGES (?:DO NOT|DIDN.T) MATCH THE HASHES)|Hashes are required in --require-hashes mode|In --require-hashes mode, all requirements must have their versions pinned",
            ),
            decisive(
                r"Hash mismatch for `?(?P<s>[^`\s]+)`?|(?:Invalid|Unknown|Retrieved) (?:hash|digest)(?:es)?(?: for)? .*(?:\(sha256|not found in known hashes|for (?P<s2>\S+))",
            ),
            decisive(
                r"Hash for (?P<s>\S+)(?: \([^)]*\))? from archive .* not found in known hashes|Can't verify hashes for these|has no hash(?:es)?(?: in|, but)|The hash of .* doesn't match|HashMismatch",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "tool-version-variable-empty",
        phases: &["install"],
        message: "the version variable in {an install command} is not set",
        about: "The command installs `tool==$VERSION` and the variable is empty, because Nixpacks sets it only where the tool's lock file exists.",
        cure: "commit the lock file, or set NIXPACKS_POETRY_VERSION, NIXPACKS_PDM_VERSION or NIXPACKS_UV_VERSION",
        example: "ERROR: Invalid requirement: 'uv==': Expected end or semicolon (after name and no valid version specifier)",
        signs: &[
            decisive(r#"Invalid requirement: ['"](?P<s>[\w.-]+(?:\[[\w,]*\])?==)['"]"#),
            decisive(
                r"(?:No matching distribution found for|satisfies the requirement|parse:? `?|requirement `) ?(?P<s>[\w.-]+==)(?:[\s`(]|$)",
            ),
            decisive(r"(?P<s>(?:poetry|uv|pdm|pipenv)==)\s*$"),
        ],
        ..Rule::BLANK
    },
];
