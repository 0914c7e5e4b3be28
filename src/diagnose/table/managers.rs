//! Project managers and their lock files.

use super::install::REQUIRES_PYTHON_MISMATCH;
use super::rule::{OnRailpack, Rule, YieldsTo, decisive, hint, said};
use super::setup::INVALID_NIXPACKS_CONFIG;
use crate::check;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::diagnose::{fixes, refine};

pub(crate) static INVALID_PYPROJECT: Rule = Rule {
    id: check::pyproject::INVALID.id,
    phases: &["install"],
    message: "pyproject.toml cannot be read, or lacks a required part{}",
    about: check::pyproject::INVALID.about,
    help: "correct pyproject.toml where the message points, or give the missing section",
    example: "[tool.poetry] section not found in /app/pyproject.toml",
    signatures: &[
        decisive(r"\[?tool\.poetry\]? section not found|The Poetry configuration is invalid"),
        decisive(r"Either \[project\.name\] or \[tool\.poetry\.name\] is required"),
        decisive(r"(?:'|`)?(?P<s>name|version|description|authors)(?:'|`)? is a required property"),
        decisive(r"data must contain \['name'|The fields? \[.*\] (?:is|are) required in package mode"),
        decisive(r"Invalid package name|data\.\w+ must (?:be|contain)"),
        decisive(
            r"(?:[Ff]ailed to parse|Error parsing|Invalid|[Ee]rror in|[Cc]annot parse|Couldn't parse)[^\n]*pyproject\.toml",
        ),
        decisive(
            r"pyproject\.toml[^\n]*(?:is (?:not (?:a )?valid|invalid)|could not be parsed|contains? (?:invalid|an? (?:error|invalid))|Invalid (?:TOML|configuration))",
        ),
        decisive(r"invalid-pyproject-|\[ProjectError\]: (?:No .*|The )pyproject\.toml"),
        decisive(
            r"TOMLDecodeError|TomlDecodeError|tomlkit\.exceptions|tomli\._parser|toml\.decoder|Invalid TOML file|pip\._vendor\.tomli",
        ),
        decisive(r"configuration error: `[\w.-]+` must contain \['(?P<s>\w+)"),
        decisive(r"configuration error: `?(?P<s>[^`\n]+)`?"),
        said(r"invalid pyproject\.toml config: `?(?P<s>[^`]+)"),
        decisive(r"No `project` table found|`project` table.*(?:missing|not found)"),
        decisive(r"`pyproject\.toml` is using the `\[project\]` table, but the required `project\.(?P<s>\w+)`"),
        decisive(r"missing (?:a )?(?:field )?`?project\.?(?P<s>name|version)"),
        decisive(r"missing 'project' (?:table|section)|The \[project\] section"),
        said(r"ValueError: invalid pyproject|(?:Field|field) `(?:project|tool\.\w+)[\w.-]*` (?:cannot|must|has|is)"),
        said(r"project\.(?P<s>[\w-]+)` (?:must|should) "),
        said(r"configuration file .*pyproject\.toml.* (?:has|is) (?:errors|invalid)"),
        said(r"ERROR: .*pyproject\.toml.*(?:does not|doesn't|has no|missing|invalid)"),
    ],
    yields_to: YieldsTo::Rules(&[&INVALID_NIXPACKS_CONFIG, &POETRY_VERSION_TOO_OLD, &POETRY_LOCK_OUTDATED]),
    refine: Some(refine::reasons::what_the_parser_says),
    ..Rule::BLANK
};

pub(crate) static POETRY_LOCK_OUTDATED: Rule = Rule {
    id: check::nixpacks::lock::POETRY_LOCK.id,
    phases: &["install"],
    message: "poetry.lock does not match pyproject.toml",
    about: check::nixpacks::lock::POETRY_LOCK.about,
    help: "run `poetry lock` and commit poetry.lock",
    example: "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.",
    signatures: &[
        decisive(r"changed significantly since poetry\.lock was last generated"),
        decisive(r"poetry\.lock is not up to date with pyproject\.toml"),
        decisive(r"Run `?poetry lock(?: \[?--no-update\]?)?`? to fix"),
        said(r"The lock file is not up to date|poetry\.lock (?:might be|is) (?:out of date|outdated)"),
    ],
    on_railpack: OnRailpack::SAME.and_fix(fixes::locks::poetry_locks),
    ..Rule::BLANK
};

