//! The variables that code wants set, in the ways of the libraries that people read them with.

use super::{Files, folder};
use crate::builder::Planned;
use crate::builder::{DeployOptions, nixpacks};
use crate::check::Facts;
use crate::project::Project;

#[track_caller]
fn wants(names: &[&str], files: Files<'_>) {
    let dir = folder(&[&[("requirements.txt", "")], files].concat());
    let project = Project::open(dir.path()).unwrap();
    let options = DeployOptions::default();
    let planned = Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default()));
    let mut found: Vec<String> =
        Facts::new(&project, &options, &planned).unset_variables().into_iter().map(|read| read.name).collect();
    found.sort();
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[track_caller]
fn main_wants(names: &[&str], code: &str) {
    wants(names, &[("main.py", code)]);
}

#[test]
fn plain_reads_that_end_in_an_error_without_the_variable() {
    main_wants(&["A", "B", "C"], "import os\na = os.environ['A']\nb, c = os.environ[\"B\"], os.environ.pop('C')\n");
    main_wants(&["D"], "import os\nd = os.environ.get('D')\nprint(d.split(','))\n");
    main_wants(&["E"], "import os\ne = os.getenv('E')\nn = int(e)\n");
    main_wants(&["F"], "import os as system\nf = system.environ['F']\n");
    main_wants(&["G", "H"], "import os\nassert os.getenv('G'), 'no'\nurl = os.environ.get('H') + '/x'\n");
    main_wants(&["I"], "import os\nprint(f\"{os.environ['I']}\")\n");
}

#[test]
fn a_character_of_several_bytes_before_a_call_is_none_of_its_name() {
    main_wants(&["A"], "import os\napp = \u{85}Flask(__name__)\na = os.environ['A']\n");
}

#[test]
fn reads_that_do_without_it() {
    main_wants(&[], "import os\na = os.environ.get('A', 'x')\nb = os.getenv('B') or 'y'\nc = os.getenv('C')\n");
    main_wants(&[], "import os\nd = os.environ.get('D')\nif d:\n    print(d.lower())\n");
    main_wants(&[], "import os\ntry:\n    e = os.environ['E']\nexcept KeyError:\n    e = 1\n");
    main_wants(&[], "import os\nif 'F' in os.environ:\n    f = os.environ['F']\n");
    main_wants(&[], "import os\nos.environ['G'] = '1'\ng = os.environ['G']\n");
}

#[test]
fn a_condition_that_ends_the_program_demands_its_variable() {
    for condition in [
        "not os.getenv('A')",
        "not os.environ.get('A', '')",
        "'A' not in os.environ",
        "not 'A' in os.environ.keys()",
        "os.environ.get('A') is None",
        "os.getenv('A') in (None, '')",
        "(a := os.environ.get('A')) is None",
        "not (a := os.environ.get('A'))",
    ] {
        for end in ["raise RuntimeError('A')", "print('set A')\n    sys.exit(1)"] {
            main_wants(&["A"], &format!("import os, sys\nif {condition}:\n    {end}\n"));
        }
        main_wants(&[], &format!("import os, sys\nif {condition}:\n    print('no A')\n"));
        main_wants(&[], &format!("import os, sys\nif {condition} and DEBUG:\n    raise RuntimeError('A')\n"));
    }
    let both = |condition: &str| main_wants(&["A", "B"], &format!("import os\nif {condition}:\n    exit(1)\n"));
    both("not os.getenv('A') or 'B' not in os.environ");
    both("not (os.getenv('A') and os.getenv('B'))");
    both("not all([os.environ.get('A'), os.environ.get('B')])");
    main_wants(&[], "import os\nif not (os.getenv('A') or os.getenv('B')):\n    exit(1)\n");
    main_wants(&["A"], "import os\nassert os.getenv('A') is not None, 'no, or so'\n");
    main_wants(&["A", "B"], "import os\nassert 'A' in os.environ and os.environ.get('B')\n");
    main_wants(&[], "import os\nassert os.getenv('A') or os.getenv('B')\nassert 'x' in names\n");
}

#[test]
fn a_handler_that_ends_the_program_is_no_default() {
    let code =
        |handler: &str| format!("import os, sys\ntry:\n    a = os.environ['A']\nexcept KeyError as e:\n{handler}");
    main_wants(&["A"], &code("    raise SystemExit('set A') from e\n"));
    main_wants(&["A"], &code("    print('set A')\n    sys.exit(1)\n"));
    main_wants(&[], &code("    print('no A')\n    a = 'b'\n"));
    main_wants(&[], &code("    if STRICT:\n        raise\n    a = 'b'\n"));
}

