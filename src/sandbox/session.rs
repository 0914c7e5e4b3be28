//! A visitor's session over a WebSocket. The client is a shell's, since the app's network is entered by a command.

use std::net::SocketAddr;
use std::time::Duration;

use crate::catalog::servers::Session;

use super::Probe;

/// Asks for the WebSocket, sends the message, and prints what the app sends from then on.
/// Arguments: addresses, port, the request, the message as `printf` wants it, seconds for each line of the answer, seconds in all.
pub(super) const SCRIPT: &str = r#"
for ip in $1; do exec 3<> "/dev/tcp/$ip/$2" && break; done 2> /dev/null
printf %s "$3" >&3 || exit 1
IFS= read -r -t "$5" line <&3
case $line in *' 101 '*) ;; *) exit 1 ;; esac
while IFS= read -r -t "$5" line <&3 && [ "$line" != $'\r' ]; do :; done
printf "$4" >&3 && exec timeout "$6" cat <&3"#;

/// How long a session may last. A page whose code has not run by then is one that waits for something, or never ends.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// The script's arguments, for an app that is reached on `addresses`.
pub(super) fn arguments(probe: &Probe<'_>, session: &Session, addresses: &[SocketAddr]) -> [String; 6] {
    let ips: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    let seconds = |span: Duration| span.as_secs().max(1).to_string();
    let host = probe.host;
    // Nobody checks what comes back of the key, so that it need not be another each time.
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}\r\nOrigin: https://{host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hha2Vkb3duIHNheXMgaQ==\r\n\r\n",
        session.path,
    );
    let port = probe.port.to_string();
    [ips.join(" "), port, request, escaped(&frame(session.asks)), seconds(probe.timeout), seconds(LONGEST)]
}

/// A whole binary message of a client (RFC 6455, 5.2), shorter than 126 bytes. Its mask is zero, which leaves it as it is.
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX) & 0x7f;
    [&[0x82, 0x80 | length, 0, 0, 0, 0], message].concat()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:03o}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_masked_frame_that_a_shell_can_print() {
        assert_eq!(escaped(&frame(&[0x5a, 0x00])), "\\202\\202\\000\\000\\000\\000\\132\\000");
    }
}
