//! Apps whose code runs only when somebody opens the page: their server answers whatever the code does.

use crate::catalog::servers::{RUNNERS, Runner};
use crate::plan::Plan;
use crate::sandbox::Unverified;

/// The server that the plan starts, if it is of that kind.
pub(super) fn server(plan: &Plan) -> Option<&'static str> {
    plan.start_command().and_then(named)
}

fn named(start: &str) -> Option<&'static str> {
    let words: Vec<&str> = start.split([' ', '\t', '/', ';', '&', '|', '(', ')', '"', '\'']).collect();
    let runs = |runner: &&Runner| words.windows(2).any(|pair| pair == [runner.program, runner.verb]);
    RUNNERS.iter().filter(|runner| runner.for_visitors).find(runs).map(|runner| runner.program)
}

/// What a run says nothing about where nobody opened the page.
pub(super) fn not_opened(server: &str) -> Unverified {
    Unverified {
        what: "the code of the page".to_owned(),
        why: format!(
            "{server} runs it when somebody opens the page, and a rehearsal asks for its address alone; what `check` finds in it counts"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_run_a_page_for_its_visitor_are_known_by_their_words() {
        for start in
            ["streamlit run app.py", "cd web && /opt/venv/bin/streamlit run app.py", "python -m streamlit run app.py"]
        {
            assert_eq!(named(start), Some("streamlit"), "{start}");
        }
        assert_eq!(named("exec panel serve main.py --port $PORT"), Some("panel"));
        for start in ["python main.py", "streamlit hello", "chainlit run app.py", "gunicorn app:app"] {
            assert_eq!(named(start), None, "{start}");
        }
    }
}
