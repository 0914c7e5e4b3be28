//! The page for people who look: one file, no network, nothing that runs, light and dark.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::page::{PAGE_HEAD, PAGE_TAIL, escaped_html as escaped};
use super::{Paint, Report, human, table, words};
use crate::finding::{Diagnosis, Edit, Severity};
use crate::fix::Patch;
use crate::plan::SETUP;
use crate::project::Source;
use crate::rehearse::Rehearsal;
use crate::run::{START, Status, Verdict};

const STYLE: &str = include_str!("html.css");

pub(super) fn render(report: &Report) -> Result<String> {
    let (class, title) = match report.rehearsal().map(Rehearsal::verdict) {
        Some(Verdict::Works) => ("good", "works"),
        Some(Verdict::Fails) => ("bad", "fails"),
        Some(Verdict::CannotTell) => ("warn", "cannot tell"),
        None => ("", "findings"),
    };
    let mut page = format!("{PAGE_HEAD}{STYLE}</style>\n<title>shakedown: {title}</title>\n</head>\n<body>\n");
    if let Some(rehearsal) = report.rehearsal() {
        let phase = rehearsal.outcome.failing_phase().filter(|_| class == "bad");
        let at = phase.map(|phase| format!(" at {}", escaped(phase))).unwrap_or_default();
        writeln!(page, "<h1>the deploy: <b class=\"{class}\">{title}</b>{at}</h1>")?;
        for line in circumstances(rehearsal) {
            writeln!(page, "<p>{}</p>", escaped(&line))?;
        }
        if !rehearsal.is_elsewhere {
            phases(&mut page, rehearsal)?;
        }
    } else {
        writeln!(page, "<h1>{}</h1>", words::counted(report.diagnoses().len(), "finding"))?;
    }
    if let Some(replay) = report.replay() {
        let mut text = human::place(&replay.failure, report.diagnoses().is_empty(), Paint::PLAIN);
        replay.here.iter().for_each(|comparison| human::compared(&mut text, comparison, Paint::PLAIN));
        writeln!(page, "<pre>{}</pre>", escaped(text.trim_end()))?;
    }
    if !report.diagnoses().is_empty() {
        // A deploy that works has no cause.
        let has_cause = report.rehearsal().is_some_and(|rehearsal| rehearsal.primary().is_some());
        writeln!(page, "<h2>{}</h2>", if has_cause || report.replay().is_some() { "causes" } else { "findings" })?;
    }
    for diagnosis in report.diagnoses() {
        cause(&mut page, diagnosis, &report.project)?;
    }
    if report.diagnoses().is_empty() && !report.telling().is_empty() {
        page += "<h2>no known cause</h2>\n<p>The most telling lines:</p>\n<pre>";
        for evidence in report.telling() {
            writeln!(page, "{}: {}", escaped(&evidence.source.to_string()), escaped(&evidence.text))?;
        }
        page += "</pre>\n";
    }
    if let Some(rehearsal) = report.rehearsal() {
        output(&mut page, rehearsal)?;
        if !rehearsal.unverified.is_empty() {
            page += "<h2>not verified here</h2>\n<ul>\n";
            for unverified in &rehearsal.unverified {
                writeln!(page, "<li><b>{}</b>: {}</li>", escaped(&unverified.what), escaped(&unverified.why))?;
            }
            page += "</ul>\n";
        }
    }
    Ok(page + PAGE_TAIL)
}

/// Who builds, where it ran and how long it took, and what is to be known of the verdict.
fn circumstances(rehearsal: &Rehearsal) -> Vec<String> {
    let builder = rehearsal.builder.as_ref();
    let found = builder.map(|found| format!("{} ({}), ", found.builder, found.because));
    let (on, took) = (words::on(&rehearsal.backend), words::took(rehearsal.took));
    let mut lines = vec![format!("{}rehearsed{on} in {took}", found.unwrap_or_default())];
    lines.extend(builder.and_then(|found| found.doubt.as_ref()).map(|doubt| format!("note: {doubt}")));
    lines.extend(rehearsal.absent.as_ref().map(|absent| format!("{} is not on this machine", absent.what)));
    let mut failure = String::new();
    human::failure(&mut failure, rehearsal, Paint::PLAIN);
    lines.extend(failure.lines().filter(|line| !line.is_empty()).map(|line| line.trim_start().to_owned()));
    lines
}

