//! Before anything of the project runs: configuration, Nix, the image registry.

use super::rule::{OnRailpack, Rule, YieldsTo, by, decisive, hint, over_fixes_by, said};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static UNKNOWN_NIX_PACKAGE: Rule = Rule {
    id: check::nixpacks::setup::UNKNOWN_PACKAGE.id,
    phases: &["setup"],
    message: "nixpkgs has no {attribute of that name}",
    about: check::nixpacks::setup::UNKNOWN_PACKAGE.about,
    help: "take {it} out of nixPkgs or nixLibs; Python packages belong in requirements.txt, apt names in aptPkgs",
    example: "error: undefined variable 'pip' at /app/.nixpacks/nixpkgs-ffeebf0acf3ae8b29f8c7049cd911b9636efd7e7.nix:22:14",
    link: Some("https://search.nixos.org/packages"),
    signatures: &[
        decisive(r"error:.*undefined variable (?:`|'|‘|“)(?P<s>[^'`]+?)(?:'|’|”)"),
        decisive(r"error:.*attribute (?:`|'|‘|“)(?P<s>[^'`]+?)(?:'|’|”) missing"),
        decisive(r"error:.*attribute '(?P<s>[^']+)' in selection path '[^']+' not found"),
        decisive(r"error: flake '[^']*nixpkgs[^']*' does not provide attribute .*?[.'](?P<s>[\w.-]+)'"),
        decisive(r"error:.*'(?P<s>[\w.+-]+)' has been (?:renamed to|removed|replaced)"),
        decisive(r"error: (?P<s>[\w.+-]+) (?:has been|was) (?:renamed to|removed|replaced)\b"),
        said(r"^\s*error: syntax error, unexpected '?[^,]+?'?(?:, expecting .*)?(?: at |,? ?$)"),
        said(r"error: (?:cannot coerce|expected a derivation|.*is not a derivation)"),
        said(r"E: Unable to locate package (?P<s>\S+)"),
        said(r"E: Package '?(?P<s>[^' ]+)'? has no installation candidate"),
        said(r"E: Couldn't find any package by (?:glob|regex) '(?P<s>[^']+)'"),
    ],
    refine: Some(refine::reasons::nix_excerpt),
    fix: Some(fixes::nixpacks::unknown_package),
    ..Rule::BLANK
};

pub(crate) static NIX_PACKAGE_INSECURE: Rule = Rule {
    id: "nix-package-insecure",
    phases: &["setup"],
    message: "nixpkgs refuses {a package} as insecure, broken, unfree or unsupported",
    about: "nixpkgs marks some packages as insecure, broken, unfree or not for this platform, and then refuses to evaluate them.",
    help: "choose a maintained version in place of {it}, or allow it with NIXPKGS_ALLOW_INSECURE=1 (or _UNFREE, _BROKEN) for the build",
    example: "error: Package ‘openssl-1.1.1w’ in /nix/store/x-source/pkgs/development/libraries/openssl/default.nix:249 is marked as insecure, refusing to evaluate.",
    signatures: &[
        decisive(
            r"[Pp]ackage (?:‘|'|`|“)(?P<s>[^']+?)(?:’|'|”).*(?:is marked as (?:insecure|broken)|has an unfree license|is not (?:supported|available) on|is not available on the requested)",
        ),
        said(r"is marked as (?:insecure|broken), refusing to evaluate|has an unfree license .*, refusing to evaluate"),
        said(r"Known issues:.*|NIXPKGS_ALLOW_(?:INSECURE|BROKEN|UNFREE)=1 nix"),
    ],
    ..Rule::BLANK
};

pub(crate) static NIX_PACKAGES_COLLIDE: Rule = Rule {
    id: check::nixpacks::setup::COLLIDE.id,
    phases: &["setup"],
    message: "two packages of nixPkgs bring the same file{}",
    about: check::nixpacks::setup::COLLIDE.about,
    help: "keep one of the two in nixPkgs; the release of Python is chosen by a file `.python-version`, not by a second python3xx",
    example: "error: collision between `/nix/store/a-python3-3.11.10/bin/python3' and `/nix/store/b-python3-3.12.7/bin/python3'",
    signatures: &[
        decisive(r"collision between [`']/nix/store/[a-z0-9]*-(?P<s>[^/]+)/"),
        decisive(r"two given paths contain a conflicting subpath"),
        said(r"files at .* collide|have the same priority \d+; use [`']nix-env --set-flag priority"),
    ],
    ..Rule::BLANK
};

pub(crate) static INVALID_NIXPACKS_CONFIG: Rule = Rule {
    id: check::nixpacks::planned::INVALID_CONFIG.id,
    phases: &["setup"],
    message: "{the Nixpacks configuration} cannot be read",
    about: check::nixpacks::planned::INVALID_CONFIG.about,
    help: "correct {the file} where the parser points",
    example: "Error: Failed to parse Nixpacks config file `nixpacks.toml`",
    link: Some("https://nixpacks.com/docs/configuration/file"),
    signatures: &[
        decisive(r"[Ff]ailed to parse Nixpacks config file [`'](?P<s>[^`']+)[`']"),
        decisive(
            r"(?:[Ff]ailed to parse|[Ee]rror (?:parsing|reading|in)|[Ii]nvalid)\b.*(?P<s>nixpacks\.(?:toml|json))",
        ),
        decisive(r"(?P<s>nixpacks\.(?:toml|json)): (?:TOML parse error|expected|invalid|unexpected)"),
        decisive(r"(?:Failed to parse|Error parsing|[Ii]nvalid).*(?P<s>railway\.(?:toml|json)|railpack\.json)"),
        said(r"Error: Reading (?P<s>Procfile)"),
        said(r"TOML parse error at line \d+, column \d+"),
        hint(r"expected a (?:sequence|map|string|boolean) for key [`']?(?P<s>phases\.[\w.]+|start\.\w+|providers)"),
        hint(r"invalid type: .*, expected (?:a sequence|a map|a string|struct).* for key [`'](?P<s>[\w.]+)[`']"),
    ],
    refine: Some(refine::reasons::and_what_the_parser_says),
    explained_by: &[over_fixes_by(&check::nixpacks::planned::INVALID_PROCFILE)],
    ..Rule::BLANK
};