/// A lock that is not there matches nothing.
fn no_lock_at_all(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("not found") {
        finding.message = Some("there is no Pipfile.lock".to_owned());
    }
    true
}

pub(crate) static PIPFILE_LOCK_OUTDATED: Rule = Rule {
    id: check::nixpacks::lock::PIPFILE_LOCK.id,
    phases: &["install"],
    message: "Pipfile.lock does not match the Pipfile",
    about: check::nixpacks::lock::PIPFILE_LOCK.about,
    help: "run `pipenv lock` and commit Pipfile.lock",
    example: "Your Pipfile.lock (0345f5) is out of date. Expected: (5580b3).",
    signatures: &[
        decisive(
            r"Your Pipfile\.lock\b.*(?:is )?out of date|Pipfile\.lock \(?\w*\)? ?(?:is )?out of date|Pipfile\.lock is out(?: of |-of-)date",
        ),
        said(r"Pipfile\.lock .*(?:not found|does not exist).*--deploy|Pipfile\.lock must exist to use --deploy"),
        said(r"Pipfile\.lock not found! You need to run"),
        hint(r"^ERROR:{1,2}\s*Aborting deploy|is out of\s*$"),
    ],
    yields_to: YieldsTo::Rules(&[&REQUIRES_PYTHON_MISMATCH]),
    refine: Some(no_lock_at_all),
    ..Rule::BLANK
};

pub(crate) static UV_LOCK_OUTDATED: Rule = Rule {
    id: check::nixpacks::lock::UV_LOCK.id,
    phases: &["install"],
    message: "uv.lock does not match pyproject.toml",
    about: check::nixpacks::lock::UV_LOCK.about,
    help: "run `uv lock` and commit uv.lock",
    example: "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.",
    signatures: &[
        decisive(r"lockfile at `[^`]*uv\.lock` needs to be updated"),
        decisive(r"uv\.lock.*(?:needs to be updated|is outdated|out of date)"),
        decisive(r"`--(?:locked|frozen)` was (?:provided|passed).*(?:updat|run `uv lock`)"),
        said(r"The lockfile.*(?:mismatch|does not match).*"),
    ],
    on_railpack: OnRailpack::SAME.and_fix(fixes::locks::frozen_uv),
    yields_to: YieldsTo::Rules(&[&UV_LOCK_MISSING]),
    ..Rule::BLANK
};

pub(crate) static PDM_LOCK_OUTDATED: Rule = Rule {
    id: "pdm-lock-outdated",
    phases: &["install"],
    message: "pdm.lock does not match pyproject.toml, or another PDM has written it",
    about: "Dependencies in pyproject.toml changed and the lock was not written again. `pdm install --check`, which Railpack runs, refuses such a \
            lock, and one that an older or newer PDM has written; without --check PDM only warns.",
    help: "run `pdm lock` with a current PDM and commit pdm.lock",
    example: "WARNING: Lockfile hash doesn't match pyproject.toml, packages may be outdated",
    signatures: &[
        said(r"Lock ?file (?:hash )?doesn't (?:match|satisfy)"),
        said(r"Lockfile is (?:generated on an older version of|not compatible with) PDM"),
        said(r"pdm\.lock.*(?:out of date|outdated|hash doesn't match)"),
    ],
    on_railpack: OnRailpack::SAME.and_fix(fixes::locks::frozen_pdm),
    yields_to: YieldsTo::Rules(&[&TOOL_VERSION_INCOMPATIBLE]),
    ..Rule::BLANK
};

