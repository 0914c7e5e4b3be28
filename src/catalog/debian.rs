//! Programs, and the Debian packages that bring them.

use super::libraries;

/// By the program's name; the releases meant are Debian 12 and 13.
const PROGRAMS: &[(&str, &str)] = &[
    ("7z", "p7zip-full"),
    ("aria2c", "aria2"),
    ("chrome", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("chromium", "chromium"),
    ("convert", "imagemagick"),
    ("curl", "curl"),
    ("dot", "graphviz"),
    ("espeak", "espeak-ng"),
    ("espeak-ng", "espeak-ng"),
    ("exiftool", "libimage-exiftool-perl"),
    ("fc-list", "fontconfig"),
    ("ffmpeg", "ffmpeg"),
    ("ffprobe", "ffmpeg"),
    ("file", "file"),
    ("firefox", "firefox-esr"),
    ("gcc", "build-essential"),
    ("gdalinfo", "gdal-bin"),
    ("git", "git"),
    ("gs", "ghostscript"),
    ("java", "default-jre-headless"),
    ("libreoffice", "libreoffice"),
    ("magick", "imagemagick"),
    ("make", "make"),
    ("mysql", "default-mysql-client"),
    ("mysqldump", "default-mysql-client"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("npx", "npm"),
    ("pandoc", "pandoc"),
    ("pdfinfo", "poppler-utils"),
    ("pdftoppm", "poppler-utils"),
    ("pdftotext", "poppler-utils"),
    ("pg_dump", "postgresql-client"),
    ("poppler", "poppler-utils"),
    ("ps", "procps"),
    ("psql", "postgresql-client"),
    ("qpdf", "qpdf"),
    ("redis-cli", "redis-tools"),
    ("soffice", "libreoffice"),
    ("sox", "sox"),
    ("sqlite3", "sqlite3"),
    ("ssh", "openssh-client"),
    ("tesseract", "tesseract-ocr"),
    ("unzip", "unzip"),
    ("wget", "wget"),
    ("xvfb-run", "xvfb"),
    ("zip", "zip"),
];

/// The package that brings a program.
///
/// ```
/// use shakedown::catalog::debian::of_program;
///
/// assert_eq!((of_program("pdftoppm"), of_program("nobody")), (Some("poppler-utils"), None));
/// ```
pub fn of_program(program: &str) -> Option<&'static str> {
    PROGRAMS.binary_search_by_key(&program, |(name, _)| name).ok().map(|at| PROGRAMS[at].1)
}

/// The packages of the list, and those that bring libraries and headers.
pub fn packages() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(_, package)| *package).chain(libraries::of_debian())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_of_the_list_is_found() {
        for (program, package) in PROGRAMS {
            assert_eq!(of_program(program), Some(*package));
        }
    }
}