pub(crate) static NO_BUILD_PLAN: Rule = Rule {
    id: check::plan::NO_PLAN.id,
    phases: &["setup"],
    message: "nothing at the root of the project tells the builder what it is",
    about: check::plan::NO_PLAN.about,
    help: "set the service's root directory to the folder with requirements.txt, or move the files up",
    example: "Nixpacks was unable to generate a build plan for this app.",
    link: Some("https://nixpacks.com/docs/providers/python"),
    signatures: &[
        decisive(r"(?i)nixpacks was unable to generate a build plan"),
        decisive(
            r"Railpack could not determine how to build the app|unable to (?:generate|detect).*(?:build plan|provider)",
        ),
        decisive(r"No (?:buildpack|default language) (?:groups passed detection|could be detected)"),
        decisive(r"App not compatible with buildpack|Couldn't find any supported \w+ package manager files"),
        decisive(r"No buildpack groups passed detection"),
        said(r"(?i)error creating build plan|could not find a (?:Dockerfile|provider)|no provider (?:detected|found)"),
        said(r"Root directory .* does not exist|Could not find root directory"),
        said(r"failed to (?:read dockerfile|solve): .*open (?P<s>Dockerfile\S*): no such file"),
    ],
    explained_by: &[over_fixes_by(&check::misspelt::LIST), over_fixes_by(&check::railpack::UNKNOWN_PROVIDER)],
    ..Rule::BLANK
};

pub(crate) static NO_START_COMMAND: Rule = Rule {
    id: check::plan::NO_START.id,
    phases: &["setup"],
    message: "the plan has no start command",
    about: check::plan::NO_START.about,
    help: "add `[start]` with `cmd = \"…\"` to nixpacks.toml, or a Procfile with a `web:` line",
    on_railpack: OnRailpack::help(
        "add deploy.startCommand to railpack.json, a Procfile with a `web:` line, or set RAILPACK_START_CMD",
    ),
    example: "Error: No start command could be found",
    link: Some("https://nixpacks.com/docs/configuration/file"),
    signatures: &[
        decisive(r"(?i)no start command (?:(?:could be|was) )?(?:found|detected|specified|provided)"),
        decisive(r"Failed to find your WSGI_APPLICATION django setting"),
        said(r"(?i)^(?:Error: |✖ |x )?no start command\b|(?:requires|missing|need) a start command"),
        said(
            r"(?i)the container has no (?:entrypoint|command)|docker: Error response from daemon: no command specified",
        ),
    ],
    explained_by: &[
        by(&check::nixpacks::keys::UNKNOWN),
        by(&check::nixpacks::planned::WSGI),
        by(&check::railpack::UNKNOWN_PROVIDER),
    ],
    ..Rule::BLANK
};

pub(crate) static REGISTRY_UNREACHABLE: Rule = Rule {
    id: "registry-unreachable",
    phases: &["setup"],
    transient: true,
    message: "the image registry cannot be reached, or refuses {the image}",
    about: "The base image could not be fetched: the registry is down, rate-limits, or does not answer. The project is not at fault.",
    help: "try again later; if it persists, check that {the image} exists and is public",
    example: "ERROR: failed to solve: ghcr.io/railwayapp/nixpacks:ubuntu-1745885067: failed to resolve source metadata for ghcr.io/railwayapp/nixpacks:ubuntu-1745885067: failed to do request: Head \"https://ghcr.io/v2/railwayapp/nixpacks/manifests/ubuntu-1745885067\": dial tcp: lookup ghcr.io: i/o timeout",
    signatures: &[
        said(
            r"failed to (?:resolve source metadata|load metadata|fetch (?:anonymous|oauth) token|authorize).*?(?:for (?P<s>[\w./:@-]+))?:",
        ),
        said(
            r"toomanyrequests: |/v2/\S+: no basic auth credentials|You have reached your (?:unauthenticated )?pull rate limit",
        ),
        said(
            r"(?:Error response from daemon|ERROR): .*(?:Get|Head) \x22https?://[^\x22]+/v2/[^\x22]*\x22: (?:.*)(?:timeout|refused|no such host|EOF|TLS handshake|net/http|unauthorized|denied)",
        ),
        said(
            r"(?:failed to (?:copy|do request)|httpReadSeeker|failed commit on ref|unexpected status (?:code|from (?:GET|HEAD) request)).*(?:/v2/|registry|50\d|429)",
        ),
        said(
            r"(?:pinging container registry|error building image|initializing source docker|Trying to pull).*(?:timeout|refused|no such host|EOF|unauthorized|denied|x509)",
        ),
        hint(r"pull access denied for (?P<s>[\w./:-]+)"),
        hint(r"manifest (?:for (?P<s>\S+) not found|unknown)"),
        said(
            r"(?:(?:ERROR|[Ff]ailed|[Ee]rror).* (?P<s>[\w./-]+:[\w.-]+): not found|no match for platform in manifest)\s*$",
        ),
    ],
    unless: &["importing cache"],
    yields_to: YieldsTo::Anything,
    ..Rule::BLANK
};
