//! Parts of a package that want another one.

use super::{fires, silent};

const ID: &str = "import-not-required";

#[test]
fn a_part_that_wants_another_package_is_told_where_it_is_used() {
    for (requirement, code, wanted) in [
        ("pandas", "import pandas as pd\n\ndef rows():\n    return pd.read_excel('a.xlsx')\n", "openpyxl"),
        ("pandas", "import pandas\n\ndef save(tides):\n    tides.to_parquet('a')\n", "pyarrow"),
        ("discord.py", "import discord\n\ndef play(url):\n    return discord.FFmpegPCMAudio(url)\n", "PyNaCl"),
        (
            "python-telegram-bot",
            "from telegram.ext import Application\n\ndef plan(app):\n    app.job_queue.run_once(print, 5)\n",
            "APScheduler",
        ),
    ] {
        let alone = format!("{requirement}\n");
        let found = fires(ID, "main.py:4", &[("main.py", code), ("requirements.txt", &alone)]);
        assert_eq!(found.subject.as_deref(), Some(wanted));
        let both = format!("{requirement}\n{wanted}\n");
        silent(ID, &[("main.py", code), ("requirements.txt", &both)]);
    }
}

#[test]
fn an_extra_another_package_or_an_engine_will_do() {
    let excel = "import pandas as pd\n\ndef rows():\n    return pd.read_excel('a.xls')\n";
    for requirements in ["pandas[excel]\n", "pandas\nxlrd\n", "pandas\nxlwings\n"] {
        silent(ID, &[("main.py", excel), ("requirements.txt", requirements)]);
    }
    let engine = excel.replace("'a.xls'", "'a.xls', engine='calamine'");
    silent(ID, &[("main.py", &engine), ("requirements.txt", "pandas\npython-calamine\n")]);
    let voice = "import discord\n\ndef play(url):\n    return discord.FFmpegPCMAudio(url)\n";
    silent(ID, &[("main.py", voice), ("requirements.txt", "discord.py[voice]\n")]);
    let other = "import tides\n\ndef rows():\n    return tides.read_excel('a.xlsx')\n";
    silent(ID, &[("main.py", other), ("tides.py", "read_excel = print\n"), ("requirements.txt", "pandas\n")]);
}

#[test]
fn sqlalchemy_brings_greenlet_by_itself_before_2_1_and_by_its_extra() {
    let code = "from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine('sqlite+aiosqlite://')\n";
    for requirements in ["sqlalchemy==2.0.36\naiosqlite\n", "sqlalchemy[asyncio]\naiosqlite\n"] {
        silent(ID, &[("main.py", code), ("requirements.txt", requirements)]);
    }
    fires(ID, "main.py:3", &[("main.py", code), ("requirements.txt", "sqlalchemy==2.1.0\naiosqlite\n")]);
}
