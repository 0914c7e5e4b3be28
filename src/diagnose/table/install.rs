//! pip and its like: what is asked of an index, and where it is put.

use super::modules::REMOVED_STDLIB_MODULE;
use super::network::{INDEX_AUTH_FAILED, NETWORK_TIMEOUT, NETWORK_UNREACHABLE, TLS_CA_BUNDLE};
use super::requirements::TOOL_VERSION_VARIABLE_EMPTY;
use super::rule::{Finding, OnRailpack, Rule, YieldsTo, by, decisive, hint, last_resort, said};
use super::setup::REGISTRY_UNREACHABLE;
use super::start::START_PROGRAM_NOT_FOUND;
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;
use crate::diagnose::view::LogView;

pub(crate) static EXTERNALLY_MANAGED: Rule = Rule {
    id: check::nixpacks::install::EXTERNALLY_MANAGED.id,
    phases: &["install"],
    message: "pip was aimed at a Python that is marked as externally managed, not at the virtual environment",
    about: check::nixpacks::install::EXTERNALLY_MANAGED.about,
    help: "delete [phases.install] and any python3xxPackages.pip from nixpacks.toml, or begin the command with \
               `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `",
    on_railpack: OnRailpack::help(
        "let the install command make an environment and use it: `python -m venv /app/.venv`, then /app/.venv/bin/pip",
    ),
    example: "error: externally-managed-environment",
    link: Some("https://peps.python.org/pep-0668/"),
    signatures: &[
        decisive(r"externally-managed-environment|This environment is externally managed"),
        decisive(r"The (?:interpreter|Python interpreter|virtual environment) at .+ is externally managed"),
        decisive(r"tries to modify the immutable|passing --break-system-packages"),
    ],
    shown_by: &["[phases.install]", "Packages.pip", "\"install\""],
    fix: Some(fixes::nixpacks::externally_managed),
    ..Rule::BLANK
};

