//! The real index, asked by this process for what an installer inside would ask, or did before.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use rustls::crypto::ring;
use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};

use super::netns::is_own_address;
use super::store::tree::{digest, digest_of};

/// Less than installers wait for an answer, so that they ask the index itself where this takes longer.
const WITHIN: Duration = Duration::from_secs(10);
/// How long nothing may come in the middle of a file.
const SILENCE: Duration = Duration::from_secs(60);
/// More of one host would only wait for its processor here.
const MOST_IDLE: usize = 8;
/// The most bytes of a page.
const MOST_PAGE: u64 = 64 << 20;
/// The most bytes of a file that is looked at for a question.
const MOST_FILE: u64 = 256 << 20;
/// What pip sends when it asks for a page, so that the answers are of the same kind.
pub(super) const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
/// The version of Git's protocol that is spoken.
const PROTOCOL: &str = "version=2";
/// What this program calls itself.
const AGENT: &str = concat!("shakedown/", env!("CARGO_PKG_VERSION"));

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) address: String,
    pub(super) accept: &'static str,
    /// The version that is known, of which no more than that it is still the same is wanted.
    pub(super) tag: Option<String>,
    /// Whether the content is wanted, and not just its digest.
    pub(super) is_page: bool,
    /// Whether it is all the same what it holds.
    pub(super) is_of_presence: bool,
    /// What is posted to a repository to ask for its refs.
    pub(super) posted: Option<String>,
}

/// What git posts to a repository.
#[derive(Debug)]
pub(super) struct Post<'a> {
    pub(super) body: &'a [u8],
    /// Whether that is packed with gzip.
    pub(super) is_packed: bool,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// The server's own word for this version of it.
    pub(super) tag: Option<String>,
    /// Of a page.
    pub(super) body: Vec<u8>,
    /// Of the content.
    pub(super) digest: String,
}

/// What an installer says of itself, which the index may answer by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) agent: String,
    pub(super) accept: String,
}

impl Client {
    /// Whether it is one that asks for what its lock names, and refuses nothing of that.
    pub(super) fn obeys_a_lock(&self) -> bool {
        self.agent.starts_with("uv/")
    }
}

/// Connections to where the installer would go.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    agent: OnceLock<Agent>,
    certificates: Vec<u8>,
    /// Services of this machine that the run may ask.
    let_in: Vec<SocketAddr>,
}

impl Upstream {
    /// Trusts the certificates of a PEM bundle alone.
    pub(super) fn new(certificates: Vec<u8>, let_in: Vec<SocketAddr>) -> Self {
        Self { agent: OnceLock::new(), certificates, let_in }
    }

    /// A page's kind and bytes; none where the index says that there is no such page.
    ///
    /// # Errors
    /// It cannot be reached, or only somewhere else.
    pub(super) fn page(&self, address: &str, client: &Client) -> Result<Option<(String, Vec<u8>)>> {
        let request = self.agent().get(address).header("Accept", &client.accept).header("User-Agent", &client.agent);
        let response = request.call()?;
        if response.status() == 404 {
            return Ok(None);
        }
        let mut response = ok(response)?;
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.to_owned();
        Ok(Some((kind, response.body_mut().with_config().limit(MOST_PAGE).read_to_vec()?)))
    }

    /// A file, its size in bytes where the index tells it.
    ///
    /// # Errors
    /// It is not there, or it cannot be reached.
    pub(super) fn file(&self, address: &str, client: &Client) -> Result<(Option<u64>, Body)> {
        self.file_within(address, client, None)
    }

    /// The same of one that has to come whole in a time, or its body ends in an error.
    ///
    /// # Errors
    /// It is not there, or it cannot be reached.
    pub(super) fn file_within(
        &self,
        address: &str,
        client: &Client,
        within: Option<Duration>,
    ) -> Result<(Option<u64>, Body)> {
        let request = self.agent().get(address).config().timeout_recv_body(within).build();
        let request = request.header("Accept", "*/*").header("User-Agent", &client.agent);
        // Its bytes are what the digest is of.
        let response = ok(request.header("Accept-Encoding", "identity").call()?)?;
        let body = response.into_body();
        Ok((body.content_length(), body))
    }

