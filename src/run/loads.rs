//! Tells a parent that starts its workers again, because none of them can load the app, from one whose workers work.

use std::collections::HashMap;

use crate::log::Log;
use crate::log::traceback::{self, Raised};

/// So many times the same error is no accident of the start.
const AGAIN: usize = 3;

/// Whether the same line of a module of the app's own ended its import again and again. Python loads a module once in a process, so
/// that each time was another process: taskiq 0.13 starts its workers so for ever, and never ends itself.
pub(super) fn never(log: &Log) -> bool {
    let mut times: HashMap<(String, String), usize> = HashMap::new();
    for raised in traceback::read(log.lines()).iter().filter(|raised| is_of_import(raised)) {
        let place = raised.own_frame().map(traceback::Frame::place).unwrap_or_default();
        *times.entry((place, raised.kind.clone())).or_default() += 1;
    }
    times.values().any(|times| *times >= AGAIN)
}

/// Whether it left an import that a program made, through the top level of a module of the app's own.
fn is_of_import(raised: &Raised) -> bool {
    let is_top = |frame: &traceback::Frame| frame.function == "<module>";
    raised.traced
        && raised.passes("importlib")
        && raised.frames.iter().any(|frame| is_top(frame) && frame.home() == traceback::Home::Project)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By taskiq 0.13.0 on CPython 3.12, shortened.
    fn traceback(last: &str) -> String {
        format!(
            "Process worker-0:\nTraceback (most recent call last):\n  File \"/opt/venv/lib/python3.12/site-packages/taskiq/utils.py\", line 26, in \
             import_object\n    module = import_module(import_spec[0])\n  File \"<frozen importlib._bootstrap>\", line 1387, in _gcd_import\n  \
             File \"/app/tide.py\", line 3, in <module>\n    table = open_table()\n{last}\n"
        )
    }

    fn judged(text: &str) -> bool {
        never(&Log::from(text))
    }

    #[test]
    fn a_module_that_fails_in_process_after_process_is_never_loaded() {
        let all = traceback("RuntimeError: low water").repeat(3);
        assert!(judged(&all));
        // As an address or a number in the message differs each time.
        let all = ["1", "2", "3"].map(|number| traceback(&format!("KeyError: {number}"))).concat();
        assert!(judged(&all));
    }

    #[test]
    fn an_error_of_one_start_or_of_the_work_itself_is_no_sign_of_it() {
        assert!(!judged(&traceback("RuntimeError: low water").repeat(2)));
        let at_work = "Traceback (most recent call last):\n  File \"/app/tide.py\", line 9, in fetch\n    connect()\nConnectionError: refused\n";
        assert!(!judged(&at_work.repeat(9)));
        assert!(!judged("worker 1 is up\n"));
    }
}