/// A row a phase: what it is to do, how it ended, and its share of the time.
fn phases(page: &mut String, rehearsal: &Rehearsal) -> Result<()> {
    let outcome = &rehearsal.outcome;
    let mut rows: Vec<(&str, String, String, Option<bool>, Duration)> = Vec::new();
    for phase in &outcome.phases {
        let ran = phase.status != Status::Skipped;
        let took = phase.cmds.iter().map(|cmd| cmd.took).sum();
        let good = ran.then_some(phase.status == Status::Passed);
        rows.push((&phase.name, planned(rehearsal, &phase.name), words::ending(phase.status), good, took));
    }
    let command = rehearsal.plan.start_command().map(str::to_owned);
    match &outcome.smoke {
        Some(smoke) => {
            let good = Some(smoke.result.is_good());
            rows.push((START, smoke.cmd.clone(), words::found(&smoke.result), good, smoke.took));
        }
        None => rows.extend(command.map(|command| (START, command, "was not run".to_owned(), None, Duration::ZERO))),
    }
    let whole: f64 = rows.iter().map(|(.., took)| took.as_secs_f64()).sum();
    page.push_str(
        "<table>\n<thead><tr><th>phase<th>plan<th>result<th class=\"number\">time<th></tr></thead>\n<tbody>\n",
    );
    let mut from = 0.0;
    for (name, plan, ending, good, took) in rows {
        let class = good.map_or("skipped", |good| if good { "good" } else { "bad" });
        let share = |seconds: f64| if whole > 0.0 { seconds / whole * 100.0 } else { 0.0 };
        let (left, width) = (share(from), share(took.as_secs_f64()));
        from += took.as_secs_f64();
        let time = good.map(|_| words::took(took)).unwrap_or_default();
        writeln!(
            page,
            "<tr class=\"{class}\"><td>{}<td><code>{}</code><td><b class=\"{class}\">{}</b><td class=\"number\">{time}\
             <td class=\"line\"><span class=\"{class}\" style=\"left:{left:.3}%;width:{width:.3}%\"></span></tr>",
            escaped(name),
            escaped(&plan),
            escaped(&ending),
        )?;
    }
    page.push_str("</tbody></table>\n");
    Ok(())
}

/// What a phase is to do, in the plan's words.
fn planned(rehearsal: &Rehearsal, name: &str) -> String {
    if name == SETUP {
        return table::packages(rehearsal);
    }
    let phases = rehearsal.outcome.phases.iter().filter(|phase| phase.name == name);
    phases.flat_map(|phase| &phase.cmds).map(table::command).collect::<Vec<_>>().join("\n")
}

fn cause(page: &mut String, diagnosis: &Diagnosis, project: &Path) -> Result<()> {
    let class = match diagnosis.severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Note => "note",
    };
    writeln!(
        page,
        "<section class=\"{class}\"><h3><b class=\"{class}\">{}[{}]</b> {}</h3>",
        words::severity(diagnosis.severity),
        escaped(diagnosis.rule),
        escaped(&diagnosis.message)
    )?;
    if !diagnosis.evidence.is_empty() {
        page.push_str("<table class=\"places\"><tbody>\n");
        for evidence in &diagnosis.evidence {
            let line = human::line_of(evidence, project).unwrap_or_default();
            writeln!(
                page,
                "<tr><td>{}<td><code>{}</code></tr>",
                escaped(&evidence.source.to_string()),
                escaped(&line)
            )?;
        }
        page.push_str("</tbody></table>\n");
    }
    for fix in &diagnosis.fixes {
        writeln!(page, "<p><b>fix:</b> {}</p>", escaped(&fix.summary))?;
        if let Some(diff) = diff(project, &fix.edits) {
            page.push_str("<pre class=\"diff\">");
            for line in diff.lines() {
                let kind = match line.as_bytes() {
                    [b'+', b'+', ..] | [b'-', b'-', ..] => "",
                    [b'+', ..] => "added",
                    [b'-', ..] => "removed",
                    _ => "",
                };
                writeln!(page, "<span class=\"{kind}\">{}</span>", escaped(line))?;
            }
            page.push_str("</pre>\n");
        }
    }
    if let Some(help) = &diagnosis.help {
        writeln!(page, "<p><b>help:</b> {}</p>", escaped(help))?;
    }
    page.push_str("</section>\n");
    Ok(())
}

/// What the edits would change; none where they no longer fit the files.
fn diff(project: &Path, edits: &[Edit]) -> Option<String> {
    let mut patch = Patch::new(project).ok()?;
    patch.add(edits).ok()?;
    Some(patch.diff()).filter(|diff| !diff.is_empty())
}

