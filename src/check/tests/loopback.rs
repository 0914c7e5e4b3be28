//! Brokers and databases on localhost.

use super::{fires, fires_with, silent, silent_with};

const LIST: (&str, &str) = ("requirements.txt", "redis==6.4.0\nsqlalchemy==2.0.40\npsycopg2-binary==2.9.10\n");

fn main(code: &str) -> (&'static str, String) {
    ("main.py", format!("import os\nimport redis\n{code}\n"))
}

#[test]
fn an_address_on_localhost_that_nothing_can_change() {
    for code in [
        "r = redis.from_url('redis://localhost:6379/0')",
        "r = redis.Redis(host='localhost', port=6379)",
        "engine = create_engine(\"postgresql+psycopg2://me:word@127.0.0.1:5432/tides\")",
        "BROKER = 'amqp://guest:guest@localhost//'",
        "def late():\n    return redis.from_url('redis://localhost')",
    ] {
        let (name, text) = main(code);
        let line = if code.starts_with("def") { "main.py:4" } else { "main.py:3" };
        let found = fires("service-on-loopback", line, &[LIST, (name, &text)]);
        assert!(found.message.ends_with("and no variable says otherwise"), "{}", found.message);
    }
}

#[test]
fn one_that_stands_in_for_a_variable_names_it() {
    for code in [
        "r = redis.from_url(os.getenv('REDIS_URL', 'redis://localhost:6379/0'))",
        "r = redis.from_url(os.environ.get('REDIS_URL') or 'redis://localhost:6379/0')",
        "os.environ.setdefault('REDIS_URL', 'redis://localhost')",
        "r = config('REDIS_URL', default='redis://localhost')",
        "r = config('REDIS_URL', cast=str, default='redis://localhost')",
        "r = os.environ.get('REDIS_URL', None) or 'redis://localhost'",
        "r = dj_database_url.config(env='REDIS_URL', conn_max_age=600, default='postgres://localhost/tides')",
    ] {
        let (name, text) = main(code);
        let files = [LIST, (name, &*text)];
        let found = fires_with("service-on-loopback", "main.py:3", &files, &[]);
        assert_eq!(found.subject.as_deref(), Some("REDIS_URL"));
        assert!(found.help.unwrap().ends_with("for a rehearsal: --env REDIS_URL=…"));
        silent_with("service-on-loopback", &files, &["REDIS_URL=redis://red.example:6379"]);
    }
    let (name, text) = main("DATABASES = {'default': dj_database_url.config(default='postgres://localhost/tides')}");
    let files = [LIST, (name, &*text)];
    assert_eq!(fires("service-on-loopback", "main.py:3", &files).subject.as_deref(), Some("DATABASE_URL"));
    let settings = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    redis_url: str = 'redis://localhost'\ns = Settings()\n";
    let files = [LIST, ("main.py", settings)];
    assert_eq!(fires("service-on-loopback", "main.py:3", &files).subject.as_deref(), Some("REDIS_URL"));
    silent_with("service-on-loopback", &files, &["REDIS_URL=redis://red.example:6379"]);
    // Another name is pydantic's own affair.
    let prefixed = settings.replace("    redis_url", "    model_config = {'env_prefix': 'APP_'}\n    redis_url");
    silent("service-on-loopback", &[LIST, ("main.py", &prefixed)]);
}

#[test]
fn one_of_several_variables_that_is_set_is_enough() {
    for code in [
        "URL = os.getenv('REDIS_URL', os.getenv('REDIS_TLS_URL', 'redis://localhost'))",
        "URL = os.getenv('REDIS_URL') or os.getenv('REDIS_TLS_URL') or 'redis://localhost'",
        "URL = config('REDIS_URL', cast=str, default='redis://localhost')",
    ] {
        let (name, text) = main(code);
        silent_with("service-on-loopback", &[LIST, (name, &text)], &["REDIS_URL=redis://red.example:6379"]);
    }
}

#[test]
fn what_is_chosen_elsewhere_or_is_no_service() {
    for code in [
        "if os.getenv('DEBUG'):\n    r = redis.from_url('redis://localhost')",
        "URL = 'redis://localhost'\nURL = os.environ['REDIS_URL']",
        "LOCAL = 'redis://localhost'\nif DEBUG:\n    r = redis.from_url(LOCAL)",
        "LOCAL = 'redis://localhost'\nURL = LOCAL if DEBUG else os.environ['REDIS_URL']",
        "parser.add_argument('--redis', default='redis://localhost')",
        "def client(url='redis://localhost'):\n    return redis.from_url(url)",
        "class DevelopmentConfig:\n    URL = 'redis://localhost'",
        "URL = 'redis://localhost' if DEBUG else os.environ['REDIS_URL']",
        "DEFAULTS = {'REDIS_URL': 'redis://localhost'}",
        "assert url != 'redis://localhost'",
        "ORIGINS = ['http://localhost:3000']",
        "r = redis.from_url('redis://red.example')",
        "print('try redis://localhost')",
    ] {
        let (name, text) = main(code);
        silent("service-on-loopback", &[LIST, (name, &text)]);
    }
    let (name, text) = main("r = redis.from_url('redis://localhost')");
    let both = ("Procfile", "web: redis-server --daemonize yes && python main.py\n");
    silent("service-on-loopback", &[LIST, (name, &text), both]);
}

#[test]
fn a_name_of_a_compose_file_is_known_there_alone() {
    let compose =
        ("docker-compose.yml", "services:\n  tides-db:\n    image: postgres:16\n  cache:\n    image: redis\n");
    for (code, subject) in [
        ("url = os.getenv('DATABASE_URL', 'postgresql://me:word@tides-db:5432/tides')", "DATABASE_URL"),
        ("r = redis.from_url('redis://cache:6379/0')", "localhost"),
    ] {
        let (name, text) = main(code);
        let found = fires("service-on-loopback", "main.py:3", &[LIST, compose, (name, &text)]);
        assert_eq!(found.subject.as_deref(), Some(subject));
        assert!(found.message.contains("docker-compose.yml"), "{}", found.message);
        silent("service-on-loopback", &[LIST, (name, &text)]);
    }
    let (name, text) = main("r = redis.from_url('redis://cache.railway.internal:6379/0')");
    silent("service-on-loopback", &[LIST, compose, (name, &text)]);
}
