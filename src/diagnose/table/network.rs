//! What is fetched from elsewhere: network, certificates, credentials.

use super::rule::{OnRailpack, Rule, YieldsTo, decisive, hint, said};
use crate::check;
use crate::diagnose::refine;

pub(crate) static GIT_AUTH_FAILED: Rule = Rule {
    id: check::requirements::SSH.id,
    phases: &["install"],
    message: "{a git repository} cannot be cloned: it is private (or gone) and no credentials are given",
    about: check::requirements::SSH.about,
    help: "give the build a token (`git+https://$TOKEN@…`, with the name in braces), or publish {the repository} as a package",
    example: "fatal: could not read Username for 'https://github.com': No such device or address",
    signatures: &[
        decisive(r"fatal: could not read (?:Username|Password) for '(?P<s>[^']+)'"),
        decisive(
            r"fatal: Authentication failed for '(?P<s>[^']+)'|remote: Invalid username or (?:password|token)|Support for password authentication was removed",
        ),
        said(r"remote: Repository not found|fatal: repository '(?P<s>[^']+)' not found|ERROR: Repository not found"),
        said(
            r"Permission denied \(publickey|Host key verification failed|fatal: Could not read from remote repository",
        ),
        hint(r"git clone .* did not run successfully|Git operation failed|failed to (?:clone|fetch) into: "),
    ],
    yields_to: YieldsTo::Rules(&[&NETWORK_UNREACHABLE, &super::machine::GIT_MISSING]),
    refine: Some(refine::reasons::repository),
    ..Rule::BLANK
};

