//! A file or folder that is not there: one to read was not deployed, one to write wants its folder first.

use crate::check::ignored::sounds_secret;
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Frame, Home, Raised};

/// Code that makes a file or a folder.
static WRITES: Pattern = Pattern::new(
    r#"open\(.*,\s*(?:mode\s*=\s*)?["'][wax]|\bwrite_(?:text|bytes)\b|\.touch\(|\bmkdir\(|FileHandler\(|\.to_(?:csv|json|parquet|excel|pickle)\(|\.savefig\(|\.save\("#,
);
/// Code that wants a folder.
static LISTS: Pattern = Pattern::new(r"listdir\(|scandir\(|\.iterdir\(|^\s*with os\.scandir|Directory '");

/// Words of what is said of a path that the app wants to write.
const CANNOT_BE_MADE: &str = "cannot be made";

/// Whether a finding's message is about something that the app writes.
pub(in crate::diagnose) fn is_of_what_is_written(message: &str) -> bool {
    message.contains(CANNOT_BE_MADE)
}

/// What to do about a file that holds secrets: to commit it would be the worse failure.
pub(in crate::diagnose) fn in_place_of(file: &str) -> Option<String> {
    sounds_secret(file).then(|| {
        format!(
            "leave `{file}` out of git: set its content as a variable of the service, and have the code read that (or write the file from it as it starts)"
        )
    })
}

/// Says what the path lacks: its folder, where the app writes it; a volume, where it is outside the project.
pub(in crate::diagnose) fn not_there(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let Some(path) = finding.subject.clone() else { return true };
    let raised = view.raised_at(finding.at);
    let inner = |raised: &'_ Raised| -> Vec<Frame> {
        let from = raised.frames.iter().rposition(|frame| frame.home() == Home::Project).unwrap_or_default();
        raised.frames[from..].to_vec()
    };
    let frames = raised.map(inner).unwrap_or_default();
    let is_log = view.text(finding.at).contains("isn't writable");
    let is_written = is_log
        || frames.iter().any(|frame| {
            WRITES.is_match(&frame.code)
                || WRITES.is_match(&frame.function)
                || frame.file.ends_with("logging/__init__.py")
        });
    let is_listed = LISTS.is_match(view.text(finding.at)) || frames.iter().any(|frame| LISTS.is_match(&frame.code));
    let folder = path.rsplit_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty());
    let is_outside = path.starts_with('/') && !path.starts_with("/app/");
    match folder {
        Some(folder) if is_written && is_outside => {
            finding.message = Some(format!("`{path}` {CANNOT_BE_MADE}: the container has no `{folder}`"));
            finding.help = Some(format!(
                "mount a volume at `{folder}`, which keeps what is written through the next deploy; or make the folder first (`os.makedirs(\"{folder}\", exist_ok=True)`)"
            ));
        }
        Some(folder) if is_written => {
            finding.message = Some(format!("`{path}` {CANNOT_BE_MADE}: its folder `{folder}` was not deployed"));
            finding.help = Some(format!(
                "make the folder first (`os.makedirs(\"{folder}\", exist_ok=True)`): git keeps no empty folders; what is written there lasts until the next deploy, \
                 unless a volume is mounted there"
            ));
        }
        Some(folder) if is_outside => {
            finding.message =
                Some(format!("`{path}` is not in the container: nothing of the project is put outside /app"));
            finding.help = Some(format!(
                "keep it in the project and build its path from `__file__`, or mount a volume at `{folder}` that has it"
            ));
        }
        _ if is_listed && !is_outside => {
            finding.message = Some(format!("the folder `{path}` was not deployed"));
            finding.help = Some(format!(
                "make it at start (`os.makedirs(\"{path}\", exist_ok=True)`), or commit it with a file in it: git keeps no empty folders"
            ));
        }
        _ if !is_written => finding.help = in_place_of(&path),
        _ => {}
    }
    if is_log {
        finding.help = Some(
            "log to the container's own output: errorlog = \"-\", accesslog = \"-\" (`--error-logfile -`)".to_owned(),
        );
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    fn told(frames: &str, path: &str) -> (&'static str, String) {
        let log = format!(
            "Traceback (most recent call last):\n{frames}FileNotFoundError: [Errno 2] No such file or directory: '{path}'\n"
        );
        let found = diagnose(&Case::of_log(&Log::from(log.as_str()))).remove(0);
        (found.rule, found.help.unwrap())
    }

    fn own(code: &str) -> String {
        format!("  File \"/app/main.py\", line 2, in <module>\n    {code}\n")
    }

    #[test]
    fn what_is_written_outside_the_project_wants_a_volume() {
        let inner = "  File \"/root/.nix-profile/lib/python3.12/pathlib.py\", line 1049, in write_text\n    with self.open(mode='w', encoding=encoding) as f:\n";
        let handler = "  File \"/root/.nix-profile/lib/python3.12/logging/__init__.py\", line 1263, in _open\n    return open_func(self.baseFilename, self.mode,\n";
        for frames in [
            own("with open(PATH, \"w\") as file:"),
            own("open(PATH, mode='ab')"),
            own("os.mkdir(PATH)"),
            own("save(state)") + inner,
            own("setup_logging()") + handler,
        ] {
            let (rule, help) = told(&frames, "/data/state.json");
            assert_eq!(rule, "missing-data-file", "{frames}");
            assert!(help.starts_with("mount a volume at `/data`"), "{frames} {help}");
        }
    }

    #[test]
    fn what_is_written_in_the_project_wants_its_folder() {
        let (_, help) = told(&own("open(PATH, 'a+')"), "data/state.json");
        assert!(help.starts_with("make the folder first (`os.makedirs(\"data\", exist_ok=True)`)"), "{help}");
        let (_, help) = told(&own("for name in os.listdir(FOLDER):"), "uploads");
        assert!(help.starts_with("make it at start"), "{help}");
    }

    #[test]
    fn what_is_read_has_to_be_deployed() {
        let (_, help) = told(&own("tides = json.load(open(PATH))"), "/data/tides.json");
        assert!(help.starts_with("keep it in the project"), "{help}");
        let (_, help) = told(&own("tides = json.load(open(PATH))"), "data/tides.json");
        assert!(help.starts_with("commit `data/tides.json`"), "{help}");
    }
}
