//! What a machine behind a corporate proxy needs to reach a package index: certificates, proxies, pip's settings.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fs::folders;
use crate::plan::Vars;
use crate::sandbox::Unverified;

/// Where the certificates are inside, as in the base image.
pub const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Variables that name a bundle of certificates.
const BUNDLE_VARIABLES: &[&str] = &[
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NIX_SSL_CERT_FILE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
];

/// Where systems keep theirs.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// Passed on as they are.
const PASSED: &[&str] = &[
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_PROXY",
    "PIP_NO_INDEX",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
];

/// pip.conf's keys for the same things.
const PIP_KEYS: &[(&str, &str)] = &[
    ("index-url", "PIP_INDEX_URL"),
    ("extra-index-url", "PIP_EXTRA_INDEX_URL"),
    ("trusted-host", "PIP_TRUSTED_HOST"),
    ("proxy", "PIP_PROXY"),
    ("no-index", "PIP_NO_INDEX"),
    ("find-links", "PIP_FIND_LINKS"),
    ("cert", "PIP_CERT"),
];

/// How the host reaches the network, in the words of programs inside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Variables to set inside; the plan's own win over them.
    pub vars: Vars,
    /// The certificates, all bundles in one.
    pub bundle: Vec<u8>,
    /// Directories of wheels that pip is told to look into, to be shown at their own place.
    pub find_links: Vec<PathBuf>,
}

impl Access {
    /// Reads this process' environment and the user's pip settings.
    pub fn of_this_machine() -> Self {
        let settings = pip_settings();
        Self::from(|name| std::env::var(name).ok(), &settings)
    }

    /// The note that installers find what the cloud's may not: this machine's own packages.
    pub fn own_packages(&self) -> Option<Unverified> {
        let is_empty = |folder: &PathBuf| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        let folder = self.find_links.iter().find(|folder| !is_empty(folder))?;
        let why = format!(
            "packages in {} of this machine, which pip's settings name, were on offer; in the cloud they are not",
            folder.display()
        );
        Some(Unverified { what: "PIP_FIND_LINKS".to_owned(), why })
    }

    fn from(get: impl Fn(&str) -> Option<String>, settings: &Vars) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.is_empty()).or_else(|| settings.get(name).cloned());
        let mut access = Self::default();
        let named = BUNDLE_VARIABLES.iter().filter_map(|name| Some((*name, get(name)?)));
        let mut files = Vec::new();
        for (name, file) in named {
            if Path::new(&file).is_file() {
                access.vars.insert(name.to_owned(), BUNDLE.to_owned());
                files.push(PathBuf::from(file));
            }
        }
        files.extend(SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|path| path.is_file()));
        access.bundle = joined(&files);
        if !access.bundle.is_empty() {
            // An interpreter looks where it was built to look, which need not be where the base image keeps them.
            access.vars.insert("SSL_CERT_FILE".to_owned(), BUNDLE.to_owned());
        }
        for name in PASSED {
            access.vars.extend(get(name).map(|value| ((*name).to_owned(), value)));
        }
        if let Some(links) = get("PIP_FIND_LINKS") {
            let paths =
                links.split_whitespace().map(|link| PathBuf::from(link.strip_prefix("file://").unwrap_or(link)));
            access.find_links = paths.filter(|path| path.is_absolute() && path.is_dir()).collect();
            access.vars.insert("PIP_FIND_LINKS".to_owned(), links);
        }
        access
    }
}

/// All certificates once, whatever number of files names them.
fn joined(files: &[PathBuf]) -> Vec<u8> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for file in files {
        let Ok(bytes) = fs::read(fs::canonicalize(file).unwrap_or_else(|_| file.clone())) else { continue };
        if seen.insert(bytes.clone()) {
            all.extend(bytes);
            all.push(b'\n');
        }
    }
    all
}

/// The `[global]` and `[install]` settings of the files that pip itself would read, later files winning.
fn pip_settings() -> Vars {
    let files = [
        Some(PathBuf::from("/etc/pip.conf")),
        folders::home().map(|home| home.join(".pip/pip.conf")),
        folders::config().map(|config| config.join("pip/pip.conf")),
        std::env::var_os("PIP_CONFIG_FILE").map(PathBuf::from),
    ];
    let texts = files.into_iter().flatten().filter_map(|path| fs::read_to_string(path).ok());
    texts.flat_map(|text| parse_pip_conf(&text)).collect()
}

fn parse_pip_conf(text: &str) -> Vars {
    let mut found: Vars = Vars::new();
    let (mut applies, mut last) = (false, None::<&str>);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            applies = matches!(section.trim(), "global" | "install");
            last = None;
        } else if line.starts_with([' ', '\t']) {
            if let Some(value) = last.and_then(|name| found.get_mut(name)) {
                value.push(' ');
                value.push_str(trimmed);
            }
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']).filter(|_| applies) {
            let key = key.trim().replace('_', "-");
            last = PIP_KEYS.iter().find(|(known, _)| *known == key).map(|(_, variable)| *variable);
            found.extend(last.map(|name| (name.to_owned(), value.trim().to_owned())));
        }
    }
    found.into_iter().map(|(name, value)| (name, value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pip_conf_is_read_as_pip_reads_it() {
        let text = "# c\n[global]\nindex-url = https://u:p@pip.example/simple\nextra_index_url =\n  https://a.example\n  https://b.example\n\
                    [freeze]\ntrusted-host = no\n[install]\ntrusted-host: pip.example\n";
        let found = parse_pip_conf(text);
        assert_eq!(found["PIP_INDEX_URL"], "https://u:p@pip.example/simple");
        assert_eq!(found["PIP_EXTRA_INDEX_URL"], "https://a.example https://b.example");
        assert_eq!(found["PIP_TRUSTED_HOST"], "pip.example");
    }

    #[test]
    fn bundles_are_joined_and_variables_point_inside() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("corp.pem");
        fs::write(&file, "CORP").unwrap();
        let own = file.to_string_lossy().into_owned();
        let get = |name: &str| match name {
            "PIP_CERT" | "REQUESTS_CA_BUNDLE" => Some(own.clone()),
            "NO_PROXY" => Some("localhost".to_owned()),
            "CURL_CA_BUNDLE" => Some("/no/such".to_owned()),
            "PIP_FIND_LINKS" => Some(format!("{} https://w.example/", dir.path().display())),
            _ => None,
        };
        let access = Access::from(get, &Vars::new());
        assert_eq!(access.vars["PIP_CERT"], BUNDLE);
        assert_eq!(access.vars["SSL_CERT_FILE"], BUNDLE);
        assert_eq!(access.vars["NO_PROXY"], "localhost");
        assert!(!access.vars.contains_key("CURL_CA_BUNDLE"));
        assert_eq!(access.bundle.windows(4).filter(|bytes| bytes == b"CORP").count(), 1);
        assert_eq!(access.find_links, [dir.path()]);
        assert_eq!(access.own_packages().unwrap().what, "PIP_FIND_LINKS");
        fs::remove_file(file).unwrap();
        assert!(access.own_packages().is_none());
    }
}