#[test]
fn a_function_may_have_a_default_that_only_some_calls_give() {
    let code = "import os\ndef read(name, default=None):\n    value = os.getenv(name, default)\n    if value is None:\n        raise RuntimeError(name)\n    return value\na = read('A')\nb = read('B', 'c')\nd = read('D', default='e')\n";
    main_wants(&["A"], code);
    main_wants(&[], &code.replace("        raise RuntimeError(name)\n", "        print(name)\n"));
    main_wants(&["A"], "import os, sys\na = os.getenv('A') or sys.exit('set A')\nb = os.getenv('B') or exits\n");
}

#[test]
fn the_environment_by_another_name() {
    main_wants(&["A"], "import os\nenv = os.environ.copy()\na = env['A']\n");
    main_wants(
        &["A", "B"],
        "from os import environ as env\na = env['A']\nb = env.get('B').lower()\nc = env.get('C')\n",
    );
    main_wants(&["A", "B"], "import os\nenv = os.environ\na = env['A']\nif 'B' not in env:\n    raise SystemExit\n");
    main_wants(&["A"], "import os\nread = os.environ.get\na = int(read('A'))\nb = read('B')\n");
    main_wants(&["A"], "from os import getenv as read\na = int(read('A'))\nread_a('B').c\n");
    main_wants(&[], "from os import environ as env\nenv['A'] = '1'\na = env['A']\nb = my_env['B'], x.env['C']\n");
    main_wants(&["A"], "import environ as e\nenv = e.Env()\na = env('A')\n");
    let dir = folder(&[("requirements.txt", ""), ("main.py", "from os import environ as env\na = env['A']\n")]);
    let project = Project::open(dir.path()).unwrap();
    let options = DeployOptions::default();
    let planned = Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default()));
    // It is shown as it is written.
    assert_eq!(Facts::new(&project, &options, &planned).unset_variables()[0].text, "a = env['A']");
}

#[test]
fn names_and_values_in_pairs_and_every_argument_of_some_calls() {
    main_wants(
        &["A", "B"],
        "import os\na, b = os.getenv('A'), os.getenv('B')\nif not (a and b):\n    raise ValueError\n",
    );
    main_wants(&["B"], "import os\na, b = os.getenv('A'), os.getenv('B')\nprint(a, b.lower())\n");
    main_wants(&["A", "B"], "import os\ndb = create_client(os.environ.get('A'), os.environ.get('B'))\n");
    main_wants(&["A"], "import os\np = os.path.join('data', os.getenv('A'))\n");
    main_wants(&[], "import os\nprint('a', os.getenv('A'))\na = (os.getenv('B'), os.getenv('C'))\n");
}

#[test]
fn thousands_of_reads_are_looked_at_in_a_moment() {
    let reads: String = (0..8000).map(|at| format!("v{at} = os.getenv('V{at}')\n")).collect();
    let uses: String = (0..8000).map(|at| format!("int(v{at})\n")).collect();
    let dir = folder(&[("requirements.txt", ""), ("main.py", &format!("import os\n{reads}{uses}"))]);
    let project = Project::open(dir.path()).unwrap();
    let planned =
        Planned::Nixpacks(nixpacks::derive(&project, &DeployOptions::default(), &nixpacks::Options::default()));
    let started = std::time::Instant::now();
    assert_eq!(Facts::new(&project, &DeployOptions::default(), &planned).unset_variables().len(), 8000);
    // Compared one by one it takes minutes.
    assert!(started.elapsed() < std::time::Duration::from_secs(30));
}

