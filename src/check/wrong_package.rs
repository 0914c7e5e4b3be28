//! Requirements that are not what they are taken for.

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::{applies, is_used};
use super::finding::{Check, Findings, remove_line, replace_line, warning};
use crate::finding::Severity;
use crate::project::requirements::{Entry, Origin};

pub(crate) const MISNAMED: Check = warning(
    "misnamed-requirement",
    "The name that is imported is not always the name that is installed. This one is another package, an empty one, or none at all.",
);
const STDLIB: Check = warning(
    "stdlib-in-requirements",
    "The module comes with Python. A package of that name is an old copy that breaks newer Pythons, or does not exist.",
);
const TWO_BUILDS: Check = warning(
    "two-builds-of-one-package",
    "Both packages bring the same module and overwrite each other's files. Which one is there in the end hangs on the order.",
);

pub(super) const CHECKS: &[Check] = &[MISNAMED, STDLIB, TWO_BUILDS];

/// What is asked for, what is meant, and whether pip fails on it.
const NAMES: &[(&str, &str, bool)] = &[
    ("sklearn", "scikit-learn", true),
    ("skimage", "scikit-image", true),
    ("cv2", "opencv-python-headless", true),
    ("pil", "Pillow", true),
    ("yaml", "PyYAML", true),
    ("dotenv", "python-dotenv", false),
    ("opencv", "opencv-python-headless", true),
    ("crypto", "pycryptodome", false),
    ("jwt", "PyJWT", false),
    ("telegram", "python-telegram-bot", false),
    ("telebot", "pyTelegramBotAPI", false),
    ("discord-bot", "discord.py", false),
    ("docx", "python-docx", false),
    ("fitz", "PyMuPDF", false),
    ("serial", "pyserial", false),
    ("binance", "python-binance", false),
    ("websocket", "websocket-client", false),
    ("socketio", "python-socketio", false),
    ("dateutil", "python-dateutil", true),
    ("mysqldb", "mysqlclient", true),
    ("environ", "django-environ", false),
    ("rest-framework", "djangorestframework", true),
    ("kafka", "kafka-python", false),
    ("jose", "python-jose", false),
    ("decouple", "python-decouple", false),
    ("ffmpeg", "ffmpeg-python", false),
    ("pptx", "python-pptx", true),
    ("talib", "TA-Lib", false),
    ("tensorflow-gpu", "tensorflow", true),
];

/// Those of them that no Python 3 can import.
const BROKEN: &[&str] = &["docx", "jose"];

/// Modules of the standard library, and whether pip fails on a package of that name.
const STANDARD: &[(&str, bool)] = &[
    ("os", true),
    ("sys", true),
    ("re", true),
    ("json", true),
    ("math", true),
    ("time", true),
    ("random", true),
    ("sqlite3", true),
    ("tkinter", true),
    ("itertools", true),
    ("functools", true),
    ("pickle", true),
    ("shutil", true),
    ("urllib", true),
    ("threading", true),
    ("typing", false),
    ("asyncio", false),
    ("argparse", false),
    ("enum34", false),
    ("pathlib", false),
    ("futures", false),
    ("uuid", false),
    ("hashlib", true),
    ("logging", true),
    ("multiprocessing", true),
    ("email", true),
    ("smtplib", true),
    ("wave", false),
    ("functools32", true),
];

/// Packages that bring one and the same module.
const SAME: &[(&str, &[&str])] = &[
    ("cv2", &["opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"]),
    ("psycopg2", &["psycopg2", "psycopg2-binary"]),
    ("PIL", &["pillow", "pil", "pillow-simd"]),
    ("Crypto", &["pycrypto", "pycryptodome"]),
    ("discord", &["discord-py", "py-cord"]),
    ("tensorflow", &["tensorflow", "tensorflow-cpu"]),
    ("onnxruntime", &["onnxruntime", "onnxruntime-gpu"]),
    ("faiss", &["faiss-cpu", "faiss-gpu"]),
    ("jwt", &["jwt", "pyjwt"]),
    ("fitz", &["fitz", "pymupdf"]),
    ("telegram", &["telegram", "python-telegram-bot"]),
    ("docx", &["docx", "python-docx"]),
    ("magic", &["python-magic", "filemagic"]),
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    let python = python::planned(facts).unwrap_or_else(|| "3.12".to_owned());
    let in_force =
        |entry: &&Entry| !entry.is_constraint && entry.requirement.origin == Origin::Index && applies(entry, &python);
    let entries: Vec<&Entry> = facts.requirements().packages.iter().filter(in_force).collect();
    let of = |name: &str| entries.iter().copied().find(|entry| entry.requirement.name.as_deref() == Some(name));
    for (name, intended, fails) in NAMES {
        let Some(entry) = of(name) else { continue };
        let finding =
            MISNAMED.found(format!("{name} is not the package that is meant: that is {intended}")).about(*name);
        let imported = facts.foreign().into_iter().find(|import| import.is_certain && import.name.starts_with(name));
        let imported = imported.filter(|_| BROKEN.contains(name));
        let finding = finding.severity(if *fails || imported.is_some() { Severity::Error } else { Severity::Warning });
        let edit = match of(&intended.to_lowercase()) {
            Some(_) => remove_line(&entry.path, *entry.lines.start(), &entry.written),
            None => replace_line(&entry.path, *entry.lines.start(), &entry.written, *intended),
        };
        let finding = finding.at(entry.source(), &entry.written);
        let finding = imported.into_iter().fold(finding, |finding, import| finding.at(import.source, &import.text));
        findings.push(finding.fix(format!("ask for {intended}"), vec![edit]));
    }
    for (name, fails) in STANDARD {
        let Some(entry) = of(name) else { continue };
        let finding = STDLIB.found(format!("{name} comes with Python and is not to be installed")).about(*name);
        let finding = finding.severity(if *fails { Severity::Error } else { Severity::Warning });
        let edit = remove_line(&entry.path, *entry.lines.start(), &entry.written);
        findings.push(finding.at(entry.source(), &entry.written).fix("remove the line", vec![edit]));
    }
    for (module, names) in SAME {
        let both: Vec<&Entry> = names.iter().filter_map(|name| of(name)).collect();
        let [first, second, ..] = both[..] else { continue };
        let shown = |entry: &Entry| entry.requirement.name.clone().unwrap_or_default();
        let finding =
            TWO_BUILDS.found(format!("{} and {} both bring {module}", shown(first), shown(second))).about(*module);
        let finding = both.iter().fold(finding, |finding, entry| finding.at(entry.source(), &entry.written));
        let gone = both.iter().find(|entry| shown(entry) == names[0]).filter(|_| both.len() == 2);
        let edit = gone.map(|entry| remove_line(&entry.path, *entry.lines.start(), &entry.written));
        findings.push(finding.help("keep one of them").fix("keep one of them", edit.into_iter().collect()));
    }
}
