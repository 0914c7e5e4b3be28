//! What the interpreter says: syntax, versions, encodings, exceptions.

use super::compile::LEGACY_SETUP_PY;
use super::requirements::REQUIREMENTS_ENCODING;
use super::rule::{OnRailpack, Rule, YieldsTo, by, decisive, hint, last_resort};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static PYTHON_VERSION_TOO_OLD: Rule = Rule {
    id: "python-version-too-old",
    phases: &["start"],
    message: "this Python is too old for {what the code uses}",
    about: "The code (or a package) uses syntax or a part of the standard library that came with a later Python than the one that runs.",
    help: "choose a newer Python (NIXPACKS_PYTHON_VERSION, runtime.txt or .python-version) for {it}",
    on_railpack: OnRailpack::help(
        "choose a newer Python (RAILPACK_PYTHON_VERSION, .python-version or mise.toml) for {it}",
    ),
    example: "TypeError: unsupported operand type(s) for |: 'type' and 'NoneType'",
    signatures: &[
        decisive(
            r"unsupported operand type\(s\) for \|: '(?:type|ABCMeta|_GenericAlias|types\.GenericAlias|EnumMeta|EnumType|ModelMetaclass|_SpecialForm|_UnionGenericAlias|\w*[Mm]eta\w*|NoneType|builtin_function_or_method)' and",
        ),
        decisive(r"unsupported operand type\(s\) for \|: '\w+' and '(?:type|NoneType)'"),
        // Dicts are joined so since 3.9.
        decisive(r"unsupported operand type\(s\) for \|=?: '(?:dict|defaultdict|OrderedDict)' and 'dict'"),
        decisive(r"'(?:type|ABCMeta|builtin_function_or_method)' object is not subscriptable"),
        decisive(
            r"cannot import name '(?P<s>Self|StrEnum|Literal|TypedDict|Annotated|ParamSpec|TypeAlias|TypeGuard|NotRequired|Required|LiteralString)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
        ),
        decisive(
            r"cannot import name '(?P<s>Never|assert_never|override|UTC|Protocol|Final|final|TaskGroup|batched|runtime_checkable|Concatenate|UnionType)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
        ),
        decisive(
            r"cannot import name '(?P<s>NoneType|cached_property|cache|pairwise|TypeVarTuple|Unpack|TypeIs|ReadOnly|Buffer|EnumCheck|verify|timeout)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
        ),
        decisive(
            r"cannot import name '(?P<s>Runner|KW_ONLY|dataclass_transform|reveal_type|Traversable|files|to_thread|TypeAliasType|get_type_hints)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
        ),
        decisive(
            r"cannot import name '(?P<s>deprecated|StrEnum)' from '(?:typing|enum|datetime|asyncio|itertools|functools|types|dataclasses|importlib\.\w+|collections\.abc|warnings|inspect)'",
        ),
        decisive(
            r"No module named '(?P<s>tomllib|zoneinfo|graphlib|dataclasses|contextvars|importlib\.metadata|importlib\.resources\.abc|asyncio\.taskgroups|asyncio\.timeouts)'",
        ),
        // New in 3.14.
        decisive(
            r"No module named '(?P<s>annotationlib|string\.templatelib|pathlib\.types|concurrent\.interpreters|compression(?:\.\w+)?)'",
        ),
        decisive(
            r"module '(?:asyncio|datetime|typing|enum|itertools|functools|types|math|importlib|dataclasses|contextlib|random|ast|inspect|hashlib|string|collections)' has no attribute '(?P<s>\w+)'",
        ),
        decisive(r"'str' object has no attribute 'remove(?:prefix|suffix)'"),
        decisive(r"dataclass\(\) got an unexpected keyword argument '(?P<s>slots|kw_only|match_args)'"),
        decisive(r"(?:This (?:program|script|app)) requires (?:at least )?Python (?P<s>3\.\d+)"),
        decisive(r"You need Python (?P<s>3\.\d+)"),
        decisive(r"Python (?P<s>3\.\d+) or (?:later|newer|higher|above) is required"),
        decisive(r"zip\(\) takes no keyword arguments|isinstance\(\) arg 2 must be a type.*Union"),
        decisive(r"Fatal Python error: init_fs_encoding"),
    ],
    refine: Some(refine::places::newer_python),
    explained_by: &[by(&check::nixpacks::version::FALLBACK)],
    ..Rule::BLANK
};

pub(crate) static PYTHON_SYNTAX_ERROR: Rule = Rule {
    id: "python-syntax-error",
    phases: &["start"],
    message: "{a file of the project} does not compile",
    about: "Python cannot parse one of the project's files: a stray indent, quote or bracket, a merge marker or an unfinished edit.",
    help: "correct {the file} at the line shown; `python -m compileall .` finds such errors before a deploy",
    example: "SyntaxError: invalid syntax",
    signatures: &[last_resort(r"^\s*\*\*\* (?:Error|Sorry:) .*(?:SyntaxError|IndentationError|TabError)")],
    yields_to: YieldsTo::Rules(&[&PYTHON_VERSION_TOO_OLD, &LEGACY_SETUP_PY]),
    ..Rule::BLANK
};

