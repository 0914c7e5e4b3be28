//! What the interpreter says: imports, syntax, versions, encodings.

use crate::diagnose::rule::{Rule, decisive, hint, last_resort, said};

const IMPORTS: &[&str] = &[];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "missing-python-module",
        phases: &["start"],
        message: "no requirement installs {a module}",
        about: "The app (or a package of it) imports a module that is not installed. The name to install may differ from the name to import.",
        cure: "add {the distribution} to requirements.txt",
        example: "ModuleNotFoundError: No module named 'requests'",
        yields_to: &["externally-managed", "pip-not-found"],
        signs: &[
            decisive(
                r#"Form data requires "{1,2}(?P<s>python-multipart)"{1,2} to be installed|(?P<s3>[\w-]+) worker requires "#,
            ),
            // What follows tells why: mostly, but not always, that the module is missing.
            said(r"Error: class uri '(?P<s>[\w.]+)' invalid or not found"),
            hint(
                r"(?i:please (?:run|do|use)?:? ?`?(?:pip3? |python -m pip )install (?:-U |--upgrade )?)(?P<s>[\w.\[\]-]+)`?",
            ),
            decisive(
                r"(?:Error|Exception|Configured): .*(?i:(?:please |try |run |need to |must )(?:run|do|use|install)?:? ?[`'\x22]?(?:pip3? |python -m pip )install (?:-U |--upgrade )?)(?P<s>[\w.\[\]-]+)`?",
            ),
            decisive(
                r"(?:Missing optional dependency|[Mm]issing (?:required )?dependency:?) '?(?P<s>[\w-]+)'?|`(?P<s3>[\w-]+)` (?:must be installed|is not installed|package is required)|(?P<s4>email-validator) is not installed",
            ),
            decisive(
                r"SessionMiddleware.*itsdangerous|jinja2 must be installed to use Jinja2Templates|Error loading (?P<s>psycopg2|MySQLdb|psycopg) (?:or psycopg )?module|Did you install (?P<s2>mysqlclient)|requires the `?(?P<s3>[\w-]+)`? (?:package|library|extra)(?: to be installed)?",
            ),
            decisive(
                r"(?:CommandError|ImproperlyConfigured): .*(?:[Dd]id you (?:forget to )?install|must (?:be installed|install)|[Pp]lease install|Pillow is not installed|(?:is|are) not installed)|Cannot use ImageField because (?P<s>Pillow) is not installed|Neither \S+ nor \S+ (?:is|are) installed|the greenlet library is required to use this function|(?P<s2>PyNaCl) library needed in order to use voice|davey library needed|Couldn't import (?P<s4>Django)\.|Couldn't find a tree builder with the features you requested: (?P<s3>lxml|html5lib)|bs4\.FeatureNotFound",
            ),
            hint(r"No supported WebSocket library detected"),
            decisive(r"'(?P<s>cryptography)' package is required for sha256_password"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "missing-local-module",
        phases: &["start"],
        message: "the project's own module {that is imported} is not found",
        about: "The module belongs to the project, but it is not in the deployed folder or not on Python's path: not committed, another spelling or case, or started in the wrong folder.",
        cure: "commit {the module} (check .gitignore and upper or lower case), and start in the project's root or set PYTHONPATH",
        example: "ModuleNotFoundError: No module named 'harbour.tides.forecast'",
        yields_to: &["wrong-start-module"],
        signs: &[],
        ..Rule::BLANK
    },
    Rule {
        id: "relative-import-error",
        phases: &["start"],
        message: "a relative import is used in a file that runs as a script or above the top package{}",
        about: "`from . import x` works inside a package only. A file that is started directly, or imported as a top-level module, has none.",
        cure: "start it as a module (`python -m package.main`, `package.main:app`), or import absolutely",
        example: "ImportError: attempted relative import with no known parent package",
        signs: &[decisive(
            r"attempted relative import (?:with no known parent package|beyond top-level package|in non-package)|Attempted relative import in non-package|Parent module '[^']*' not loaded, cannot perform relative import|'__main__\.\w+'; '__main__' is not a package|__main__ is not a package",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "circular-import",
        phases: &["start"],
        message: "modules import each other in a circle: {a name} is needed before its module is ready",
        about: "Python was in the middle of one module when another, imported by it, asked for a name of the first.",
        cure: "move {the name} to a module that neither of them imports back, or import it inside the function that uses it",
        example: "ImportError: cannot import name 'berths' from partially initialized module 'harbour.quay' (most likely due to a circular import) (/app/harbour/quay.py)",
        signs: &[decisive(
            r"cannot import name '(?P<s>[^']+)' from partially initialized module|partially initialized module '(?P<s2>[^']+)' has no attribute '[^']+'|most likely due to a circular import|likely due to a circular import|cannot access submodule '(?P<s3>[^']+)' of module",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "import-name-error",
        phases: &["start"],
        message: "{a name} is not in the module it is imported from",
        about: "The module is the project's own, and it does not define the name: renamed, misspelt, or an older file was deployed.",
        cure: "define {the name} there, or correct the import",
        example: "ImportError: cannot import name 'TideTable' from 'harbour.tables' (/app/harbour/tables.py)",
        yields_to: &["circular-import"],
        signs: &[],
        ..Rule::BLANK
    },
    Rule {
        id: "dependency-version-incompatible",
        phases: &["install", "start"],
        message: "the installed version of {a package} does not fit the code that uses it",
        about: "A package was renamed, split or changed in a newer release than the code (or another package) was written for. Nothing pins it, or the pins do not belong together.",
        cure: "pin {the package} to the release that the code was written for, or adapt the code",
        example: "ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/opt/venv/lib/python3.12/site-packages/werkzeug/urls.py)",
        yields_to: &["numpy-abi-mismatch", "circular-import", "tool-version-incompatible"],
        signs: &[
            decisive(
                r"PydanticImportError: `?(?P<s>[^`]+?)`? has been (?:moved|removed)|`(?P<s2>BaseSettings)` has been moved|PydanticUserError: |operator torchvision::nms does not exist|urllib3 v2\.0 only supports OpenSSL|If you use `@root_validator` with pre=False",
            ),
            decisive(
                r"unexpected keyword argument '(?P<s>proxies|proxy)'|AsyncClient\.__init__\(\) got an unexpected keyword|module 'bcrypt' has no attribute '__about__'|Descriptors cannot (?:not )?be created directly|TypeError: Descriptors cannot|module 'lib' has no attribute '(?P<s2>X509_V_FLAG_\w+|OpenSSL_add_all_algorithms)'|(?P<s3>VersionConflict|ContextualVersionConflict): |pkg_resources\.(?:ContextualVersionConflict|VersionConflict|DistributionNotFound)|The '(?P<s4>[^']+)' distribution was not found and is required",
            ),
            decisive(
                r"Updater\.__init__\(\) got an unexpected keyword argument '(?P<s>use_context)'|Updater\.__init__\(\) missing 1 required positional argument: 'update_queue'|Client\.__init__\(\) missing 1 required keyword-only argument: '(?P<s2>intents)'|Passing `parse_mode`.* is not supported|BotBase\.__init__\(\) missing 1 required keyword-only argument|'Updater' object has no attribute '_?\w+' and no __dict__|openai\.lib\._old_api\.APIRemovedInV1|You tried to access openai\.\w+, but this is no longer supported in openai>=1",
            ),
            decisive(
                r"(?P<s>[\w-]+)[<>=!~]=?[\d.]+(?:,[<>=!~]=?[\d.]+)* is required for a normal functioning of this module, but found (?P<s2>\S+)|requires (?P<s3>[\w-]+)[<>=!~]+[\d.]+.* but (?:found|you have|version)|but you have (?P<s4>\S+ [\d.]+) which is incompatible|(?P<s5>urllib3|chardet|charset_normalizer) \(.*\) (?:or .*)?doesn't match a supported version",
            ),
            said(
                r"module '(?P<s>numpy|np)' has no attribute '(?:bool|int|float|object|str|typeDict|float_|NaN|product|unicode_|complex|long)'|`np\.\w+` was removed in the NumPy 2|'(?P<s2>DataFrame|Series)' object has no attribute '(?:append|iteritems|ix)'|module '(?P<s3>PIL|PIL\.Image)' has no attribute 'ANTIALIAS'|'FreeTypeFont' object has no attribute 'getsize'|'Engine' object has no attribute 'execute'|Textual (?:SQL|column) expression .* should be explicitly declared as text|Not an executable object: ",
            ),
            said(
                r"'Flask' object has no attribute '(?P<s>before_first_request|json_encoder)'|module 'flask' has no attribute '(?P<s2>\w+)'|Symbol not found: _|object has no attribute '(?P<s3>_psycopg_dsn|getargspec|formatargspec)'|(?P<s4>jinja2|markupsafe|itsdangerous|werkzeug).*cannot import name|TypeError: AsyncConnectionPool|'(?P<s5>Dispatcher|Bot|Client|Updater)' object has no attribute|Dispatcher\.__init__\(\) takes 1 positional argument but 2 were given|got an unexpected keyword argument '(?P<s6>parse_mode|use_context|allow_pickle|as_tuple|squared|infer_datetime_format|future|pass_context|remove_tools|default_retry)'",
            ),
            said(
                r"metaclass conflict|TypeError: ForwardRef\._evaluate\(\) missing|Unable to evaluate type annotation|non-annotated attribute was detected|`(?P<s>\w+)` is not a valid (?:config|field)|`(?:regex|const|min_items|max_items)` (?:is|was) (?:removed|deprecated)|Please use `(?:pattern|Literal)` instead",
            ),
            said(r"undefined symbol: (?P<s>(?:_Z|_?Py)\w+)"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "numpy-abi-mismatch",
        phases: &["start"],
        message: "a compiled package was built against another NumPy than the installed one{}",
        about: "NumPy 2 changed its binary interface. Wheels built against NumPy 1 do not load with it, nor the other way round.",
        cure: "pin `numpy<2`, or raise the pins of pandas, scipy, scikit-learn, opencv and torch to releases for NumPy 2",
        example: "ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 88 from C header, got 96 from PyObject",
        signs: &[decisive(
            r"(?:numpy\.\w+|numpy) size changed, may indicate binary incompatibility|numpy\.\w+ has the wrong size|A module that was compiled using NumPy 1\b|_ARRAY_API not found|module compiled against (?:ABI|API) version 0x|numpy\.core\.multiarray failed to import|numpy\._core\.(?:multiarray|umath) failed to import|Numpy is not available|this version of (?:pandas|scipy) is incompatible with numpy|IMPORTANT: PLEASE READ THIS FOR ADVICE ON HOW TO SOLVE THIS ISSUE",
        )],
        yields_to: &["missing-shared-library"],
        ..Rule::BLANK
    },
    Rule {
        id: "missing-shared-library",
        phases: &["start"],
        message: "the shared library {that a package loads} is not on the library path",
        about: "A compiled package loads a system library that neither its wheel nor the image brings. A Nix Python sees only what nixLibs puts on LD_LIBRARY_PATH.",
        cure: "add the package with {the library} to nixLibs (with \"...\" first); aptPkgs do not reach a Nix Python",
        example: "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        signs: &[
            decisive(r"(?:^|[\s'\x22(])(?P<s>[\w+./-]+\.so[\w.]*): cannot open shared object file"),
            decisive(r"find_library\(\) did not manage to locate a library called '(?P<s>[\w.+-]+)'"),
            said(
                r"(?i)(?:Import|OS|Runtime)Error\(?:? ?'?(?:unable to|failed to|could not|cannot) (?:find|locate|load) (?:the )?(?P<s>\w+) (?:shared )?library",
            ),
            decisive(
                r"cannot load library '(?P<s>[^']+)'|(?:OSError: )?(?P<s2>PortAudio|sndfile|cairo|libsndfile|zbar|libmagic|enchant|libvips|discid|opus|geos(?:_c)?|gdal) library not found|no library called \x22(?P<s3>[^\x22]+)\x22 was found|failed to find (?P<s4>libmagic)|Unable to find (?P<s5>zbar) shared library|Could not find the (?P<s6>GDAL|GEOS) library|OSError: (?P<s7>sndfile|PortAudio) library not found|(?P<s8>libopus|libsodium|libgobject\S*|libpango\S*) (?:is |was )?(?:not (?:found|loaded|available)|could not be (?:found|loaded))",
            ),
            decisive(
                r"no pq wrapper available|libpq library not found|Unable to find (?P<s>libpq)|(?P<s2>[\w+.-]+\.so[\w.]*) => not found|error while loading shared libraries: (?P<s3>\S+?):|(?P<s4>lib[\w+-]+\.so[\w.]*): version `\S+' not found|DLL load failed while importing (?P<s5>\w+)|(?P<s6>lib[\w+-]+\.dylib).*image not found|Library not loaded: (?P<s7>\S+)|(?P<s8>libcudnn|libcublas|libcudart)\S* .*not found",
            ),
            decisive(
                r"WeasyPrint could not import some external libraries|dlopen\(\) failed to load a library: (?P<s>[\w/. -]+)|undefined symbol: (?P<s2>[A-OQ-Za-z][\w@]*)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "removed-stdlib-module",
        phases: &["install", "start"],
        message: "{a module} is no longer part of this Python's standard library",
        about: "Python 3.12 dropped distutils, imp and asyncore; 3.13 dropped audioop, cgi, imghdr, telnetlib and others. A package still imports one.",
        cure: "take a newer release of the package that imports {it}, add its replacement to the requirements, or choose an older Python",
        example: "ModuleNotFoundError: No module named 'audioop'",
        signs: &[],
        ..Rule::BLANK
    },
    Rule {
        id: "python-version-too-old",
        phases: &["start"],
        message: "this Python is too old for {what the code uses}",
        about: "The code (or a package) uses syntax or a part of the standard library that came with a later Python than the one that runs.",
        cure: "choose a newer Python (NIXPACKS_PYTHON_VERSION, runtime.txt or .python-version) for {it}",
        example: "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
        signs: &[
            decisive(
                r"unsupported operand type\(s\) for \|: '(?:type|ABCMeta|_GenericAlias|types\.GenericAlias|EnumMeta|EnumType|ModelMetaclass|_SpecialForm|_UnionGenericAlias|\w*[Mm]eta\w*|NoneType|builtin_function_or_method)' and|unsupported operand type\(s\) for \|: '\w+' and '(?:type|NoneType)'|'(?:type|ABCMeta|builtin_function_or_method)' object is not subscriptable",
            ),
            decisive(
                r"cannot import name '(?P<s>Self|StrEnum|Literal|TypedDict|Annotated|ParamSpec|TypeAlias|TypeGuard|NotRequired|Required|LiteralString|Never|assert_never|override|UTC|Protocol|Final|final|TaskGroup|batched|runtime_checkable|Concatenate|UnionType|NoneType|cached_property|cache|pairwise|TypeVarTuple|Unpack|TypeIs|ReadOnly|Buffer|EnumCheck|verify|timeout|Runner|KW_ONLY|dataclass_transform|reveal_type|Traversable|files|to_thread|TypeAliasType|get_type_hints|deprecated|StrEnum)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
            ),
            decisive(
                r"No module named '(?P<s>tomllib|zoneinfo|graphlib|dataclasses|contextvars|importlib\.metadata|importlib\.resources\.abc|asyncio\.taskgroups|asyncio\.timeouts)'|module '(?:asyncio|datetime|typing|enum|itertools|functools|types|math|importlib|dataclasses|contextlib|random|ast|inspect|hashlib|string|collections)' has no attribute '(?P<s2>\w+)'",
            ),
            decisive(
                r"'str' object has no attribute 'remove(?:prefix|suffix)'|dataclass\(\) got an unexpected keyword argument '(?P<s>slots|kw_only|match_args)'|(?:This (?:program|script|app)) requires (?:at least )?Python (?P<s2>3\.\d+)|You need Python (?P<s3>3\.\d+)|Python (?P<s4>3\.\d+) or (?:later|newer|higher|above) is required|zip\(\) takes no keyword arguments|isinstance\(\) arg 2 must be a type.*Union|Fatal Python error: init_fs_encoding",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "python-syntax-error",
        phases: &["start"],
        message: "{a file of the project} does not compile",
        about: "Python cannot parse one of the project's files: a stray indent, quote or bracket, a merge marker or an unfinished edit.",
        cure: "correct {the file} at the line shown; `python -m compileall .` finds such errors before a deploy",
        example: "SyntaxError: invalid syntax",
        yields_to: &["python-version-too-old", "legacy-setup-py"],
        signs: &[last_resort(r"^\s*\*\*\* (?:Error|Sorry:) .*(?:SyntaxError|IndentationError|TabError)")],
        ..Rule::BLANK
    },
    Rule {
        id: "encoding-locale",
        phases: &["start"],
        message: "text is decoded or written with ASCII because no UTF-8 locale is set{}",
        about: "Without LANG or PYTHONUTF8 an older Python (or a C locale) takes ASCII for files and output.",
        cure: "set PYTHONUTF8=1 (or LANG=C.UTF-8), and give `encoding=\"utf-8\"` to open()",
        example: "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 41: ordinal not in range(128)",
        signs: &[decisive(
            r"'(?:ascii|charmap|latin-1|cp\d+|gbk|euc_jp|shift_jis|cp1252)' codec can't (?:de|en)code|Python 3 was configured to use ASCII as encoding|unsupported locale setting|Click will abort further execution because Python|locale\.Error|ordinal not in range\(128\)",
        )],
        yields_to: &["requirements-encoding", "legacy-setup-py"],
        ..Rule::BLANK
    },
    Rule {
        id: "asyncio-event-loop",
        phases: &["start"],
        message: "an event loop is run inside another, or none is running where one is needed{}",
        about: "asyncio.run() was called while a loop ran, a loop was fetched where none exists (Python 3.10 to 3.14 became strict), or an object belongs to another loop.",
        cure: "start one loop with asyncio.run(main()) at the top and await the rest; in frameworks use their start-up hooks",
        example: "RuntimeError: asyncio.run() cannot be called from a running event loop",
        signs: &[
            hint(r"RuntimeError: Event loop (?:is closed|stopped before Future completed)"),
            decisive(
                r"asyncio\.run\(\) cannot be called from a running event loop|[Tt]his event loop is already running|There is no current event loop in (?:thread|async)|no running event loop|attached to a different loop|Cannot (?:run|close) (?:the event loop|a running event loop)|Cannot close a running event loop|[Tt]imeout context manager should be used inside a task|It looks like you are using Playwright Sync API inside the asyncio loop|You cannot use AsyncToSync in the same thread as an async event loop|Can't patch loop of type",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "code-error",
        phases: &["start"],
        message: "the app raises an exception of its own{}",
        about: "An exception ends the program, and nothing about the deploy explains it. It would do the same on any machine.",
        cure: "correct the code at the place shown",
        example: "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    total = 1 / 0\nZeroDivisionError: division by zero",
        signs: &[],
        yields_to: IMPORTS,
        ..Rule::BLANK
    },
];
