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

/// Packages of Debian 13 whose names are others in Debian 12: most carry the number of what a library calls itself (`apt-cache
/// policy` of Debian 12 has each of them).
const BEFORE: &[(&str, &str)] = &[
    ("libavcodec61", "libavcodec59"),
    ("libavdevice61", "libavdevice59"),
    ("libavfilter10", "libavfilter8"),
    ("libavformat61", "libavformat59"),
    ("libavutil59", "libavutil57"),
    ("libgdal36", "libgdal32"),
    ("libhdf5-310", "libhdf5-103-1"),
    ("libicu76", "libicu72"),
    ("libldap2", "libldap-2.5-0"),
    ("libmagickcore-7.q16-10", "libmagickcore-6.q16-6"),
    ("libmagickwand-7.q16-10", "libmagickwand-6.q16-6"),
    ("libswresample5", "libswresample4"),
    ("libswscale8", "libswscale6"),
    ("libtag2", "libtag1v5"),
];

/// What Debian 12 calls a package of Debian 13.
///
/// ```
/// use shakedown::catalog::debian::in_12;
///
/// assert_eq!((in_12("libicu76"), in_12("libgl1")), ("libicu72", "libgl1"));
/// ```
pub fn in_12(package: &str) -> &str {
    BEFORE.iter().find(|(name, _)| *name == package).map_or(package, |(_, before)| before)
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