pub(crate) static INDEX_AUTH_FAILED: Rule = Rule {
    id: "index-auth-failed",
    phases: &["install"],
    message: "{the package index} refuses the credentials, or wants some",
    about: "A private package index answered 401 or 403. The credentials are missing in the build, or wrong.",
    help: "set the variables that the index URL uses for the build, and check user and token of {the index}",
    example: "ERROR: HTTP error 401 while getting https://index.example/simple/private/private-1.0.tar.gz",
    signatures: &[
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
};

pub(crate) static NETWORK_TIMEOUT: Rule = Rule {
    id: "network-timeout",
    phases: &["any"],
    transient: true,
    message: "{a host} did not answer in time",
    about: "A download stalled. That passes, and is not the project's fault.",
    help: "deploy again; if it keeps happening, raise PIP_DEFAULT_TIMEOUT",
    example: "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='files.example', port=443): Read timed out.",
    signatures: &[
        said(r"(?:ReadTimeoutError|ConnectTimeoutError|ReadTimeout|ConnectTimeout)[:(].*?(?:host='(?P<s>[^']+)')"),
        said(r"HTTPS?ConnectionPool\(host='(?P<s>[^']+)', port=\d+\): Read timed out"),
        said(
            r"(?i)\b(?:pip|uv|poetry|pdm|urllib3?)\b.*(?:read timed out|operation timed out|connection timed out|timeout(?: was)? reached)",
        ),
        said(r"Failed to (?:download|fetch)[^\n]*(?:timed? ?out|timeout)|operation timed out\s*$"),
        said(r"(?:error sending request|request or response body error).*(?:timed out|timeout)"),
        said(
            r"(?:[Uu]nable to download|[Cc]ould not (?:fetch|download)|[Ff]ailed to download).*(?:[Tt]imed? ?out|[Tt]imeout|transfer closed)",
        ),
        said(r"curl: \((?:28|18|56)\)|Timeout was reached"),
        hint(r"^(?:telegram\.error\.TimedOut|(?:httpx|httpcore)\.(?:Connect|Read|Pool)Timeout)\b"),
        hint(r"^(?:socket\.timeout: )?(?:The read operation timed out|timed out)$"),
    ],
    ..Rule::BLANK
};

pub(crate) static NETWORK_UNREACHABLE: Rule = Rule {
    id: "network-unreachable",
    phases: &["any"],
    transient: true,
    message: "{the package index} cannot be reached from the machine that builds",
    about: "The name does not resolve or the connection is refused or reset. That passes or is the machine's network, not the project's fault.",
    help: "deploy again; if it keeps happening, check proxy settings and DNS of the machine that builds",
    example: "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f2b>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/flask/",
    signatures: &[
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
        said(r"Could not connect(?: to)?, are you offline"),
        said(r"Failed to download `?https?://\S+python-build-standalone"),
        said(r"All attempts to connect to (?P<s>\S+) failed"),
        said(r"HTTPConnectionError"),
        said(r"Cannot connect to host (?P<s>[\w.-]+:\d+)"),
        said(
            r"(?:(?:Could not|Couldn't) resolve (?:host(?: ?name)?\b:? ?|')|Temporary failure resolving '?)(?P<s>[\w.:-]*)",
        ),
        said(r"(?i:Could not|Unable to) connect to '?(?P<s>[\w-]+\.[\w.:-]+)"),
        said(r"Failed to fetch https?://(?P<s>[\w.:-]+)\S*"),
        said(
            r"(?:warning|error): unable to download '(?P<s>[^']+)': (?:.*)(?:Could(?:n't| not) resolve|HTTP error 5\d\d|Connection|SSL)|curl: \((?:6|7|35|52)\)",
        ),
        said(
            r"(?:50[0234]) (?:Server Error|Service Unavailable|Bad Gateway|Gateway Time).*(?:for url|simple/|packages/)",
        ),
        said(r"HTTP status server error \(5\d\d|HTTP error 5\d\d while getting"),
        // Git, of a server that has nothing to do with who asks.
        said(
            r"fatal: unable to access 'https?://(?:[^@/']*@)?(?P<s>[\w.:-]+)[^']*': (?:The requested URL returned error: 5\d\d|Recv failure|Send failure|Empty reply|Failed to connect|Connection timed out|Operation timed out|GnuTLS recv error|OpenSSL SSL_(?:read|connect))",
        ),
        said(r"error: RPC failed; (?:HTTP 5\d\d|curl (?:16|18|28|52|55|56|92))|fatal: early EOF"),
        said(r"proxy\S*: Cannot connect to proxy|Tunnel connection failed: \d+|Cannot connect to proxy"),
        hint(r"(?:E: |W: )?(?:Some index files failed to download|Failed to fetch)"),
        hint(r"Temporary failure in name resolution|Name or service not known|getaddrinfo failed"),
        hint(r"nodename nor servname|Network is unreachable|No route to host|\bgetaddrinfo (?:ENOTFOUND|EAI_AGAIN)"),
    ],
    yields_to: YieldsTo::Rules(&[
        &TLS_CA_BUNDLE,
        &super::database::SERVICE_ON_LOOPBACK,
        &super::database::DB_UNREACHABLE,
        &super::database::REDIS_UNREACHABLE,
    ]),
    refine: Some(refine::hosts::whose),
    ..Rule::BLANK
};

pub(crate) static TLS_CA_BUNDLE: Rule = Rule {
    id: "tls-ca-bundle",
    phases: &["any"],
    message: "{the certificate of a host} cannot be verified, or the CA bundle path is wrong",
    about: "TLS fails because no CA certificates are found, a proxy puts in its own, or a variable names a bundle that is not there.",
    help: "unset REQUESTS_CA_BUNDLE, SSL_CERT_FILE and PIP_CERT or point them at a file of the image; install ca-certificates (cacert in nixPkgs)",
    on_railpack: OnRailpack::help(
        "unset REQUESTS_CA_BUNDLE, SSL_CERT_FILE and PIP_CERT or point them at a file of the image",
    ),
    example: "ERROR: Could not install packages due to an OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/ssl/missing.pem",
    signatures: &[
        decisive(r"Could not find a suitable TLS CA certificate bundle, invalid path: (?P<s>\S+)"),
        decisive(r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|certificate verify failed"),
        decisive(r"unable to get local issuer certificate|self[- ]signed certificate|invalid peer certificate"),
        said(r"\[X509\] (?:PEM lib|no certificate)|X509: NO_CERTIFICATE_OR_CRL_FOUND|no certificate or crl found"),
        said(r"There was a problem confirming the ssl certificate"),
        said(r"SSL certificate problem|server certificate verification failed|x509: certificate"),
        said(r"the SSL module is not available|Invalid (?:value for )?`?SSL_CERT_FILE"),
        said(r"SSL_CERT_FILE.*(?:not exist|No such)|problem with the SSL CA cert"),
        said(r"error setting certificate (?:file|verify locations)"),
    ],
    ..Rule::BLANK
};
