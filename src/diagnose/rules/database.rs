//! Databases and what apps keep in them.

use crate::diagnose::rule::{Rule, decisive, hint, said};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "db-unreachable",
        phases: &["build", "start"],
        message: "the database {at its address} does not answer from here",
        about: "The app reached for its database and got no connection: wrong host, not running, not in this network, or not there during the build.",
        cure: "set the database URL of the platform's own database, never localhost, and connect when the app runs rather than while it is built",
        example: "psycopg2.OperationalError: connection to server at \"localhost\" (127.0.0.1), port 5432 failed: Connection refused",
        yields_to: &["invalid-database-url", "missing-env-var"],
        signs: &[
            decisive(r#"connection to server (?:at|on socket) "(?P<s>[^"]+)".*failed"#),
            decisive(
                r#"could not (?:connect to server|translate host name(?: "(?P<s>[^"]+)" to address)?)|failed to resolve host '(?P<s2>[^']+)'"#,
            ),
            decisive(
                r"(?:psycopg2?|asyncpg|pg8000|sqlalchemy|django\.db)[\w.]*\.(?:OperationalError|InterfaceError|ConnectionTimeout|PoolTimeout|CannotConnectNowError|PostgresConnectionError).*(?:connect|server closed|timeout|refused|reach|terminat|network)",
            ),
            decisive(
                r"Can't connect to (?:local )?(?:MySQL|MariaDB) server (?:through socket|on) '(?P<s>[^']+)'|\((?:2002|2003|2005|2013), ['\x22].*(?:server|host)|Lost connection to MySQL server|Unknown MySQL server host '(?P<s2>[^']+)'",
            ),
            decisive(
                r"(?:pymongo\.errors\.)?ServerSelectionTimeoutError: (?P<s>[\w.-]+:\d+)?|No servers found yet, Timeout: |(?:pymongo\.errors\.)?(?:AutoReconnect|NetworkTimeout|ConfigurationError: The DNS (?:query name|operation))",
            ),
            decisive(
                r#"FATAL:\s+(?:password authentication failed for user|database "(?P<s>[^"]+)" does not exist|role "(?P<s2>[^"]+)" does not exist|remaining connection slots|sorry, too many clients|no pg_hba\.conf entry|the database system is)"#,
            ),
            decisive(
                r"asyncpg\.exceptions\.(?:InvalidPasswordError|InvalidCatalogNameError|InvalidAuthorizationSpecificationError|TooManyConnectionsError|ConnectionDoesNotExistError|CannotConnectNowError)|\(1045, ['\x22]Access denied for user|\(1049, ['\x22]Unknown database '(?P<s>[^']+)'|psycopg\.errors\.ConnectionTimeout|ORA-12\d{3}|Login timeout expired|DPY-6005",
            ),
            said(r#"Is the server running on (?:that )?host "(?P<s>[^"]+)""#),
            said(r"Connect call failed \('(?P<s>[^']+', (?:5432|5433|6543|3306|3307|27017|1433))"),
            said(
                r"(?:Connection refused|could not connect|timed? ?out|Errno 111).*\b(?P<s>[\w.-]+:(?:5432|6543|3306|27017|1433))\b|\b(?P<s2>[\w.-]+:(?:5432|6543|3306|27017|1433))\b.*(?:refused|timed? ?out|unreachable|Errno)",
            ),
            said(
                r"(?:elasticsearch|opensearch|cassandra|neo4j|clickhouse|influxdb|qdrant|weaviate|chromadb|minio)[\w.]*.*(?:ConnectionError|NoHostAvailable|ServiceUnavailable|ConnectionTimeout|NetworkError).*|kafka\.errors\.NoBrokersAvailable|(?:pika|amqp|kombu)[\w.]*\.(?:AMQPConnectionError|OperationalError|ConnectionForced)",
            ),
            hint(
                r"(?i)waiting for (?:postgres(?:ql)?|mysql|database|db)\b.*(?:unavailable|timed? ?out|timeout)|(?:postgres|database|db) is unavailable",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "redis-unreachable",
        phases: &["build", "start"],
        message: "Redis {at its address} does not answer from here",
        about: "The app, or Celery's broker, reached for Redis and got no connection: wrong host, not running, or not in this network.",
        cure: "set REDIS_URL (or the broker URL) to the platform's Redis, never localhost",
        example: "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
        yields_to: &["missing-env-var"],
        signs: &[
            decisive(
                r"(?:Error|Timeout) (?:-?\d+ |while )?connecting to (?:(?P<s>[\w.-]+:\d+)|tcp://\S+)|redis\.exceptions\.(?:ConnectionError|TimeoutError|AuthenticationError|BusyLoadingError|ResponseError: (?:NOAUTH|WRONGPASS))|(?:aio)?redis[\w.]*\.(?:ConnectionError|TimeoutError)",
            ),
            decisive(r"[Cc]annot connect to (?P<s>rediss?://\S+?):? |consumer: Cannot connect to (?P<s2>\S+?):"),
            said(
                r"(?P<s>[\w.-]+:6379)\b.*(?:refused|timed? ?out|unreachable|[Ee]rror)|(?:refused|timed? ?out|failed|[Ee]rror).*?(?P<s2>[\w.-]*:6379|'[\w.:-]+', 6379)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "invalid-database-url",
        phases: &["build", "start"],
        message: "the database URL is not one that the driver accepts{}",
        yields_to: &["missing-env-var"],
        about: "SQLAlchemy 1.4 and later refuse `postgres://`, async engines need an async driver in the URL, and an empty or half-filled URL cannot be parsed.",
        cure: "write `postgresql://` (or `postgresql+asyncpg://`) in place of `postgres://`, and check that the variable is filled in",
        example: "sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        signs: &[
            decisive(
                r"Can't load plugin: sqlalchemy\.dialects:(?P<s>[\w.+]+)|Could not parse (?:rfc1738 URL|SQLAlchemy URL) from (?:given URL )?string ?'?(?P<s2>[^'\n]*)'?|ArgumentError: (?:Could not parse|Expected string or URL object, got)",
            ),
            decisive(
                r"invalid (?:dsn|connection option|URI|port number|integer value \S+ for connection option \x22port\x22)|missing \x22=\x22 after \x22(?P<s>[^\x22]+)\x22 in connection info string|ValueError: invalid literal for int\(\) with base 10: '(?P<s2>port|PORT|<port>)'|invalid DSN: |dj_database_url[\w.]*\.(?:UnknownSchemeError|ParseError)|(?:No support for|Scheme) '(?P<s3>[^']+)'",
            ),
            decisive(
                r"The asyncio extension requires an async driver to be used\. The loaded '(?P<s>\w+)' is not async|InvalidRequestError: The asyncio extension|Invalid URI scheme: URI must begin with|(?:pymongo\.errors\.)?InvalidURI|Redis URL must specify one of the following schemes|Invalid database (?:url|URL)|Unknown DB scheme|(?:No|Unknown) (?:dialect|database backend|DB backend) .*(?:postgres|mysql)",
            ),
            said(
                r"settings\.DATABASES is improperly configured|Please supply the (?:NAME|ENGINE) value|unsupported (?:database )?scheme|Port could not be cast to integer value as '(?P<s>[^']+)'|nodename or port.*not valid|Error parsing (?:database|DATABASE_URL)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "db-migration-missing",
        phases: &["build", "start"],
        message: "{a table or column} does not exist in the database",
        about: "The code is ahead of the schema: migrations were not written, not committed or not run against this database.",
        cure: "run the migrations (`python manage.py migrate`, `alembic upgrade head`) before the app starts",
        example: "sqlite3.OperationalError: no such table: users",
        signs: &[
            decisive(r"no such (?:table|column): (?P<s>[\w.]+)|table (?P<s2>\w+) has no column named (?P<s3>\w+)"),
            decisive(r#"(?:relation|column|table) ["'`]?(?P<s>[\w.\x22]+?)["'`]? (?:of relation .*)?does not exist"#),
            decisive(
                r"\(1146, ['\x22]Table '(?P<s>[^']+)' doesn't exist|\(1054, ['\x22]Unknown column '(?P<s2>[^']+)'|UndefinedTable(?:Error)?|UndefinedColumn(?:Error)?",
            ),
            said(
                r"Can't locate revision identified by '(?P<s>[^']+)'|Target database is not up to date|Multiple head revisions are present|(?:InconsistentMigrationHistory|NodeNotFoundError): |Conflicting migrations detected|You have \d+ unapplied migration\(s\)\.$",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "sqlite-path-unwritable",
        phases: &["build", "start"],
        message: "SQLite cannot open or write {its file}: the folder is missing or not writable",
        about: "The folder of the database file does not exist in the container (no volume is mounted there), or may not be written.",
        cure: "make the folder of {the file} before connecting, mount a volume there, or use a path under /app",
        example: "sqlite3.OperationalError: unable to open database file",
        signs: &[decisive(
            r"unable to open database file|attempt to write a readonly database|sqlite3\.OperationalError: disk I/O error",
        )],
        ..Rule::BLANK
    },
];

/// Kept apart, being weaker than any of the above.
pub(super) const LATE: &[Rule] = &[Rule {
    id: "missing-data-file",
    phases: &["build", "start"],
    message: "{a file} that the app reads was not deployed",
    about: "The app opens a file that is not in the deployed folder: ignored by git or .dockerignore, left on a laptop, or named relative to another folder.",
    cure: "commit {the file} (or make it at start), and build its path from `__file__` rather than from the working directory",
    example: "FileNotFoundError: [Errno 2] No such file or directory: 'tides/berths.json'",
    yields_to: &[
        "requirements-file-missing",
        "local-path-requirement",
        "start-file-missing",
        "missing-system-binary",
        "sqlite-path-unwritable",
        "git-missing",
        "missing-compiler",
        "tls-ca-bundle",
        "missing-shared-library",
    ],
    signs: &[
        hint(r"FileNotFoundError: \[(?:Errno|WinError) [23]\] [^:]*: ?b?['\x22](?P<s>[^'\x22]+)['\x22]"),
        hint(
            r"(?:jinja2\.exceptions\.)?TemplateNotFound: (?P<s>\S+)|TemplateDoesNotExist: (?P<s2>\S+)|Directory '(?P<s3>[^']+)' does not exist|(?:no such file|cannot find|does not exist|not found):? '(?P<s4>[^']+\.(?:json|csv|ya?ml|txt|pkl|joblib|h5|pt|pth|onnx|db|sqlite3?|env|ini|toml|png|jpe?g|ttf|html|parquet|model|bin|npy))'",
        ),
        hint(
            r"OSError: \[E050\] Can't find model '(?P<s>[^']+)'|Resource (?P<s2>\w+) not found\.|Error reading file '(?P<s3>[^']+)': failed to load|OSError: (?:Unable|cannot) to? ?open (?:file|resource)",
        ),
    ],
    ..Rule::BLANK
}];
