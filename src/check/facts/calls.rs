//! Programs that code starts by a literal name.

use super::code::has_word;
use super::reach::Module;
use crate::log::pattern::Pattern;

/// A program that a module starts.
pub(in crate::check) struct Called<'m> {
    pub(in crate::check) program: &'m str,
    pub(in crate::check) module: &'m Module,
    /// From 1.
    pub(in crate::check) line: usize,
    pub(in crate::check) text: &'m str,
}

static STARTS: Pattern = Pattern::ascii(
    r#"(?:\b(?:subprocess|sp|sh)\.\w+|\bos\.(?:system|popen|execvp|spawnlp)|\b(?:Popen|check_output|check_call|getoutput|create_subprocess_(?:exec|shell)))\(\s*[\[(]?\s*[frb]*["']([\w.+-]+)[ "']"#,
);

/// Names of a library's own whose use starts a program. yt-dlp 2026.11 and discord.py 2.6 look for ffmpeg when the call is made, so
/// that neither an installation nor a start shows that it is missing.
const BY_LIBRARY: &[(&[&str], &[&str], &str)] = &[
    (
        &["yt_dlp", "youtube_dl"],
        &["FFmpegExtractAudio", "FFmpegVideoConvertor", "FFmpegVideoRemuxer", "FFmpegMetadata", "FFmpegMerger"],
        "ffmpeg",
    ),
    (&["discord", "nextcord", "disnake"], &["FFmpegPCMAudio", "FFmpegOpusAudio"], "ffmpeg"),
];

/// The program that a library starts for what a statement names.
fn by_library<'s>(module: &Module, statement: &'s str) -> Option<&'s str> {
    let imports = |library: &&str| has_word(&module.text, library);
    let row = BY_LIBRARY.iter().find(|(libraries, names, _)| {
        names.iter().any(|name| has_word(statement, name)) && libraries.iter().any(imports)
    })?;
    let is_import = statement.starts_with("import ") || statement.starts_with("from ");
    (!is_import).then_some(row.2)
}

/// The programs that the modules start, as far as they or a library's name for them stand where they are started. A module that asks
/// whether a program is there (`shutil.which`) can do without it.
pub(in crate::check) fn called(modules: &[Module]) -> Vec<Called<'_>> {
    let Some(starts) = STARTS.regex() else { return Vec::new() };
    let asks = |module: &Module, program: &str| {
        [format!("which(\"{program}\""), format!("which('{program}'")].iter().any(|ask| module.text.contains(ask))
    };
    let mut found: Vec<Called<'_>> = Vec::new();
    for module in modules {
        for statement in &module.code.statements {
            let named = starts.captures_iter(&statement.text).filter_map(|named| named.get(1));
            for program in named.map(|program| program.as_str()).chain(by_library(module, &statement.text)) {
                if found.iter().all(|known| known.program != program) && !asks(module, program) {
                    found.push(Called { program, module, line: statement.line, text: &statement.text });
                }
            }
        }
    }
    found
}
