//! Locales that an image does not have.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::Raised;

static ASKED: Pattern = Pattern::new(r#"setlocale\([^,]+,\s*["']([^"']+)["']"#);

/// `setlocale` refuses a locale that was never generated, which no encoding cures.
pub(in crate::diagnose) fn not_generated(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if !view.text(finding.at).contains("unsupported locale setting") {
        return true;
    }
    let code = view.raised_at(finding.at).and_then(Raised::own_frame).map(|frame| frame.code.as_str());
    let name = code.and_then(|code| ASKED.captures(code)).map(|found| found[1].to_owned());
    let which = name.as_deref().map_or_else(|| "the locale".to_owned(), |name| format!("the locale `{name}`"));
    finding.message = Some(format!("{which} is not in the image, and setlocale refuses what is not there"));
    finding.help = Some(
        "ask for `C.UTF-8`, which is always there, and have a library such as Babel write dates and numbers; or bring the locale: under Railpack \
         `locales-all` among deploy.aptPackages, under Nixpacks `glibcLocales` in nixPkgs and LOCALE_ARCHIVE=/root/.nix-profile/lib/locale/locale-archive"
            .to_owned(),
    );
    finding.subject = name;
    finding.is_unfixable = true;
    true
}
