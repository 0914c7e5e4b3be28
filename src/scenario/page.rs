//! The HTML page: one file, no network, a time line a scenario on the suite's common clock.

use std::fmt::Write;

use anyhow::Result;

use super::result::{CaseResult, CaseStatus, Span, Summary};
use crate::report::{PAGE_HEAD, PAGE_TAIL, escaped_html as escaped};

const STYLE: &str = include_str!("page.css");

/// The colours a phase may have, by its name; others share the last.
const PHASES: &[(&str, &str)] =
    &[("setup", "setup"), ("install", "install"), ("build", "build"), ("start", "start"), ("plan", "plan")];

/// The ticks that a time line has at most.
const TICKS: f64 = 8.0;
const LEGEND: &str = "<p class=\"legend\">phases:<span class=\"setup\"></span>setup<span class=\"install\"></span>install\
                      <span class=\"build\"></span>build<span class=\"other\"></span>other<span class=\"start\"></span>start\
                      <span class=\"other bad\"></span>failed there</p>\n";

/// The whole page.
pub fn html(summary: &Summary) -> Result<String> {
    let several = summary.has_several_backends();
    let end = summary.results.iter().map(|result| result.from + result.seconds).fold(summary.seconds, f64::max);
    let mut page = PAGE_HEAD.to_owned() + STYLE;
    let mut counts = String::new();
    for status in CaseStatus::ALL {
        let count = summary.count(status);
        if count > 0 {
            let name = status.name();
            // Choosing is the style sheet's work, so that the page may run nothing.
            writeln!(page, "body:has(input[value={name}]:not(:checked)) tr.{name} {{ display: none; }}")?;
            write!(
                counts,
                "<label class=\"{name}\"><input type=\"checkbox\" value=\"{name}\" checked> <b>{count} {name}</b></label> "
            )?;
        }
    }
    writeln!(page, "</style>\n<title>shakedown suite</title>\n</head>\n<body>\n<h1>shakedown suite</h1>")?;
    let ended = if summary.interrupted { ", interrupted" } else { "" };
    writeln!(page, "<p class=\"counts\">{counts}in {:.1} s{ended}</p>\n{LEGEND}", summary.seconds)?;
    let step = step(end);
    writeln!(
        page,
        "<table style=\"--step:{:.3}%\"><thead><tr><th>scenario<th>result<th>verdict<th class=\"number\">seconds<th>{}</tr></thead><tbody>",
        share(step, end),
        axis(step, end)
    )?;
    let mut results: Vec<&CaseResult> = summary.results.iter().collect();
    // What somebody has to look at comes first, then the order in which they began.
    results.sort_by(|a, b| b.status.is_bad().cmp(&a.status.is_bad()).then(a.from.total_cmp(&b.from)));
    for result in results {
        row(&mut page, result, several, end)?;
    }
    page += "</tbody></table>\n";
    page += PAGE_TAIL;
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
    if result.attempts > 0 {
        let (left, width) = (share(result.from, end), share(result.seconds, end));
        write!(page, "<span class=\"whole\" style=\"left:{left:.3}%;width:{width:.3}%\"></span>")?;
    }
    for span in &result.timeline {
        bar(page, result.from, span, end)?;
    }
    writeln!(page, "</tr>")?;
    if result.status != CaseStatus::Passed && !(result.reasons.is_empty() && result.diff.is_none()) {
        let open = if result.status.is_bad() { " open" } else { "" };
        let parts = [result.reasons.join("\n"), result.diff.clone().unwrap_or_default(), result.log.join("\n")];
        let shown: Vec<&str> = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty()).collect();
        writeln!(
            page,
            "<tr class=\"{status} why\"><td colspan=\"5\"><details{open}><summary>why</summary><pre>{}</pre></details></tr>",
            escaped(&shown.join("\n\n"))
        )?;
    }
    Ok(())
}

fn bar(page: &mut String, from: f64, span: &Span, end: f64) -> Result<()> {
    let class = PHASES.iter().find(|(name, _)| *name == span.phase).map_or("other", |(_, class)| class);
    let bad = if span.good { "" } else { " bad" };
    let ended = if span.good { "" } else { ", failed" };
    write!(
        page,
        "<span class=\"{class}{bad}\" style=\"left:{:.3}%;width:{:.3}%\" title=\"{} {:.2} s{ended}\"></span>",
        share(from + span.from, end),
        share(span.seconds, end),
        escaped(&span.phase),
        span.seconds,
    )?;
    Ok(())
}

/// Seconds as a share of the whole, in percent.
fn share(seconds: f64, end: f64) -> f64 {
    if end > 0.0 { seconds / end * 100.0 } else { 0.0 }
}

/// The smallest round number of seconds between ticks that are not too many.
fn step(end: f64) -> f64 {
    let mut step = 1.0;
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if end / step <= TICKS {
            break;
        }
        step *= factor;
    }
    step
}

/// The seconds under which the bars stand.
fn axis(step: f64, end: f64) -> String {
    let times = (0..).map(|tick| f64::from(tick) * step).take_while(|time| *time <= end);
    // A number at the very edge would stand outside.
    let marks = times
        .filter(|time| *time == 0.0 || share(*time, end) < 96.0)
        .map(|time| format!("<i style=\"left:{:.3}%\">{time} s</i>", share(time, end)));
    format!("<div class=\"axis\">{}</div>", marks.collect::<String>())
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
        let page = html(&Summary { results: vec![result], seconds: 10.0, ..Summary::default() }).unwrap();
        assert!(page.contains("class=\"install\" style=\"left:50.000%;width:20.000%\""), "{page}");
        assert!(page.contains("class=\"start bad\" style=\"left:70.000%;width:30.000%\""));
        assert!(
            page.contains("<table style=\"--step:20.000%\">") && page.contains("<i style=\"left:40.000%\">4 s</i>")
        );
        assert!(page.contains("a&lt;b") && page.contains("&lt;script&gt;"));
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!([0.0, 5.0, 18.2, 60.0, 700.0].map(step), [1.0, 1.0, 5.0, 10.0, 100.0]);
    }

    #[test]
    fn the_page_needs_no_network_and_runs_nothing() {
        let page = html(&Summary::default()).unwrap();
        assert!(
            !page.contains("http:") && !page.contains("https:") && !page.contains("src=") && !page.contains("url(")
        );
        assert!(!page.contains("<script") && page.contains("default-src 'none'"));
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    }
}
