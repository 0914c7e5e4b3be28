//! A server of the Model Context Protocol that takes itself for a local one.

use super::facts::Facts;
use super::facts::code::Statement;
use super::facts::reach::Module;
use super::facts::release::Release;
use super::finding::{Check, Findings, error, replace_line};
use super::server::HOST as LOOPBACK;
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;

pub(crate) const REFUSED: Check = error(
    "mcp-host-refused",
    "The SDK of the Model Context Protocol (mcp from 1.23.0 on) lets a local server answer localhost alone, and takes for local what is made \
     without a host, wherever it listens afterwards. Every client of the deploy is answered 421, and the other paths as ever.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[REFUSED];

/// 1.22 had no guard that nobody asked for.
const GUARDS: Release = Release { of: "mcp", first: [1, 23], python: 10 };

static HOST: Pattern = Pattern::ascii(r#"\bhost\s*=\s*(?:["'](127\.0\.0\.1|localhost|::1)["'])?"#);
static OPENED: Pattern = Pattern::new(r"\.settings\.host\s*=[^=]");
const APPS: &[&str] = &["streamable_http_app(", "sse_app("];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let reached = facts.reached();
    let says = |text: &str| reached.iter().any(|module| module.text.contains(text));
    // What is told of hosts, or writes the header itself, is told enough.
    if GUARDS.is_in(facts) == Some(false) || says("transport_security") || says("b\"host\"") {
        return;
    }
    let calls = |call: &'static str| {
        let statements = |module: &'_ Module| module.code.statements.iter().any(|found| found.text.contains(call));
        reached.iter().any(statements)
    };
    let is_mounted = [".mount(", "Mount("].iter().any(|call| calls(call));
    for module in reached {
        // Until 2.0 the server is what is made, since then the app.
        let mut is_hidden = false;
        let (makers, is_served): (&[&str], bool) = if module.text.contains("mcp.server.fastmcp") {
            let opened = |found: &Statement| OPENED.is_match(&found.text);
            let is_opened = reached.iter().any(|module| module.code.statements.iter().any(opened));
            let over_http = calls("streamable-http") || calls("\"sse\"") || calls("'sse'") || calls("_http_async(");
            let is_app = APPS.iter().any(|app| calls(app));
            // It is its constructor that says where `run` listens, and no variable does (mcp 1.30).
            is_hidden = !is_opened && !is_app && over_http;
            (&["FastMCP("], is_app || over_http)
        } else if says("MCPServer") || says("mcp.server.lowlevel") {
            (APPS, true)
        } else {
            continue;
        };
        let made = module.code.statements.iter().find_map(|found| {
            let maker = makers.iter().find(|maker| found.text.contains(**maker))?;
            let is_class = found.text.starts_with("class ") || found.text.starts_with("def ");
            let host = HOST.captures(&found.text);
            let is_local = host.as_ref().is_none_or(|host| host.get(1).is_some()) && !found.text.contains("**");
            (is_local && !is_class).then_some((found, *maker))
        });
        let Some((found, maker)) = made.filter(|_| is_served) else { continue };
        let place = facts.app.line(&module.path, Some(found.line));
        if is_hidden {
            let finding =
                LOOPBACK.found("the server listens on 127.0.0.1, where nobody outside the container reaches it");
            let finding = finding.about("127.0.0.1").at(place, &found.text);
            let finding = if module.code.is_conditional(found) { finding.severity(Severity::Warning) } else { finding };
            let edits = with_host(facts, module, found, maker);
            findings.push(finding.help("make it with host=\"0.0.0.0\"").fix("listen on 0.0.0.0", edits));
            continue;
        }
        let finding = REFUSED
            .found("the MCP server answers 421 to every host but localhost, the deploy's own among them")
            .about(maker.trim_end_matches('('))
            .at(place, &found.text)
            .help("make it with host=\"0.0.0.0\", or with a transport_security that names the deploy's host (TransportSecuritySettings(allowed_hosts=[…])); `uvicorn --host` and, before 2.0, `mcp.settings.host = …` come too late");
        // The rest of a larger app answers, and a function may not be called.
        let is_certain =
            !is_mounted && module.is_certain && !module.code.is_conditional(found) && !module.code.is_lazy(found);
        let finding = if is_certain { finding } else { finding.likely() };
        let edits = with_host(facts, module, found, maker);
        findings.push(finding.fix("make it with host=\"0.0.0.0\"", edits));
    }
}

/// A call that stands in one line, with the host among its arguments; none where it names one.
fn with_host(facts: &Facts<'_>, module: &Module, found: &Statement, maker: &str) -> Vec<Edit> {
    if HOST.is_match(&found.text) {
        return Vec::new();
    }
    let line = module.text.lines().nth(found.line - 1).unwrap_or_default();
    let Some((head, rest)) = line.split_once(maker).filter(|_| line.trim() == found.text) else { return Vec::new() };
    // Without a bracket between, the next one ends the call.
    let Some((given, rest)) = rest.split_once(')').filter(|(given, _)| !given.contains('(')) else { return Vec::new() };
    let comma = if given.trim().is_empty() { "" } else { ", " };
    let better = format!("{head}{maker}{}{comma}host=\"0.0.0.0\"){rest}", given.trim_end_matches([',', ' ']));
    vec![replace_line(&facts.app.place(&module.path), found.line, line, better)]
}
