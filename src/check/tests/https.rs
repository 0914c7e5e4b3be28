use super::{fires, fires_with, silent, silent_with};
use crate::finding::Severity;

const ID: &str = "https-sent-back";
const DJANGO: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0.0\n");
const MANAGE: (&str, &str) = ("manage.py", "");
const HEALTH: (&str, &str) = ("railway.json", r#"{"deploy": {"healthcheckPath": "/health/"}}"#);
const BELIEVED: &str = "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https')\n";

fn settings(more: &str) -> String {
    format!("WSGI_APPLICATION = 'tide.wsgi.application'\n{more}\n")
}

#[test]
fn django_has_to_be_told_that_the_edge_was_asked_over_https() {
    let place = "tide/settings.py:2";
    let sure = settings("SECURE_SSL_REDIRECT = True");
    assert_eq!(fires(ID, place, &[DJANGO, MANAGE, ("tide/settings.py", &sure)]).severity, Severity::Error);
    for more in ["SECURE_SSL_REDIRECT = not DEBUG", "SECURE_SSL_REDIRECT = env.bool('TLS')  # False at home"] {
        let text = settings(more);
        assert_eq!(fires(ID, place, &[DJANGO, MANAGE, ("tide/settings.py", &text)]).severity, Severity::Warning);
    }
    for more in ["SECURE_SSL_REDIRECT = False", "# SECURE_SSL_REDIRECT = True", "SECURE_HSTS_SECONDS = 60"] {
        silent(ID, &[DJANGO, MANAGE, HEALTH, ("tide/settings.py", &settings(more))]);
    }
    let told = settings(&format!("SECURE_SSL_REDIRECT = True\n{BELIEVED}"));
    silent(ID, &[DJANGO, MANAGE, ("tide/settings.py", &told)]);
}

#[test]
fn the_health_check_is_let_be() {
    let told = settings(&format!("SECURE_SSL_REDIRECT = True\n{BELIEVED}"));
    let found = fires(ID, "tide/settings.py:2", &[DJANGO, MANAGE, HEALTH, ("tide/settings.py", &told)]);
    assert!(found.message.contains("/health/"), "{}", found.message);
    let exempt = format!("{told}SECURE_REDIRECT_EXEMPT = [r'^health/']\n");
    silent(ID, &[DJANGO, MANAGE, HEALTH, ("tide/settings.py", &exempt)]);
}

#[test]
fn uvicorn_has_to_believe_the_edge() {
    const NEEDS: (&str, &str) = ("requirements.txt", "fastapi==0.136.0\nuvicorn==0.54.0\n");
    const APP: (&str, &str) = (
        "main.py",
        "from fastapi import FastAPI\nfrom fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware\napp = FastAPI()\napp.add_middleware(HTTPSRedirectMiddleware)\n",
    );
    const START: (&str, &str) = ("Procfile", "web: uvicorn main:app --host 0.0.0.0 --port $PORT\n");
    const BELIEVES: (&str, &str) =
        ("Procfile", "web: uvicorn main:app --host 0.0.0.0 --port $PORT --forwarded-allow-ips='*'\n");
    let found = fires(ID, "main.py:4", &[NEEDS, APP, START]);
    assert_eq!(found.fixes[0].summary, "have uvicorn believe the edge");
    fires_with(ID, "main.py:4", &[NEEDS, APP, START], &["TLS=1"]);
    silent(ID, &[NEEDS, APP, BELIEVES]);
    silent_with(ID, &[NEEDS, APP, START], &["FORWARDED_ALLOW_IPS=*"]);
    silent(ID, &[NEEDS, ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), START]);
}
