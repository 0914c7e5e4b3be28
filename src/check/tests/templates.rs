use super::{fires, silent};

const ID: &str = "template-response-old-form";
const UVICORN: (&str, &str) = ("Procfile", "web: uvicorn main:app --host 0.0.0.0 --port $PORT\n");

fn main(page: &str) -> String {
    format!(
        "from fastapi import FastAPI, Request\nfrom fastapi.templating import Jinja2Templates\napp = FastAPI()\nshown = Jinja2Templates('pages')\n\
         @app.get('/')\ndef index(request: Request):\n    return {page}\n"
    )
}

/// starlette/templating.py of 1.0.0 takes `request` before `name`; FastAPI 0.133.0 is the first that lets it in.
#[test]
fn the_request_comes_first() {
    for needs in [
        "fastapi\njinja2==3.1.6\n",
        "fastapi==0.165.0\njinja2==3.1.6\n",
        "fastapi==0.140.0\nstarlette==1.0.0\njinja2\n",
    ] {
        for page in [
            r#"shown.TemplateResponse("index.html", {"request": request, "tide": "high"})"#,
            r#"shown.TemplateResponse("index.html", {"request": request})"#,
            r#"shown.TemplateResponse(name="index.html", context={"request": request})"#,
            "shown.TemplateResponse(\n        \"index.html\", {\"request\": request},\n    )",
        ] {
            fires(ID, "main.py:7", &[("requirements.txt", needs), UVICORN, ("main.py", &main(page))]);
        }
    }
}

#[test]
fn the_new_form_and_an_older_starlette_are_let_be() {
    let old = main(r#"shown.TemplateResponse("index.html", {"request": request})"#);
    for needs in ["fastapi==0.128.0\njinja2\n", "fastapi==0.140.0\nstarlette<1\njinja2\n", "fastapi<0.133\njinja2\n"] {
        silent(ID, &[("requirements.txt", needs), UVICORN, ("main.py", &old)]);
    }
    let new = "fastapi==0.165.0\njinja2==3.1.6\n";
    for page in [
        r#"shown.TemplateResponse(request, "index.html", {"tide": "high"})"#,
        r#"shown.TemplateResponse(name="index.html", request=request)"#,
        r#"shown.TemplateResponse(request=request, name="index.html")"#,
    ] {
        silent(ID, &[("requirements.txt", new), UVICORN, ("main.py", &main(page))]);
    }
    // The newest FastAPI for an older Python comes with an older Starlette.
    silent(ID, &[("requirements.txt", "fastapi\njinja2\n"), (".python-version", "3.9\n"), UVICORN, ("main.py", &old)]);
}
