//! Projects that reach every branch of the planner.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::case::Case;

/// Files whose mere presence speaks for a provider.
const TRIGGERS: &[&str] = &[
    "shard.yml",
    "x.csproj",
    "sub/y.csproj",
    "pubspec.yaml",
    "mix.exs",
    "deno.json",
    "deno.jsonc",
    "z.fsproj",
    "project.clj",
    "build.clj",
    "main.go",
    "go.mod",
    "haunt.scm",
    "pom.xml",
    "pom.atom/x",
    "pom.clj/x",
    "pom.groovy/x",
    "pom.rb",
    "pom.scala",
    "pom.yaml",
    "pom.yml",
    "gradlew",
    "build.sbt",
    "composer.json",
    "index.php",
    "Gemfile",
    "package.json",
    "Cargo.toml",
    "Package.swift",
    "Staticfile",
    "public/x",
    "index/x",
    "dist/x",
    "index.html",
    "a.zig",
    "deep/b.zig",
    "c.cbl",
];

const VERSIONS: &[&str] = &[
    "3.13",
    "3.12.1",
    "3.11\n",
    "3.10.4",
    "3.9",
    "3.8.18\r\n",
    "3.7",
    "2.7",
    "2",
    "3",
    "3.14",
    "3.6",
    "3.12.0rc1",
    "python-3.8.1",
    "pypy3.9-7.3",
    "\"3.7\"",
    "'3.10",
    "3.11\n3.10\n",
    "# comment\n3.11",
    "python\n3.11",
    "my-env",
    "",
    " 3.12 ",
    "٣.11",
    "3..11",
    "312",
    "3.11.x",
];

const REQUIREMENTS: &[&str] = &[
    "flask",
    "psycopg2-binary==2.9",
    "psycopg[binary]",
    "Django>=4",
    "# no DJANGO here",
    "pycairo",
    "# not cairo",
    "pydub",
    "pdf2image",
    "numpy # psycopg",
    "-r other.txt",
];

const PYTHON: &[&str] = &[
    "print(1)\n",
    "WSGI_APPLICATION = 'mysite.wsgi.application'\n",
    "WSGI_APPLICATION = \"a.b.application\"\n",
    "WSGI_APPLICATION = |odd.application|\n",
    "WSGI_APPLICATION='nospace.application'\n",
    "ENGINE = 'django.db.backends.postgresql'\n",
    "ENGINE = 'django-db-backends-postgresql'\r\n",
    "ENGINE = 'django.db.backends.mysql'\n",
    "import django_psdb_engine\r\n",
    "",
];

const PROCFILE: &[&str] = &[
    "web: gunicorn app:app --bind 0.0.0.0:$PORT",
    "worker: python worker.py",
    "release: python manage.py migrate",
    "clock: python clock.py",
    "beat: celery beat # comment",
    "web: 'quoted: yes'",
    "web: echo a: b",
    "count: 8080",
    "web:",
    "- item",
    "flag: true",
    "\"quoted key\": x",
    "web: \"a\\tb\"",
    "?",
    "{web: flow}",
    "web: @at",
    "web: |\n  block",
];

const PIPFILE: &[&str] = &[
    "[packages]\nflask = \"*\"\n",
    "[requires]\npython_version = \"3.10\"\n",
    "[requires]\npython_version=\"3.10\"\n",
    "[requires]\npython_full_version = '3.9.2'\n",
    "python_version = |3.1|1",
    "python_version = ''\n",
    "[packages]\ndjango = \"*\"\npsycopg2 = \"*\"\n",
];

const PYPROJECT: &[&str] = &[
    "[project]\nname = \"my-app\"\n",
    "[project]\nname = \"a\"\npackages = [\"pkg\", \"other\"]\n",
    "[project]\nname = \"a\"\npackages = []\npy_modules = [\"mod\"]\n",
    "[project]\npackages = \"wrong\"\n",
    "[tool.poetry]\nname = \"x\"\n",
    "[project\n",
    "",
    "[project]\nname = \"a\"\n[project.entry_points]\nx = 1\n",
    "[project]\nname = \"a\"\ndependencies = [\"django\", \"psycopg\"]\n",
    "project = 3\n",
    "[project]\nname = \"a\"\nmixed = [1, \"a\", {b = 2}]\n",
    "[project]\nname = \"a\"\nwide = { a = 1,\n b = 2 }\n",
    "[project]\nname = \"cairo\"\n[project]\n",
];