pub(crate) static ENCODING_LOCALE: Rule = Rule {
    id: "encoding-locale",
    phases: &["start"],
    message: "text is decoded or written with ASCII because no UTF-8 locale is set{}",
    about: "Without LANG or PYTHONUTF8 an older Python (or a C locale) takes ASCII for files and output.",
    help: "set PYTHONUTF8=1, take PYTHONIOENCODING and LC_ALL away where they name another, and give `encoding=\"utf-8\"` to open()",
    on_railpack: OnRailpack::SAME,
    example: "UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 41: ordinal not in range(128)",
    signatures: &[
        decisive(r"'(?:ascii|charmap|latin-1|cp\d+|gbk|euc_jp|shift_jis|cp1252)' codec can't (?:de|en)code"),
        decisive(r"Python 3 was configured to use ASCII as encoding"),
        decisive(r"Click will abort further execution because Python|ordinal not in range\(128\)"),
    ],
    yields_to: YieldsTo::Rules(&[&REQUIREMENTS_ENCODING, &LEGACY_SETUP_PY]),
    fix: Some(fixes::variables::utf8),
    ..Rule::BLANK
};

pub(crate) static LOCALE_MISSING: Rule = Rule {
    id: "locale-missing",
    phases: &["start"],
    message: "the image has no locale {of that name}",
    about: "The app asks for a locale by name, and the image does not have it. C.UTF-8 is in every image of both builders; en_US.UTF-8 is in Railpack's of 2026 alone. A desktop \
            has more of them than an image.",
    help: "use C.UTF-8, or none (Python's own text is UTF-8 without one); other locales come with glibcLocales in nixPkgs (with \"...\" first) and LOCALE_ARCHIVE=/root/.nix-profile/lib/locale/locale-archive",
    on_railpack: OnRailpack::help(
        "use C.UTF-8, or none (Python's own text is UTF-8 without one); other locales come with locales-all in deploy.aptPackages of railpack.json (with \"...\" first)",
    ),
    example: "locale.Error: unsupported locale setting",
    signatures: &[
        decisive(r"locale\.Error: unsupported locale setting|^\s*Error: unsupported locale setting"),
        decisive(
            r"(?:Locale|locale) '?(?P<s>[a-z]{2}_[A-Z]{2}\.[\w-]+)'? (?:is not (?:available|installed|supported)|not found)",
        ),
    ],
    refine: Some(refine::places::locale),
    ..Rule::BLANK
};

pub(crate) static TIME_ZONE_MISSING: Rule = Rule {
    id: check::zones::MISSING.id,
    phases: &["build", "start"],
    message: "nothing that is installed has the time zone {of that name}",
    about: check::zones::MISSING.about,
    help: "add tzdata to requirements.txt; where it is there already, write the zone as the IANA list has it (Area/City)",
    example: "zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key Atlantic/Faroe'",
    signatures: &[decisive(r"ZoneInfoNotFoundError: .*No time zone found with key (?P<s>[^'\x22\s]+)")],
    fix: Some(fixes::requirements::time_zones),
    ..Rule::BLANK
};

pub(crate) static ASYNCIO_EVENT_LOOP: Rule = Rule {
    id: "asyncio-event-loop",
    phases: &["start"],
    message: "an event loop is run inside another, or none is running where one is needed{}",
    about: "asyncio.run() was called while a loop ran, a loop was fetched where none exists (Python 3.10 to 3.14 became strict), or an object belongs to another loop.",
    help: "start one loop with asyncio.run(main()) at the top and await the rest; in frameworks use their start-up hooks",
    example: "RuntimeError: asyncio.run() cannot be called from a running event loop",
    signatures: &[
        hint(r"RuntimeError: Event loop (?:is closed|stopped before Future completed)"),
        decisive(r"asyncio\.run\(\) cannot be called from a running event loop|[Tt]his event loop is already running"),
        decisive(r"There is no current event loop in (?:thread|async)|no running event loop"),
        decisive(r"attached to a different loop|Cannot (?:run|close) (?:the event loop|a running event loop)"),
        decisive(r"Cannot close a running event loop|[Tt]imeout context manager should be used inside a task"),
        decisive(r"It looks like you are using Playwright Sync API inside the asyncio loop"),
        decisive(r"You cannot use AsyncToSync in the same thread as an async event loop|Can't patch loop of type"),
    ],
    ..Rule::BLANK
};

pub(crate) static CODE_ERROR: Rule = Rule {
    id: "code-error",
    phases: &["start"],
    message: "the app raises an exception of its own{}",
    about: "An exception ends the program, and nothing about the deploy explains it. It would do the same on any machine.",
    help: "correct the code at the place shown",
    example: "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    total = 1 / 0\nZeroDivisionError: division by zero",
    signatures: &[],
    yields_to: YieldsTo::BetterAtItsLine,
    ..Rule::BLANK
};