    /// The answer to a question, whatever its status is.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) fn ask(&self, question: &Question) -> Result<Reply> {
        let Question { address, accept, tag, is_page, is_of_presence, posted } = question;
        if let Some(posted) = posted {
            let client = Client { agent: AGENT.to_owned(), ..Client::default() };
            let response = self.post(address, &client, &Post { body: posted.as_bytes(), is_packed: false })?;
            let status = response.status().as_u16();
            let mut body = response.into_body();
            return Ok(Reply {
                status,
                digest: digest_of(body.with_config().limit(MOST_PAGE).reader())?,
                ..Reply::default()
            });
        }
        let agent = self.agent();
        let mut request = if *is_of_presence { agent.head(address) } else { agent.get(address) };
        if let Some(tag) = tag {
            request = request.header("If-None-Match", tag);
        }
        let mut response = request.header("Accept", *accept).header("User-Agent", AGENT).call()?;
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let mut reply = Reply { status: response.status().as_u16(), tag, ..Reply::default() };
        if *is_of_presence {
            return Ok(reply);
        }
        if *is_page {
            reply.body = response.body_mut().with_config().limit(MOST_PAGE).read_to_vec()?;
            reply.digest = digest(&reply.body);
        } else {
            reply.digest = digest_of(response.body_mut().with_config().limit(MOST_FILE).reader())?;
        }
        Ok(reply)
    }

    /// What a repository's server says that it is able to do.
    ///
    /// # Errors
    /// It does not answer with that.
    pub(super) fn page_of_git(&self, address: &str, client: &Client) -> Result<Vec<u8>> {
        let request = self.agent().get(address).header("Accept", "*/*").header("User-Agent", &client.agent);
        let mut response =
            ok(request.header("Git-Protocol", PROTOCOL).header("Accept-Encoding", "identity").call()?)?;
        Ok(response.body_mut().with_config().limit(MOST_PAGE).read_to_vec()?)
    }

    /// What a repository answers to a call of git's, whatever its status is.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) fn post(&self, address: &str, client: &Client, post: &Post<'_>) -> Result<Response<Body>> {
        // A server may look for what it sends before it answers.
        let request = self.agent().post(address).config().timeout_recv_response(Some(SILENCE)).build();
        let mut request = request
            .header("Content-Type", "application/x-git-upload-pack-request")
            .header("Accept", "application/x-git-upload-pack-result")
            .header("Accept-Encoding", "identity")
            .header("User-Agent", &client.agent)
            .header("Git-Protocol", PROTOCOL);
        if post.is_packed {
            request = request.header("Content-Encoding", "gzip");
        }
        Ok(request.send(post.body)?)
    }

    /// Whether a file is there now.
    pub(super) fn has(&self, address: &str, client: &Client) -> bool {
        let request = self.agent().head(address).header("Accept", "*/*").header("User-Agent", &client.agent);
        request.call().is_ok_and(|response| response.status() == 200)
    }

    fn agent(&self) -> &Agent {
        self.agent.get_or_init(|| {
            let certificates = parse_pem(&self.certificates).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            let roots = RootCerts::from(certificates);
            let config = Config::builder()
                .http_status_as_error(false)
                // One may lead to where the run cannot go, and this process can.
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_resolve(Some(WITHIN))
                .timeout_connect(Some(WITHIN))
                .timeout_recv_response(Some(WITHIN))
                .timeout_per_read(Some(SILENCE))
                .max_idle_connections_per_host(MOST_IDLE)
                .tls_config(
                    TlsConfig::builder()
                        .root_certs(roots)
                        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
                        .build(),
                )
                .build();
            Agent::with_parts(
                config,
                DefaultConnector::default(),
                Guarded { let_in: self.let_in.clone(), known: Mutex::default() },
            )
        })
    }
}

fn ok(response: Response<Body>) -> Result<Response<Body>> {
    ensure!(response.status() == 200, "HTTP status {}", response.status());
    Ok(response)
}

/// Names lead to no service of this machine but those that the run may ask: a page may name any address.
#[derive(Debug)]
struct Guarded {
    let_in: Vec<SocketAddr>,
    /// Addresses by site, each asked for once: of many questions at once a name server may lose some, and each is repeated after 5 s.
    known: Mutex<BTreeMap<String, Vec<SocketAddr>>>,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let site =
            format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", |at| at.as_str()));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match known.entry(site) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(DefaultResolver::default().resolve(uri, config, timeout)?.iter().copied().collect())
            }
        };
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| self.allows(**address)) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(allowed) }
    }
}

impl Guarded {
    fn allows(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        // The run has no way to those of a link alone either, a cloud's metadata above all.
        let is_of_the_link = match ip {
            IpAddr::V4(ip) => ip.is_link_local() || ip.is_multicast() || ip.is_broadcast(),
            IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_multicast(),
        };
        let is_own = ip.is_loopback() || ip.is_unspecified() || is_own_address(ip);
        !(is_own || is_of_the_link) || self.let_in.contains(&SocketAddr::new(ip, address.port()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_file_that_takes_longer_than_it_may_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let index = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").unwrap();
            // A byte now and then is no silence.
            while stream.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        let upstream = Upstream::new(Vec::new(), vec![index]);
        let (began, within) = (Instant::now(), Some(Duration::from_millis(200)));
        let (bytes, body) = upstream.file_within(&format!("http://{index}/t"), &Client::default(), within).unwrap();
        assert_eq!(bytes, Some(1000));
        assert!(body.into_reader().read_to_end(&mut Vec::new()).is_err());
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn no_page_leads_to_a_service_of_this_machine_that_was_not_let_in() {
        let guarded = Guarded { let_in: vec!["127.0.0.1:8080".parse().unwrap()], known: Mutex::default() };
        let allows = |address: &str| guarded.allows(address.parse().unwrap());
        assert!(allows("127.0.0.1:8080") && allows("93.184.216.34:443"));
        for other in ["127.0.0.1:8081", "127.1.2.3:8080", "0.0.0.0:8080", "[::1]:8080", "[::ffff:127.0.0.1]:80"] {
            assert!(!allows(other), "{other}");
        }
        for of_the_link in ["169.254.169.254:80", "[::ffff:169.254.1.1]:80", "[fe80::1]:80", "224.0.0.1:80"] {
            assert!(!allows(of_the_link), "{of_the_link}");
        }
    }
}
