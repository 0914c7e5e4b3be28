//! Databases, and files that apps keep their data in.

use super::compile::MISSING_COMPILER;
use super::machine::{GIT_MISSING, MISSING_SYSTEM_BINARY};
use super::modules::MISSING_SHARED_LIBRARY;
use super::network::TLS_CA_BUNDLE;
use super::platform::MISSING_ENV_VAR;
use super::requirements::{LOCAL_PATH_REQUIREMENT, REQUIREMENTS_FILE_MISSING};
use super::rule::{OnRailpack, Rule, YieldsTo, decisive, hint, over_fixes_by, said};
use super::start::START_FILE_MISSING;
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

/// What scripts that wait for a database print once it answers.
const DATABASE_IS_UP: &[&str] = &[
    "atabase is up",
    "atabase is ready",
    "ostgres is up",
    "ostgreSQL is up",
    "ostgreSQL started",
    "Connected to the database",
    "Connected to database",
    "Connected to Postgre",
    "Connected to My",
    "Connected to Mongo",
    "atabase connection established",
    " - accepting connections",
];

/// The same of Redis; the last is Celery's own.
const REDIS_IS_UP: &[&str] = &["edis is up", "edis is ready", "Connected to Redis", "Connected to redis"];

pub(crate) static DB_UNREACHABLE: Rule = Rule {
    id: "db-unreachable",
    phases: &["build", "start"],
    message: "the database {at its address} does not answer from here",
    about: "The app reached for its database and got no connection: wrong host, not running, not in this network, or not there during the build.",
    help: "set the database URL of the platform's own database, never localhost, and connect when the app runs rather than while it is built",
    example: "psycopg2.OperationalError: connection to server at \"localhost\" (127.0.0.1), port 5432 failed: Connection refused",
    signatures: &[
        decisive(r#"connection to server (?:at|on socket) "(?P<s>[^"]+)".*failed"#),
        decisive(r#"could not (?:connect to server|translate host name(?: "(?P<s>[^"]+)" to address)?)"#),
        decisive(r"failed to resolve host '(?P<s>[^']+)'"),
        decisive(
            r"(?:psycopg2?|asyncpg|pg8000|sqlalchemy|django\.db)[\w.]*\.(?:OperationalError|InterfaceError|ConnectionTimeout|PoolTimeout|CannotConnectNowError|PostgresConnectionError).*(?:connect|server closed|timeout|refused|reach|terminat|network)",
        ),
        decisive(r"Can't connect to (?:local )?(?:MySQL|MariaDB) server (?:through socket|on) '(?P<s>[^']+)'"),
        decisive(r"\((?:2002|2003|2005|2013), ['\x22].*(?:server|host)|Lost connection to MySQL server"),
        decisive(r"Unknown MySQL server host '(?P<s>[^']+)'"),
        decisive(r"(?:pymongo\.errors\.)?ServerSelectionTimeoutError: (?P<s>[\w.-]+:\d+)?"),
        decisive(r"No servers found yet, Timeout: "),
        decisive(r"OperationFailure: (?:bad auth|Authentication failed)"),
        decisive(
            r"(?:pymongo\.errors\.)?(?:AutoReconnect|NetworkTimeout|ConfigurationError: (?:The DNS (?:query name|operation)|All nameservers failed|The resolution lifetime))",
        ),
        decisive(r#"FATAL:\s+(?:database|role) "(?P<s>[^"]+)" does not exist"#),
        decisive(
            r"FATAL:\s+(?:password authentication failed for user|remaining connection slots|sorry, too many clients)",
        ),
        decisive(r"FATAL:\s+(?:no pg_hba\.conf entry|the database system is)"),
        decisive(
            r"asyncpg\.exceptions\.(?:InvalidPasswordError|InvalidCatalogNameError|InvalidAuthorizationSpecificationError|TooManyConnectionsError|ConnectionDoesNotExistError|CannotConnectNowError)",
        ),
        decisive(r"\(1045, ['\x22]Access denied for user"),
        decisive(r"\(1049, ['\x22]Unknown database '(?P<s>[^']+)'"),
        decisive(r"psycopg\.errors\.ConnectionTimeout|ORA-12\d{3}|Login timeout expired|DPY-6005"),
        said(r#"Is the server running on (?:that )?host "(?P<s>[^"]+)""#),
        said(r"Connect call failed \('(?P<s>[^']+', (?:5432|5433|6543|3306|3307|27017|1433))"),
        said(
            r"(?:Connection refused|could not connect|timed? ?out|Errno 111).*\b(?P<s>[\w.-]+:(?:5432|6543|3306|27017|1433))\b",
        ),
        said(r"\b(?P<s>[\w.-]+:(?:5432|6543|3306|27017|1433))\b.*(?:refused|timed? ?out|unreachable|Errno)"),
        said(
            r"(?:elasticsearch|opensearch|cassandra|neo4j|clickhouse|influxdb|qdrant|weaviate|chromadb|minio)[\w.]*.*(?:ConnectionError|NoHostAvailable|ServiceUnavailable|ConnectionTimeout|NetworkError).*",
        ),
        said(r"kafka\.errors\.NoBrokersAvailable"),
        said(r"(?:pika|amqp|kombu)[\w.]*\.(?:AMQPConnectionError|OperationalError|ConnectionForced)"),
        hint(
            r"(?i)waiting for (?:postgres(?:ql)?|mysql|database|db)\b.*(?:unavailable|timed? ?out|timeout)|(?:postgres|database|db) is unavailable",
        ),
    ],
    yields_to: YieldsTo::Rules(&[&INVALID_DATABASE_URL, &MISSING_ENV_VAR]),
    explained_by: &[over_fixes_by(&check::migration::IN_BUILD)],
    recovers_with: DATABASE_IS_UP,
    refine: Some(refine::databases::answered),
    ..Rule::BLANK
};

pub(crate) static REDIS_UNREACHABLE: Rule = Rule {
    id: "redis-unreachable",
    phases: &["build", "start"],
    message: "Redis {at its address} does not answer from here",
    about: "The app, or Celery's broker, reached for Redis and got no connection: wrong host, not running, or not in this network.",
    help: "set REDIS_URL (or the broker URL) to the platform's Redis, never localhost",
    example: "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
    signatures: &[
        decisive(r"(?:Error|Timeout) (?:-?\d+ |while )?connecting to (?:(?P<s>[\w.-]+:\d+)|tcp://\S+)"),
        decisive(
            r"redis\.exceptions\.(?:ConnectionError|TimeoutError|AuthenticationError|BusyLoadingError|ResponseError: (?:NOAUTH|WRONGPASS))",
        ),
        // coredis, which streaq takes.
        decisive(r"ConnectionError: Unable to establish a connection to (?P<s>[\w.-]+:\d+)"),
        decisive(r"(?:aio)?redis[\w.]*\.(?:ConnectionError|TimeoutError)"),
        decisive(r"[Cc]annot connect to (?P<s>rediss?://\S+?):? "),
        decisive(r"consumer: Cannot connect to (?P<s>(?:rediss?|sentinel)\S+?):"),
        said(r"(?P<s>[\w.-]+:6379)\b.*(?:refused|timed? ?out|unreachable|[Ee]rror)"),
        said(r"(?:refused|timed? ?out|failed|[Ee]rror).*?(?P<s>[\w.-]*:6379|'[\w.:-]+', 6379)"),
    ],
    refine: Some(refine::databases::answered),
    yields_to: YieldsTo::Rules(&[&MISSING_ENV_VAR]),
    recovers_with: REDIS_IS_UP,
    ..Rule::BLANK
};

pub(crate) static INVALID_DATABASE_URL: Rule = Rule {
    id: "invalid-database-url",
    phases: &["build", "start"],
    message: "the database URL is not one that the driver accepts{}",
    about: "SQLAlchemy 1.4 and later refuse `postgres://`, async engines need an async driver in the URL, and an empty or half-filled URL cannot be parsed.",
    help: "write `postgresql://` (or `postgresql+asyncpg://`) in place of `postgres://`, and check that the variable is filled in",
    example: "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
    signatures: &[
        decisive(r"Can't load plugin: sqlalchemy\.dialects:(?P<s>[\w.+]+)"),
        decisive(r"Could not parse (?:rfc1738 URL|SQLAlchemy URL) from (?:given URL )?string ?'?(?P<s>[^'\n]*)'?"),
        decisive(r"ArgumentError: (?:Could not parse|Expected string or URL object, got)"),
        // SQLAlchemy 1.4 and older of the URL None.
        decisive(r"'NoneType' object has no attribute '(?:_instantiate_plugins|get_driver_name|drivername)'"),
        decisive(
            r"invalid (?:dsn|connection option|URI|port number|integer value \S+ for connection option \x22port\x22)",
        ),
        decisive(r"missing \x22=\x22 after \x22(?P<s>[^\x22]+)\x22 in connection info string"),
        decisive(r"ValueError: invalid literal for int\(\) with base 10: '(?P<s>port|PORT|<port>)'"),
        decisive(r"invalid DSN: |dj_database_url[\w.]*\.(?:UnknownSchemeError|ParseError)"),
        decisive(
            r"(?:connect|Connection\.__init__)\(\) got an unexpected keyword argument '(?P<s>sslmode|ssl-mode|ssl_mode|sslaccept|channel_binding|pgbouncer|target_session_attrs)'",
        ),
        decisive(r"ClientConfigurationError: `(?P<s>sslmode)` parameter must be one of"),
        decisive(r"(?:No support for|Scheme) '(?P<s>\w[^']*)'"),
        decisive(r"No support for ''\. We support"),
        decisive(r"The asyncio extension requires an async driver to be used\. The loaded '(?P<s>\w+)' is not async"),
        decisive(r"InvalidRequestError: The asyncio extension|Invalid URI scheme: URI must begin with"),
        decisive(r"A rediss:// URL must have parameter (?P<s>ssl_cert_reqs)"),
        decisive(r"(?:pymongo\.errors\.)?InvalidURI|Redis URL must specify one of the following schemes"),
        decisive(r"Invalid database (?:url|URL)|Unknown DB scheme"),
        decisive(r"(?:No|Unknown) (?:dialect|database backend|DB backend) .*(?:postgres|mysql)"),
        said(r"settings\.DATABASES is improperly configured|Please supply the (?:NAME|ENGINE) value"),
        said(r"unsupported (?:database )?scheme"),
        said(r"Port could not be cast to integer value as '(?P<s>[^']+)'"),
        said(r"nodename or port.*not valid|Error parsing (?:database|DATABASE_URL)"),
    ],
    yields_to: YieldsTo::Rules(&[&MISSING_ENV_VAR]),
    refine: Some(refine::urls::what_is_wrong),
    ..Rule::BLANK
};

pub(crate) static DB_MIGRATION_MISSING: Rule = Rule {
    id: "db-migration-missing",
    phases: &["build", "start"],
    message: "{a table or column} does not exist in the database",
    about: "The code is ahead of the schema: migrations were not written, not committed or not run against this database.",
    help: "run the migrations (`python manage.py migrate`, `alembic upgrade head`) before the app starts",
    example: "sqlite3.OperationalError: no such table: users",
    signatures: &[
        decisive(r"no such (?:table|column): (?P<s>[\w.]+)"),
        decisive(r"table (?P<s>\w+) has no column named \w+"),
        decisive(r#"(?:relation|column|table) ["'`]?(?P<s>[\w.\x22]+?)["'`]? (?:of relation .*)?does not exist"#),
        decisive(r"\(1146, ['\x22]Table '(?P<s>[^']+)' doesn't exist"),
        decisive(r"\(1054, ['\x22]Unknown column '(?P<s>[^']+)'"),
        decisive(r"UndefinedTable(?:Error)?|UndefinedColumn(?:Error)?"),
        said(r"Can't locate revision identified by '(?P<s>[^']+)'"),
        said(r"Target database is not up to date|Multiple head revisions are present"),
        said(r"(?:InconsistentMigrationHistory|NodeNotFoundError): |Conflicting migrations detected"),
        said(r"UserWarning: Revision (?P<s>\S+) referenced from .* is not present"),
        said(r"You have \d+ unapplied migration\(s\)\.$"),
    ],
    explained_by: &[over_fixes_by(&check::railpack::RELEASE)],
    refine: Some(refine::migrations::history),
    ..Rule::BLANK
};

pub(crate) static DB_OBJECT_EXISTS: Rule = Rule {
    id: check::idempotence::AGAIN.id,
    phases: &["build", "start"],
    message: "a migration makes {a table or column} that is in the database already",
    about: check::idempotence::AGAIN.about,
    help: "tell the history that it was done: `alembic stamp head` (or the revision that made {it}), `python manage.py migrate --fake-initial`; then migrate as usual, and make tables in one way only",
    example: "psycopg2.errors.DuplicateTable: relation \"harbours\" already exists",
    signatures: &[
        decisive(r#"(?:relation|table|type|index) ["'`]?(?P<s>[\w.]+?)["'`]? already exists"#),
        decisive(r#"column ["'`]?(?P<s>[\w.]+?)["'`]? of relation .* already exists"#),
        decisive(r"duplicate column name: (?P<s>\w+)"),
        decisive(r"CommandError: Error: That (?P<s>[\w ]+) is already taken"),
        decisive(r"\(1050, ['\x22]Table '(?P<s>[^']+)' already exists"),
        decisive(r"\(1060, ['\x22]Duplicate column name '(?P<s>[^']+)'"),
    ],
    refine: Some(refine::migrations::by_tool),
    ..Rule::BLANK
};

pub(crate) static BROKER_UNREACHABLE: Rule = Rule {
    id: "broker-unreachable",
    phases: &["build", "start"],
    message: "Celery's message broker {at its address} does not answer",
    about: "A worker that is told of no broker asks RabbitMQ at localhost (amqp://guest@localhost//), which no container has: the app was made without `broker=`, or its variable is not set.",
    help: "set the broker's URL (`Celery(broker=os.environ[\"REDIS_URL\"])`, CELERY_BROKER_URL) to a broker of the platform",
    example: "consumer: Cannot connect to amqp://guest:**@127.0.0.1:5672//: [Errno 111] Connection refused.",
    signatures: &[decisive(r"(?:consumer: )?[Cc]annot connect to (?P<s>(?:amqps?|pyamqp)://\S+?): ")],
    yields_to: YieldsTo::Rules(&[&MISSING_ENV_VAR]),
    ..Rule::BLANK
};

/// The cure wherever the app calls a service that only a developer's machine has.
const SERVICE_ELSEWHERE: &str = "take the address from a variable and set it to the service's own (on Railway: its private domain); \
    `--reach HOST:PORT` lets one of this machine in while it is tried here";

pub(crate) static SERVICE_ON_LOOPBACK: Rule = Rule {
    id: check::loopback::SERVICE.id,
    phases: &["start"],
    message: "nothing listens at {the address on localhost} in the container",
    about: check::loopback::SERVICE.about,
    help: SERVICE_ELSEWHERE,
    example: "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host localhost:8090 ssl:default [Connect call failed ('127.0.0.1', 8090)]",
    signatures: &[
        said(
            r"(?:HTTPS?Connection(?:Pool)?\(host='(?P<s>localhost|127\.[\d.]+|::1)', port=\d+\)).*(?:\[Errno 111\]|Connection refused)",
        ),
        said(r"Cannot connect to host (?P<s>(?:localhost|127\.[\d.]+):\d+)"),
        said(r"Connect call failed \('(?P<s>127\.[\d.]+', \d+)"),
        said(r"(?:[Cc]onnection refused|Errno 111|ECONNREFUSED).{0,80}\b(?P<s>(?:localhost|127\.\d+\.\d+\.\d+):\d+)"),
        said(r"\b(?P<s>(?:localhost|127\.\d+\.\d+\.\d+):\d+).{0,120}(?:[Cc]onnection refused|Errno 111|ECONNREFUSED)"),
    ],
    yields_to: YieldsTo::Rules(&[&DB_UNREACHABLE, &REDIS_UNREACHABLE, &BROKER_UNREACHABLE]),
    ..Rule::BLANK
};

pub(crate) static CONNECTION_REFUSED: Rule = Rule {
    id: "connection-refused",
    phases: &["start"],
    message: "a service that the app calls refuses the connection",
    about: "Nothing listens at the address that the app calls. Most often that is localhost, which in the container is the container itself: a service that \
            runs beside the app on a developer's machine is not there in the cloud.",
    help: SERVICE_ELSEWHERE,
    example: "httpx.ConnectError: [Errno 111] Connection refused",
    signatures: &[said(
        r"^(?:ConnectionRefusedError|[\w.]*(?:URLError|ConnectError|ConnectionError|ClientConnectorError)): .*\[Errno 111\] Connection refused",
    )],
    yields_to: YieldsTo::Rules(&[
        &DB_UNREACHABLE,
        &REDIS_UNREACHABLE,
        &BROKER_UNREACHABLE,
        &SERVICE_ON_LOOPBACK,
        &super::network::NETWORK_UNREACHABLE,
    ]),
    ..Rule::BLANK
};

pub(crate) static SQLITE_PATH_UNWRITABLE: Rule = Rule {
    id: "sqlite-path-unwritable",
    phases: &["build", "start"],
    message: "SQLite cannot open or write {its file}: the folder is missing or not writable",
    about: "The folder of the database file does not exist in the container (no volume is mounted there), or may not be written.",
    help: "make the folder of {the file} before connecting, mount a volume there, or use a path under /app",
    example: "sqlite3.OperationalError: unable to open database file",
    signatures: &[decisive(
        r"unable to open database file|attempt to write a readonly database|sqlite3\.OperationalError: disk I/O error",
    )],
    refine: Some(refine::places::sqlite_file),
    ..Rule::BLANK
};

pub(crate) static GIT_LFS_POINTER: Rule = Rule {
    id: check::repository::POINTER.id,
    phases: &["build", "start"],
    message: "a file of Git LFS was deployed as the pointer to it{}",
    about: check::repository::POINTER.about,
    help: "take the file out of Git LFS (`git lfs untrack`, then commit it), or fetch it while the app is built or starts, from a store of your own",
    example: "_pickle.UnpicklingError: invalid load key, 'v'.",
    signatures: &[
        decisive(r"UnpicklingError: invalid load key, '(?:v|\\x76)'"),
        decisive(r"version https://git-lfs\.github\.com/spec/v1"),
        decisive(r"(?i)is a git[- ]lfs pointer|git[- ]lfs pointer file"),
    ],
    ..Rule::BLANK
};

pub(crate) static MISSING_DATA_FILE: Rule = Rule {
    id: check::spelling::FILE.id,
    phases: &["build", "start"],
    message: "{a file} that the app reads was not deployed",
    about: check::spelling::FILE.about,
    help: "commit {the file} (or make it at start), and build its path from `__file__` rather than from the working directory",
    example: "FileNotFoundError: [Errno 2] No such file or directory: 'tides/berths.json'",
    signatures: &[
        hint(r"FileNotFoundError: \[(?:Errno|WinError) [23]\] [^:]*: ?b?['\x22](?P<s>[^'\x22]+)['\x22]"),
        hint(r"(?:jinja2\.exceptions\.)?TemplateNotFound: (?P<s>\S+)"),
        hint(r"TemplateDoesNotExist: (?P<s>\S+)"),
        hint(r"Directory '(?P<s>[^']+)' does not exist"),
        // alembic 1.18, of the folder of its scripts.
        decisive(r"Path doesn't exist: '?(?P<s>[^'\s]+?)'?\.\s+Please use the 'init' command"),
        // gunicorn 26, of its errorlog and accesslog.
        hint(r"Error: '(?P<s>[^']+)' isn't writable \[FileNotFoundError"),
        hint(
            r"(?:no such file|cannot find|does not exist|not found):? '(?P<s>[^']+\.(?:json|csv|ya?ml|txt|pkl|joblib|h5|pt|pth|onnx|db|sqlite3?|env|ini|toml|png|jpe?g|ttf|html|parquet|model|bin|npy))'",
        ),
        hint(r"OSError: \[E050\] Can't find model '(?P<s>[^']*[/.][^']*)'"),
        hint(r"StreamlitSecretNotFoundError: No secrets found\..*(?P<s>\.streamlit/secrets\.toml)"),
        hint(r"Error reading file '(?P<s>[^']+)': failed to load"),
        hint(r"OSError: (?:Unable|cannot) to? ?open (?:file|resource)"),
    ],
    yields_to: YieldsTo::Rules(&[
        &REQUIREMENTS_FILE_MISSING,
        &LOCAL_PATH_REQUIREMENT,
        &START_FILE_MISSING,
        &MISSING_SYSTEM_BINARY,
        &SQLITE_PATH_UNWRITABLE,
        &GIT_MISSING,
        &MISSING_COMPILER,
        &TLS_CA_BUNDLE,
        &MISSING_SHARED_LIBRARY,
    ]),
    explained_by: &[over_fixes_by(&check::ignored::IGNORED)],
    refine: Some(refine::files::not_there),
    fix: Some(fixes::platform::kept_folder),
    ..Rule::BLANK
};

pub(crate) static MODEL_NOT_DOWNLOADED: Rule = Rule {
    id: check::models::MODEL.id,
    phases: &["build", "start"],
    message: "nothing downloads {a model} that the app loads",
    about: check::models::MODEL.about,
    help: "download {it} while the image is built: `python -m spacy download NAME`, or `python -m nltk.downloader -d /opt/venv/nltk_data NAME` as a command of the phase build",
    on_railpack: OnRailpack::help(
        "download {it} by a command of a build step in railpack.json, into the virtual environment: `python -m spacy download NAME`, or `python -m nltk.downloader -d /app/.venv/nltk_data NAME`",
    ),
    example: "OSError: [E050] Can't find model 'en_core_web_sm'. It doesn't seem to be a Python package or a valid path to a data directory.",
    signatures: &[
        decisive(r"OSError: \[E050\] Can't find model '(?P<s>[^'/.]+)'"),
        decisive(r"^\s*Resource '?(?P<s>\w+)'? not found\.$"),
        said(r"textblob\.exceptions\.MissingCorpusError"),
    ],
    explained_by: &[over_fixes_by(&check::models::MODEL)],
    ..Rule::BLANK
};