const TOOLS: &[&str] = &[
    "python 3.11.4",
    "python 3.10",
    "python latest",
    "python 3",
    "python 3.9.1 2.7.18",
    " python\t3.8.2 ",
    "python",
    "#python 3.7.1",
    "# python 3.7.1",
    "poetry 1.7.1",
    "uv 0.5.1",
    "nodejs 18.0.0",
    "python ref:v3.12",
    "python 3.12.0-rc.1",
];

const JAVASCRIPT: &[&str] = &[
    "console.log(1)",
    "import { serve } from \"https://deno.land/std/http/server.ts\";",
    "import x from 'https://deno.land/x/y.js'",
];

const PLAN_LISTS: &[&str] = &[
    "dependsOn",
    "nixPkgs",
    "nixPackages",
    "nixLibs",
    "nixLibraries",
    "nixOverlays",
    "aptPkgs",
    "aptPackages",
    "cmds",
    "commands",
    "onlyIncludeFiles",
    "cacheDirectories",
    "paths",
    "envPaths",
    "pkgs",
];

const ITEMS: &[&str] = &[
    "...",
    "@auto",
    "ffmpeg",
    "python311Packages.pip",
    "openssl",
    "setup",
    "install",
    "release",
    "pip install --no-input -r requirements.txt --extra-index-url https://example.invalid/simple --no-cache-dir",
    "日本語のコマンド",
    "/a/very/long/path/without/any/space/that/does/not/fit/into/the/second/column/at/all",
    "",
    "a\nb",
    "x  y ",
];

fn bytes(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        30 => select(texts).prop_map(|text| text.as_bytes().to_vec()),
        1 => Just(b"\xff\xfe\0".to_vec()),
    ]
}

