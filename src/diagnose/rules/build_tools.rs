//! Compilers, headers, build backends and lock files.

use crate::diagnose::rule::{Rule, decisive, hint, said};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "missing-compiler",
        phases: &["install"],
        message: "{a package} is built from source, and there is no C or C++ compiler",
        about: "No ready wheel fits, so the package is compiled, and the build image has no compiler.",
        cure: "take a release of {the package} with a wheel for this Python, or add \"gcc\" to nixPkgs (with \"...\" first; build-essential in aptPkgs)",
        example: "error: command 'gcc' failed: No such file or directory",
        yields_to: &["missing-system-header", "no-wheel-for-python", "windows-only-requirement"],
        signs: &[
            said(
                r"(?:command|unable to execute) '?(?:[\w/.-]*-)?(?:gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|x86_64-linux-gnu-gcc)[\d.-]*'? ?(?:failed)?: (?:\[Errno 2\] )?No such file or directory",
            ),
            said(
                r"(?:gcc|g\+\+|cc|c\+\+|clang)(?:-\d+)?: (?:command )?not found|No such file or directory: '(?:[\w/.-]*-)?(?:gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?)'",
            ),
            said(
                r"(?i)you need a C compiler to build|no acceptable C compiler found|Microsoft Visual C\+\+ 14\.\d+ or greater is required|No working compiler found|C compiler cannot create executables",
            ),
            said(
                r"Unknown compiler\(s\): \[|The following exception\(s\) were encountered|meson\.build:\d+:\d+: ERROR: (?:Unknown compiler|Compiler)|ERROR: Unknown compiler",
            ),
            said(
                r"CMAKE_(?:C|CXX)_COMPILER(?:-NOTFOUND| not set)|No CMAKE_C(?:XX)?_COMPILER could be found|Could not find a C(?:\+\+)? compiler|linker [`']cc[`'] not found",
            ),
            said(
                r"(?:fortran|gfortran)\S*: (?:command )?not found|no Fortran compiler found|Unable to find .*vcvarsall\.bat|distutils\.errors\.CompileError: command 'gcc' failed",
            ),
            hint(r"CompileError: command '(?:gcc|cc|g\+\+|clang)' (?:failed|terminated): No such file"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "missing-rust",
        phases: &["install"],
        message: "{a package} is built from Rust source, and there is no usable Rust",
        about: "No ready wheel fits, so the package is compiled with cargo, which is missing or may not write where it wants to.",
        cure: "take a release of {the package} with a wheel for this Python, or add \"rustc\" and \"cargo\" to nixPkgs (with \"...\" first)",
        example: "Cargo, the Rust package manager, is not installed or is not on PATH.",
        yields_to: &["no-wheel-for-python"],
        signs: &[
            said(
                r"Cargo, the Rust package manager, is not installed or is not on PATH|This package requires Rust(?: >?=?[\d.]+)?(?: and Cargo| to compile)",
            ),
            said(
                r"(?i)can(?:'t| ?not) find Rust compiler|Rust (?:compiler|toolchain) (?:is )?(?:not found|not installed|is required)|Rust not found, installing into a temporary directory",
            ),
            said(
                r"(?:cargo|rustc|maturin): (?:command )?not found|No such file or directory: '(?:cargo|rustc)'|[`'](?:cargo|rustc)[^`']*[`'] (?:failed|is not installed)|maturin failed.*cargo",
            ),
            said(
                r"(?:💥 )?maturin failed|Cargo metadata failed|cargo rustc .*(?:failed|exited)|requires rustc [\d.]+|error: package `[^`]+` cannot be built because it requires rustc",
            ),
            said(
                r"error: failed to (?:create|write|open).*(?:\.cargo|cargo/registry|/usr/local/cargo)|rustup could not choose a version of cargo",
            ),
            hint(r"^\s*error: subprocess-exited-with-error.*maturin|puccinialin"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "missing-system-header",
        phases: &["install"],
        yields_to: &["windows-only-requirement"],
        message: "{a header or library of C} is missing for a package that is built from source",
        about: "The package compiles against a C library whose development files (headers, a *-config program, a pkg-config file) are not in the build image.",
        cure: "add the package with {it} to nixPkgs, or take a wheel that brings the library (psycopg2-binary, for example)",
        example: "Error: pg_config executable not found.",
        signs: &[
            decisive(r"Error: (?P<s>pg_config) executable not found|(?P<s2>pg_config) is required to build psycopg2"),
            decisive(
                r"(?P<s>(?:mysql|mariadb|pg|xml2|xslt|curl|gdal|geos|krb5|icu|llvm|cups|freetype|libpng|net-snmp|python3?|sdl2?|nc|portaudio|pcap)[_-]config)\b[^\n]*(?:not found|No such file|could not be found|is required|missing)",
            ),
            decisive(
                r"(?:Can not|Cannot|Can't|Could not) find valid pkg-config name|Specify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS",
            ),
            decisive(
                r"No package '(?P<s>[^']+)' found|Package '?(?P<s2>[\w.+-]+)'?,? (?:required by '[^']*', )?(?:was )?not found(?: in the pkg-config search path)?|Package (?P<s3>[\w.+-]+) was not found in the pkg-config",
            ),
            decisive(
                r#"Dependency "(?P<s>[\w.+-]+)" not found|Dependency lookup for (?P<s2>[\w.+-]+) with method .* failed|ERROR: Dependency '(?P<s3>[^']+)'"#,
            ),
            decisive(
                r"fatal error: (?P<s>[\w./+-]+\.h(?:pp|h)?): \S|fatal error: '(?P<s2>[\w./+-]+\.h(?:pp)?)' file not found|Cannot open include file: '(?P<s3>[\w./+-]+\.h)'",
            ),
            decisive(
                r"Unable to load dependency (?P<s>HDF5)|configure: error: (?P<s2>[\w-]+) (?:headers?|library|libraries) (?:not found|is missing)",
            ),
            decisive(r"(?:library |ld: )?cannot find -l(?P<s>[\w+-]+)"),
            decisive(
                r"The headers or library files could not be found for (?P<s>\w+)|RequiredDependencyException: (?P<s2>\w+)",
            ),
            decisive(
                r"Please make sure the libxml2 and libxslt development packages are installed|Unable to build with libxml2/libxslt|Could not find function xmlCheckVersion in library libxml2",
            ),
            decisive(
                r"(?:Could not find|Could NOT find|Unable to find|Failed to find) (?P<s>(?:GDAL|OpenSSL|PROJ|GEOS|HDF5|BLAS|OpenBLAS|Boost|PostgreSQL|MySQL|Protobuf|SWIG|JPEG|PNG|ZLIB|CURL|TA-Lib|ta-lib|librdkafka|libvirt|openssl|OpenCV|Eigen3|LibXml2|X11|Tcl|Tk|SQLite3?))\b",
            ),
            decisive(
                r"pkgconf?(?:ig)?(?:-config)? (?:is )?(?:not found|missing|is required|could not be found)|pkg-config'?:? (?:command )?not found|Did not find pkg-config|(?P<s>pkg-config) probably not installed|No such file or directory: '(?P<s2>pkg-config|pkgconf)'",
            ),
            decisive(r"'pkg-config', (?:'--[\w-]+', )+'(?P<s>[\w.+-]+)"),
            said(
                r"(?P<s>cmake|CMake|ninja|swig|make|autoconf|automake|libtool|bison|flex|nasm|yasm|protoc)(?:'|\x22)?:? (?:command )?(?:not found|is not installed|must be installed|could not be found)|No such file or directory: '(?P<s2>cmake|ninja|swig|make|autoreconf|protoc)'",
            ),
            said(
                r"Cannot find (?P<s>proj|gdal|geos|ta-lib|TA-Lib)|A GDAL API version must be specified|proj executable not found|Library (?P<s2>ta-lib|ta_lib) not found|Cannot find ta-lib library|Could not find the (?P<s3>[\w-]+) (?:headers?|library)",
            ),
            said(
                r"BLAS: (?:NotFoundError|not found)|NotFoundError: No (?P<s>BLAS|LAPACK)|No lapack/blas resources found|Could not find openssl via pkg-config|Could not find directory of OpenSSL",
            ),
            said(
                r"(?P<s>[\w-]+)\.pc['\x22]? .*(?:not found|PKG_CONFIG_PATH)|Perhaps you should add the directory containing [`'](?P<s2>[\w.+-]+)\.pc'",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "legacy-setup-py",
        phases: &["install"],
        message: "the setup.py of {a package} is too old for today's setuptools or Python",
        about: "The source distribution relies on something that setuptools or Python dropped. Nothing in the project itself is wrong but the pin.",
        cure: "take a newer release of {the package}, or a maintained successor; failing that, an older Python",
        example: "error in demo setup command: use_2to3 is invalid.",
        signs: &[
            decisive(r"error in (?P<s>\S+) setup command: |use_2to3 is invalid"),
            said(
                r"cannot import name '(?:Feature|convert_path|find_packages2|run_2to3)' from 'setuptools|No module named 'setuptools\.(?:command\.(?:test|bdist_wininst|upload)|_?vendor[\w.]*|extern[\w.]*|package_index)'|No module named 'pip\.(?:req|download|_internal)|cannot import name '(?:parse_requirements|PipSession|get_installed_distributions)' from 'pip",
            ),
            said(
                r"The (?:'|‘)sklearn(?:'|’) PyPI package is deprecated|SetuptoolsDeprecationWarning: .*(?:Invalid|removed)|Invalid dash-separated (?:key|options)|InvalidConfigError|setup_requires.*(?:fetch|deprecated)|dash-separated .* will not be supported|packaging\.(?:version|_structures)\.InvalidVersion|InvalidVersion: Invalid version",
            ),
            said(
                r"module 'configparser' has no attribute 'SafeConfigParser'|module 'inspect' has no attribute 'getargspec'|No module named 'ConfigParser'|module 'collections' has no attribute 'MutableMapping'|cannot import name 'Mapping' from 'collections'|module 'platform' has no attribute '(?:linux_distribution|dist)'",
            ),
            hint(r"print ['\x22].*['\x22]\s*$.*Missing parentheses|Missing parentheses in call to 'print'"),
            hint(
                r"AttributeError: install_layout|'NoneType' object has no attribute 'loader'|module 'ast' has no attribute '(?:Str|Num|NameConstant)'",
            ),
            hint(
                r"python setup\.py (?:egg_info|bdist_wheel) did not run successfully|Command errored out with exit status 1: python setup\.py egg_info|error: invalid command 'egg_info\'",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "setuptools-pkg-resources-missing",
        phases: &["install", "start"],
        message: "{pkg_resources} is gone from this environment",
        about: "pkg_resources came with setuptools, which venvs of Python 3.12 and later no longer bring and whose newest releases no longer carry it.",
        cure: "add `setuptools<81` to requirements.txt, or take a newer release of the package that imports {it}",
        example: "ModuleNotFoundError: No module named 'pkg_resources'",
        signs: &[
            decisive(
                r"No module named '?(?P<s>pkg_resources)\b|[Ff]ailed to import (?:the )?'?(?P<s2>pkg_resources)\b",
            ),
            decisive(
                r"No module named '?(?P<s>setuptools)'?\s*$|Cannot import 'setuptools\.build_meta'|BackendUnavailable: Cannot import 'setuptools",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "build-backend-config",
        phases: &["install"],
        message: "the project's own build metadata is wrong{}",
        yields_to: &["setuptools-pkg-resources-missing", "legacy-setup-py", "no-wheel-for-python"],
        about: "pip builds the project itself, and the build backend cannot tell what belongs to it: no package folder, several of them, or a file it names is missing.",
        cure: "name the packages in pyproject.toml (or use `--no-root`, `package-mode = false` with Poetry); with Nixpacks prefer a requirements.txt, \
               because only pyproject.toml is there while it installs",
        example: "error: Multiple top-level packages discovered in a flat-layout: ['quay', 'tides', 'charts'].",
        signs: &[
            decisive(r"Multiple top-level (?:packages|modules) discovered in a flat-layout: (?P<s>\[[^\]]*\])"),
            decisive(
                r"No file/folder found for package (?P<s>[\w.-]+)|The current project could not be installed: (?P<s2>.+)",
            ),
            decisive(
                r"Unable to determine which files to ship inside the wheel|The most likely cause of this is that there is no directory that matches the name of your project \((?P<s>[^)]+)\)",
            ),
            decisive(
                r"Readme file does not exist: (?P<s>\S+)|Error: (?P<s2>README\S*) (?:does not exist|not found)|FileNotFoundError: .*'(?P<s3>[^']*README[^']*)'|Cannot find specified readme file|Readme path must be within the project directory",
            ),
            decisive(
                r"(?:error: )?package directory '(?P<s>[^']+)' does not exist|error: Expected a Python module at: `?(?P<s2>[^`]+)`?|(?P<s3>\S+) is not a package; (?:ensure|make sure)|No module (?:or package )?named (?P<s4>\S+) found|Module(?:/package)? name (?P<s5>\S+) not found|No file/folder found",
            ),
            decisive(
                r"does not appear to contain CMakeLists\.txt|Project (?:file|directory) .* is missing|`?(?P<s>[\w.-]+)`? is not a valid (?:build backend|module)|Cannot import '(?P<s2>[\w.]+)'(?:\s|$)|Backend '(?P<s3>[^']+)' is not available|BackendUnavailable",
            ),
            said(
                r"Unknown (?:metadata )?(?:version|field)|does not have a valid (?:version|name)|Either a version or a file|setuptools_scm.*unable to detect version|LookupError: setuptools-scm was unable to detect version|error: option .* not recognized",
            ),
            decisive(r"Build script does not exist: (?P<s>\S+)|(?P<s2>\S+) does not contain any element$"),
            said(
                r"hatchling.*(?:ValueError|OSError)|flit.*(?:ConfigError|NoDocstringError|NoVersionError)|license.*(?:file )?(?P<s>LICENSE\S*) does not exist|OSError: Readme file does not exist|error: can't copy '(?P<s2>[^']+)'|error: package directory",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "invalid-pyproject",
        phases: &["install"],
        message: "pyproject.toml cannot be read, or lacks a required part{}",
        about: "The file is not valid TOML, or a tool misses the section it needs, such as [tool.poetry] or [project].",
        cure: "correct pyproject.toml where the message points, or give the missing section",
        example: "[tool.poetry] section not found in /app/pyproject.toml",
        signs: &[
            decisive(
                r"\[?tool\.poetry\]? section not found|The Poetry configuration is invalid|Either \[project\.name\] or \[tool\.poetry\.name\] is required|(?:'|`)?(?P<s>name|version|description|authors)(?:'|`)? is a required property|data must contain \['name'|The fields? \[.*\] (?:is|are) required in package mode|Invalid package name|data\.\w+ must (?:be|contain)",
            ),
            decisive(
                r"(?:[Ff]ailed to parse|Error parsing|Invalid|[Ee]rror in|[Cc]annot parse|Couldn't parse)[^\n]*pyproject\.toml|pyproject\.toml[^\n]*(?:is (?:not (?:a )?valid|invalid)|could not be parsed|contains? (?:invalid|an? (?:error|invalid))|Invalid (?:TOML|configuration))",
            ),
            decisive(r"invalid-pyproject-|\[ProjectError\]: No .*pyproject\.toml"),
            decisive(
                r"TOMLDecodeError|TomlDecodeError|tomlkit\.exceptions|tomli\._parser|toml\.decoder|Invalid TOML file|pip\._vendor\.tomli",
            ),
            decisive(
                r"invalid pyproject\.toml config: (?P<s>.+)|configuration error: `?(?P<s2>[^`\n]+)`?|No `project` table found|`project` table.*(?:missing|not found)|`pyproject\.toml` is using the `\[project\]` table, but the required `project\.(?P<s3>\w+)`|missing (?:a )?(?:field )?`?project\.?(?P<s4>name|version)|missing 'project' (?:table|section)|The \[project\] section",
            ),
            said(
                r"ValueError: invalid pyproject|(?:Field|field) `(?:project|tool\.\w+)[\w.-]*` (?:cannot|must|has|is)|project\.(?P<s>[\w-]+)` (?:must|should) |configuration file .*pyproject\.toml.* (?:has|is) (?:errors|invalid)|ERROR: .*pyproject\.toml.*(?:does not|doesn't|has no|missing|invalid)",
            ),
        ],
        yields_to: &["invalid-nixpacks-config", "poetry-version-too-old", "poetry-lock-outdated"],
        ..Rule::BLANK
    },
    Rule {
        id: "poetry-lock-outdated",
        phases: &["install"],
        message: "poetry.lock does not match pyproject.toml",
        about: "Dependencies in pyproject.toml changed and the lock was not written again, so Poetry refuses to install from it.",
        cure: "run `poetry lock` and commit poetry.lock",
        example: "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.",
        signs: &[
            decisive(
                r"changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date with pyproject\.toml|Run `?poetry lock(?: \[?--no-update\]?)?`? to fix",
            ),
            said(r"The lock file is not up to date|poetry\.lock (?:might be|is) (?:out of date|outdated)"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "pipfile-lock-outdated",
        phases: &["install"],
        message: "Pipfile.lock does not match the Pipfile",
        about: "The Pipfile changed and the lock was not written again; `--deploy` refuses such a lock.",
        cure: "run `pipenv lock` and commit Pipfile.lock",
        example: "Your Pipfile.lock (0345f5) is out of date. Expected: (5580b3).",
        signs: &[
            decisive(
                r"Your Pipfile\.lock\b.*(?:is )?out of date|Pipfile\.lock \(?\w*\)? ?(?:is )?out of date|Pipfile\.lock is out(?: of |-of-)date",
            ),
            said(r"Pipfile\.lock .*(?:not found|does not exist).*--deploy|Pipfile\.lock must exist to use --deploy"),
            hint(r"^ERROR:{1,2}\s*Aborting deploy|is out of\s*$"),
        ],
        yields_to: &["requires-python-mismatch"],
        ..Rule::BLANK
    },
    Rule {
        id: "uv-lock-outdated",
        phases: &["install"],
        message: "uv.lock does not match pyproject.toml",
        about: "pyproject.toml changed and the lock was not written again, so a locked sync refuses it.",
        cure: "run `uv lock` and commit uv.lock",
        example: "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.",
        signs: &[
            decisive(
                r"lockfile at `[^`]*uv\.lock` needs to be updated|uv\.lock.*(?:needs to be updated|is outdated|out of date)|`--(?:locked|frozen)` was (?:provided|passed).*(?:updat|run `uv lock`)",
            ),
            said(
                r"The lockfile.*(?:mismatch|does not match).*|pdm\.lock.*(?:out of date|outdated|hash doesn't match)|Lock file hash doesn't match pyproject\.toml",
            ),
        ],
        yields_to: &["uv-lock-missing"],
        ..Rule::BLANK
    },
    Rule {
        id: "uv-lock-missing",
        phases: &["install"],
        message: "a frozen sync was asked for, and there is no lock file",
        about: "`--frozen` or `--locked` installs exactly what uv.lock says; the file was not committed or not copied.",
        cure: "run `uv lock` and commit uv.lock",
        example: "error: Unable to find lockfile at `uv.lock`. To create a lockfile, run `uv lock` or `uv sync`.",
        signs: &[decisive(
            r"Unable to find lockfile at|Unable to find lockfile|(?:uv\.lock|lockfile|[Ll]ock file).*(?:not found|does(?:n't| not) exist|is missing).*|`?uv\.lock`? could not be found",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "poetry-version-too-old",
        phases: &["install"],
        message: "the pinned Poetry cannot read this lock or project file{}",
        about: "The lock or pyproject.toml was written for a newer Poetry than the one that Nixpacks pins (1.3.1 by default).",
        cure: "set NIXPACKS_POETRY_VERSION (or `poetry` in .tool-versions) to the version that wrote the lock",
        example: "The lock file is not compatible with the current version of Poetry.",
        signs: &[
            decisive(
                r"[Ll]ock file is not compatible with the current version of [Pp]oetry|Upgrade Poetry to be able to read the lock file",
            ),
            decisive(
                r"This project requires Poetry (?P<s>[^,]+), but you are using|requires-poetry|project was created with a newer version",
            ),
            decisive(
                r"poetry.*(?:Additional properties are not allowed|'dependencies' is a required property)|Additional properties are not allowed \('(?P<s>group|package-mode|requires-poetry|requires-plugins|priority|build-constraints)' was unexpected\)",
            ),
            said(
                r"(?:KeyError|NonExistentKey|RuntimeError|TypeError).*(?:'category'|metadata-files|\x22content-hash\x22)|Invalid hash .*poetry",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "uv-version-too-old",
        phases: &["install"],
        message: "the pinned uv cannot read this lock or project file{}",
        about: "uv.lock was written by a newer uv than the one that Nixpacks pins.",
        cure: "set NIXPACKS_UV_VERSION (or `uv` in .tool-versions) to the version that wrote the lock",
        example: "error: The lockfile at `uv.lock` uses an unsupported schema version (v2, but only v1 is supported). Downgrade to a compatible uv version, or remove the `uv.lock` prior to running `uv lock` or `uv sync`.",
        signs: &[
            decisive(
                r"uses an unsupported schema version|Required uv version `?(?P<s>[^`]+)`? does not match the running version|Required version `(?P<s2>[^`]+)` does not match the running version",
            ),
            decisive(
                r"Failed to parse `?uv\.lock`?|unknown field `[\w-]+`, expected one of `native-tls`|[Ff]ailed to parse lockfile|unknown (?:field|variant) .*uv\.lock|unexpected argument '--(?:frozen|locked|no-editable|no-install-project|group|no-default-groups)' found",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "poetry-option-removed",
        phases: &["install"],
        message: "this Poetry has no {such option} any more",
        about: "Poetry 2 dropped options that older install commands use, such as `--no-dev`; Nixpacks still passes it.",
        cure: "pin Poetry 1.x (NIXPACKS_POETRY_VERSION=1.8.5), or use `--only main` in an install command of your own",
        example: "The option \"--no-dev\" does not exist",
        signs: &[decisive(
            r#"The (?:option )?"(?P<s>--[\w-]+)" (?:option )?does not exist|The requested command (?P<s2>export|shell) does not exist|The command "(?P<s3>export|shell|\w+)" does not exist"#,
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "tool-version-incompatible",
        phases: &["install"],
        message: "the pinned {installer} no longer works with its own dependencies of today",
        about: "The installer is pinned, the libraries it uses are not, and a newer one of them broke it. pdm 2.13.3 with today's httpx is the known case.",
        cure: "set the tool's version variable (NIXPACKS_PDM_VERSION, NIXPACKS_POETRY_VERSION) to a current release",
        example: "TypeError: super(type, obj): obj must be an instance or subtype of type",
        signs: &[decisive(
            r"KeyError: 'PEP517_BUILD_BACKEND'|super\(type, obj\): obj must be an instance or subtype of type|^\[(?:Attribute|Type|Import|ModuleNotFound)Error\]: (?:module|cannot import|No module|.*object) ",
        )],
        ..Rule::BLANK
    },
];
