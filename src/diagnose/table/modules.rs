//! Modules and libraries that do not load.

use super::database::INVALID_DATABASE_URL;
use super::install::{EXTERNALLY_MANAGED, PIP_NOT_FOUND};
use super::managers::TOOL_VERSION_INCOMPATIBLE;
use super::python::TIME_ZONE_MISSING;
use super::rule::{OnRailpack, Rule, YieldsTo, by, decisive, hint, over_fixes_by, over_fixes_of_its_subject, said};
use super::server::{APP_FACTORY_NOT_CALLED, WORKER_CLASS_UNKNOWN, WSGI_ASGI_MISMATCH};
use super::start::{START_MAKES_ENVIRONMENT, WRONG_START_MODULE};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static MISSING_PYTHON_MODULE: Rule = Rule {
    id: "missing-python-module",
    phases: &["start"],
    message: "no requirement installs {a module}",
    about: "The app (or a package of it) imports a module that is not installed. The name to install may differ from the name to import.",
    help: "add {the distribution} to requirements.txt",
    example: "ModuleNotFoundError: No module named 'requests'",
    signatures: &[
        decisive(r#"Form data requires "{1,2}(?P<s>python-multipart)"{1,2} to be installed"#),
        decisive(r"(?P<s>[\w-]+) worker requires "),
        said(r"Error: class uri '(?P<s>[\w.]+)' invalid or not found"),
        hint(
            r"(?i:please (?:run|do|use)?:? ?`?(?:pip3? |python -m pip )install (?:-U |--upgrade )?)(?P<s>[\w.\[\]-]+)`?",
        ),
        decisive(
            r"(?:Error|Exception|Configured): .*(?i:(?:please |try |run |need to |must )(?:run|do|use|install)?:? ?[`'\x22]?(?:pip3? |python -m pip )install (?:-U |--upgrade )?)(?P<s>[\w.\[\]-]+)`?",
        ),
        decisive(r#"(?:Error|Exception): .*(?i:please install) ["'`](?P<s>[\w.-]+(?:\[[\w.,-]+\])?)["'`]"#),
        hint(r#"you must install PTB via `pip install "?(?P<s>python-telegram-bot\[[\w,-]+\])"#),
        decisive(r"requires that the Python '(?P<s>[\w-]+)' library is installed"),
        decisive(r"(?:Missing optional dependency|[Mm]issing (?:required )?dependency:?) '?(?P<s>[\w-]+)'?"),
        decisive(r"`(?P<s>[\w-]+)` (?:must be installed|is not installed|package is required)"),
        decisive(r"(?P<s>email-validator) is not installed"),
        // `litestar run` of litestar 2.
        decisive(r"^\s*(?P<s>uvicorn) is not installed\. Please install"),
        decisive(r"SessionMiddleware.*(itsdangerous)|(jinja2) must be installed to use Jinja2Templates"),
        decisive(r#"The "(?P<s>dnspython)" module must be installed to use mongodb\+srv"#),
        decisive(r"^Error: No such command ['\x22](?P<s>db)['\x22]"),
        decisive(r"Error loading (?P<s>psycopg2|MySQLdb|psycopg) (?:or psycopg )?module"),
        decisive(r"Did you install (?P<s>mysqlclient)"),
        decisive(r"requires the `?(?P<s>[\w-]+)`? (?:package|library|extra)(?: to be installed)?"),
        decisive(
            r"(?:CommandError|ImproperlyConfigured): .*(?:[Dd]id you (?:forget to )?install|must (?:be installed|install)|[Pp]lease install|Pillow is not installed|(?:is|are) not installed)",
        ),
        decisive(r"Cannot use ImageField because (?P<s>Pillow) is not installed"),
        decisive(r"requires that the Python '(?P<s>[\w-]+)' library is installed"),
        decisive(r"Neither \S+ nor \S+ (?:is|are) installed|the greenlet library is required to use this function"),
        decisive(r"requires that the Python '(?P<s>greenlet)' library is installed"),
        decisive(r"(?P<s>PyNaCl) library needed in order to use voice"),
        decisive(r"davey library needed"),
        decisive(r"Couldn't import (?P<s>Django)\."),
        decisive(r"Couldn't find a tree builder with the features you requested: (?P<s>lxml|html5lib)"),
        decisive(r"bs4\.FeatureNotFound"),
        hint(r"No supported WebSocket library detected\..*'(?P<s>uvicorn\[standard\])'"),
        hint(r"No supported WebSocket library detected"),
        decisive(r"'(?P<s>cryptography)' package is required for sha256_password"),
    ],
    yields_to: YieldsTo::Rules(&[
        &EXTERNALLY_MANAGED,
        &PIP_NOT_FOUND,
        &START_MAKES_ENVIRONMENT,
        &TIME_ZONE_MISSING,
        &WORKER_CLASS_UNKNOWN,
    ]),
    refine: Some(refine::packages::of_a_program),
    fix: Some(fixes::requirements::missing_module),
    explained_by: &[
        over_fixes_by(&check::nixpacks::install::NOTHING_INSTALLED),
        over_fixes_by(&check::pyproject::INVALID),
        over_fixes_by(&check::misspelt::LIST),
        over_fixes_by(&check::wrapper::WRAPPER),
        over_fixes_by(&check::workspace::OUTSIDE),
        over_fixes_by(&check::members::NOT_INSTALLED),
        over_fixes_by(&check::spelling::MODULE),
        over_fixes_of_its_subject(&check::nixpacks::pyproject::BACKEND),
        by(&check::unprovided::MISSING),
        over_fixes_by(&check::railpack::NOTHING),
        over_fixes_by(&check::railpack::NO_VENV),
        over_fixes_by(&check::railpack::MAIN_APP),
    ],
    ..Rule::BLANK
};

pub(crate) static MISSING_LOCAL_MODULE: Rule = Rule {
    id: check::spelling::MODULE.id,
    phases: &["start"],
    message: "the project's own module {that is imported} is not found",
    about: check::spelling::MODULE.about,
    help: "commit {the module} (check .gitignore and upper or lower case), and start in the project's root or set PYTHONPATH",
    example: "ModuleNotFoundError: No module named 'harbour.tides.forecast'",
    signatures: &[],
    yields_to: YieldsTo::Rules(&[&WRONG_START_MODULE]),
    explained_by: &[
        over_fixes_of_its_subject(&check::spelling::MODULE),
        over_fixes_of_its_subject(&check::nixpacks::pyproject::BACKEND),
        over_fixes_by(&check::railpack::MAIN_APP),
        over_fixes_by(&check::repository::LINK),
    ],
    ..Rule::BLANK
};

pub(crate) static RELATIVE_IMPORT_ERROR: Rule = Rule {
    id: check::relative::RELATIVE.id,
    phases: &["start"],
    message: "a relative import is used in a file that runs as a script or above the top package{}",
    about: check::relative::RELATIVE.about,
    help: "start it as a module (`python -m package.main`, `package.main:app`), or import absolutely",
    example: "ImportError: attempted relative import with no known parent package",
    signatures: &[
        decisive(r"attempted relative import (?:with no known parent package|beyond top-level package|in non-package)"),
        decisive(r"Attempted relative import in non-package"),
        decisive(r"Parent module '[^']*' not loaded, cannot perform relative import"),
        decisive(r"'__main__\.\w+'; '__main__' is not a package|__main__ is not a package"),
    ],
    refine: Some(refine::places::own_line),
    ..Rule::BLANK
};

pub(crate) static CIRCULAR_IMPORT: Rule = Rule {
    id: "circular-import",
    phases: &["start"],
    message: "modules import each other in a circle: {a name} is needed before its module is ready",
    about: "Python was in the middle of one module when another, imported by it, asked for a name of the first.",
    help: "move {the name} to a module that neither of them imports back, or import it inside the function that uses it",
    example: "ImportError: cannot import name 'berths' from partially initialized module 'harbour.quay' (most likely due to a circular import) (/app/harbour/quay.py)",
    signatures: &[
        decisive(r"cannot import name '(?P<s>[^']+)' from partially initialized module"),
        decisive(r"partially initialized module '(?P<s>[^']+)' has no attribute '[^']+'"),
        decisive(r"most likely due to a circular import|likely due to a circular import"),
        decisive(r"cannot access submodule '(?P<s>[^']+)' of module"),
    ],
    ..Rule::BLANK
};

pub(crate) static MODULE_SHADOWED: Rule = Rule {
    id: check::shadowed::SHADOWED.id,
    phases: &["start"],
    message: "{a file of the project} takes the place of the module of the same name",
    about: check::shadowed::SHADOWED.about,
    help: "rename {the file} and what imports it: Python looks in the folder of the start before it comes to the standard library and the packages",
    example: "AttributeError: module 'random' has no attribute 'choice' (consider renaming '/app/random.py' since it has the same name as the standard library module named 'random' and prevents importing that standard library module)",
    signatures: &[decisive(r"\(consider renaming '(?P<s>[^']+)'")],
    ..Rule::BLANK
};

pub(crate) static IMPORT_NAME_ERROR: Rule = Rule {
    id: "import-name-error",
    phases: &["start"],
    message: "{a name} is not in the module it is imported from",
    about: "The module is the project's own, and it does not define the name: renamed, misspelt, or an older file was deployed.",
    help: "define {the name} there, or correct the import",
    example: "ImportError: cannot import name 'TideTable' from 'harbour.tables' (/app/harbour/tables.py)",
    signatures: &[],
    yields_to: YieldsTo::Rules(&[&CIRCULAR_IMPORT]),
    ..Rule::BLANK
};

pub(crate) static DEPENDENCY_VERSION_INCOMPATIBLE: Rule = Rule {
    id: check::fits::FIT.id,
    phases: &["install", "start"],
    message: "the installed version of {a package} does not fit the code that uses it",
    about: check::fits::FIT.about,
    help: "pin {the package} to the release that the code was written for, or adapt the code",
    example: "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/opt/venv/lib/python3.12/site-packages/werkzeug/urls.py)",
    signatures: &[
        decisive(r"PydanticImportError: `?(?P<s>[^`]+?)`? has been (?:moved|removed)"),
        decisive(r"`(?P<s>BaseSettings)` has been moved"),
        decisive(r"PydanticUserError: |operator torchvision::nms does not exist|urllib3 v2\.0 only supports OpenSSL"),
        decisive(r"If you use `@root_validator` with pre=False"),
        decisive(r"unexpected keyword argument '(?P<s>proxies|proxy)'"),
        decisive(
            r"`(?P<s>httpx)\.\w+` is from the `httpx` package, but this SDK uses|Expected an instance of `httpx2\.\w+` but got <class 'httpx\.",
        ),
        decisive(r"'(?:FastAPI|Starlette)' object has no attribute '(?:add_event_handler|on_event)'"),
        decisive(r"Starlette\.__init__\(\) got an unexpected keyword argument 'on_(?:startup|shutdown)'"),
        decisive(r"(?:ResponseError: |^)unknown command ['`]HELLO['`]"),
        decisive(r"AsyncClient\.__init__\(\) got an unexpected keyword|module 'bcrypt' has no attribute '__about__'"),
        decisive(r"unsupported version of (?P<s>sqlite3)"),
        decisive(r"ImproperlyConfigured: (?P<s>SQLite) [\d.]+ or later is required"),
        decisive(r"ImproperlyConfigured: (?P<s>mysqlclient) [\d.]+ or newer is required; you have"),
        decisive(r"password cannot be longer than 72 bytes|duplicate base class TimeoutError"),
        decisive(r"Descriptors cannot (?:not )?be created directly|TypeError: Descriptors cannot"),
        decisive(r"module 'lib' has no attribute '(?P<s>X509_V_FLAG_\w+|OpenSSL_add_all_algorithms)'"),
        decisive(r"(?P<s>VersionConflict|ContextualVersionConflict): "),
        decisive(r"pkg_resources\.(?:ContextualVersionConflict|VersionConflict|DistributionNotFound)"),
        decisive(r"The '(?P<s>[^']+)' distribution was not found and is required"),
        decisive(r"Updater\.__init__\(\) got an unexpected keyword argument 'use_context'"),
        decisive(
            r"con(?:str|list|int|float|decimal|bytes)\(\) got an unexpected keyword argument '(?:regex|min_items|max_items|unique_items)'",
        ),
        decisive(r"Updater\.__init__\(\) missing 1 required positional argument: 'update_queue'"),
        decisive(r"Client\.__init__\(\) missing 1 required keyword-only argument: '(?P<s>intents)'"),
        decisive(r"Passing `parse_mode`.* is not supported"),
        decisive(r"BotBase\.__init__\(\) missing 1 required keyword-only argument"),
        decisive(r"'Updater' object has no attribute '_?\w+' and no __dict__|openai\.lib\._old_api\.APIRemovedInV1"),
        decisive(r"You tried to access openai\.\w+, but this is no longer supported in openai>=1"),
        decisive(
            r"(?P<s>[\w-]+)[<>=!~]=?[\d.]+(?:,[<>=!~]=?[\d.]+)* is required for a normal functioning of this module, but found \S+",
        ),
        decisive(r"requires (?P<s>[\w-]+)[<>=!~]+[\d.]+.* but (?:found|you have|version)"),
        decisive(r"but you have (?P<s>\S+ [\d.]+) which is incompatible"),
        decisive(r"(?P<s>urllib3|chardet|charset_normalizer) \(.*\) (?:or .*)?doesn't match a supported version"),
        said(
            r"module '(?P<s>numpy|np)' has no attribute '(?:bool|int|float|object|str|typeDict|float_|NaN|product|unicode_|complex|long)'",
        ),
        said(r"`np\.\w+` was removed in the NumPy 2"),
        said(r"'(?P<s>DataFrame|Series)' object has no attribute '(?:append|iteritems|ix)'"),
        said(r"module '(?P<s>PIL|PIL\.Image)' has no attribute 'ANTIALIAS'"),
        said(r"'FreeTypeFont' object has no attribute 'getsize'|'Engine' object has no attribute 'execute'"),
        said(r"Textual (?:SQL|column) expression .* should be explicitly declared as text"),
        said(r"Not an executable object: "),
        said(r"'Flask' object has no attribute '(?P<s>before_first_request|json_encoder)'"),
        said(r"module 'flask' has no attribute '(?P<s>\w+)'"),
        said(r"Symbol not found: _"),
        said(r"object has no attribute '(?P<s>_psycopg_dsn|getargspec|formatargspec)'"),
        said(r"(?P<s>jinja2|markupsafe|itsdangerous|werkzeug).*cannot import name"),
        said(r"TypeError: AsyncConnectionPool"),
        said(r"'(?P<s>Dispatcher|Bot|Client|Updater)' object has no attribute"),
        said(r"Dispatcher\.__init__\(\) takes 1 positional argument but 2 were given"),
        said(
            r"got an unexpected keyword argument '(?P<s>parse_mode|use_context|allow_pickle|as_tuple|squared|infer_datetime_format|future|pass_context|remove_tools|default_retry)'",
        ),
        said(r"metaclass conflict|TypeError: ForwardRef\._evaluate\(\) missing|Unable to evaluate type annotation"),
        said(r"non-annotated attribute was detected"),
        said(r"`(?P<s>\w+)` is not a valid (?:config|field)"),
        said(r"`(?:regex|const|min_items|max_items)` (?:is|was) (?:removed|deprecated)"),
        said(r"Please use `(?:pattern|Literal)` instead"),
        said(r"undefined symbol: (?P<s>(?:_Z|_?Py)\w+)"),
    ],
    refine: Some(refine::packages::that_calls),
    unless: &[
        "UserWarning",
        "DeprecationWarning",
        "FutureWarning",
        "(trapped) error reading bcrypt version",
        "module 'setuptools",
        "module 'distutils",
        "module 'pkgutil",
    ],
    yields_to: YieldsTo::Rules(&[
        &NUMPY_ABI_MISMATCH,
        &CIRCULAR_IMPORT,
        &TOOL_VERSION_INCOMPATIBLE,
        &INVALID_DATABASE_URL,
        &WSGI_ASGI_MISMATCH,
        &APP_FACTORY_NOT_CALLED,
        &REMOVED_STDLIB_MODULE,
    ]),
    fix: Some(fixes::requirements::held),
    explained_by: &[over_fixes_of_its_subject(&check::wrong_package::MISNAMED)],
    ..Rule::BLANK
};

pub(crate) static CLIENT_NOT_GENERATED: Rule = Rule {
    id: "client-not-generated",
    phases: &["build", "start"],
    message: "nothing generates Prisma's client, which the app imports",
    about: "Prisma's client for Python is code that `prisma generate` writes into the environment from schema.prisma. What was generated on the own machine is not deployed.",
    help: "run `prisma generate` as a command of the phase build",
    on_railpack: OnRailpack::help("run `prisma generate` as a command of a build step in railpack.json"),
    example: "RuntimeError: The Client hasn't been generated yet, you must run `prisma generate` before you can use the client.",
    signatures: &[decisive(r"The Client hasn't been generated yet, you must run `prisma generate`")],
    fix: Some(fixes::nixpacks::generated_client),
    ..Rule::BLANK
};

pub(crate) static NUMPY_ABI_MISMATCH: Rule = Rule {
    id: "numpy-abi-mismatch",
    phases: &["start"],
    message: "a compiled package was built against another NumPy than the installed one{}",
    about: "NumPy 2 changed its binary interface. Wheels built against NumPy 1 do not load with it, nor the other way round.",
    help: "pin `numpy<2` (which has wheels up to Python 3.12), or raise the pins of pandas, scipy, scikit-learn, opencv and torch to releases for NumPy 2",
    example: "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 88 from C header, got 96 from PyObject",
    signatures: &[
        decisive(
            r"(?:numpy\.\w+|numpy) size changed, may indicate binary incompatibility|numpy\.\w+ has the wrong size",
        ),
        decisive(r"A module that was compiled using NumPy 1\b|_ARRAY_API not found"),
        decisive(r"module compiled against (?:ABI|API) version 0x|numpy\.core\.multiarray failed to import"),
        decisive(r"numpy\._core\.(?:multiarray|umath) failed to import|Numpy is not available"),
        decisive(r"this version of (?:pandas|scipy) is incompatible with numpy"),
        decisive(r"IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE"),
    ],
    yields_to: YieldsTo::Rules(&[&MISSING_SHARED_LIBRARY]),
    fix: Some(fixes::requirements::old_numpy),
    ..Rule::BLANK
};

pub(crate) static MISSING_SHARED_LIBRARY: Rule = Rule {
    id: check::system_needs::LIBRARY.id,
    phases: &["start"],
    message: "the shared library {that a package loads} is not on the library path",
    about: check::system_needs::LIBRARY.about,
    help: "add the package with {the library} to nixLibs (with \"...\" first); aptPkgs do not reach a Nix Python",
    on_railpack: OnRailpack::help(
        "name the Debian package with {the library} in deploy.aptPackages of railpack.json (with \"...\" first), or in RAILPACK_DEPLOY_APT_PACKAGES",
    )
    .and_fix(fixes::railpack::shared_library),
    example: "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
    signatures: &[
        decisive(r"(?:^|[\s'\x22(])(?P<s>[\w+./-]+\.so[\w.]*): cannot open shared object file"),
        decisive(r"find_library\(\) did not manage to locate a library called '(?P<s>[\w.+-]+)'"),
        said(
            r"(?i)(?:Import|OS|Runtime)Error\(?:? ?'?(?:unable to|failed to|could not|cannot) (?:find|locate|load) (?:the )?(?P<s>\w+) (?:shared )?library",
        ),
        decisive(r"cannot load library '(?P<s>[^']+)'"),
        decisive(
            r"(?:OSError: )?(?P<s>PortAudio|sndfile|cairo|libsndfile|zbar|libmagic|enchant|libvips|discid|opus|geos(?:_c)?|gdal) library not found",
        ),
        decisive(r"no library called \x22(?P<s>[^\x22]+)\x22 was found"),
        decisive(r"failed to find (?P<s>libmagic)"),
        decisive(r"discord\.(?P<s>opus)\.OpusNotLoaded"),
        decisive(r"\[Driver Manager\]Can't open lib '(?P<s>[^']+)' : file not found"),
        decisive(r"Unable to find (?P<s>zbar) shared library"),
        decisive(r"Could not find the (?P<s>GDAL|GEOS) library"),
        decisive(r"OSError: (?P<s>sndfile|PortAudio) library not found"),
        decisive(
            r"(?P<s>libopus|libsodium|libgobject\S*|libpango\S*) (?:is |was )?(?:not (?:found|loaded|available)|could not be (?:found|loaded))",
        ),
        decisive(r"no pq wrapper available|libpq library not found"),
        decisive(r"Unable to find (?P<s>libpq)"),
        decisive(r"(?P<s>[\w+.-]+\.so[\w.]*) => not found"),
        decisive(r"error while loading shared libraries: (?P<s>\S+?):"),
        decisive(r"(?P<s>lib[\w+-]+\.so[\w.]*): version `\S+' not found"),
        decisive(r"DLL load failed while importing (?P<s>\w+)"),
        decisive(r"(?P<s>lib[\w+-]+\.dylib).*image not found"),
        decisive(r"Library not loaded: (?P<s>\S+)"),
        decisive(r"(?P<s>libcudnn|libcublas|libcudart)\S* .*not found"),
        decisive(r"WeasyPrint could not import some external libraries"),
        decisive(r"dlopen\(\) failed to load a library: (?P<s>[\w/. -]+)"),
        decisive(r"undefined symbol: (?P<s>[A-OQ-Za-z][\w@]*)"),
    ],
    unless: &["libtk", "libtcl"],
    is_of_a_package: true,
    refine: Some(refine::libraries::refused),
    fix: Some(fixes::nixpacks::shared_library),
    explained_by: &[
        over_fixes_of_its_subject(&check::nixpacks::setup::LIBS_DROPPED),
        by(&check::nixpacks::setup::LIBS_DROPPED),
        over_fixes_of_its_subject(&check::railpack::APT_REPLACED),
    ],
    ..Rule::BLANK
};

pub(crate) static REMOVED_STDLIB_MODULE: Rule = Rule {
    id: check::imports::REMOVED.id,
    phases: &["install", "start"],
    message: "{a module} is no longer part of this Python's standard library",
    about: check::imports::REMOVED.about,
    help: "take a newer release of the package that imports {it}, add its replacement to the requirements, or choose an older Python",
    example: "ModuleNotFoundError: No module named 'audioop'",
    signatures: &[],
    fix: Some(fixes::requirements::stdlib_replacement),
    ..Rule::BLANK
};

pub(crate) static TEMPLATE_RESPONSE_OLD_FORM: Rule = Rule {
    id: check::templates::OLD_FORM.id,
    phases: &["start"],
    message: "the page is rendered by the name first and the request in the dict, which Starlette takes no more from 1.0 on",
    about: check::templates::OLD_FORM.about,
    help: "give the request first: TemplateResponse(request, \"index.html\", context); or pin `fastapi<0.133`, or `starlette<1`",
    example: "TypeError: Jinja2Templates.TemplateResponse() missing 1 required positional argument: 'request'",
    signatures: &[
        decisive(r"TypeError: (?:unhashable type: 'dict'|cannot use '\w+' as a dict key)"),
        decisive(r"TemplateResponse\(\) missing 1 required positional argument: 'request'"),
    ],
    refine: Some(refine::packages::of_a_page),
    ..Rule::BLANK
};
