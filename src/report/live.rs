//! Progress on stderr while a run goes on.

use std::time::{Duration, Instant};

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Paint, shown, words};
use crate::run::{Event, START, Status};

/// Shows events as they come: each line with its phase and the time since the run began; on a terminal also what is being
/// done right now.
pub struct Live {
    paint: Paint,
    started: Instant,
    spinner: Option<ProgressBar>,
    term: Term,
    quiet: bool,
}

impl Live {
    /// Writes to stderr; `quiet` shows nothing at all.
    pub fn new(paint: Paint, quiet: bool) -> Self {
        let term = Term::stderr();
        let spinner = (!quiet && term.is_term()).then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { paint, started: Instant::now(), spinner, term, quiet }
    }

    /// Shows one event.
    pub fn event(&self, event: &Event) {
        if self.quiet {
            return;
        }
        match event {
            Event::RunStarted { backend, reason } => {
                self.line(&format!("{} {backend}: {reason}", self.paint.bold("backend")));
            }
            Event::Waiting { what } => {
                self.prefixed("setup", &self.paint.dim(format!("waiting for {what}")));
                if let Some(spinner) = &self.spinner {
                    spinner.set_message(shown(&format!("waiting for {what}")).into_owned());
                    spinner.enable_steady_tick(Duration::from_millis(120));
                }
            }
            // What is shown is how long the phase takes, not the run.
            Event::PhaseStarted { .. } => self.spinner.iter().for_each(ProgressBar::reset_elapsed),
            Event::SmokeFinished { .. } => {}
            Event::CmdStarted { phase, cmd, is_run: false } => {
                self.prefixed(phase, &self.paint.dim(format!("in place of: {cmd}")));
            }
            Event::Reused { phase, age_seconds, index } => {
                self.prefixed(phase, &self.paint.dim(format!("→ {}", words::reused(*age_seconds, *index))));
            }
            Event::Again { phase, because } => {
                self.prefixed(phase, &self.paint.dim(format!("→ {}", words::again(because))));
            }
            Event::Keeping { phase } => {
                self.prefixed(phase, &self.paint.dim("keeping what it made for the next run"));
            }
            Event::CmdStarted { phase, cmd, is_run: true } => {
                self.prefixed(phase, &self.paint.bold(format!("$ {cmd}")));
                if let Some(spinner) = &self.spinner {
                    let cmd = shown(cmd);
                    spinner
                        .set_message(shown(&format!("{phase}: {}", console::truncate_str(&cmd, 60, "…"))).into_owned());
                    spinner.enable_steady_tick(Duration::from_millis(120));
                }
            }
            Event::Line { phase, text } => self.prefixed(phase, &without_bar(&colourless(text))),
            Event::CmdFinished { phase, status, took, .. } if *status != Status::Passed => {
                let ending = format!("{} after {}", words::ending(*status), words::took(*took));
                self.prefixed(phase, &self.paint.bad(ending));
            }
            Event::CmdFinished { .. } => {}
            Event::PhaseFinished { phase, status, took } if phase != START => {
                if *status == Status::Passed && *took >= Duration::from_millis(50) {
                    self.prefixed(phase, &self.paint.good(format!("✔ {}", words::took(*took))));
                }
            }
            Event::PhaseFinished { .. } => {}
            Event::RunFinished { .. } => self.close(),
        }
    }

    /// Takes the spinner off the screen.
    pub fn close(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }

    fn prefixed(&self, phase: &str, text: &str) {
        let elapsed = words::took(self.started.elapsed());
        self.line(&format!("{} {text}", self.paint.dim(format!("{phase:>8} {elapsed:>6} │"))));
    }

    fn line(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| {
                let _ = self.term.write_line(&shown(text));
            }),
            None => {
                let _ = self.term.write_line(&shown(text));
            }
        }
    }
}

/// A program's output without its colours; what else it holds of that kind is sanitized.
fn colourless(text: &str) -> String {
    console::strip_ansi_codes(text).replace('\t', " ")
}

/// A progress bar's line without the bar, which is wider than what is left of a terminal's line beside the phase.
fn without_bar(text: &str) -> String {
    let is_bar = |c: char| matches!(c, '━' | '╸' | '╺');
    match text.trim_start().starts_with("━━━━") {
        true => text.trim_start().trim_start_matches(is_bar).trim_start().to_owned(),
        false => text.to_owned(),
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_bar_leaves_its_figures() {
        let bar = "     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸━━━━━━ 15.7/15.7 MB 45.3 MB/s eta 0:00:00";
        assert_eq!(without_bar(bar), "15.7/15.7 MB 45.3 MB/s eta 0:00:00");
        assert_eq!(without_bar("  Downloading x.whl"), "  Downloading x.whl");
    }
}
