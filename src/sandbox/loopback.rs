//! A server on this machine's loopback, for as long as its owner lives.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// Connections at once. More are closed unheard.
const MOST_CONNECTIONS: usize = 64;

/// A free port of loopback.
///
/// # Errors
/// None is to be had.
pub(crate) fn listener() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A thread that accepts, and one for each connection. Dropping it ends the first.
#[derive(Debug)]
pub(crate) struct Serving {
    address: SocketAddr,
    listener: Arc<TcpListener>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    /// Gives every connection to `serve`.
    pub(crate) fn start(
        (listener, address): (TcpListener, SocketAddr),
        serve: impl Fn(&TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let (stop, serve, connections) =
            (Arc::new(AtomicBool::new(false)), Arc::new(serve), Arc::new(AtomicUsize::new(0)));
        let listener = Arc::new(listener);
        let (stopped, accepting) = (Arc::clone(&stop), Arc::clone(&listener));
        let thread = thread::spawn(move || {
            for stream in accepting.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let (Ok(stream), serve, connections) = (stream, Arc::clone(&serve), Arc::clone(&connections)) else {
                    continue;
                };
                if connections.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
                    connections.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                thread::spawn(move || {
                    serve(&stream);
                    connections.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Self { address, listener, stop, thread: Some(thread) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which then looks at the flag. To connect would not do: a machine's loopback may be down.
        let _ = rustix::net::shutdown(&*self.listener, rustix::net::Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
