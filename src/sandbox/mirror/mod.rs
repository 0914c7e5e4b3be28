//! A package index on loopback in front of the real one, for the time of a run: pages come from the real one each time, wheels
//! that an earlier run downloaded from the disk.
//!
//! It gives nothing but what the index gives just now: a page that has just come, files whose digest that page names, and what a lock
//! names while the index still has it.
//! Whatever else is asked of it, a page that cannot be had for example, is redirected to the real address, so that an installer
//! hears of errors from the index itself. An address that no page named, and no lock of the project, does not exist,
//! but for the two of a repository that git fetches from.

mod address;
mod answer;
mod git;
mod given;
mod lock;
mod lock_copy;
mod page;
mod prefetch;
mod request;
pub(in crate::sandbox) mod route;
mod source;
mod wheel;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

pub(in crate::sandbox) use self::address::Words;
use self::answer::{GoesOn, empty, head};
pub(in crate::sandbox) use self::given::Given;
pub(in crate::sandbox) use self::lock::Lock;
use self::page::{Offer, Page};
use self::prefetch::{Prefetch, Wanted};
use self::request::Request;
use super::loopback::{self, Serving};
use super::store::downloads::Downloads;
use super::store::tree::digest;
use super::upstream::{ACCEPT, Client, Upstream};

/// How long a client may be silent between two requests, or not read what it asked for.
const PATIENCE: Duration = Duration::from_secs(120);
/// At once from the index, in bytes. As much is held back of a file until its digest is known.
const CHUNK: usize = 64 << 10;
/// The files that pages of one command may name. Of a thousand projects with the longest pages there are as many.
const MOST_NAMED: usize = 1_000_000;
/// The largest source archive that is fetched ahead, in bytes.
const MOST_SOURCE: u64 = 64 << 20;
/// How long that may keep the page waiting that names it: less than installers wait for an answer.
const SOURCE_WITHIN: Duration = Duration::from_secs(10);

/// The server. Dropping it ends it.
#[derive(Debug)]
pub(in crate::sandbox) struct Mirror {
    state: Arc<State>,
    serving: Serving,
}

#[derive(Debug)]
struct State {
    /// `http://127.0.0.1:PORT`.
    origin: String,
    /// The real index.
    index: String,
    downloads: Downloads,
    upstream: Upstream,
    /// What pages have named, as [`Page::files`], and locks.
    named: Mutex<BTreeMap<String, Option<String>>>,
    /// What was given to the command that runs.
    given: Mutex<Given>,
    ahead: Prefetch,
    is_open: AtomicBool,
    has_kept: AtomicBool,
}

