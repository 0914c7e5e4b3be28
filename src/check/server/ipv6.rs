//! Servers that listen on IPv6 and on nothing else.

use crate::check::facts::Facts;
use crate::check::facts::command::Invocation;
use crate::check::facts::start::Start;
use crate::check::finding::{Check, Findings};

/// uvicorn on every address of IPv6, which is every address for several processes alone.
pub(super) fn alone(
    check: &Check,
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    let is_uvicorn = matches!(invocation.program, "uvicorn" | "fastapi");
    let workers = invocation.option(&["--workers"]).or_else(|| facts.variable("WEB_CONCURRENCY"));
    let is_single = workers.is_none_or(|workers| workers == "1") && !invocation.has("--reload");
    if !is_uvicorn || !is_single || invocation.option(&["--host"]) != Some("::") {
        return;
    }
    let text = invocation.text.replacen("--host ::", "--host 0.0.0.0", 1).replacen("--host=::", "--host=0.0.0.0", 1);
    let better = start.command.replacen(invocation.text, &text, 1);
    let finding = check
        .found("uvicorn listens on IPv6 alone, and the platform's public network asks over IPv4")
        .about("::")
        .at(start.source.clone(), start.command)
        .help("listen on 0.0.0.0; where the private network has to reach it by IPv6 as well: `hypercorn --bind '[::]:$PORT'`, or two workers of uvicorn");
    findings.push(finding.likely().fix("listen on 0.0.0.0", start.replaced_with(facts, &better)));
}