pub(crate) static UV_LOCK_MISSING: Rule = Rule {
    id: check::nixpacks::lock::NO_LOCK.id,
    phases: &["install"],
    message: "a frozen sync was asked for, and there is no lock file",
    about: check::nixpacks::lock::NO_LOCK.about,
    help: "run `uv lock` and commit uv.lock",
    example: "error: Unable to find lockfile at `uv.lock`. To create a lockfile, run `uv lock` or `uv sync`.",
    signatures: &[
        decisive(r"Unable to find lockfile at|Unable to find lockfile"),
        decisive(
            r"(?:uv\.lock|[Ll]ockfile|[Ll]ock file)(?: (?:at )?(?:[`'\x22/]\S*|\S*\.lock\S*))? (?:was )?(?:not found|does(?:n't| not) exist|is missing)",
        ),
        decisive(r"`?uv\.lock`? could not be found"),
    ],
    refine: Some(refine::reasons::whose_lock),
    ..Rule::BLANK
};

pub(crate) static POETRY_VERSION_TOO_OLD: Rule = Rule {
    id: check::nixpacks::lock::POETRY_OLD.id,
    phases: &["install"],
    message: "the pinned Poetry cannot read this lock or project file{}",
    about: check::nixpacks::lock::POETRY_OLD.about,
    help: "set NIXPACKS_POETRY_VERSION (or `poetry` in .tool-versions) to the version that wrote the lock",
    on_railpack: OnRailpack::help(
        "ask for a newer Poetry: `poetry` under packages of railpack.json, or in mise.toml or .tool-versions",
    ),
    example: "The lock file is not compatible with the current version of Poetry.",
    signatures: &[
        decisive(
            r"[Ll]ock file is not compatible with the current version of [Pp]oetry|Upgrade Poetry to be able to read the lock file",
        ),
        decisive(
            r"This project requires Poetry (?P<s>[^,]+), but you are using|requires-poetry|project was created with a newer version",
        ),
        decisive(r"poetry.*(?:Additional properties are not allowed|'dependencies' is a required property)"),
        decisive(
            r"Additional properties are not allowed \('(?P<s>group|package-mode|requires-poetry|requires-plugins|priority|build-constraints)' was unexpected\)",
        ),
        said(
            r"(?:KeyError|NonExistentKey|RuntimeError|TypeError).*(?:'category'|metadata-files|\x22content-hash\x22)|Invalid hash .*poetry",
        ),
    ],
    ..Rule::BLANK
};

pub(crate) static UV_VERSION_TOO_OLD: Rule = Rule {
    id: check::nixpacks::lock::UV_OLD.id,
    phases: &["install"],
    message: "the pinned uv cannot read this lock or project file{}",
    about: check::nixpacks::lock::UV_OLD.about,
    help: "set NIXPACKS_UV_VERSION (or `uv` in .tool-versions) to the version that wrote the lock",
    on_railpack: OnRailpack::help(
        "ask for the uv that wrote the lock: `uv` under packages of railpack.json, or in mise.toml or .tool-versions",
    ),
    example: "error: The lockfile at `uv.lock` uses an unsupported schema version (v2, but only v1 is supported). Downgrade to a compatible uv version, or remove the `uv.lock` prior to running `uv lock` or `uv sync`.",
    signatures: &[
        decisive(r"uses an unsupported schema version"),
        decisive(r"Required uv version `?(?P<s>[^`]+)`? does not match the running version"),
        decisive(r"Required version `(?P<s>[^`]+)` does not match the running version"),
        decisive(r"Failed to parse `?uv\.lock`?|unknown field `[\w-]+`, expected one of `native-tls`"),
        decisive(r"[Ff]ailed to parse lockfile|unknown (?:field|variant) .*uv\.lock"),
        decisive(
            r"unexpected argument '--(?:frozen|locked|no-editable|no-install-project|group|no-default-groups)' found",
        ),
    ],
    refine: Some(a_spoilt_lock),
    ..Rule::BLANK
};

/// A lock that is no TOML is read by no uv.
fn a_spoilt_lock(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const BELOW: usize = 6;
    const SPOILT: &[&str] = &["key with no value", "invalid key", "unclosed", "unterminated", "invalid table header"];
    let below = || (finding.at..view.lines.len().min(finding.at + BELOW)).map(|at| view.text(at));
    let merged = below().any(|text| text.contains("<<<<<<<") || text.contains("=======") || text.contains(">>>>>>>"));
    if merged || below().any(|text| SPOILT.iter().any(|word| text.contains(word))) {
        finding.rule = &UV_LOCK_OUTDATED;
        let what = if merged { "a merge left its marks in it" } else { "it was edited or cut" };
        finding.message = Some(format!("uv.lock cannot be read: {what}"));
        finding.help = Some(
            "take uv.lock of one side (`git checkout --theirs uv.lock`), run `uv lock`, and commit what that writes"
                .to_owned(),
        );
    }
    true
}

