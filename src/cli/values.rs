//! Values as people write them.

use std::time::Duration;

use bytesize::ByteSize;

/// A span of time that something can happen in.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if span.is_zero() { Err("more than nothing is wanted".to_owned()) } else { Ok(span) }
}

/// The memory that one replica of a service may use by a plan of Railway, in bytes.
/// Source: docs.railway.com, "Pricing Plans" (November 2026), which gives that of all replicas of a plan together: 48 GB for six, 1 TB for 42.
const PLANS: &[(&str, ByteSize)] = &[
    ("railway-free", ByteSize::mb(500)),
    ("railway-trial", ByteSize::gb(1)),
    ("railway-hobby", ByteSize::gb(8)),
    ("railway-pro", ByteSize::gb(24)),
];

/// Memory: a size, or a plan of the platform.
///
/// # Errors
/// It is neither, or too little.
pub(super) fn memory(text: &str) -> Result<ByteSize, String> {
    match PLANS.iter().find(|(name, _)| *name == text) {
        Some((_, size)) => Ok(*size),
        None => size(text).map_err(|error| {
            let names: Vec<&str> = PLANS.iter().map(|(name, _)| *name).collect();
            format!("{error}; or name a plan: {}", names.join(", "))
        }),
    }
}

/// More than the smallest program takes.
pub(super) fn size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse()?;
    if size < ByteSize::mb(8) { Err("at least 8MB are wanted".to_owned()) } else { Ok(size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_may_be_that_of_a_plan_and_disk_may_not() {
        assert_eq!(memory("railway-hobby"), Ok(ByteSize::gb(8)));
        assert!(memory("railway-yacht").unwrap_err().contains("railway-free, railway-trial, railway-hobby"));
        assert!(size("railway-hobby").is_err());
    }

    #[test]
    fn no_time_and_no_memory_are_refused() {
        assert!(span("0s").is_err() && span("2s").is_ok());
        assert!(memory("5").is_err() && memory("512MB").is_ok() && size("5").is_err());
    }
}