fn lines(texts: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<u8>> {
    let joined = subsequence(texts, 0..=most).prop_shuffle();
    let joined = (joined, select(&["\n", "\r\n"][..]));
    prop_oneof![
        30 => joined.prop_map(|(lines, end)| lines.iter().flat_map(|line| [*line, end]).collect::<String>().into_bytes()),
        1 => Just(b"a\n\xe9b".to_vec()),
    ]
}

fn version() -> impl Strategy<Value = Vec<u8>> {
    let odd = "[ a-z'\"-]{0,5}[23]?[0-9]{0,2}\\.{0,2}[0-9]{0,2}(\\.[0-9]{1,2})?['\"\n]?".prop_map(String::into_bytes);
    prop_oneof![4 => bytes(VERSIONS), 1 => odd]
}

fn list() -> impl Strategy<Value = Value> {
    vec(select(ITEMS), 0..4).prop_map(|items| json!(items))
}

/// A value for a list's key: now and then of the wrong type.
fn listed() -> impl Strategy<Value = Value> {
    prop_oneof![40 => list(), 1 => Just(json!("text")), 1 => Just(json!(3)), 1 => Just(json!([1])), 1 => Just(json!({"a": 1}))]
}

fn phase() -> impl Strategy<Value = Value> {
    let lists = vec((select(PLAN_LISTS), listed()), 0..4);
    // Phases that wait for each other are too rare among lists of anything.
    let waits = weighted(0.15, subsequence(&["setup", "install", "build", "release"][..], 1..=3));
    (lists, waits, weighted(0.2, select(&["abc123", "def456"][..]))).prop_map(|(lists, waits, archive)| {
        let mut phase: Map<String, Value> = lists.into_iter().map(|(key, list)| (key.to_owned(), list)).collect();
        phase.extend(waits.map(|waits| ("dependsOn".to_owned(), json!(waits))));
        phase.extend(archive.map(|archive| ("nixpkgsArchive".to_owned(), json!(archive))));
        Value::Object(phase)
    })
}

fn plan() -> impl Strategy<Value = Value> {
    let names = &["setup", "install", "build", "release", "other", "python:setup", "a rather long name of a phase"][..];
    let providers = prop_oneof![
        6 => Just(json!(["python"])), 2 => Just(json!(["...", "python"])), 3 => Just(json!(["python", "python"])),
        1 => Just(json!([])), 1 => Just(json!(["..."])), 1 => Just(json!(["@auto"])), 1 => Just(json!(["node"])),
        1 => Just(json!(["python", "node"])), 1 => Just(json!(["nope"])), 1 => Just(json!(["python", "nope"])), 1 => Just(json!("python")),
    ];
    let variables = vec(
        (
            select(
                &[
                    "A",
                    "B",
                    "NIXPACKS_PYTHON_VERSION",
                    "NIXPACKS_PYTHON_PACKAGE_MANAGER",
                    "NIXPACKS_DEBIAN",
                    "NIXPACKS_PKGS",
                ][..],
            ),
            select(&["1", "3.9", "uv", "skip", ""][..]),
        ),
        0..3,
    )
    .prop_map(|pairs| json!(pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>()));
    let start = (
        weighted(0.6, select(ITEMS)),
        weighted(0.2, Just("python:3.12-slim")),
        weighted(0.2, list()),
        weighted(0.1, Just("app")),
    )
        .prop_map(
            |(cmd, image, files, user)| json!({"cmd": cmd, "runImage": image, "onlyIncludeFiles": files, "user": user}),
        );
    let other = select(&[("setup", "x"), ("buildImage", "ubuntu:noble"), ("install", "y")][..]);
    (
        weighted(0.35, providers),
        vec((select(names), phase()), 0..3),
        weighted(0.3, variables),
        weighted(0.3, start),
        weighted(0.1, other),
        weighted(0.03, Just(json!({"a.txt": "b"}))),
        weighted(0.02, Just(json!({"PORT": 8080}))),
    )
        .prop_map(|(providers, phases, variables, start, other, assets, wrong)| {
            let phases: Map<String, Value> = phases.into_iter().map(|(name, phase)| (name.to_owned(), phase)).collect();
            let mut plan = Map::new();
            plan.extend(providers.map(|value| ("providers".to_owned(), value)));
            if !phases.is_empty() {
                plan.insert("phases".to_owned(), phases.into());
            }
            plan.extend(variables.or(wrong).map(|value| ("variables".to_owned(), value)));
            plan.extend(start.map(|value| ("start".to_owned(), value)));
            plan.extend(other.map(|(key, value)| (key.to_owned(), json!(value))));
            plan.extend(assets.map(|value| ("staticAssets".to_owned(), value)));
            Value::Object(plan)
        })
}

/// A table's members as TOML: tables of their own where `header` names one, else inline.
fn toml_value(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let members = map.iter().filter(|(_, value)| !value.is_null());
            format!(
                "{{ {} }}",
                members.map(|(key, value)| format!("{key:?} = {}", toml_value(value))).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml_value).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn toml_text(plan: &Value) -> String {
    let mut text: String = String::new();
    let (tables, plain): (Vec<_>, Vec<_>) = plan.as_object().unwrap().iter().partition(|(_, value)| value.is_object());
    for (key, value) in plain {
        text += &format!("{key:?} = {}\n", toml_value(value));
    }
    for (key, value) in tables {
        let members = value.as_object().unwrap().iter();
        let (inner, plain): (Vec<_>, Vec<_>) =
            members.filter(|(_, value)| !value.is_null()).partition(|(_, value)| value.is_object());
        text += &format!("[{key}]\n");
        for (key, value) in plain {
            text += &format!("{key:?} = {}\n", toml_value(value));
        }
        for (name, value) in inner {
            text += &format!("[{key}.{name:?}]\n");
            for (key, value) in value.as_object().unwrap() {
                text += &format!("{key:?} = {}\n", toml_value(value));
            }
        }
    }
    text
}

fn toml_file() -> impl Strategy<Value = Vec<u8>> {
    let broken = select(
        &[
            "[phases",
            "cmds = ",
            "a = 1\na = 2",
            "x = { a = 1,\n b = 2 }",
            "[phases.a]\n[phases.a]",
            "[phases.setup]\nnixPkgs = [\"a\"]\nnixPackages = [\"b\"]",
        ][..],
    );
    prop_oneof![20 => plan().prop_map(|plan| toml_text(&plan).into_bytes()), 1 => broken.prop_map(|text| text.as_bytes().to_vec()), 1 => Just(b"a = \"\xff\"".to_vec())]
}

fn json_file() -> impl Strategy<Value = Vec<u8>> {
    let broken = select(
        &["{", "[]", "{\"phases\": 1}", "{\"phases\": {\"setup\": {\"nixPkgs\": [], \"nixPackages\": []}}}", "", "{}x"]
            [..],
    );
    prop_oneof![20 => plan().prop_map(|plan| plan.to_string().into_bytes()), 1 => broken.prop_map(|text| text.as_bytes().to_vec())]
}

type File = Option<(String, Vec<u8>)>;

fn file(name: &'static str, chance: f64, content: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<File> {
    weighted(chance, content.prop_map(move |content| (name.to_owned(), content))).boxed()
}

fn env() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        3 => select(VERSIONS).prop_map(|version| format!("NIXPACKS_PYTHON_VERSION={version}")),
        3 => select(&["auto", "requirements", "Setuptools", "poetry", "PDM", "uv", "pipenv", "skip", "conda"][..]).prop_map(|name| format!("NIXPACKS_PYTHON_PACKAGE_MANAGER={name}")),
        6 => select(&[
            "NIXPACKS_PKGS=cowsay, sl", "NIXPACKS_PKGS=a\nb", "NIXPACKS_APT_PKGS=libfoo,libbar", "NIXPACKS_LIBS=a  b", "NIXPACKS_INSTALL_CMD=pip install x",
            "NIXPACKS_INSTALL_CACHE_DIRS=/b /a,/b", "NIXPACKS_BUILD_CMD=make", "NIXPACKS_BUILD_CACHE_DIRS= ", "NIXPACKS_START_CMD=run\nit", "NIXPACKS_DEBIAN=1",
            "NIXPACKS_DEBIAN=true", "NIXPACKS_DEBIAN=yes", "CARGO_PKG_NAME", "CARGO_PKG_NAME=", "SURELY_ABSENT", "A=b=c", "A.B=c", "=x", "", "B=\nz",
            "NIXPACKS_POETRY_VERSION=1.8.0", "NIXPACKS_METADATA=mine",
        ][..]).prop_map(str::to_owned),
        1 => select(&["nixpacks.json", "nixpacks.toml", "nixpacks.toml", "missing.toml", "Procfile", "other.toml"][..]).prop_map(|name| format!("NIXPACKS_CONFIG_FILE={name}")),
    ];
    vec(one, 0..3)
}

