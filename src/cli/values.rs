//! Values as people write them.

use std::time::Duration;

use bytesize::ByteSize;

/// A span of time that something can happen in.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if span.is_zero() { Err("more than nothing is wanted".to_owned()) } else { Ok(span) }
}

/// More than the smallest program takes.
pub(super) fn memory(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse()?;
    if size < ByteSize::mb(8) { Err("at least 8MB are wanted".to_owned()) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_and_no_memory_are_refused() {
        assert!(span("0s").is_err() && span("2s").is_ok());
        assert!(memory("5").is_err() && memory("512MB").is_ok());
    }
}