#[test]
fn names_that_are_gone_through_in_a_list() {
    main_wants(&["ONE", "TWO"], "import os\nfor name in ('ONE', 'TWO'):\n    os.environ[name]\n");
    let checked = "import os\nREQUIRED = ['ONE', 'TWO']\nmissing = [n for n in REQUIRED if not os.getenv(n)]\nif missing:\n    raise SystemExit(missing)\n";
    main_wants(&["ONE", "TWO"], checked);
    main_wants(&["ONE"], "import os\nfor n in ['ONE']:\n    if n not in os.environ:\n        raise RuntimeError(n)\n");
    main_wants(&[], "import os\nfor n in ['ONE']:\n    print(os.getenv(n))\n");
    for check in [
        "missing = [n for n in NAMES if not os.getenv(n)]\nassert not missing, missing\n",
        "if any(n not in os.environ for n in NAMES):\n    raise RuntimeError\n",
        "if not all(os.environ.get(n) for n in NAMES):\n    raise RuntimeError\n",
        "assert all(n in os.environ for n in NAMES)\n",
    ] {
        main_wants(&["ONE", "TWO"], &format!("import os\nNAMES = ['ONE', 'TWO']\n{check}"));
    }
    main_wants(&[], "import os\nif any(n not in os.environ for n in ['ONE']):\n    print('no')\n");
}

#[test]
fn decouple_by_whatever_name() {
    let code = "from decouple import (config as cfg, Csv)\nimport decouple\nA = cfg('A')\nB = cfg('B', default=1)\nC = cfg(\n    'C',\n    cast=Csv(),\n)\nD = decouple.config('D')\nE = cfg('E', 'x')\n";
    main_wants(&["A", "C", "D"], code);
    main_wants(&["A"], "from decouple import AutoConfig\nread = AutoConfig('.')\nA = read('A')\n");
}

#[test]
fn environs_with_prefixes_and_its_own_object() {
    let code = "from environs import Env\nenv = Env()\nenv.read_env()\nA = env('A')\nB = env.int('B', 3)\nwith env.prefixed('MY_'):\n    h = env('HOST')\n    with env.prefixed('IN_'):\n        d = env.str('DEEP')\n@env.parser_for('x')\ndef parse(value):\n    return value\n";
    main_wants(&["A", "MY_HOST", "MY_IN_DEEP"], code);
    main_wants(&["A"], "from environs import env\nA = env.bool('A')\nB = env.bool('B', default=False)\n");
}

#[test]
fn dynaconf_with_its_prefix_and_without_what_its_files_give() {
    let made = "from dynaconf import Dynaconf, Validator\nsettings = Dynaconf(envvar_prefix='TILL', validators=[Validator('KEY', 'DB.HOST', must_exist=True), Validator('PAGE', default=1)])\n";
    main_wants(&["TILL_DB__HOST", "TILL_KEY"], made);
    let later = "from dynaconf import Dynaconf, Validator\nsettings = Dynaconf()\nsettings.validators.register(Validator('KEY', must_exist=True))\n";
    main_wants(&["DYNACONF_KEY"], later);
    let main = (
        "main.py",
        "from dynaconf import Dynaconf, Validator\nsettings = Dynaconf(settings_files=['settings.toml'])\nsettings.validators.register(Validator('KEY', must_exist=True))\n",
    );
    super::silent("missing-env-var", &[("requirements.txt", ""), main, ("settings.toml", "key = 'x'\n")]);
    let hidden = (".gitignore", "settings.toml\n");
    super::fires(
        "missing-env-var",
        "main.py:3",
        &[("requirements.txt", ""), main, ("settings.toml", "key = 'x'\n"), hidden],
    );
}

#[test]
fn django_environ_with_its_scheme_and_implied_names() {
    let code = "import environ\nenv = environ.Env(DEBUG=(bool, False), TYPED=int)\nD = env('DEBUG')\nT = env('TYPED')\nDB = env.db()\nC = env.cache_url('REDIS_URL')\nE = env.email_url('EMAIL_URL', default='consolemail://')\nS = env.search_url()\n";
    main_wants(&["DATABASE_URL", "REDIS_URL", "SEARCH_URL", "TYPED"], code);
}

#[test]
fn settings_of_pydantic_by_prefix_alias_annotation_and_model() {
    let code = "from typing import Annotated, Optional\nfrom pydantic import AliasChoices, BaseModel, Field\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\nclass Smtp(BaseModel):\n    host: str\n    port: int = 25\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='APP_', env_nested_delimiter='__')\n    url: str\n    maybe: Optional[str]\n    none: str | None = None\n    bot: str = Field(validation_alias='BOT_TOKEN')\n    open: str = Field(default=...)\n    two: str = Field(validation_alias=AliasChoices('FIRST', 'SECOND'))\n    kept: Annotated[str, Field(min_length=3)]\n    given: Annotated[int, Field(default=3)]\n    made: list = Field(default_factory=list)\n    smtp: Smtp\n    _own: str\nsettings = Settings()\n";
    main_wants(&["APP_URL", "APP_MAYBE", "BOT_TOKEN", "APP_OPEN", "FIRST", "APP_KEPT", "APP_SMTP__HOST"], code);
}

