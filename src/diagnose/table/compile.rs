//! Compilers, headers and build backends.

use super::install::{NO_WHEEL_FOR_PYTHON, WINDOWS_ONLY_REQUIREMENT};
use super::modules::REMOVED_STDLIB_MODULE;
use super::rule::{OnRailpack, Rule, YieldsTo, by, decisive, hint, over_fixes_by, said};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static MISSING_COMPILER: Rule = Rule {
    id: "missing-compiler",
    phases: &["install"],
    message: "{a package} is built from source, and there is no C or C++ compiler",
    about: "No ready wheel fits, so the package is compiled, and the build image has no compiler.",
    help: "take a release of {the package} with a wheel for this Python, or add \"gcc\" to nixPkgs (with \"...\" first; build-essential in aptPkgs)",
    on_railpack: OnRailpack::help(
        "take a release of {the package} with a wheel for this Python; the image that builds has a compiler, the one that runs has none unless deploy.aptPackages of railpack.json names build-essential",
    ),
    example: "error: command 'gcc' failed: No such file or directory",
    signatures: &[
        said(
            r"(?:command|unable to execute) '?(?:[\w/.-]*-)?(?:gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?|x86_64-linux-gnu-gcc)[\d.-]*'? ?(?:failed)?: (?:\[Errno 2\] )?No such file or directory",
        ),
        said(
            r"(?:gcc|g\+\+|cc|c\+\+|clang)(?:-\d+)?: (?:command )?not found|No such file or directory: '(?:[\w/.-]*-)?(?:gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?)'",
        ),
        said(r"(?i)you need a C compiler to build"),
        said(r"(?i)no acceptable C compiler found"),
        said(r"(?i)Microsoft Visual C\+\+ 14\.\d+ or greater is required"),
        said(r"(?i)No working compiler found"),
        said(r"(?i)C compiler cannot create executables"),
        said(r"Unknown compiler\(s\): \[|The following exception\(s\) were encountered"),
        said(r"meson\.build:\d+:\d+: ERROR: (?:Unknown compiler|Compiler)|ERROR: Unknown compiler"),
        said(r"CMAKE_(?:C|CXX)_COMPILER(?:-NOTFOUND| not set)|No CMAKE_C(?:XX)?_COMPILER could be found"),
        said(r"Could not find a C(?:\+\+)? compiler|linker [`']cc[`'] not found"),
        said(r"(?:fortran|gfortran)\S*: (?:command )?not found|no Fortran compiler found"),
        said(r"Unable to find .*vcvarsall\.bat|distutils\.errors\.CompileError: command 'gcc' failed"),
        hint(r"CompileError: command '(?:gcc|cc|g\+\+|clang)' (?:failed|terminated): No such file"),
    ],
    yields_to: YieldsTo::Rules(&[&MISSING_SYSTEM_HEADER, &NO_WHEEL_FOR_PYTHON, &WINDOWS_ONLY_REQUIREMENT]),
    is_of_a_package: true,
    refine: Some(refine::packages::being_built),
    fix: Some(fixes::nixpacks::compiler),
    explained_by: &[by(&check::nixpacks::setup::GCC_DROPPED)],
    ..Rule::BLANK
};

pub(crate) static MISSING_RUST: Rule = Rule {
    id: "missing-rust",
    phases: &["install"],
    message: "{a package} is built from Rust source, and there is no usable Rust",
    about: "No ready wheel fits, so the package is compiled with cargo, which is missing or may not write where it wants to.",
    help: "take a release of {the package} with a wheel for this Python, or add \"rustc\" and \"cargo\" to nixPkgs (with \"...\" first)",
    on_railpack: OnRailpack::help(
        "take a release of {the package} with a wheel for this Python, or have mise install Rust: `rust` under packages of railpack.json, or RAILPACK_PACKAGES=rust",
    )
    .and_fix(fixes::railpack::rust),
    example: "Cargo, the Rust package manager, is not installed or is not on PATH.",
    signatures: &[
        said(
            r"Cargo, the Rust package manager, is not installed or is not on PATH|This package requires Rust(?: >?=?[\d.]+)?(?: and Cargo| to compile)",
        ),
        said(r"(?i)can(?:'t| ?not) find Rust compiler"),
        said(r"(?i)Rust (?:compiler|toolchain) (?:is )?(?:not found|not installed|is required)"),
        said(r"(?i)Rust not found, installing into a temporary directory"),
        said(r"(?:cargo|rustc|maturin): (?:command )?not found|No such file or directory: '(?:cargo|rustc)'"),
        said(r"[`'](?:cargo|rustc)[^`']*[`'] (?:failed|is not installed)|maturin failed.*cargo"),
        said(r"(?:💥 )?maturin failed|Cargo metadata failed|cargo rustc .*(?:failed|exited)|requires rustc [\d.]+"),
        said(r"error: package `[^`]+` cannot be built because it requires rustc"),
        said(
            r"error: failed to (?:create|write|open).*(?:\.cargo|cargo/registry|/usr/local/cargo)|rustup could not choose a version of cargo",
        ),
        hint(r"^\s*error: subprocess-exited-with-error.*maturin|puccinialin"),
    ],
    yields_to: YieldsTo::Rules(&[&NO_WHEEL_FOR_PYTHON]),
    refine: Some(refine::packages::being_built),
    fix: Some(fixes::nixpacks::rust),
    ..Rule::BLANK
};

