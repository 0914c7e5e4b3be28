use super::{fires_with, silent_with};

const NEEDS: (&str, &str) = ("requirements.txt", "django-environ==0.14.0\n");

#[test]
fn a_value_that_begins_with_a_dollar_is_a_name_for_django_environ() {
    let main = ("main.py", "import environ\nenv = environ.Env()\nharbour = env('HARBOUR', default='none')\n");
    fires_with("value-taken-for-a-name", "main.py:3", &[NEEDS, main], &["HARBOUR=$tides9"]);
    silent_with("value-taken-for-a-name", &[NEEDS, main], &["HARBOUR=tides$9"]);
    silent_with("value-taken-for-a-name", &[NEEDS, main], &["HARBOUR=${{Postgres.HARBOUR}}"]);
    silent_with("value-taken-for-a-name", &[NEEDS, main], &["OTHER=$tides9"]);
    let url = ("main.py", "import environ\nenv = environ.Env()\nbase = env.db_url('HARBOUR')\n");
    silent_with("value-taken-for-a-name", &[NEEDS, url], &["HARBOUR=$tides9"]);
    let os = ("main.py", "import os\nharbour = os.environ['HARBOUR']\n");
    silent_with("value-taken-for-a-name", &[NEEDS, os], &["HARBOUR=$tides9"]);
}
