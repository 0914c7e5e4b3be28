//! Pages that are rendered in a form which Starlette took until 1.0.

use super::facts::Facts;
use super::facts::code::Statement;
use super::facts::reach::Module;
use super::facts::release::Release;
use super::finding::{Check, Findings, error, replace_line};
use crate::finding::Edit;
use crate::log::pattern::Pattern;

pub(crate) const OLD_FORM: Check = error(
    "template-response-old-form",
    "Starlette 1.0 takes the request first: `TemplateResponse(request, \"index.html\", {…})`. The form of before, the name first and the request in \
     the dict, ends every such page with `TypeError: unhashable type: 'dict'` out of Jinja. FastAPI lets Starlette 1.0 in from 0.133 on.",
);

pub(super) const CHECKS: &[Check] = &[OLD_FORM];

const STARLETTE: Release = Release { of: "starlette", first: [1, 0], python: 10 };
/// The first that lets it in.
const FASTAPI: Release = Release { of: "fastapi", first: [0, 133], python: 10 };

static NAME_FIRST: Pattern = Pattern::ascii(r#"\bTemplateResponse\(\s*(?:name\s*=\s*)?["']"#);
static REQUEST: Pattern = Pattern::ascii(r#"["']request["']\s*:\s*([A-Za-z_]\w*)\s*[,}]"#);
static BY_NAME: Pattern = Pattern::ascii(r"\brequest\s*=\s*\w");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let is_new = STARLETTE.is_in(facts).or_else(|| FASTAPI.is_in(facts));
    if is_new != Some(true) || !facts.reached().iter().any(|module| module.text.contains("Jinja2Templates")) {
        return;
    }
    let old = |statement: &&Statement| NAME_FIRST.is_match(&statement.text) && !BY_NAME.is_match(&statement.text);
    let pages: Vec<(&Module, &Statement)> = facts
        .reached()
        .iter()
        .flat_map(|module| module.code.statements.iter().filter(old).map(move |statement| (module, statement)))
        .collect();
    let Some(((module, first), more)) = pages.split_first() else { return };
    let count = match more.len() {
        0 => "a page is".to_owned(),
        more => format!("{} pages are", more + 1),
    };
    let finding = OLD_FORM
        .found(format!(
            "{count} rendered by the name first and the request in the dict, which Starlette takes no more from 1.0 on"
        ))
        .about("TemplateResponse")
        .at(facts.app.line(&module.path, Some(first.line)), &first.text)
        .help(
            "give the request first: TemplateResponse(request, \"index.html\", {…}); Starlette takes that from 0.29 on",
        );
    let edits: Option<Vec<Edit>> = pages.iter().map(|(module, page)| request_first(facts, module, page)).collect();
    findings.push(finding.fix("give the request first", edits.unwrap_or_default()));
}

/// The line that begins the call, with the request of its dict in front of the name.
fn request_first(facts: &Facts<'_>, module: &Module, page: &Statement) -> Option<Edit> {
    let request = REQUEST.captures(&page.text)?;
    let line = module.text.lines().nth(page.line - 1)?;
    let at = line.find("TemplateResponse(").map(|at| at + "TemplateResponse(".len())?;
    let (head, rest) = line.split_at(at);
    if !rest.trim_start().starts_with(['"', '\'']) || rest.contains("TemplateResponse(") {
        return None;
    }
    let better = format!("{head}{}, {}", &request[1], rest.trim_start());
    Some(replace_line(&facts.app.place(&module.path), page.line, line, better))
}
