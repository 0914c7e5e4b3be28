//! What `railpack` prints of a plan: the box at the head of a build's log.

use super::plan::{Command, Step};
use super::{Level, Message, Package, Planned};

const MANUAL: &str = "https://railpack.com";
/// Columns of a heading, without its margin.
const HEADING: usize = 10;
/// Columns that a name or a version may take, with its margin.
const WIDEST: usize = 20;

/// The box, the messages and the parts of the plan, as they are printed where there is no colour.
pub fn railpack_box(planned: &Planned, release: &str) -> String {
    let title = format!("Railpack {release}");
    let width = width(&title) + 2;
    let mut out = format!("{}\n╭{}╮\n│ {title} │\n╰{}╯\n", " ".repeat(width + 2), "─".repeat(width), "─".repeat(width));
    messages(&planned.messages, &mut out);
    packages(&planned.packages, &mut out);
    if let Some(plan) = &planned.plan {
        steps(&plan.steps, &mut out);
        if !plan.deploy.start_command.is_empty() {
            heading("Deploy", &mut out);
            command(&plan.deploy.start_command, &mut out);
        }
    }
    out.push_str("\n\n");
    out
}

fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// Lines made equally wide, each behind a margin.
fn block(text: &str, margin: usize) -> String {
    let text = text.replace('\t', "    ");
    let lines: Vec<&str> = text.split('\n').collect();
    let widest = lines.iter().map(|line| width(line)).max().unwrap_or_default();
    let padded = lines.iter().map(|line| format!("{}{line}{}", " ".repeat(margin), " ".repeat(widest - width(line))));
    padded.collect::<Vec<_>>().join("\n")
}

fn messages(messages: &[Message], out: &mut String) {
    if messages.is_empty() {
        return;
    }
    out.push('\n');
    for message in messages.iter().filter(|message| !message.at_once) {
        let text = super::providers::capitalized(&message.text);
        match message.level {
            Level::Info => out.push_str(&block(&format!("↳ {text}"), 2)),
            Level::Warn => out.push_str(&block(&format!("⚠ {text}"), 2)),
            Level::Deprecation => out.push_str(&block(&format!("⚑ Deprecated: {text}"), 2)),
            Level::Suggestion => {
                out.push_str(&block(&format!("→ {text}"), 2));
                if let Some(page) = message.docs {
                    out.push_str(&format!(" {MANUAL}{page}"));
                }
            }
            Level::Error => {
                let mut lines = text.split('\n');
                out.push_str(&format!("  ✖ {}", lines.next().unwrap_or_default()));
                lines.for_each(|line| out.push_str(&format!("\n  {line}")));
            }
        }
        out.push('\n');
    }
}

fn heading(title: &str, out: &mut String) {
    out.push_str(&format!("{}\n  {title:HEADING$}\n  {}\n", " ".repeat(HEADING + 2), "─".repeat(HEADING)));
}

fn packages(packages: &[Package], out: &mut String) {
    if packages.is_empty() {
        return;
    }
    heading("Packages", out);
    let longest =
        |part: fn(&Package) -> &str| packages.iter().map(|package| part(package).len().min(WIDEST)).max().unwrap_or(1);
    let (names, versions) = (longest(|package| &package.name), longest(|package| &package.version));
    let cut = |text: String| text.chars().take(WIDEST).collect::<String>();
    for Package { name, version, asked, asker } in packages {
        let (name, version) = (cut(format!("  {name:names$}")), cut(format!("{version:versions$}")));
        out.push_str(&format!("{name}  │  {version}  │  {asker} ({asked})\n"));
    }
}

fn steps(steps: &[Step], out: &mut String) {
    let lines = |step: &Step| -> Vec<String> {
        let shown = |command: &Command| match command {
            Command::Exec { cmd, name } => Some(if name.is_empty() { cmd } else { name }.clone()),
            _ => None,
        };
        step.commands.iter().filter_map(shown).collect()
    };
    let shown = steps.iter().filter(|step| !step.name.starts_with("packages"));
    let shown: Vec<_> = shown.map(|step| (step, lines(step))).filter(|(_, lines)| !lines.is_empty()).collect();
    if shown.is_empty() {
        return;
    }
    heading("Steps", out);
    for (index, (step, lines)) in shown.into_iter().enumerate() {
        let title = format!("▸ {}", step.name);
        if index > 0 {
            out.push_str(&" ".repeat(width(&title) + 2));
            out.push('\n');
        }
        out.push_str(&format!("  {title}\n"));
        for line in lines {
            command(&line, out);
            out.push('\n');
        }
    }
}

fn command(line: &str, out: &mut String) {
    out.push_str(&format!("    $ {}", block(line, 0)));
}

#[cfg(test)]
mod tests {
    use super::super::{Options, plan};
    use super::*;
    use crate::builder::DeployOptions;
    use crate::project::Project;

    fn printed(files: &[(&str, &str)], given: &DeployOptions) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        railpack_box(&plan(&Project::open(folder.path()).unwrap(), given, &Options::default()), "0.37.0")
    }

    #[test]
    fn a_version_longer_than_any_line_is_cut() {
        let version = "3.1".repeat(40_000);
        assert!(
            printed(&[("main.py", ""), (".python-version", &version)], &DeployOptions::default()).contains("Packages")
        );
    }

    #[test]
    fn a_plan_is_printed_as_a_build_prints_it() {
        let files = [
            ("bot.py", ""),
            ("requirements.txt", ""),
            ("Procfile", "worker: python bot.py\n"),
            (".python-version", "3.12.8\n"),
        ];
        let build = DeployOptions { build_cmd: Some("make".to_owned()), ..DeployOptions::default() };
        let wanted = "                   
╭─────────────────╮
│ Railpack 0.37.0 │
╰─────────────────╯

  ↳ Detected Python
  ↳ Using pip
  ↳ Found worker command in Procfile
            
  Packages  
  ──────────
  python  │  3.12.8  │  idiomatic-version-file (3.12.8)
            
  Steps     
  ──────────
  ▸ install
    $ python -m venv /app/.venv
    $ pip install -r requirements.txt
         
  ▸ build
    $ make
            
  Deploy    
  ──────────
    $ python bot.py

";
        let printed = printed(&files, &build);
        assert_eq!(printed, wanted);
    }

    #[test]
    fn a_fault_ends_the_box() {
        let printed = printed(&[("main.py", ""), ("Procfile", "- web\n")], &DeployOptions::default());
        let end = "\n  ↳ Detected Python\n  ✖ Error reading Procfile as YAML: yaml: unmarshal errors:\n    \
                   line 1: cannot unmarshal !!seq into map[string]string\n\n\n";
        assert!(printed.ends_with(end), "{printed}");
    }
}
