//! How an answer begins.

use std::io::{self, Write};
use std::net::TcpStream;

use anyhow::Result;

/// Whether a connection is good for another request.
pub(super) type GoesOn = bool;

/// Begins an answer whose body follows; of unknown length where there are no `bytes`.
pub(super) fn head(mut stream: &TcpStream, more: &str, bytes: Option<u64>) -> io::Result<()> {
    let length = bytes.map_or("Connection: close\r\n".to_owned(), |bytes| format!("Content-Length: {bytes}\r\n"));
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{more}{length}\r\n").as_bytes())
}

/// Has a client ask the real address.
pub(super) fn redirect(stream: &TcpStream, real: &str) -> Result<GoesOn> {
    empty(stream, "307 Temporary Redirect", &format!("Location: {real}\r\n"))
}

/// An answer without a body.
pub(super) fn empty(mut stream: &TcpStream, status: &str, more: &str) -> Result<GoesOn> {
    stream.write_all(format!("HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\n\r\n").as_bytes())?;
    Ok(true)
}