pub(crate) static PIP_NOT_FOUND: Rule = Rule {
    id: check::nixpacks::install::PIP_NOT_FOUND.id,
    phases: &["install"],
    message: "there is no pip where the command looks for it",
    about: check::nixpacks::install::PIP_NOT_FOUND.about,
    help: "let the Python provider install (delete [phases.install]), or begin the command with \
               `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `",
    on_railpack: OnRailpack::help(
        "let the install command make an environment and use it: `python -m venv /app/.venv`, then /app/.venv/bin/pip",
    ),
    example: "/bin/bash: line 1: pip: command not found",
    signatures: &[
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
    refine: Some(python_of_the_start),
    fix: Some(fixes::nixpacks::externally_managed),
    explained_by: &[by(&check::nixpacks::setup::PYTHON_DROPPED)],
    ..Rule::BLANK
};

pub(crate) static VENV_MADE_TWICE: Rule = Rule {
    id: check::nixpacks::venv::TWICE.id,
    phases: &["install", "build"],
    message: "the virtual environment is made a second time over {itself}",
    about: check::nixpacks::venv::TWICE.about,
    help: "leave `python -m venv /opt/venv` out of the build command: it is made and active by then",
    on_railpack: OnRailpack::help(
        "leave `python -m venv /app/.venv` out of the build command: it is made and active by then",
    ),
    example: "Error: '/opt/venv/bin/python' and '/opt/venv/bin/python' are the same file",
    signatures: &[
        decisive(r"'(?P<s>\S*/bin/python[\d.]*)' and '\S+' are the same file"),
        decisive(r"Text file busy: '(?P<s>\S*/bin/python[\d.]*)'"),
        decisive(r"cannot create regular file '(?P<s>\S*/bin/python[\d.]*)': Text file busy"),
    ],
    ..Rule::BLANK
};

pub(crate) static NO_MATCHING_DISTRIBUTION: Rule = Rule {
    id: check::requirements::PHANTOM.id,
    phases: &["install"],
    message: "no release satisfies {a requirement}",
    about: check::requirements::PHANTOM.about,
    help: "check the name and version of {the requirement} on the index",
    example: "ERROR: No matching distribution found for tabulate==9.9.1",
    link: Some("https://pip.pypa.io/en/stable/reference/requirements-file-format/"),
    signatures: &[
        said(r"No matching distribution found for (?P<s>[^\s(]+(?: ?[<>=!~]=?[^\s(]+)*)"),
        said(r"Could not find a version that satisfies the requirement (?P<s>[^\s(;]+)"),
        said(r"[Bb]ecause (?P<s>[\w.\[\]-]+) was not found in the (?:package registry|provided package locations)"),
        said(r"[Bb]ecause there (?:is|are) no versions? of (?P<s>[\w.\[\]-]+(?:[=<>!~]=?[\w.*]+)?)"),
        said(r"no versions of (?P<s>[\w.-]+) match (?:any of )?(?:the )?"),
        said(r"Unable to find installation candidates for (?P<s>\S+)"),
        decisive(r"depends on (?P<s>[\w.-]+) \([^)]*\) which doesn't match any versions"),
        said(r"Could not find a matching version of package (?P<s>\S+)"),
        said(r"Package '?(?P<s>[\w.-]+)'? (?:was )?not found(?:[.:]|$| in (?:the )?(?:package|registry|index))"),
        said(r"^Package (?P<s>[\w.-]+ \([\w.+]+\)) not found\.?$"),
        said(r"Unable to find candidates for (?P<s>\S+)"),
        said(r"Could not find a version that matches (?P<s>\S+)"),
        said(r"(?P<s>[\w.-]+) (?:has no candidates|was not found in the cache)"),
        // git, and what uv and Poetry make of it.
        said(r"error: pathspec '(?P<s>[^']+)' did not match any file\(s\) known to git"),
        said(r"Remote branch (?P<s>\S+) not found in upstream"),
        said(r"[Ff]ailed to (?:find|fetch) (?:branch|tag|commit)[\w, ]* `(?P<s>[^`]+)`"),
        said(r"Failed to clone \S+ at '(?P<s>[^']+)', verify ref exists on remote"),
    ],
    yields_to: YieldsTo::Rules(&[
        &NETWORK_UNREACHABLE,
        &NETWORK_TIMEOUT,
        &TLS_CA_BUNDLE,
        &INDEX_AUTH_FAILED,
        &WINDOWS_ONLY_REQUIREMENT,
        &NO_WHEEL_FOR_PYTHON,
        &REQUIRES_PYTHON_MISMATCH,
        &TOOL_VERSION_VARIABLE_EMPTY,
        &WHEEL_WRONG_PLATFORM,
        &REGISTRY_UNREACHABLE,
        &REMOVED_STDLIB_MODULE,
    ]),
    refine: Some(refine::requirements::without_an_index),
    ..Rule::BLANK
};

pub(crate) static NO_WHEEL_FOR_PYTHON: Rule = Rule {
    id: check::packages::NO_WHEEL.id,
    phases: &["install"],
    message: "{a package} has no wheel for this Python, and its source does not build with it",
    about: check::packages::NO_WHEEL.about,
    help: "raise the pin of {the package} to a release with wheels for this Python, or choose an older Python (runtime.txt, .python-version)",
    example: "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?",
    signatures: &[
        said(r"module 'pkgutil' has no attribute 'ImpImporter'"),
        said(r"wheel\(s\) were skipped as your project's environment does not support the identified"),
        said(r"'build_ext' object has no attribute 'cython_sources'|AttributeError: cython_sources"),
        said(
            r"(?:has no wheels? (?:with a matching|are available|for)|no wheels with a matching Python (?:ABI|version|implementation) tag)",
        ),
        said(r"doesn't have a source distribution or wheel for the current platform"),
        said(r"[Bb]ecause (?P<s>\S+) has no wheels with a matching"),
        said(
            r"[Dd]istribution `?(?P<s>[\w.=+-]+) ?@? ?[^`]*`? can't be installed because it (?:doesn't|does not) have a source distribution or (?:wheel|built distribution)",
        ),
        said(r"the configured Python interpreter version \(3\.\d+\) is newer than PyO3's maximum supported version"),
        said(r"Cannot install on Python version 3\.\d+(?:\.\d+)?; only versions >=?3\.\d+,? ?<3\.\d+ are supported"),
        said(r"Python (?:version )?3\.\d+ (?:is|was) not (?:yet )?supported by (?P<s>[\w-]+)"),
        said(
            r"(?:error: )?(?:too few arguments to function|implicit declaration of function|unknown type name|has no member named|undeclared|storage size of).*(?:_PyLong_AsByteArray|PyUnicode_|_PyUnicode|Py_UNICODE|PyFrameObject|PyThreadState|PyLongObject|ob_digit)",
        ),
        said(
            r"(?:error: )?(?:too few arguments to function|implicit declaration of function|unknown type name|has no member named|undeclared|storage size of).*(?:PyCode_New|_Py_|tp_print|PyEval_|use_tracing|PyDict_|longintrepr|exc_info|curexc_)",
        ),
        said(r"fatal error: longintrepr\.h|‘PyThreadState’.*has no member named|'?_PyInterpreterState_GetConfig'?"),
        hint(r"^\s*KeyError: '__version__'\s*$"),
        hint(r"RuntimeError: Cython (?:is )?(?:required|needed)|Cython\.Compiler\.Errors\.CompileError"),
        hint(r"numpy/core/.*error:|RuntimeError: Broken toolchain: cannot link a simple C program"),
    ],
    yields_to: YieldsTo::Rules(&[
        &NETWORK_UNREACHABLE,
        &NETWORK_TIMEOUT,
        &TLS_CA_BUNDLE,
        &INDEX_AUTH_FAILED,
        &WINDOWS_ONLY_REQUIREMENT,
    ]),
    refine: Some(refine::packages::without_a_wheel),
    fix: Some(fixes::nixpacks::older_python),
    ..Rule::BLANK
};

pub(crate) static WHEEL_WRONG_PLATFORM: Rule = Rule {
    id: check::requirements::WHEEL.id,
    phases: &["install"],
    message: "{a wheel} was built for another platform or Python",
    about: check::requirements::WHEEL.about,
    help: "require the package by name and version in place of {the wheel file}, so that pip can choose",
    example: "ERROR: demo-1.0-cp311-cp311-win_amd64.whl is not a supported wheel on this platform.",
    signatures: &[
        decisive(r"(?P<s>\S+\.whl) is not a supported wheel on this platform"),
        decisive(r"[Tt]he wheel is not compatible|wheel (?:filename )?['`]?(?P<s>\S+\.whl)['`]? is not compatible"),
        decisive(
            r"[Pp]ackage .*(?P<s>[\w.+-]+-(?:cp|py)\d+-\S+\.whl).*(?:cannot|can't|not) be? ?(?:installed|compatible|supported)",
        ),
        said(r"wheel.*(?:platform|Python) tag.*(?:not compatible|does not match|is incompatible)"),
        said(r"The binary distribution at `(?P<s>[^`]+)` is incompatible"),
        said(r"A (?:path|URL) dependency is incompatible with the current platform: (?P<s>\S+)"),
    ],
    ..Rule::BLANK
};

pub(crate) static WINDOWS_ONLY_REQUIREMENT: Rule = Rule {
    id: check::requirements::WINDOWS.id,
    phases: &["install"],
    message: "{a requirement} exists for Windows only",
    about: check::requirements::WINDOWS.about,
    help: "remove {the requirement}, or end its line with `; sys_platform == \"win32\"`",
    example: "ERROR: No matching distribution found for pywinpty==2.0.12",
    signatures: &[
        decisive(
            r"(?i)(?:No matching distribution found for|satisfies the requirement|Unable to find installation candidates for|no versions? of|Because) (?P<s>(?:pywin32|pypiwin32|pywinpty|wmi|win32-setctime|win10toast(?:-click|-persist)?|windows-curses|pythonwin)\b[^\s(]*)",
        ),
        decisive(
            r"(?i)(?:No matching distribution found for|satisfies the requirement|Unable to find installation candidates for|no versions? of|Because) (?P<s>(?:winshell|winrt[\w.-]*|winsdk|win-inet-pton|pyreadline|comtypes-win|dxcam|windows-toasts)\b[^\s(]*)",
        ),
        decisive(
            r"(?i)(?:No matching distribution found for|satisfies the requirement|Unable to find installation candidates for|no versions? of|Because) (?P<s>(?:pywinauto|pythonnet-win|win32core|winsound|msvcrt|dragonfly|wincertstore|win-unicode-console)\b[^\s(]*)",
        ),
        decisive(
            r"(?i)(?:No matching distribution found for|satisfies the requirement|Unable to find installation candidates for|no versions? of|Because) (?P<s>(?:win32gui|pywin32-stubs|win-precise-time|win11toast|pyaudiowpatch|twisted-iocpsupport)\b[^\s(]*)",
        ),
        said(
            r"(?i)(?P<s>pywinpty|winrt[\w-]*|pywin32|pyreadline|wmi|winsdk|dxcam).*(?:only (?:works|supported|available|runs) on|requires) windows",
        ),
        said(r"(?i)only (?:for|on) windows (?:is supported|platform)"),
        said(
            r"(?i)error: .*(?:this (?:package|module)|(?P<s>[\w-]+)) (?:only (?:supports|works on|runs on)|is only (?:supported|available|for)) (?:on )?(?:ms )?windows",
        ),
        decisive(
            r"`(?P<s>[\w.-]+)` \(v[^)]*\) only has wheels for the following platforms?: (?:`win\w+`(?:, )?)+(?:;|\s*$)",
        ),
        decisive(
            r"(?:Failed building wheel for|Failed to build) (?P<s>twisted-iocpsupport|pywin32-ctypes|wmi|winrt\S*|pywinpty)\b",
        ),
        decisive(r"fatal error: (?P<s>windows\.h|winsock2\.h|Windows\.h|io\.h|direct\.h|conio\.h): No such file"),
    ],
    yields_to: YieldsTo::Rules(&[&NETWORK_UNREACHABLE, &NETWORK_TIMEOUT, &TLS_CA_BUNDLE, &INDEX_AUTH_FAILED]),
    refine: Some(refine::requirements::offline),
    fix: Some(fixes::requirements::windows_only),
    ..Rule::BLANK
};

pub(crate) static REQUIRES_PYTHON_MISMATCH: Rule = Rule {
    id: check::nixpacks::version::MISMATCH.id,
    phases: &["install"],
    message: "{a package} demands another Python than the one that builds",
    about: check::nixpacks::version::MISMATCH.about,
    help: "choose a Python that {it} supports (NIXPACKS_PYTHON_VERSION, runtime.txt or .python-version), or change the pin",
    on_railpack: OnRailpack::help(
        "choose a Python that {it} supports (RAILPACK_PYTHON_VERSION, .python-version or mise.toml), or change the pin",
    ),
    example: "ERROR: Package 'demo' requires a different Python: 3.11.7 not in '>=3.12'",
    signatures: &[
        decisive(r"[Pp]ackage '(?P<s>[^']+)' requires a different Python: "),
        decisive(r"This script does not work on (?P<s>Python [\d.]+)\.? The minimum supported"),
        decisive(
            r"The currently activated Python version [\d.]+ is not supported by the project(?: \((?P<s>[^)]+)\))?",
        ),
        decisive(r"Current Python version \([^)]+\) is not allowed by the project(?: \((?P<s>[^)]+)\))?"),
        decisive(
            r"requested (?:Python |interpreter )?.*(?:incompatible with|resolves to .* which is incompatible).*(?:requires-python|requires Python)",
        ),
        decisive(r"incompatible with the project(?:'s)?(?: Python)? requirement"),
        decisive(
            r"Your Pipfile requires python_version (?P<s>[\d.]+), but you are using|Pipfile requires .*python_(?:full_)?version",
        ),
        decisive(r"Python (?P<s>[\d.]+) was not found on your system"),
        decisive(r"No interpreter found for (?P<s>Python [^ ]+)"),
        decisive(
            r"(?:The )?(?:current project|project)'s (?:supported Python range|Python requirement) \([^)]*\) is not compatible",
        ),
        decisive(r"Because .*the current Python version \([\d.]+\) does not satisfy Python"),
        decisive(r"the requested Python version \([^)]*\) does not satisfy"),
        decisive(
            r"[Bb]ecause the (?:current Python version|requested Python version) \([^)]*\) does not satisfy Python",
        ),
        decisive(r"(?P<s2>[\w.-]+) requires Python (?:version )?[<>=!~^]=?\s*\d.*but"),
        decisive(
            r"No python interpreter (?:found|matching)|NoCompatiblePythonVersionFound|Poetry was unable to find a compatible version",
        ),
        decisive(r"The Python version .* (?:doesn't|does not) match|Python (?:>=|<|~=|==)[\d.,<>= ]+ is required"),
        decisive(r"(?:Failed to resolve|no version found for) .*python@(?P<s>[\d.]+)"),
        decisive(
            r"Python (?P<s>\d[\d.]+) (?:is not available|not found|is not supported by (?:this|the) (?:build|stack|platform))",
        ),
        said(r"Requested runtime .*(?P<s>python-[\d.]+).* is not available"),
        said(r"runtime .*python-(?P<s>[\d.]+)"),
        said(r"RuntimeError: Python version (?:>= ?|<= ?)?[\d.]+ (?:or (?:later|higher) )?(?:is )?required"),
        said(r"requires? Python (?:>=|version|3\.\d+ or)|Unsupported Python version"),
        hint(
            r"Ignored the following versions that require a different [Pp]ython version: (?:.*; )?(?P<x>[\d.]+)? ?Requires-Python",
        ),
    ],
    yields_to: YieldsTo::Rules(&[&NETWORK_UNREACHABLE, &NETWORK_TIMEOUT, &TLS_CA_BUNDLE, &INDEX_AUTH_FAILED]),
    refine: Some(refine::requirements::of_the_project),
    fix: Some(fixes::nixpacks::suitable_python),
    ..Rule::BLANK
};

pub(crate) static RESOLUTION_CONFLICT: Rule = Rule {
    id: check::conflicts::CONFLICT.id,
    phases: &["install"],
    message: "the pinned versions contradict each other{}",
    about: check::conflicts::CONFLICT.about,
    help: "loosen or align the pins that the log names under `The conflict is caused by`",
    example: "ERROR: Cannot install -r requirements.txt (line 4) and click==7.1.2 because these package versions have conflicting dependencies.",
    link: Some("https://pip.pypa.io/en/stable/topics/dependency-resolution/"),
    signatures: &[
        decisive(
            r"Cannot install (?P<s>.+?) because these package versions have (?:conflicting|incompatible) dependencies",
        ),
        decisive(r"ResolutionImpossible|The conflict is caused by:|The user requested \S+"),
        decisive(r"resolution-too-deep|ResolutionTooDeep|exceeded maximum (?:resolution )?depth"),
        decisive(r"pip cannot resolve the current dependencies as the dependency graph is too complex"),
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
    unless: &["was included because", "was not found in the package registry"],
    yields_to: YieldsTo::Rules(&[&NETWORK_UNREACHABLE, &NETWORK_TIMEOUT, &TLS_CA_BUNDLE, &NO_WHEEL_FOR_PYTHON]),
    refine: Some(refine::requirements::in_conflict),
    ..Rule::BLANK
};

/// Another Python than the planned one is no want of pip.
fn python_of_the_start(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let line = view.lines.get(finding.at);
    if line.is_some_and(|line| line.phase.as_deref() == Some("start") && line.text.contains("python")) {
        finding.rule = &START_PROGRAM_NOT_FOUND;
    }
    true
}
