use super::{fires, silent, silent_with};

const ID: &str = "task-fails-unheard";
const LIST: (&str, &str) = ("requirements.txt", "");

fn app(body: &str, submit: &str) -> String {
    format!(
        "import os\nimport time\nfrom concurrent.futures import ThreadPoolExecutor\n\npool = ThreadPoolExecutor()\n\n\ndef watch():\n    {body}\n\n\n{submit}\nwhile True:\n    time.sleep(60)\n"
    )
}

#[test]
fn a_task_that_dies_silently_for_want_of_a_variable() {
    let main = app("token = os.environ['TIDES_TOKEN']", "pool.submit(watch)");
    let found = fires(ID, "main.py:9", &[LIST, ("main.py", &main)]);
    assert_eq!(found.subject.as_deref(), Some("TIDES_TOKEN"));
    assert!(found.help.unwrap().contains("--env TIDES_TOKEN="));
    silent_with(ID, &[LIST, ("main.py", &main)], &["TIDES_TOKEN=x"]);
    let kept = app("token = os.environ['TIDES_TOKEN']", "task = pool.submit(watch)");
    silent(ID, &[LIST, ("main.py", &kept)]);
    let default = app("token = os.environ.get('TIDES_TOKEN', '')", "pool.submit(watch)");
    silent(ID, &[LIST, ("main.py", &default)]);
}
