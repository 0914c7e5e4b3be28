//! Where reports go: `--format`, `--output`, `--quiet`, `--color`.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{ArgMatches, Args, ValueEnum};

use super::exit::UsageError;
use crate::report::{Format, Paint, Report, shown};
use crate::sandbox::quoted;

/// How results are shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output<F: ValueEnum + Clone + Send + Sync + 'static = Format> {
    /// How to report; may be given several times, each followed by an --output of its own [default: human]
    #[arg(short, long = "format", value_enum, value_name = "FORMAT")]
    formats: Vec<F>,
    /// Write the report of the --format before it to this file instead of standard output
    #[arg(short, long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,
    /// Show no progress
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where each format goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destinations<F = Format>(pub(super) Vec<(F, Option<PathBuf>)>);

impl<F: ValueEnum + Copy + Default + Send + Sync + 'static> Output<F> {
    /// Pairs each `--output` with the `--format` before it, by where they stand on the command line.
    pub(super) fn destinations(&self, matches: &ArgMatches) -> Result<Destinations<F>> {
        let places = |id| matches.indices_of(id).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        pair((&self.formats, &places("formats")), (&self.outputs, &places("outputs")))
    }

    /// Colour for what goes to stderr.
    pub(super) fn progress_paint(&self) -> Paint {
        Paint::new(self.color.is_on(console::colors_enabled_stderr()))
    }

    /// Colour for what goes to stdout.
    pub(super) fn paint(&self) -> Paint {
        Paint::new(self.color.is_on(console::colors_enabled()))
    }
}

impl Color {
    /// Whether to paint, given what the terminal says.
    pub(super) fn is_on(self, detected: bool) -> bool {
        match self {
            Self::Auto => detected,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

fn pair<F: Copy + Default>(
    (formats, format_at): (&[F], &[usize]),
    (outputs, output_at): (&[PathBuf], &[usize]),
) -> Result<Destinations<F>> {
    let mut pairs: Vec<(F, Option<PathBuf>)> = formats.iter().map(|format| (*format, None)).collect();
    if pairs.is_empty() {
        pairs.push((F::default(), None));
    }
    for (path, at) in outputs.iter().zip(output_at) {
        let before = format_at.iter().filter(|format| *format < at).count();
        match pairs.get_mut(before.saturating_sub(1)) {
            Some((_, place @ None)) => *place = Some(path.clone()),
            _ => return Err(UsageError("give a --format before each --output".into()).into()),
        }
    }
    if pairs.iter().filter(|(_, path)| path.is_none()).count() > 1 {
        return Err(UsageError("two formats on standard output: give all but one an --output FILE".into()).into());
    }
    Ok(Destinations(pairs))
}

impl<F: Copy + PartialEq> Destinations<F> {
    /// Whether this format goes to standard output.
    pub(super) fn has(&self, format: F) -> bool {
        self.0.contains(&(format, None))
    }

    /// Writes everywhere what `render` makes for the format; only standard output gets `paint`.
    pub(super) fn write_by(&self, paint: Paint, render: impl Fn(F, Paint) -> Result<String>) -> Result<()> {
        for (format, path) in &self.0 {
            match path {
                Some(path) => write_file(path, &render(*format, Paint::PLAIN)?)?,
                None => data(&render(*format, paint)?)?,
            }
        }
        Ok(())
    }
}

impl Destinations<Format> {
    /// Writes the report everywhere it should go.
    pub(super) fn write(&self, report: &Report, paint: Paint) -> Result<()> {
        self.write_by(paint, |format, paint| format.render(report, paint))
    }

    /// Whether people read standard output.
    pub(super) fn has_human(&self) -> bool {
        self.has(Format::Human)
    }
}

pub(super) fn write_file(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Says something on stderr. That nobody reads it any more changes no verdict.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{}", shown(&text.to_string()));
}

/// Says something about the data on stdout.
pub(super) fn warn(label: &str, text: &str) {
    say(format_args!("{} {text}", Paint::new(console::colors_enabled_stderr()).warn(label)));
}

/// Says what can be done next.
pub(super) fn hint(label: &str, text: &str) {
    say(format_args!("{} {text}", Paint::new(console::colors_enabled_stderr()).hint(label)));
}

/// The project as an argument of a command that is proposed, with a blank before it; nothing for the folder one is in.
pub(super) fn argument(project: &Path) -> String {
    if project == Path::new(".") { String::new() } else { format!(" {}", quoted(project)) }
}

/// How the edit is tried.
pub(super) fn way_to_fix(project: &Path) -> String {
    let project = argument(project);
    format!("shakedown fix{project} tries the edit on a copy and shows the diff (it takes the same options)")
}

/// Says what was written: on stderr where programs read stdout.
pub(super) fn tell_written<'a>(files: impl Iterator<Item = &'a Path>, has_human: bool) -> Result<()> {
    let lines: Vec<String> = files.map(|file| format!("wrote {}", file.display())).collect();
    match has_human {
        true => print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>()),
        false => {
            lines.iter().for_each(say);
            Ok(())
        }
    }
}

/// Writes to stdout what people read.
pub(super) fn print(text: &str) -> Result<()> {
    data(&shown(text))
}

/// Writes to stdout what programs read, or what is sanitized already.
pub(super) fn data(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        // The reader had enough: no fault of anybody, and no other verdict.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_belongs_to_the_format_before_it() {
        let paired = pair((&[Format::Json, Format::Human], &[1, 5]), (&["r.json".into()], &[3])).unwrap();
        assert_eq!(paired.0, [(Format::Json, Some("r.json".into())), (Format::Human, None)]);
    }

    #[test]
    fn a_project_elsewhere_is_part_of_the_next_command() {
        assert_eq!(argument(Path::new(".")), "");
        assert_eq!(argument(Path::new("my app")), " 'my app'");
    }

    #[test]
    fn an_output_alone_takes_the_human_report() {
        let paired = pair((&[], &[]), (&["r.txt".into()], &[1])).unwrap();
        assert_eq!(paired.0, [(Format::Human, Some("r.txt".into()))]);
    }

    #[test]
    fn standard_output_holds_one_report() {
        assert!(pair((&[Format::Json, Format::Human], &[1, 3]), (&[], &[])).is_err());
        assert!(pair((&[Format::Json], &[1]), (&["a".into(), "b".into()], &[3, 5])).is_err());
    }
}