pub(crate) static MISSING_SYSTEM_HEADER: Rule = Rule {
    id: check::system_needs::HEADER.id,
    phases: &["install"],
    message: "{a header or library of C} is missing for a package that is built from source",
    about: check::system_needs::HEADER.about,
    help: "add the package with {it} to nixPkgs, or take a wheel that brings the library (psycopg2-binary, for example)",
    on_railpack: OnRailpack::help(
        "name the Debian package with {it} in buildAptPackages of railpack.json (with \"...\" first), or take a wheel that brings the library (psycopg2-binary, for example)",
    )
    .and_fix(fixes::railpack::header),
    example: "Error: pg_config executable not found.",
    signatures: &[
        decisive(r"Error: (?P<s>pg_config) executable not found"),
        decisive(r"(?P<s>pg_config) is required to build psycopg2"),
        decisive(
            r"(?P<s>(?:mysql|mariadb|pg|xml2|xslt|curl|gdal|geos|krb5|icu|llvm|cups|freetype|libpng|net-snmp|python3?|sdl2?|nc|portaudio|pcap)[_-]config)\b[^\n]*(?:not found|No such file|could not be found|is required|missing)",
        ),
        decisive(
            r"(?:Can not|Cannot|Can't|Could not) find valid pkg-config name|Specify MYSQLCLIENT_CFLAGS and MYSQLCLIENT_LDFLAGS",
        ),
        decisive(r"No package '(?P<s>[^']+)' found"),
        decisive(
            r"Package '?(?P<s>[\w.+-]+)'?,? (?:required by '[^']*', )?(?:was )?not found(?: in the pkg-config search path)?",
        ),
        decisive(r"Package (?P<s>[\w.+-]+) was not found in the pkg-config"),
        decisive(r#"Dependency "(?P<s>[\w.+-]+)" not found"#),
        decisive(r"Dependency lookup for (?P<s>[\w.+-]+) with method .* failed"),
        decisive(r"ERROR: Dependency '(?P<s>[^']+)'"),
        decisive(r"fatal error: (?P<s>[\w./+-]+\.h(?:pp|h)?): \S"),
        decisive(r"fatal error: '(?P<s>[\w./+-]+\.h(?:pp)?)' file not found"),
        decisive(r"Cannot open include file: '(?P<s>[\w./+-]+\.h)'"),
        decisive(r"Unable to load dependency (?P<s>HDF5)"),
        decisive(r"configure: error: (?P<s>[\w-]+) (?:headers?|library|libraries) (?:not found|is missing)"),
        decisive(r"(?:library |ld: )?cannot find -l(?P<s>[\w+-]+)"),
        decisive(r"The headers or library files could not be found for (?P<s>\w+)"),
        decisive(r"RequiredDependencyException: (?P<s>\w+)"),
        decisive(r"Please make sure the libxml2 and libxslt development packages are installed"),
        decisive(r"Unable to build with libxml2/libxslt|Could not find function xmlCheckVersion in library libxml2"),
        decisive(
            r"(?:Could not find|Could NOT find|Unable to find|Failed to find) (?P<s>(?:GDAL|OpenSSL|PROJ|GEOS|HDF5|BLAS|OpenBLAS|Boost|PostgreSQL|MySQL|Protobuf|SWIG|JPEG|PNG|ZLIB|CURL|TA-Lib))\b",
        ),
        decisive(
            r"(?:Could not find|Could NOT find|Unable to find|Failed to find) (?P<s>(?:ta-lib|librdkafka|libvirt|openssl|OpenCV|Eigen3|LibXml2|X11|Tcl|Tk|SQLite3?))\b",
        ),
        decisive(r"pkgconf?(?:ig)?(?:-config)? (?:is )?(?:not found|missing|is required|could not be found)"),
        decisive(r"pkg-config'?:? (?:command )?not found|Did not find pkg-config"),
        decisive(r"(?P<s>pkg-config) probably not installed"),
        decisive(r"No such file or directory: '(?P<s>pkg-config|pkgconf)'"),
        decisive(r"'pkg-config', (?:'--[\w-]+', )+'(?P<s>[\w.+-]+)"),
        said(
            r"(?P<s>cmake|CMake|ninja|swig|make|autoconf|automake|libtool|bison|flex|nasm|yasm|protoc)(?:'|\x22)?:? (?:command )?(?:not found|is not installed|must be installed|could not be found)",
        ),
        said(r"No such file or directory: '(?P<s>cmake|ninja|swig|make|autoreconf|protoc)'"),
        said(r"Cannot find (?P<s>proj|gdal|geos|ta-lib|TA-Lib)"),
        said(r"A GDAL API version must be specified|proj executable not found"),
        said(r"Library (?P<s>ta-lib|ta_lib) not found"),
        said(r"Cannot find ta-lib library"),
        said(r"Could not find the (?P<s>[\w-]+) (?:headers?|library)"),
        said(r"BLAS: (?:NotFoundError|not found)"),
        said(r"NotFoundError: No (?P<s>BLAS|LAPACK)"),
        said(r"No lapack/blas resources found|Could not find openssl via pkg-config"),
        said(r"Could not find directory of OpenSSL"),
        said(r"(?P<s>[\w-]+)\.pc['\x22]? .*(?:not found|PKG_CONFIG_PATH)"),
        said(r"Perhaps you should add the directory containing [`'](?P<s>[\w.+-]+)\.pc'"),
    ],
    // A header of Python's own that moved in 3.11 is no library's.
    unless: &["sys.path", "longintrepr.h"],
    refine: Some(refine::libraries::of_a_wrapper),
    yields_to: YieldsTo::Rules(&[&WINDOWS_ONLY_REQUIREMENT]),
    is_of_a_package: true,
    fix: Some(fixes::nixpacks::header),
    explained_by: &[over_fixes_by(&check::packages::NO_WHEEL)],
    ..Rule::BLANK
};

pub(crate) static LEGACY_SETUP_PY: Rule = Rule {
    id: "legacy-setup-py",
    phases: &["install"],
    message: "the setup.py of {a package} is too old for today's setuptools or Python",
    about: "The source distribution relies on something that setuptools or Python dropped. Nothing in the project itself is wrong but the pin.",
    help: "take a newer release of {the package}, or a maintained successor; failing that, an older Python",
    example: "error in demo setup command: use_2to3 is invalid.",
    signatures: &[
        decisive(r"error in (?P<s>\S+) setup command: |use_2to3 is invalid"),
        said(r"cannot import name '(?:Feature|convert_path|find_packages2|run_2to3)' from 'setuptools"),
        said(
            r"No module named 'setuptools\.(?:command\.(?:test|bdist_wininst|upload)|_?vendor[\w.]*|extern[\w.]*|package_index)'",
        ),
        said(r"No module named 'pip\.(?:req|download|_internal)"),
        said(r"cannot import name '(?:parse_requirements|PipSession|get_installed_distributions)' from 'pip"),
        said(r"The (?:'|‘)sklearn(?:'|’) PyPI package is deprecated"),
        said(r"SetuptoolsDeprecationWarning: .*(?:Invalid|removed)|Invalid dash-separated (?:key|options)"),
        said(r"InvalidConfigError|setup_requires.*(?:fetch|deprecated)|dash-separated .* will not be supported"),
        said(r"packaging\.(?:version|_structures)\.InvalidVersion|InvalidVersion: Invalid version"),
        said(r"module 'configparser' has no attribute 'SafeConfigParser'"),
        said(r"module 'inspect' has no attribute 'getargspec'|No module named 'ConfigParser'"),
        said(r"module 'collections' has no attribute 'MutableMapping'"),
        said(r"cannot import name 'Mapping' from 'collections'"),
        said(r"module 'platform' has no attribute '(?:linux_distribution|dist)'"),
        hint(r"print ['\x22].*['\x22]\s*$.*Missing parentheses|Missing parentheses in call to 'print'"),
        hint(
            r"AttributeError: install_layout|'NoneType' object has no attribute 'loader'|module 'ast' has no attribute '(?:Str|Num|NameConstant)'",
        ),
        hint(r"python setup\.py (?:egg_info|bdist_wheel) did not run successfully"),
        hint(r"Command errored out with exit status 1: python setup\.py egg_info|error: invalid command 'egg_info\'"),
    ],
    yields_to: YieldsTo::Rules(&[&REMOVED_STDLIB_MODULE]),
    refine: Some(refine::packages::being_built),
    explained_by: &[over_fixes_by(&check::packages::NO_WHEEL)],
    ..Rule::BLANK
};

pub(crate) static SETUPTOOLS_PKG_RESOURCES_MISSING: Rule = Rule {
    id: "setuptools-pkg-resources-missing",
    phases: &["install", "start"],
    message: "{pkg_resources} is gone from this environment",
    about: "pkg_resources came with setuptools, which venvs of Python 3.12 and later no longer bring and whose newest releases no longer carry it.",
    help: "add `setuptools<81` to requirements.txt, or take a newer release of the package that imports {it}",
    example: "ModuleNotFoundError: No module named 'pkg_resources'",
    signatures: &[
        decisive(r"No module named '?(?P<s>pkg_resources)\b"),
        decisive(r"[Ff]ailed to import (?:the )?'?(?P<s>pkg_resources)\b"),
        decisive(
            r"No module named '?(?P<s>setuptools)'?\s*$|Cannot import 'setuptools\.build_meta'|BackendUnavailable: Cannot import 'setuptools",
        ),
    ],
    refine: Some(refine::packages::in_a_build),
    fix: Some(fixes::requirements::setuptools),
    ..Rule::BLANK
};

pub(crate) static BUILD_BACKEND_CONFIG: Rule = Rule {
    id: check::nixpacks::pyproject::BACKEND.id,
    phases: &["install"],
    message: "the project's own build metadata is wrong{}",
    about: check::nixpacks::pyproject::BACKEND.about,
    help: "name the packages in pyproject.toml (or use `--no-root`, `package-mode = false` with Poetry); with Nixpacks prefer a requirements.txt, \
               because only pyproject.toml is there while it installs",
    example: "error: Multiple top-level packages discovered in a flat-layout: ['quay', 'tides', 'charts'].",
    signatures: &[
        decisive(r"Multiple top-level (?:packages|modules) discovered in a flat-layout: (?P<s>\[[^\]]*\])"),
        decisive(r"The current project could not be installed: (?P<s>.+)"),
        decisive(r"No file/folder found for package (?P<s>[\w.-]+)"),
        decisive(r"Unable to determine which files to ship inside the wheel"),
        decisive(
            r"The most likely cause of this is that there is no directory that matches the name of your project \((?P<s>[^)]+)\)",
        ),
        decisive(r"Readme file does not exist: (?P<s>\S+)"),
        decisive(r"Error: (?P<s>README\S*) (?:does not exist|not found)"),
        decisive(r"FileNotFoundError: .*'(?P<s>[^']*README[^']*)'"),
        decisive(r"Cannot find specified readme file|Readme path must be within the project directory"),
        decisive(r"(?:error: )?package directory '(?P<s>[^']+)' does not exist"),
        decisive(r"(?:error|cause): Expected a Python module at: `?(?P<s>[^`]+)`?"),
        decisive(r"(?P<s>\S+) is not a package; (?:ensure|make sure)"),
        decisive(r"No module (?:or package )?named (?P<s>\S+) found"),
        decisive(r"Module(?:/package)? name (?P<s>\S+) not found"),
        decisive(r"No file/folder found"),
        decisive(r"Directory '(?P<s>\.|/app/?)' is not installable\. Neither 'setup\.py' nor"),
        decisive(r"does not appear to contain CMakeLists\.txt|Project (?:file|directory) .* is missing"),
        decisive(r"`?(?P<s>[\w.-]+)`? is not a valid (?:build backend|module)"),
        decisive(r"Cannot import '(?P<s>[\w.]+)'(?:\s|$)"),
        decisive(r"Backend '(?P<s>[^']+)' is not available"),
        decisive(r"BackendUnavailable"),
        said(r"Unknown (?:metadata )?(?:version|field)|does not have a valid (?:version|name)"),
        said(r"Either a version or a file|setuptools_scm.*unable to detect version"),
        said(r"LookupError: setuptools-scm was unable to detect version|error: option .* not recognized"),
        decisive(r"Build script does not exist: (?P<s>\S+)"),
        decisive(r"(?P<s>\S+) does not contain any element$"),
        said(r"hatchling.*(?:ValueError|OSError)|flit.*(?:ConfigError|NoDocstringError|NoVersionError)"),
        said(r"license.*(?:file )?(?P<s>LICENSE\S*) does not exist"),
        said(r"OSError: Readme file does not exist"),
        said(r"error: can't copy '(?P<s>[^']+)'"),
        said(r"error: package directory"),
    ],
    yields_to: YieldsTo::Rules(&[&SETUPTOOLS_PKG_RESOURCES_MISSING, &LEGACY_SETUP_PY, &NO_WHEEL_FOR_PYTHON]),
    refine: Some(refine::packages::without_a_version),
    ..Rule::BLANK
};