pub(crate) static POETRY_OPTION_REMOVED: Rule = Rule {
    id: check::nixpacks::lock::POETRY_2.id,
    phases: &["install"],
    message: "this Poetry has no {such option} any more",
    about: check::nixpacks::lock::POETRY_2.about,
    help: "pin Poetry 1.x (NIXPACKS_POETRY_VERSION=1.8.5), or use `--only main` in an install command of your own",
    on_railpack: OnRailpack::help(
        "use `--only main` in the install command, or ask for Poetry 1.8.5: `poetry` under packages of railpack.json",
    ),
    example: "The option \"--no-dev\" does not exist",
    signatures: &[
        decisive(r#"The (?:option )?"(?P<s>--[\w-]+)" (?:option )?does not exist"#),
        decisive(r"The requested command (?P<s>export|shell) does not exist"),
        decisive(r#"The command "(?P<s>export|shell|\w+)" does not exist"#),
    ],
    ..Rule::BLANK
};

pub(crate) static TOOL_VERSION_INCOMPATIBLE: Rule = Rule {
    id: check::nixpacks::lock::PDM.id,
    phases: &["install"],
    message: "{the installer} no longer works with its own dependencies of today",
    about: check::nixpacks::lock::PDM.about,
    help: "set the tool's version variable to a release that works: NIXPACKS_PDM_VERSION=2.12.4, or a current NIXPACKS_POETRY_VERSION; \
           or commit a requirements.txt (`pdm export --prod -o requirements.txt`), which is installed instead of the lock",
    on_railpack: OnRailpack::help(
        "commit a requirements.txt (`pdm export --prod -o requirements.txt`), which Railpack installs instead of the lock; or ask for a \
         release of the tool that works under packages of railpack.json",
    )
    .and_fix(fixes::railpack::older_pdm),
    example: "TypeError: super(type, obj): obj must be an instance or subtype of type",
    signatures: &[
        decisive(r"KeyError: 'PEP517_BUILD_BACKEND'|super\(type, obj\): obj (?:must be an instance|\(instance of [\w.]+\) is not an instance)"),
        decisive(r"^\[(?:Attribute|Type|Import|ModuleNotFound)Error\]: (?:module|cannot import|No module|.*object) "),
        // What the installers are made of, and projects are not.
        decisive(
            r"^(?:AttributeError: module|ModuleNotFoundError: No module named) '(?:hishel|unearth|dep_logic|findpython|pbs_installer|cleo|crashtest)[.']",
        ),
    ],
    ..Rule::BLANK
};

/// poetry/console/commands/group_command.py and poetry/installation/installer.py of Poetry 2.2; uv-configuration of uv 0.9.
pub(crate) static DEPENDENCY_GROUP_UNKNOWN: Rule = Rule {
    id: "dependency-group-unknown",
    phases: &["install", "build"],
    message: "the project has no dependency group or extra called {that}",
    about: "The install command names a group, or an extra, that pyproject.toml does not have. Groups stand in [tool.poetry.group.NAME.dependencies] or \
            [dependency-groups], extras in [project.optional-dependencies] or [tool.poetry.extras].",
    help: "name one that pyproject.toml has, or leave the option out; a group that was only added there has to be locked as well",
    example: "Group(s) not found: production (via --only)",
    signatures: &[
        decisive(r"Group\(s\) not found: (?P<s>[\w.-]+)"),
        decisive(r"\b(?:[Dd]efault g|G)roup `(?P<s>[\w.-]+)`.* is not defined in "),
        decisive(r"\bExtra `(?P<s>[\w.-]+)` is not defined in "),
        decisive(r"Extra \[(?P<s>[\w., -]+)\] (?:is|are) not specified"),
    ],
    ..Rule::BLANK
};
