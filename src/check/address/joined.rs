//! Addresses that are one text, `host:port`, or an option of the server's own settings.

use super::table::LOOPBACK;
use crate::check::facts::Facts;
use crate::check::facts::reach::Module;
use crate::check::finding::{Findings, replace_line};
use crate::check::server::HOST;
use crate::finding::Severity;
use crate::log::pattern::Pattern;
use crate::project::Source;

/// Where a server is told such an address.
struct Place {
    /// What the file imports where this is meant.
    sign: &'static str,
    /// The host is the first group.
    pattern: Pattern,
}

/// grpcio 1.76, Hypercorn 0.18, gunicorn 26 (an app of `BaseApplication`), waitress 3.0 and CherryPy 18.10.
static PLACES: [Place; 5] = [
    Place {
        sign: "grpc",
        pattern: Pattern::ascii(r#"\.add_(?:in)?secure_port\(\s*f?["'](\[?[\w.:{}-]*?\]?):(?u:[^:"'\]])*["']"#),
    },
    Place {
        sign: "hypercorn",
        pattern: Pattern::ascii(r#"\.bind\s*=\s*\[?\s*f?["'](\[?[\w.:{}-]*?\]?):(?u:[^:"'\]])*["']"#),
    },
    Place {
        sign: "gunicorn",
        pattern: Pattern::ascii(r#"["']bind["']\s*:\s*f?["'](\[?[\w.:{}-]*?\]?):(?u:[^:"'\]])*["']"#),
    },
    Place {
        sign: "waitress",
        pattern: Pattern::ascii(r#"\blisten\s*=\s*f?["'](\[?[\w.:{}-]*?\]?):(?u:[^:"'\]])*["']"#),
    },
    Place { sign: "cherrypy", pattern: Pattern::ascii(r#"\bserver\.socket_host["']?\s*[:=]\s*["']([\w.:-]+)["']"#) },
];

/// CherryPy 18.10 listens on the loopback where neither the code nor a file that it reads says otherwise.
fn cherrypy(facts: &Facts<'_>, module: &Module, findings: &mut Findings) {
    const STARTS: &[&str] = &["cherrypy.quickstart(", "cherrypy.engine.start("];
    const TOLD: &[&str] = &["socket_host", "socket_file", "bind_addr", "server.unsubscribe", ".conf", ".ini", ".cfg"];
    let says = |word: &&str| facts.reached().iter().any(|other| other.text.contains(word));
    let starts = |text: &str| STARTS.iter().any(|start| text.starts_with(start));
    let code = &module.code;
    let Some(found) = code.statements.iter().find(|found| starts(&found.text)) else { return };
    let is_told = TOLD.iter().any(says) || found.text.contains("config=");
    if is_told {
        return;
    }
    let path = facts.app.place(&module.path);
    let line = module.text.lines().nth(found.line - 1).unwrap_or_default();
    let blank = &line[..line.len() - line.trim_start().len()];
    let told = format!("{blank}cherrypy.config.update({{\"server.socket_host\": \"0.0.0.0\"}}); {}", line.trim_start());
    let finding = HOST.found("the server listens on 127.0.0.1, where nobody outside the container reaches it");
    let finding = finding
        .about("127.0.0.1")
        .severity(if code.is_conditional(found) { Severity::Warning } else { Severity::Error })
        .at(Source::line(&path, found.line), &found.text);
    findings.push(finding.fix("listen on 0.0.0.0", vec![replace_line(&path, found.line, line, told)]));
}

pub(super) fn check(facts: &Facts<'_>, module: &Module, findings: &mut Findings) {
    cherrypy(facts, module, findings);
    for place in PLACES.iter().filter(|place| module.text.contains(place.sign)) {
        let told: Vec<_> = module
            .code
            .statements
            .iter()
            .flat_map(|statement| place.pattern.captures_iter(&statement.text).map(move |found| (statement, found)))
            .filter_map(|(statement, found)| Some((statement, found.get(1)?.as_str().to_owned())))
            .collect();
        let is_loopback = |host: &str| LOOPBACK.contains(&host.trim_matches(['[', ']']));
        // Of several addresses another one may be meant for visitors.
        if told.iter().any(|(_, host)| !is_loopback(host)) {
            continue;
        }
        for (statement, host) in told {
            let is_conditional = module.code.is_conditional(statement);
            let path = facts.app.place(&module.path);
            let finding = HOST
                .found(format!("the server listens on {host}, where nobody outside the container reaches it"))
                .about(&host)
                .severity(if is_conditional { Severity::Warning } else { Severity::Error })
                .at(Source::line(&path, statement.line), &statement.text);
            let line = module.text.lines().nth(statement.line - 1).unwrap_or_default();
            let everywhere = (line.matches(&host).count() == 1)
                .then(|| replace_line(&path, statement.line, line, line.replacen(&host, "0.0.0.0", 1)));
            let finding = if everywhere.is_none() { finding.help("listen on 0.0.0.0") } else { finding };
            findings.push(finding.fix("listen on 0.0.0.0", everywhere.into_iter().collect()));
        }
    }
}