fn files() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let python = [
        file("main.py", 0.3, bytes(PYTHON)),
        file("requirements.txt", 0.5, lines(REQUIREMENTS, 4)),
        file("pyproject.toml", 0.3, bytes(PYPROJECT)),
        file("Pipfile", 0.15, bytes(PIPFILE)),
        file("Pipfile.lock", 0.1, bytes(&["{}"])),
        file("poetry.lock", 0.2, bytes(&[""])),
        file("pdm.lock", 0.15, bytes(&[""])),
        file("uv.lock", 0.2, bytes(&[""])),
        file(".python-version", 0.15, version()),
        file("runtime.txt", 0.12, version()),
        file(".tool-versions", 0.35, lines(TOOLS, 4)),
        file("manage.py", 0.25, bytes(PYTHON)),
        file("settings.py", 0.1, bytes(PYTHON)),
        file("mysite/settings.py", 0.4, lines(PYTHON, 4)),
        file(".hidden/x.py", 0.05, bytes(PYTHON)),
        file("venv/lib/db.py", 0.05, bytes(PYTHON)),
        file("Procfile", 0.25, lines(PROCFILE, 3)),
        file("nixpacks.toml", 0.35, toml_file()),
        file("nixpacks.json", 0.12, json_file()),
        file("other.toml", 0.1, toml_file()),
        file(".gitignore", 0.1, bytes(&["mysite/\n", "*.py\n", "settings.py\n", "!x\n*.js\n"])),
        file(".git/HEAD", 0.15, bytes(&["ref: refs/heads/main\n"])),
        file("static/app.js", 0.05, bytes(JAVASCRIPT)),
        file("app.tsx", 0.02, bytes(JAVASCRIPT)),
    ];
    let rare = weighted(
        0.12,
        vec(
            prop_oneof![
                30 => select(TRIGGERS).prop_map(|name| vec![(name.to_owned(), Vec::new())]),
                3 => Just(vec![("gleam.toml".to_owned(), Vec::new()), ("manifest.toml".to_owned(), Vec::new())]),
                1 => Just(vec![("gleam.toml".to_owned(), Vec::new())]),
                3 => Just(vec![("package.yaml".to_owned(), Vec::new()), ("src/Main.hs".to_owned(), Vec::new())]),
                1 => Just(vec![("package.yaml".to_owned(), Vec::new())]),
                2 => Just(vec![("Cargo.toml".to_owned(), Vec::new()), (".cargo/config.toml".to_owned(), b"runner = \"lunatic\"".to_vec())]),
            ],
            1..3,
        ),
    );
    let python = (python.to_vec(), rare).prop_map(|(files, rare)| {
        let rare = rare.into_iter().flatten().flatten();
        files.into_iter().flatten().chain(rare).collect()
    });
    let lone = (select(LONE), 0..20usize).prop_map(|(names, which)| {
        let name = names[which % names.len()];
        let content: &[u8] = if name == RUNNER { b"runner = \"lunatic\"" } else { b"" };
        let mut files = vec![(name.to_owned(), content.to_vec())];
        if name == RUNNER {
            files.push(("Cargo.toml".to_owned(), Vec::new()));
        }
        files
    });
    prop_oneof![5 => python, 1 => lone]
}

