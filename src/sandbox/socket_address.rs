//! Addresses as the kernel writes them in `/proc/net/tcp` and `/proc/net/tcp6`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Reads `0100007F:1F90`: words of four bytes in this processor's order, then the port. An IPv4 address that a socket of version 6
/// holds (`::ffff:127.0.0.1`) comes out as what it is.
pub(super) fn socket_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.trim().split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| Some(u32::from_str_radix(ip.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    let ip = match ip.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let bytes: [u8; 16] = [word(0)?, word(8)?, word(16)?, word(24)?].concat().try_into().ok()?;
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The texts are what a little-endian processor's kernel writes.
    #[cfg(target_endian = "little")]
    #[test]
    fn kernel_addresses_are_read() {
        for (text, address) in [
            ("0100007F:1F90", "127.0.0.1:8080"),
            ("00000000000000000000000000000000:1F40", "[::]:8000"),
            ("00000000000000000000000001000000:0050", "[::1]:80"),
            ("0000000000000000FFFF00000100007F:1F90", "127.0.0.1:8080"),
        ] {
            assert_eq!(socket_address(text), Some(address.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in ["", "0100007F", "0100007F:", "0100007:1F90", "zz00007F:1F90", "é0100007:1F90", "0100007F:1F90F"] {
            assert_eq!(socket_address(text), None, "{text}");
        }
    }
}