/// The output by phase; the failing one is open, and what the causes point at is marked.
fn output(page: &mut String, rehearsal: &Rehearsal) -> Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for name in rehearsal.log.lines().iter().filter_map(|line| line.phase.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let causes = rehearsal.primary().into_iter();
    let marked: Vec<&Source> = causes.flat_map(|cause| &cause.evidence).map(|evidence| &evidence.source).collect();
    let is_marked = |name: &str, number: usize| {
        marked.iter().any(|source| {
            matches!(source, Source::Log { phase, line } if *line == number && phase.as_deref().is_none_or(|phase| phase == name))
        })
    };
    if !names.is_empty() {
        page.push_str("<h2>output</h2>\n");
    }
    for name in names {
        let open = if rehearsal.outcome.failing_phase() == Some(name) { " open" } else { "" };
        writeln!(page, "<details{open}><summary>{}</summary>\n<pre class=\"output\">", escaped(name))?;
        let lines = rehearsal.log.lines().iter().filter(|line| line.phase.as_deref() == Some(name));
        let mut next = 1;
        let mut is_first = true;
        for line in lines {
            if line.number > next {
                writeln!(page, "<i>… {}</i>", words::counted(line.number - next, "line"))?;
            }
            next = line.number + 1;
            let text = escaped(&line.text);
            match is_marked(name, line.number) {
                true => {
                    let id = if is_first { " id=\"error\"" } else { "" };
                    is_first = false;
                    writeln!(page, "<i>{:>5}</i> <mark{id}>{text}</mark>", line.number)?;
                }
                false => writeln!(page, "<i>{:>5}</i> {text}", line.number)?,
            }
        }
        page.push_str("</pre></details>\n");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Certainty, Evidence, Fix};
    use crate::log::LogBuilder;
    use crate::report::Content;
    use crate::run::{CmdOutcome, Outcome, PhaseOutcome};
    use crate::sandbox::process::Exit;

    fn report(project: &Path) -> Report {
        let mut log = LogBuilder::new();
        log.push(Some("install"), b"Collecting <flask>\nERROR: no such thing\nbye\n");
        let status = Status::Failed(Exit::Code(1));
        let cmd = CmdOutcome {
            cmd: "pip install -r requirements.txt".into(),
            status,
            took: Duration::from_secs(3),
            origin: None,
        };
        let phase = PhaseOutcome { name: "install".into(), status, cmds: vec![cmd] };
        let at = |source| Evidence { source, text: String::new() };
        let diagnosis = Diagnosis {
            rule: "no-matching-distribution",
            severity: Severity::Error,
            message: "there is no <flaks>".into(),
            subject: None,
            evidence: vec![
                at(Source::Log { phase: Some("install".into()), line: 2 }),
                at(Source::line("requirements.txt", 1)),
            ],
            certainty: Certainty::Certain,
            help: Some("write flask".into()),
            fixes: vec![Fix {
                summary: "replace flaks".into(),
                edits: vec![Edit::ReplaceLine {
                    path: "requirements.txt".into(),
                    line: 1,
                    was: "flaks".into(),
                    text: "flask".into(),
                }],
            }],
        };
        let rehearsal = Rehearsal {
            backend: "host".into(),
            outcome: Outcome { phases: vec![phase], smoke: None },
            diagnoses: vec![diagnosis],
            log: log.finish(),
            ..Rehearsal::default()
        };
        Report { project: project.to_owned(), content: Content::Rehearsal(Box::new(rehearsal)) }
    }

    #[test]
    fn the_page_shows_the_cause_its_place_its_cure_and_the_line_of_the_output() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("requirements.txt"), "flaks\n").unwrap();
        let page = render(&report(project.path())).unwrap();
        for part in [
            "<b class=\"bad\">fails</b> at install",
            "there is no &lt;flaks&gt;",
            "<td>requirements.txt:1<td><code>flaks</code>",
            "<span class=\"removed\">-flaks</span>",
            "<span class=\"added\">+flask</span>",
            "<details open><summary>install</summary>",
            "<mark id=\"error\">ERROR: no such thing</mark>",
            "Collecting &lt;flask&gt;",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }

    #[test]
    fn the_page_needs_no_network_and_runs_nothing() {
        let page = render(&report(Path::new("/nowhere"))).unwrap();
        assert!(
            !page.contains("http:") && !page.contains("https:") && !page.contains("src=") && !page.contains("url(")
        );
        assert!(!page.contains("<script") && page.contains("default-src 'none'"));
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    }
}
