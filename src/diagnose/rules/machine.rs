//! The machine and its surroundings: network, disk, memory, programs, rights.

use crate::diagnose::rule::{Rule, decisive, hint, last_resort, said};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "git-missing",
        phases: &["install"],
        message: "{a requirement} is fetched with git, and there is no git",
        about: "A `git+https` requirement is cloned by the git program, which the build image lacks.",
        cure: "add \"git\" to nixPkgs (with \"...\" first) or to aptPkgs, or require a released version instead",
        example: "ERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?",
        signs: &[
            decisive(r"Cannot find command 'git'|No such file or directory: 'git'|\bgit: (?:command )?not found"),
            decisive(
                r"(?i)git executable (?:was )?not found|git (?:command|executable)? ?(?:is )?not (?:found|installed)|Failed to (?:spawn|find|execute).*\bgit\b|GitExecutableNotFound|Bad git executable",
            ),
            decisive(r"(?i)(?:could not|unable to) find (?:command |executable )?['`\x22]?git['`\x22]?(?:\s|\.|$)"),
            decisive(r#"exec: "git": executable file not found"#),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "git-auth-failed",
        phases: &["install"],
        message: "{a git repository} cannot be cloned: it is private (or gone) and no credentials are given",
        about: "git asks for a user name, or the host hides a private repository. A build has nobody to type a password.",
        cure: "give the build a token (`git+https://$TOKEN@…`, with the name in braces), or publish {the repository} as a package",
        example: "fatal: could not read Username for 'https://github.com': No such device or address",
        signs: &[
            decisive(r"fatal: could not read (?:Username|Password) for '(?P<s>[^']+)'"),
            decisive(
                r"fatal: Authentication failed for '(?P<s>[^']+)'|remote: Invalid username or (?:password|token)|Support for password authentication was removed",
            ),
            said(
                r"remote: Repository not found|fatal: repository '(?P<s>[^']+)' not found|ERROR: Repository not found",
            ),
            said(
                r"Permission denied \(publickey|Host key verification failed|fatal: Could not read from remote repository",
            ),
            hint(r"git clone .* did not run successfully|Git operation failed|failed to (?:clone|fetch) into: "),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "index-auth-failed",
        phases: &["install"],
        message: "{the package index} refuses the credentials, or wants some",
        about: "A private package index answered 401 or 403. The credentials are missing in the build, or wrong.",
        cure: "set the variables that the index URL uses for the build, and check user and token of {the index}",
        example: "ERROR: HTTP error 401 while getting https://index.example/simple/private/private-1.0.tar.gz",
        signs: &[
            decisive(
                r"(?:401|403)(?: Client Error:)? (?:Error|Unauthorized|Forbidden|Credentials not correct)[^\n]*(?:for url:? )(?P<s>https?://[^\s?]+)",
            ),
            decisive(r"HTTP error 40[13] while getting (?P<s>\S+)"),
            said(r"\b40[13] (?P<s>https?://\S+(?:\.whl|\.tar\.gz|/simple/\S*))"),
            decisive(r"^User for [\w.:-]+:|WARNING: 401 Error, Credentials not correct for (?P<s>\S+)"),
            decisive(
                r"(?:HTTP status client error \(40[13]|status code (?:was:? )?40[13]|received (?:a )?40[13]).*(?:url \(|for |from )(?P<s>https?://[^\s)]+)?",
            ),
            decisive(
                r"(?:(?P<s>https?://[^\s)]+)\)? could not be queried due to a )?lack of valid authentication credentials \(40[13]",
            ),
            said(r"Missing credentials for (?P<s>\S+)|[Ii]ndex returned (?:an )?\[?40[13]"),
            said(r"keyring.*(?:failed|No module).*|Authorization error accessing (?P<s>\S+)"),
            said(r"EOFError: EOF when reading a line.*index|The index .* (?:requires|needs) authentication"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "disk-full",
        phases: &["any"],
        message: "no space is left on the disk{}",
        about: "The build or the app filled its disk. Large packages (PyTorch with CUDA above all), caches or data files are the usual reasons.",
        cure: "install smaller builds (`torch` from its CPU index), keep data out of the image, or take a larger disk",
        example: "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
        signs: &[
            decisive(
                r"\[?(?:Errno 28|os error 28|ENOSPC)|[Nn]o space left on device|There is not enough space on the disk|Disk quota exceeded|\[Errno 122\]|WinError 112",
            ),
            decisive(r"(?i)database or disk is full|could not extend file .*: no space|disk full"),
            decisive(
                r"Image of size .* exceeded limit|exceeded (?:the )?(?:maximum )?(?:image|slug|storage|disk) (?:size )?limit|You don't have enough free space|slug size: .* is too large",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "network-timeout",
        phases: &["any"],
        passing: true,
        message: "{a host} did not answer in time",
        about: "A download stalled. That passes, and is not the project's fault.",
        cure: "deploy again; if it keeps happening, raise PIP_DEFAULT_TIMEOUT",
        example: "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.example', port=443): Read timed out.",
        signs: &[
            said(r"(?:ReadTimeoutError|ConnectTimeoutError|ReadTimeout|ConnectTimeout)[:(].*?(?:host='(?P<s>[^']+)')"),
            said(r"HTTPS?ConnectionPool\(host='(?P<s>[^']+)', port=\d+\): Read timed out"),
            said(
                r"(?i)\b(?:pip|uv|poetry|pdm|urllib3?)\b.*(?:read timed out|operation timed out|connection timed out|timeout(?: was)? reached)",
            ),
            said(
                r"Failed to (?:download|fetch)[^\n]*(?:timed? ?out|timeout)|operation timed out\s*$|(?:error sending request|request or response body error).*(?:timed out|timeout)",
            ),
            said(
                r"(?:[Uu]nable to download|[Cc]ould not (?:fetch|download)|[Ff]ailed to download).*(?:[Tt]imed? ?out|[Tt]imeout|transfer closed)|curl: \((?:28|18|56)\)|Timeout was reached",
            ),
            hint(r"^(?:telegram\.error\.TimedOut|(?:httpx|httpcore)\.(?:Connect|Read|Pool)Timeout)\b"),
            hint(r"^(?:socket\.timeout: )?(?:The read operation timed out|timed out)$"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "network-unreachable",
        phases: &["any"],
        passing: true,
        message: "{the package index} cannot be reached from here",
        about: "The name does not resolve or the connection is refused or reset. That passes or is the machine's network, not the project's fault.",
        cure: "deploy again; if it keeps happening, check proxy settings and DNS of the machine that builds",
        example: "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f2b>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/flask/",
        yields_to: &["tls-ca-bundle"],
        signs: &[
            said(
                r"Retrying \(Retry\(total=\d+.*after connection broken by '(?:NewConnectionError|NameResolutionError|ProxyError|ProtocolError|RemoteDisconnected|ConnectionResetError|MaxRetryError)\b",
            ),
            said(
                r"\b(?:pip|uv|poetry|pdm|urllib3)\b.*(?:NewConnectionError|NameResolutionError|ProxyError|Connection (?:reset|refused|aborted)|Max retries exceeded)",
            ),
            said(
                r"ERROR: Could not install packages due to an (?:OSError|EnvironmentError): HTTPS?ConnectionPool\(host='(?P<s>[^']+)'",
            ),
            said(
                r"(?:error|Failed).*(?:dns error|failed to lookup address|client error \(Connect\)|tcp connect error|[Nn]etwork (?:is )?unreachable)",
            ),
            hint(r"Request failed after \d+ retries|Failed to fetch: `(?P<s>[^`]+)`"),
            said(
                r"Could not connect to, are you offline|All attempts to connect to (?P<s2>\S+) failed|HTTPConnectionError|Cannot connect to host (?P<s3>[\w.-]+:\d+)",
            ),
            said(
                r"(?:(?:Could not|Couldn't) resolve (?:host(?: ?name)?\b:? ?|')|Temporary failure resolving '?)(?P<s>[\w.:-]*)|(?i:Could not|Unable to) connect to '?(?P<s3>[\w-]+\.[\w.:-]+)|Failed to fetch https?://(?P<s2>[\w.:-]+)\S*",
            ),
            said(
                r"(?:warning|error): unable to download '(?P<s>[^']+)': (?:.*)(?:Could(?:n't| not) resolve|HTTP error 5\d\d|Connection|SSL)|curl: \((?:6|7|35|52)\)",
            ),
            said(
                r"(?:50[0234]) (?:Server Error|Service Unavailable|Bad Gateway|Gateway Time).*(?:for url|simple/|packages/)|HTTP status server error \(5\d\d|HTTP error 5\d\d while getting",
            ),
            said(r"proxy\S*: Cannot connect to proxy|Tunnel connection failed: \d+|Cannot connect to proxy"),
            hint(r"(?:E: |W: )?(?:Some index files failed to download|Failed to fetch)"),
            hint(
                r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed|nodename nor servname|Network is unreachable|No route to host|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "tls-ca-bundle",
        phases: &["any"],
        message: "{the certificate of a host} cannot be verified, or the CA bundle path is wrong",
        about: "TLS fails because no CA certificates are found, a proxy puts in its own, or a variable names a bundle that is not there.",
        cure: "unset REQUESTS_CA_BUNDLE, SSL_CERT_FILE and PIP_CERT or point them at a file of the image; install ca-certificates (cacert in nixPkgs)",
        example: "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/ssl/missing.pem",
        signs: &[
            decisive(r"Could not find a suitable TLS CA certificate bundle, invalid path: (?P<s>\S+)"),
            decisive(
                r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|certificate verify failed|unable to get local issuer certificate|self[- ]signed certificate|invalid peer certificate",
            ),
            said(
                r"SSL certificate problem|server certificate verification failed|x509: certificate|the SSL module is not available|Invalid (?:value for )?`?SSL_CERT_FILE|SSL_CERT_FILE.*(?:not exist|No such)|problem with the SSL CA cert|error setting certificate (?:file|verify locations)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "read-only-filesystem",
        phases: &["any"],
        message: "{a path} lies on a read-only file system",
        about: "Something wrote where the platform mounts read-only, such as /nix/store or a mounted configuration.",
        cure: "write under /tmp or on a volume in place of {the path}",
        example: "OSError: [Errno 30] Read-only file system: '/nix/var/harbour.log'",
        signs: &[
            decisive(r"(?:Errno 30|os error 30)\]?[^:]*: '(?P<s>[^']+)'"),
            decisive(
                r"(?:[\w/-]+: )?(?:cannot \w+(?: directory)? )?(?:'|‘|`)?(?P<s>/[^'`:\s]+?)(?:'|’|`)?: Read-only file system",
            ),
            said(r"Read-only file system|\[Errno 30\]|EROFS|attempt to write a readonly database"),
        ],
        yields_to: &["missing-rust", "externally-managed"],
        ..Rule::BLANK
    },
    Rule {
        id: "permission-denied",
        phases: &["any"],
        message: "{a path} may not be written, read or run by this user",
        about: "The process runs as a user to whom the file or folder does not belong, or a script lacks its executable bit.",
        cure: "write where the user may (/tmp, a volume), or give {the path} to the user that runs the app",
        example: "PermissionError: [Errno 13] Permission denied: '/srv/tides/export.csv'",
        yields_to: &[
            "port-permission-denied",
            "git-auth-failed",
            "missing-rust",
            "sqlite-path-unwritable",
            "externally-managed",
        ],
        signs: &[
            said(
                r"(?:PermissionError|OSError|EnvironmentError|IOError): \[(?:Errno 13|WinError 5|Errno 1)\][^:]*: '?(?P<s>[^'\n]+)'?",
            ),
            said(r"(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s>[\w./-]+): Permission denied"),
            said(r#"exec: "(?P<s>[^"]+)": permission denied|exec (?P<s2>/\S+): permission denied"#),
            said(r"(?:\[Errno 13\]|os error 13).*?(?:'|`)?(?P<s>/[^'`\s]+)?"),
            said(r"(?:[\w-]+: )?(?:cannot [\w ]+ )?(?:'|‘|`)(?P<s>/?[^'`]+?)(?:'|’|`): Permission denied"),
            hint(
                r"(?:^|: |\()[Pp]ermission denied(?:\s*$| \(os error|[.')])|(?i:error|fail|cannot|can't).*[Pp]ermission denied|: Operation not permitted|\bEACCES\b",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "missing-system-binary",
        phases: &["install", "start"],
        message: "the program {that a package runs} is not there",
        about: "A Python package runs another program (ffmpeg, chromium, pdfinfo, tesseract), and pip does not install programs.",
        cure: "add the package with {the program} to nixPkgs (with \"...\" first) or to aptPkgs",
        example: "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
        yields_to: &["git-missing", "missing-compiler", "missing-rust", "missing-system-header"],
        signs: &[
            decisive(
                r"Unable to get page count\. Is (?P<s>poppler) installed and in PATH|PDFInfoNotInstalledError|TesseractNotFoundError|(?P<s2>(?i:tesseract)) is not installed or it's not in\b",
            ),
            decisive(
                r"Executable doesn't exist at (?P<s>\S+)|Looks like Playwright (?:Test or Playwright )?was just installed or updated|playwright install|Host system is missing dependencies to run browsers",
            ),
            decisive(
                r"[Cc]annot find (?P<s>Chrome|Firefox|chrome|chromium) binary|[Uu]nable to obtain (?P<s2>driver for \w+|working Selenium Manager)|(?P<s3>chromedriver|geckodriver)'? executable needs to be in PATH|Chrome failed to start|session not created: .*(?:Chrome|chrome).*|Could not find (?P<s4>Chrome)",
            ),
            decisive(
                r"No (?P<s>wkhtmltopdf|wkhtmltoimage) executable found|(?P<s2>ffmpeg|ffprobe|avconv)[\x22']? (?:was )?not found|Couldn't find (?P<s3>ffmpeg|ffprobe)(?: or avconv)?|FFmpeg(?: is)? not (?:found|installed)|ffmpeg-location|No ffmpeg exe could be found|make sure ffmpeg is installed",
            ),
            decisive(
                r#"failed to execute .*(?P<s>PosixPath\('dot'\)|dot).*make sure the Graphviz executables|ExecutableNotFound: failed to execute .*'(?P<s2>\w+)'|you need to have (?P<s3>java|node|npm) installed|JavaGateway.*|(?P<s4>java): (?:command )?not found|Java gateway process exited|Unable to locate a Java Runtime|JAVA_HOME is not set"#,
            ),
            said(
                r"FileNotFoundError: \[(?:Errno|WinError) 2\] [^:]*: [`'\x22](?P<s>[a-zA-Z][\w+-]{0,40})['\x22](?:: '[\w+-]+')?\s*$",
            ),
            said(
                r"(?P<s>ffmpeg|ffprobe|chromium|google-chrome|pdfinfo|pdftoppm|tesseract|convert|magick|soffice|libreoffice|wkhtmltopdf|node|npm|npx|java|curl|wget|psql|mysql|redis-cli|sqlite3|make|unzip|xvfb-run|Xvfb|pg_dump|tini|supervisord|nginx|pandoc|pdflatex|msgfmt|gettext|dot|espeak|aria2c|yt-dlp|rsync|ssh|tar|zip|7z|exiftool|gs|ghostscript|inkscape): (?:command )?not found",
            ),
            said(
                r"Can't find (?P<s>msgfmt|msgmerge|xgettext|msguniq)\. Make sure you have GNU gettext|OSError: cannot find (?P<s2>\w+) executable|(?P<s3>\w+) executable (?:was )?not found(?: in PATH)?",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "command-timed-out",
        phases: &["any"],
        message: "{a command} did not end in the time it was given",
        about: "The command waits for something that never comes (a prompt, a lock, a server that it started itself), or has more to do than there is time for.",
        cure: "run {the command} by itself (`shakedown shell`) to see what it waits for; a server belongs into the start command, and a long build gets more time with --timeout and --silence",
        example: "Build timed out after 20m0s",
        yields_to: &["*"],
        signs: &[said(
            r"(?i)\bbuild (?:has )?(?:timed out|exceeded (?:the |its )?(?:maximum |allowed )?(?:build )?(?:time|duration))\b|exceeded (?:the |its )?maximum (?:allowed )?build (?:time|duration)",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "out-of-memory",
        phases: &["any"],
        message: "the process was killed for want of memory",
        about: "The kernel ended the process because it used more memory than the container has. Nothing else is logged when that happens.",
        cure: "raise the memory limit, load less at once, or run fewer workers",
        example: "Killed",
        yields_to: &[],
        signs: &[
            decisive(
                r"(?i)oom[-_ ]?kill|out of memory: kill|OOMKilled|\x22OOMKilled\x22: ?true|memory cgroup out of memory|ran out of memory|R14 \(Memory quota exceeded|R15 \(Memory quota vastly|out of memory \(used over|Memory limit exceeded|exceeded (?:its )?memory limit|ResourceExhausted: .*memory",
            ),
            said(
                r"did not complete successfully: exit code: 137|exit(?:ed)?(?: with)?(?: code| status)?:? ?137\b|exited with code 137|returned? (?:non-zero )?(?:code|exit status):? 137|signal: killed|killed by signal 9|\bSIGKILL: kill|terminated by signal SIGKILL|died with <Signals\.SIGKILL",
            ),
            said(
                r"^(?:/bin/(?:ba)?sh: line \d+:\s+\d+ )?Killed\b|^(?:bash|sh|\S+\.sh): line \d+:\s+\d+ Killed|MemoryError|Cannot allocate memory|exited with 'signal 9 \(SIGKILL\)'|WorkerLostError.*signal 9|DefaultCPUAllocator: can't allocate memory|std::bad_alloc|Unable to allocate [\d.]+ [KMGT]iB|c\+\+: fatal error: Killed signal|fatal error: Killed signal terminated program|compiler error: Killed|CUDA out of memory|JavaScript heap out of memory",
            ),
            last_resort(r"was sent SIGKILL! Perhaps out of memory\?"),
        ],
        ..Rule::BLANK
    },
];