#[test]
fn settings_classes_count_where_an_object_of_them_is_made() {
    let code = "import pydantic_settings\nfrom pydantic_settings import BaseSettings as Base\nclass Common(Base):\n    class Config:\n        env_prefix = 'svc_'\n    key: str\n    region: str = 'eu'\nclass Child(Common):\n    extra: str\nclass Unused(pydantic_settings.BaseSettings):\n    never: str\nclass Case(pydantic_settings.BaseSettings, env_prefix='Z_'):\n    inner: int\n    handed: int\ndef get(c: Unused):\n    return Case(handed=1)\ns = Child()\n";
    main_wants(&["SVC_KEY", "SVC_EXTRA", "Z_INNER"], code);
}

#[test]
fn pydantic_1_has_the_settings_in_itself() {
    let code = "from typing import Optional\nfrom pydantic import BaseSettings, Field\nclass Settings(BaseSettings):\n    a: str\n    b: str = Field(..., env='B_NAME')\n    c: str = Field('x', env='C_NAME')\n    d: Optional[str]\n    e: str\n    class Config:\n        fields = {'e': {'env': 'E_NAME'}}\nsettings = Settings()\n";
    main_wants(&["A", "B_NAME", "E_NAME"], code);
}

#[test]
fn a_variable_that_pip_puts_into_a_requirement() {
    let list =
        ("requirements.txt", "# ${NO}\n--extra-index-url https://ci:${INDEX_TOKEN}@example.com/simple\ntides==1.0\n");
    let found = super::fires_with("missing-env-var", "requirements.txt:2", &[("main.py", ""), list], &[]);
    assert_eq!(found.subject.as_deref(), Some("INDEX_TOKEN"));
    super::silent_with("missing-env-var", &[("main.py", ""), list], &["INDEX_TOKEN=x"]);
}

#[test]
fn variables_that_the_shell_puts_into_the_start_command() {
    let web = |command: &'static str| [("main.py", ""), ("Procfile", command)];
    wants(&["WORKERS", "CFG"], &web("web: gunicorn -w $WORKERS -c ${CFG} main:app --bind 0.0.0.0:$PORT\n"));
    wants(&[], &web("web: gunicorn -w ${WORKERS:-2} --pid $HOME/x -n $RAILWAY_SERVICE_NAME main:app\n"));
    wants(&[], &web("web: WORKERS=2 && gunicorn -w $WORKERS main:app\n"));
    wants(&[], &web("web: export $(cat vars) && gunicorn -w $WORKERS main:app\n"));
    let script = ("start.sh", "#!/bin/bash\nTHREADS=2\nexec gunicorn --threads $THREADS -w $WORKERS main:app\n");
    wants(&["WORKERS"], &[("main.py", ""), ("Procfile", "web: bash start.sh\n"), script]);
    let files: Files<'_> = &[
        ("main.py", "import os\nos.environ['TOKEN']\n"),
        ("requirements.txt", ""),
        ("Procfile", "web: python main.py --as $NAME\n"),
    ];
    let found = super::fires("missing-env-var", "main.py:2", files);
    assert_eq!(found.message, "TOKEN and NAME are read without a default, and nothing sets them");
    assert_eq!(found.evidence[1].source.to_string(), "Procfile:1");
}

#[test]
fn settings_that_flask_and_celery_import_by_a_text_are_read() {
    let main = "from flask import Flask\n\n\ndef make(settings='conf.Live'):\n    app = Flask(__name__)\n    app.config.from_object(settings)\n    return app\n\n\napp = make()\n";
    let conf =
        "import os\n\n\nclass Live:\n    KEY = os.environ['TIDES_KEY']\n    URL = os.environ['TIDES_URL'].strip()\n";
    wants(&["TIDES_KEY", "TIDES_URL"], &[("main.py", main), ("conf.py", conf)]);
    let plain = "from celery import Celery\napp = Celery('tides')\napp.config_from_object('conf')\n";
    wants(&["TIDES_KEY", "TIDES_URL"], &[("main.py", plain), ("conf.py", conf)]);
    wants(&[], &[("main.py", "print('conf.Live')\n"), ("conf.py", conf)]);
}