impl Mirror {
    /// Listens on a free port of loopback, in front of `index`, without answering yet. `certificates` is a PEM bundle, `let_in` what
    /// the run may ask of this machine's services.
    ///
    /// # Errors
    /// No port is to be had, or the index has an address that cannot be led through.
    pub(in crate::sandbox) fn start(
        index: &str,
        downloads: Downloads,
        certificates: Vec<u8>,
        let_in: Vec<SocketAddr>,
    ) -> Result<Self> {
        address::path(index).context("the package index has an unusual address")?;
        let (listener, address) = loopback::listener().context("cannot listen for installers")?;
        let state = Arc::new(State {
            origin: format!("http://{address}"),
            index: index.to_owned(),
            downloads,
            upstream: Upstream::new(certificates, let_in),
            named: Mutex::default(),
            given: Mutex::default(),
            ahead: Prefetch::default(),
            is_open: AtomicBool::new(false),
            has_kept: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        // A client that goes away in mid-answer is its own affair.
        let serving = Serving::start((listener, address), move |stream| drop(shared.serve(stream)));
        Ok(Self { state, serving })
    }

    /// Where it listens.
    pub(in crate::sandbox) fn address(&self) -> SocketAddr {
        self.serving.address()
    }

    /// The real index.
    pub(in crate::sandbox) fn real_index(&self) -> &str {
        &self.state.index
    }

    /// What installers are to take for the index.
    pub(in crate::sandbox) fn index(&self) -> String {
        format!("{}{}", self.state.origin, address::path(&self.state.index).unwrap_or_default())
    }

    /// What git is to be configured with.
    pub(in crate::sandbox) fn configuration_of_git(&self) -> String {
        git::configuration(&self.state.origin)
    }

    /// What puts the real addresses into what is printed.
    pub(in crate::sandbox) fn words(&self) -> Words {
        Words::of(self.address())
    }

    /// Answers from now on. The pages of the projects that `wanted` names are fetched with the first.
    pub(in crate::sandbox) fn open(&self, wanted: &[Wanted]) {
        self.state.ahead.want(wanted);
        self.state.is_open.store(true, Ordering::Relaxed);
    }

    /// A `uv.lock` with its archives led through; none where it names none.
    pub(in crate::sandbox) fn lock_of_uv(&self, text: &str) -> Option<Lock> {
        lock::of_uv(text, &self.state.origin)
    }

    /// A `Pipfile.lock` with the index led through; none where it names others alone.
    pub(in crate::sandbox) fn lock_of_pipenv(&self, text: &str) -> Option<Lock> {
        lock::of_pipenv(text, &self.state.index, &self.index())
    }

    /// Gives what a lock names, too, until it is closed.
    pub(in crate::sandbox) fn offer(&self, lock: &Lock) {
        self.state.named().extend(lock.files.clone());
        self.state.ahead.want(&lock.projects.iter().cloned().map(Wanted::of_any_version).collect::<Vec<_>>());
    }

    /// What it has given since it was opened.
    pub(in crate::sandbox) fn given(&self) -> Given {
        self.state.given().clone()
    }

    /// Answers no more, and sees to it that what was kept is not too much.
    pub(in crate::sandbox) fn close(&self) {
        self.state.is_open.store(false, Ordering::Relaxed);
        self.state.named().clear();
        *self.state.given() = Given::default();
        self.state.ahead.forget();
        if self.state.has_kept.swap(false, Ordering::Relaxed) {
            self.state.downloads.shrink();
        }
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.close();
    }
}

impl State {
    fn serve(self: &Arc<Self>, stream: &TcpStream) -> Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        while let Some(request) = Request::read(&mut reader)? {
            let is_open = self.is_open.load(Ordering::Relaxed);
            if !is_open || !self.answer(&request, stream)? {
                break;
            }
        }
        Ok(())
    }

    fn answer(self: &Arc<Self>, request: &Request, stream: &TcpStream) -> Result<GoesOn> {
        let sent_on_to = |real: &str| {
            self.given().sent_on = true;
            answer::redirect(stream, real)
        };
        let Some(real) = address::real(&request.path) else {
            return match git::elsewhere(request) {
                Some(real) => sent_on_to(&real),
                None => empty(stream, "404 Not Found", ""),
            };
        };
        if git::is_of_repository(request, &real) {
            let asking = git::Asking { upstream: &self.upstream, request, real: &real, stream };
            return asking.answer(|seen| self.given().add_of_git(&real, seen));
        }
        let file = self.named().get(&address::name(&real)).cloned();
        let redirect = || sent_on_to(&real);
        match file {
            _ if !request.is_of_known_kind() => redirect(),
            Some(Some(sha256)) => match self.file(&real, &sha256, &request.client, stream) {
                Some(goes_on) => {
                    self.given().add_file(&real, request.client.obeys_a_lock());
                    goes_on
                }
                None => redirect(),
            },
            Some(None) => redirect(),
            None if git::elsewhere(request).is_some() => redirect(),
            None if !self.is_page(&real) => empty(stream, "404 Not Found", ""),
            None => match self.page(&real, &request.client) {
                Some((kind, Page { body, offers, digest, is_missing, .. })) => {
                    let digest = Some(digest).filter(|_| !is_missing && request.client.accept == ACCEPT);
                    self.given().add_page(&real, &offers, digest);
                    if is_missing {
                        return empty(stream, "404 Not Found", "");
                    }
                    head(stream, &format!("Content-Type: {kind}\r\n"), Some(body.len() as u64))?;
                    (&*stream).write_all(&body)?;
                    Ok(true)
                }
                None => redirect(),
            },
        }
    }

    fn named(&self) -> MutexGuard<'_, BTreeMap<String, Option<String>>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an address is a project's page of the index.
    fn is_page(&self, real: &str) -> bool {
        let project = real.strip_prefix(self.index.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        let project = project.map(|project| project.strip_suffix('/').unwrap_or(project));
        project.is_some_and(|project| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            !project.is_empty() && !project.starts_with('.') && project.bytes().all(is_plain)
        })
    }

    /// The page as the index gives it now; none where it does not.
    fn page(self: &Arc<Self>, real: &str, client: &Client) -> Option<(String, Page)> {
        self.fetch_ahead(client);
        let fetched = self.ahead.take(real, client);
        let (kind, mut page) = fetched.or_else(|| self.fetch(real, client))?;
        let mut named = self.named();
        // Whoever asks for all that there is gets the rest of it from the index itself.
        if named.len() + page.files.len() > MOST_NAMED {
            return None;
        }
        named.append(&mut page.files);
        Some((kind, page))
    }

    fn fetch(&self, real: &str, client: &Client) -> Option<(String, Page)> {
        let Some((kind, body)) = self.upstream.page(real, client).ok()? else {
            return Some((String::new(), Page { is_missing: true, ..Page::default() }));
        };
        let read = |sources: &[String]| page::read(&kind, real, &body, &self.origin, sources);
        let page = read(&[])?;
        // What is to be built comes before the page that names it: it has to be looked into first.
        let pinned = self.ahead.pinned(real);
        let source = source::likely(&page.offers, pinned.as_ref()).filter(|_| !client.obeys_a_lock());
        let source = source.filter(|source| self.is_led(source, client)).and_then(|source| source.sha256.clone());
        let page = match source {
            Some(sha256) => read(&[sha256])?,
            None => page,
        };
        Some((kind, Page { digest: digest(&body), ..page }))
    }

    /// Whether a source archive is one that may be led; downloads it where it is not there.
    fn is_led(&self, source: &Offer, client: &Client) -> bool {
        let Some(sha256) = &source.sha256 else { return false };
        let found = self.downloads.find(sha256).or_else(|| {
            self.download(&source.real, sha256, client).ok()?;
            self.downloads.find(sha256)
        });
        // pip asks the host alone.
        let is_refused = |file: &File| wheel::is_of_pypi(&source.real) && !source::requires_by_name_alone(file);
        found.is_some_and(|(file, _)| !is_refused(&file))
    }

    fn download(&self, real: &str, sha256: &str, client: &Client) -> Result<()> {
        let mut half = self.downloads.begin()?;
        let (bytes, body) = self.upstream.file_within(real, client, Some(SOURCE_WITHIN))?;
        ensure!(bytes.is_none_or(|bytes| bytes <= MOST_SOURCE), "it is too large");
        let (mut reader, mut buffer) = (body.into_reader().take(MOST_SOURCE), vec![0; CHUNK]);
        while let read @ 1.. = reader.read(&mut buffer)? {
            half.add(&buffer[..read])?;
        }
        self.downloads.finish(half, sha256)?;
        self.has_kept.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Gives a file; none where nothing was sent of it.
    fn file(self: &Arc<Self>, real: &str, sha256: &str, client: &Client, stream: &TcpStream) -> Option<Result<GoesOn>> {
        if let Some((mut file, bytes)) = self.downloads.find(sha256) {
            // No page that has just come says that it is still there.
            if client.obeys_a_lock() && !self.upstream.has(real, client) {
                return None;
            }
            if !self.look_into(real, &file, client) {
                return Some(Ok(false));
            }
            let mut give = || -> Result<GoesOn> {
                head(stream, "Content-Type: application/octet-stream\r\n", Some(bytes))?;
                io::Seek::rewind(&mut file)?;
                io::copy(&mut file, &mut &*stream)?;
                Ok(true)
            };
            return Some(give());
        }
        let mut half = Some(self.downloads.begin().ok()?);
        let (bytes, body) = self.upstream.file(real, client).ok()?;
        let give = || -> Result<GoesOn> {
            head(stream, "Content-Type: application/octet-stream\r\n", bytes)?;
            let (mut reader, mut held, mut buffer) = (body.into_reader(), Vec::new(), vec![0; CHUNK]);
            loop {
                let read = reader.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                // A disk that is full now: the installer shall have it all the same.
                half = half.take().and_then(|mut half| half.add(&buffer[..read]).is_ok().then_some(half));
                (&*stream).write_all(&held)?;
                held.clear();
                held.extend_from_slice(&buffer[..read]);
            }
            let whole = half.filter(|half| half.has_digest(sha256));
            if whole.as_ref().is_some_and(|half| !self.look_into(real, half.file(), client)) {
                return Ok(false);
            }
            if whole.is_some_and(|half| self.downloads.finish(half, sha256).is_ok()) {
                self.has_kept.store(true, Ordering::Relaxed);
            }
            (&*stream).write_all(&held)?;
            Ok(bytes.is_some())
        };
        Some(give())
    }

    /// Fetches the pages of what a wheel requires; gives whether an installer may have it.
    fn look_into(self: &Arc<Self>, real: &str, file: &File, client: &Client) -> bool {
        if client.obeys_a_lock() {
            return true;
        }
        let Some(described) = wheel::described(&address::name(real), file) else { return true };
        self.ahead.want(&described.requires.into_iter().map(Wanted::of_any_version).collect::<Vec<_>>());
        self.fetch_ahead(client);
        !(described.requires_an_address && wheel::is_of_pypi(real))
    }

    fn fetch_ahead(self: &Arc<Self>, client: &Client) {
        let state = Arc::clone(self);
        let index = self.index.trim_end_matches('/');
        self.ahead.start(index, client, move |real, client| state.fetch(real, client));
    }
}

#[cfg(test)]
mod tests;
