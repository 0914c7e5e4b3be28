//! The HTML page: one file, no network, a time line a scenario on the suite's common clock.

use std::fmt::Write;

use anyhow::Result;

use super::result::{CaseResult, CaseStatus, Span, Summary};

const HEAD: &str = include_str!("page_head.html");
const TAIL: &str = include_str!("page_tail.html");

/// The colours a phase may have, by its name; others share the last.
const PHASES: &[(&str, &str)] =
    &[("setup", "setup"), ("install", "install"), ("build", "build"), ("start", "start"), ("plan", "plan")];

/// The whole page.
pub fn html(summary: &Summary) -> Result<String> {
    let several = summary.has_several_backends();
    let end = summary.results.iter().map(|result| result.from + result.seconds).fold(summary.seconds, f64::max);
    let mut page = HEAD.to_owned();
    write!(page, "<p class=\"counts\">")?;
    for status in CaseStatus::ALL {
        let count = summary.count(status);
        if count > 0 {
            let name = status.name();
            write!(
                page,
                "<label class=\"{name}\"><input type=\"checkbox\" value=\"{name}\" checked> {count} {name}</label> "
            )?;
        }
    }
    writeln!(page, "in {:.1} s</p>\n<table>", summary.seconds)?;
    writeln!(
        page,
        "<thead><tr><th>scenario<th>result<th>verdict<th class=\"number\">seconds<th>{}</tr></thead><tbody>",
        axis(end)
    )?;
    let mut results: Vec<&CaseResult> = summary.results.iter().collect();
    // What somebody has to look at comes first, then the order in which they began.
    results.sort_by(|a, b| b.status.is_bad().cmp(&a.status.is_bad()).then(a.from.total_cmp(&b.from)));
    for result in results {
        row(&mut page, result, several, end)?;
    }
    page += "</tbody></table>\n";
    page += TAIL;
    Ok(page)
}

fn row(page: &mut String, result: &CaseResult, several: bool, end: f64) -> Result<()> {
    let status = result.status.name();
    let verdict = match (&result.verdict, &result.rule) {
        (Some(verdict), Some(rule)) => format!("{verdict}: {rule}"),
        (Some(verdict), None) => verdict.clone(),
        (None, _) => String::new(),
    };
    write!(
        page,
        "<tr class=\"{status}\"><td>{}<td><b>{status}</b><td>{}<td class=\"number\">{}<td class=\"line\">",
        escaped(&result.title(several)),
        escaped(&verdict),
        if result.attempts > 0 { format!("{:.1}", result.seconds) } else { String::new() },
    )?;
    for span in &result.timeline {
        bar(page, result.from, span, end)?;
    }
    writeln!(page, "</tr>")?;
    if result.status != CaseStatus::Passed && !(result.reasons.is_empty() && result.diff.is_none()) {
        let open = if result.status.is_bad() { " open" } else { "" };
        let reasons = escaped(&result.reasons.join("\n"));
        let diff = escaped(result.diff.as_deref().unwrap_or_default());
        let log = escaped(&result.log.join("\n"));
        writeln!(
            page,
            "<tr class=\"{status} why\"><td colspan=\"5\"><details{open}><summary>why</summary><pre>{reasons}\n{diff}\n{log}</pre></details></tr>"
        )?;
    }
    Ok(())
}

fn bar(page: &mut String, from: f64, span: &Span, end: f64) -> Result<()> {
    let share = |seconds: f64| if end > 0.0 { seconds / end * 100.0 } else { 0.0 };
    let class = PHASES.iter().find(|(name, _)| *name == span.phase).map_or("other", |(_, class)| class);
    let bad = if span.good { "" } else { " bad" };
    let ended = if span.good { "" } else { ", failed" };
    write!(
        page,
        "<span class=\"{class}{bad}\" style=\"left:{:.3}%;width:{:.3}%\" title=\"{} {:.2} s{ended}\"></span>",
        share(from + span.from),
        share(span.seconds),
        escaped(&span.phase),
        span.seconds,
    )?;
    Ok(())
}

/// The seconds under which the bars stand.
fn axis(end: f64) -> String {
    const MARKS: u32 = 4;
    let marks = (0..=MARKS).map(|mark| format!("<i>{:.0}</i>", end * f64::from(mark) / f64::from(MARKS)));
    format!("<div class=\"axis\">{}</div>", marks.collect::<String>())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::result::Case;
    use super::*;

    #[test]
    fn bars_stand_on_the_common_clock() {
        let case = Case { scenario: "a<b".into(), backend: "host".into() };
        let timeline = vec![
            Span { phase: "install".into(), from: 0.0, seconds: 2.0, good: true },
            Span { phase: "start".into(), from: 2.0, seconds: 3.0, good: false },
        ];
        let failed = CaseResult::unrun(case, CaseStatus::Failed, "<script>".into());
        let result = CaseResult { attempts: 1, from: 5.0, seconds: 5.0, timeline, ..failed };
        let page = html(&Summary { results: vec![result], seconds: 10.0, interrupted: false }).unwrap();
        assert!(page.contains("class=\"install\" style=\"left:50.000%;width:20.000%\""), "{page}");
        assert!(page.contains("class=\"start bad\" style=\"left:70.000%;width:30.000%\""));
        assert!(page.contains("a&lt;b") && page.contains("&lt;script&gt;"));
    }

    #[test]
    fn the_page_needs_no_network() {
        let page = html(&Summary::default()).unwrap();
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src="));
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    }
}
