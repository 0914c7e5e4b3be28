use super::{fires, silent};
use crate::finding::Severity;

const ID: &str = "behind-endless-call";
const LIST: (&str, &str) = ("requirements.txt", "flask\npyTelegramBotAPI\n");

fn bot(calls: &str) -> String {
    format!(
        "import telebot\nfrom flask import Flask\nbot = telebot.TeleBot('1:a')\napp = Flask(__name__)\nif __name__ == '__main__':\n{calls}"
    )
}

const SERVE: &str = "    app.run(host='0.0.0.0', port=8080)\n";
const POLL: &str = "    bot.infinity_polling()\n";

#[test]
fn of_a_bot_and_its_page_the_second_is_never_there() {
    let found = fires(ID, "main.py:7", &[LIST, ("main.py", &bot(&format!("{POLL}{SERVE}")))]);
    assert_eq!(found.message, "`app.run` is never reached: `bot.infinity_polling` in line 6 does not return");
    let found = fires(ID, "main.py:7", &[LIST, ("main.py", &bot(&format!("{SERVE}{POLL}")))]);
    assert_eq!(found.evidence[1].source.to_string(), "main.py:6");
    assert_eq!(found.fixes.len(), 1);
    // In another block, too, and where a condition chooses.
    fires(
        ID,
        "main.py:7",
        &[LIST, ("main.py", &bot(&format!("{POLL}    if PAGES:\n    {SERVE}")).replace("    if PAGES:\n", ""))],
    );
    let chosen = bot(&format!("    if POLL:\n    {POLL}    {SERVE}"));
    assert_eq!(fires(ID, "main.py:8", &[LIST, ("main.py", &chosen)]).severity, Severity::Warning);
}

#[test]
fn functions_and_loops_are_followed() {
    let by_function = "import telebot\nfrom flask import Flask\nbot = telebot.TeleBot('1:a')\napp = Flask(__name__)\ndef poll():\n    bot.infinity_polling()\ndef main():\n    poll()\n    app.run(port=8080)\nmain()\n";
    fires(ID, "main.py:9", &[LIST, ("main.py", by_function)]);
    let elsewhere = [
        LIST,
        ("main.py", "from flask import Flask\nimport jobs\napp = Flask(__name__)\njobs.go()\napp.run()\n"),
        ("jobs.py", "import time\ndef go():\n    while True:\n        time.sleep(5)\n"),
    ];
    fires(ID, "main.py:5", &elsewhere);
    let own_loop =
        "from flask import Flask\nimport time\napp = Flask(__name__)\nwhile True:\n    time.sleep(5)\napp.run()\n";
    fires(ID, "main.py:6", &[LIST, ("main.py", own_loop)]);
    let of_async = "import asyncio\nfrom aiogram import Bot, Dispatcher\nimport uvicorn\nasync def main():\n    await dp.start_polling(bot)\ndp = Dispatcher()\nasyncio.run(main())\nuvicorn.run('web:app')\n";
    fires(ID, "main.py:8", &[("requirements.txt", "aiogram\nuvicorn\n"), ("main.py", of_async)]);
}

#[test]
fn threads_ends_and_other_blocks_are_none() {
    for calls in [
        "    threading.Thread(target=bot.infinity_polling).start()\n    app.run(port=8080)\n",
        "    threading.Thread(target=lambda: app.run(port=8080)).start()\n    bot.infinity_polling()\n",
        "    if POLL:\n        bot.infinity_polling()\n    else:\n        app.run(port=8080)\n",
        "    try:\n        bot.infinity_polling()\n    except KeyboardInterrupt:\n        app.run(port=8080)\n",
        "    while True:\n        if done():\n            break\n    app.run(port=8080)\n",
        "    app.run(port=8080)\n    while True:\n        pass\n",
        "    app.run(port=8080)\n    print('bye')\n",
        "    bot.infinity_polling\n    app.run(port=8080)\n",
    ] {
        silent(ID, &[LIST, ("main.py", &bot(calls))]);
    }
    // Two functions, each of which somebody may call in a thread.
    let apart = "import telebot\nfrom flask import Flask\nbot = telebot.TeleBot('1:a')\napp = Flask(__name__)\ndef poll():\n    bot.infinity_polling()\ndef serve():\n    app.run(port=8080)\n";
    silent(ID, &[LIST, ("main.py", apart)]);
    // python-telegram-bot 13 polls in a thread of its own.
    let old = "from telegram.ext import Updater\nfrom flask import Flask\napp = Flask(__name__)\nupdater = Updater('1:a')\nupdater.start_polling()\napp.run(port=8080)\n";
    silent(ID, &[("requirements.txt", "flask\npython-telegram-bot==13.15\n"), ("main.py", old)]);
}

#[test]
fn what_a_server_loads_has_to_end() {
    let served = ("Procfile", "web: gunicorn main:app\n");
    let head = "from flask import Flask\napp = Flask(__name__)\n";
    let found = fires(ID, "main.py:3", &[LIST, served, ("main.py", &format!("{head}app.run(port=8080)\n"))]);
    assert_eq!(found.message, "gunicorn never gets to serve: it loads main.py, where `app.run` does not return");
    let bot = "import telebot\nfrom flask import Flask\nbot = telebot.TeleBot('1:a')\napp = Flask(__name__)\nbot.infinity_polling()\n";
    fires(ID, "main.py:5", &[LIST, served, ("main.py", bot)]);
    silent(ID, &[LIST, served, ("main.py", &format!("{head}if __name__ == '__main__':\n    app.run(port=8080)\n"))]);
    silent(ID, &[LIST, served, ("main.py", &format!("{head}def serve():\n    app.run(port=8080)\n"))]);
    // Flask's own command has `run` do nothing.
    let flask = ("Procfile", "web: flask --app main run --host 0.0.0.0 --port $PORT\n");
    silent(ID, &[LIST, flask, ("main.py", &format!("{head}app.run(port=8080)\n"))]);
}

/// By `-m` Python runs the module itself, and Streamlit runs a page that may go on for ever.
#[test]
fn a_loop_is_in_the_way_of_a_server_alone() {
    let file = (
        "web/main.py",
        "import time\nfrom flask import Flask\napp = Flask(__name__)\nwhile True:\n    time.sleep(1)\n",
    );
    let list = ("requirements.txt", "flask\ngunicorn\nstreamlit\n");
    fires(ID, "web/main.py:4", &[list, file, ("Procfile", "web: gunicorn web.main:app\n")]);
    for start in ["worker: python -m web.main\n", "web: streamlit run web/main.py\n", "web: python web/main.py\n"] {
        silent(ID, &[list, file, ("Procfile", start)]);
    }
}