const RUNNER: &str = ".cargo/config.toml";

/// Projects of other languages: one of these files each, all of a line for the same provider.
const LONE: &[&[&str]] = &[
    &["shard.yml"],
    &["x.csproj", "sub/y.csproj"],
    &["pubspec.yaml"],
    &["mix.exs"],
    &["deno.json", "deno.jsonc"],
    &["z.fsproj"],
    &["project.clj", "build.clj"],
    &["main.go", "go.mod"],
    &["haunt.scm"],
    &["pom.xml", "pom.atom/x", "pom.clj/x", "pom.groovy/x", "pom.rb", "pom.scala", "pom.yaml", "pom.yml", "gradlew"],
    &["build.sbt"],
    &["composer.json", "index.php"],
    &["Gemfile"],
    &["package.json"],
    &["Cargo.toml"],
    &[RUNNER],
    &["Package.swift"],
    &["Staticfile", "public/x", "index/x", "dist/x", "index.html"],
    &["a.zig", "deep/b.zig"],
    &["c.cbl"],
];

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let below = prop_oneof![8 => Just(""), 1 => Just("app"), 1 => Just("a/b")];
    let folders = prop_oneof![9 => Just(vec![]), 1 => Just(vec!["docs"]), 1 => Just(vec!["docs/empty"])];
    let config =
        weighted(0.03, select(&["other.toml", "nixpacks.json", "missing.json", "Procfile", "app/nixpacks.toml"][..]));
    let valid = plan()
        .prop_map(|plan| plan.to_string())
        .prop_filter("the flag's plan must parse", |json| shakedown::builder::nixpacks::Plan::from_json(json).is_ok());
    let command = || weighted(0.05, select(ITEMS).prop_map(str::to_owned));
    let packages = || prop_oneof![15 => Just(vec![]), 1 => vec(select(ITEMS).prop_map(str::to_owned), 1..3)];
    (
        files(),
        (below, folders),
        env(),
        config,
        weighted(0.08, valid),
        [command(), command(), command()],
        [packages(), packages(), packages()],
    )
        .prop_map(|(files, (below, folders), env, config, json_plan, commands, packages)| Case {
            files,
            below: below.to_owned(),
            folders,
            env,
            config,
            json_plan,
            commands,
            packages,
        })
}
