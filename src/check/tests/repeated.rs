use super::{fires, silent, silent_with};

const ALL: (&str, &str) =
    ("requirements.txt", "flask==3.0.3\ngunicorn==23.0.0\napscheduler==3.11.0\npyTelegramBotAPI==4.26.0\n");
const CLOCK: (&str, &str) = (
    "main.py",
    "from apscheduler.schedulers.background import BackgroundScheduler\nfrom flask import Flask\n\napp = Flask(__name__)\nclock = BackgroundScheduler()\n",
);
const BOT: (&str, &str) = ("main.py", "import telebot\n\nbot = telebot.TeleBot('1:a')\nbot.infinity_polling()\n");
const ID: &str = "work-in-every-process";

#[test]
fn a_scheduler_in_every_worker() {
    fires(ID, "main.py:5", &[ALL, CLOCK, ("Procfile", "web: gunicorn -w 4 main:app\n")]);
    silent(ID, &[ALL, CLOCK, ("Procfile", "web: gunicorn main:app\n")]);
    silent(ID, &[ALL, CLOCK, ("Procfile", "web: gunicorn -w 1 main:app\n")]);
    let without = ("main.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    silent_with(ID, &[ALL, without, ("Procfile", "web: gunicorn main:app\n")], &["WEB_CONCURRENCY=4"]);
}

#[test]
fn a_bot_in_every_replica() {
    let railway =
        |count: u8| format!("{{\"build\": {{\"builder\": \"NIXPACKS\"}}, \"deploy\": {{\"numReplicas\": {count}}}}}");
    fires(ID, "main.py:4", &[ALL, BOT, ("railway.json", &railway(2))]);
    silent(ID, &[ALL, BOT, ("railway.json", &railway(1))]);
}
