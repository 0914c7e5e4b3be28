//! What a server sends over a WebSocket, as messages (RFC 6455, 5.2), and the fields of those that are Protocol Buffers.

/// Longer messages are passed over: none of them says that something has ended.
const LONGEST: usize = 4096;

/// Puts messages together of what was read.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pending: Vec<u8>,
    /// How many bytes of a frame are still to be passed over.
    skipped: u64,
    message: Vec<u8>,
    is_too_long: bool,
}

impl Messages {
    /// The short messages that end with these bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.pending.extend(bytes);
        let mut messages = Vec::new();
        loop {
            let passed = usize::try_from(self.skipped).unwrap_or(usize::MAX).min(self.pending.len());
            self.pending.drain(..passed);
            self.skipped -= passed as u64;
            let Some(frame) = Frame::of(&self.pending) else { return messages };
            if self.skipped > 0 {
                return messages;
            }
            if frame.length > LONGEST as u64 {
                self.pending.drain(..frame.head);
                self.skipped = frame.length;
                self.is_too_long = !frame.is_last;
                self.message.clear();
                continue;
            }
            let end = frame.head + usize::try_from(frame.length).unwrap_or(LONGEST);
            let Some(content) = self.pending.get(frame.head..end) else { return messages };
            if !frame.is_control {
                self.is_too_long |= self.message.len() + content.len() > LONGEST;
                match self.is_too_long {
                    true => self.message.clear(),
                    false => self.message.extend(content),
                }
                if frame.is_last {
                    let whole = std::mem::take(&mut self.message);
                    messages.extend((!self.is_too_long).then_some(whole));
                    self.is_too_long = false;
                }
            }
            self.pending.drain(..end);
        }
    }
}

struct Frame {
    head: usize,
    length: u64,
    is_last: bool,
    is_control: bool,
}

impl Frame {
    /// The frame that begins here, as soon as its head is whole. A server masks nothing.
    fn of(bytes: &[u8]) -> Option<Self> {
        let [first, second, ..] = *bytes else { return None };
        let (head, length) = match second & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)),
            short => (2, u64::from(short)),
        };
        Some(Self { head, length, is_last: first & 0x80 != 0, is_control: first & 0x08 != 0 })
    }
}

/// Whether a message of Protocol Buffers has a field of this number that holds a plain number.
pub(super) fn has_field(message: &[u8], wanted: u64) -> bool {
    let mut rest = message;
    while let Some(key) = varint(&mut rest) {
        let passed = match key & 7 {
            0 if key >> 3 == wanted => return true,
            0 => varint(&mut rest).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut rest),
            5 => Some(4),
            _ => None,
        };
        let Some(next) = passed.and_then(|passed| rest.get(usize::try_from(passed).ok()?..)) else { return false };
        rest = next;
    }
    false
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let end = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(end + 1);
    *bytes = rest;
    Some(number.iter().rev().fold(0, |sum, byte| (sum << 7) | u64::from(byte & 0x7f)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_come_out_whole_however_they_were_cut() {
        let long = [&[0x82, 126, 0x20, 0x00][..], &[7; 0x2000]].concat();
        let sent = [&[0x82, 2, 0x30, 0][..], &long, &[0x02, 1, 0x30, 0x89, 0, 0x80, 1, 1], &[0x82, 5, 1]].concat();
        for size in [1, 3, 1000, sent.len()] {
            let mut messages = Messages::default();
            let read: Vec<_> = sent.chunks(size).flat_map(|part| messages.read(part)).collect();
            assert_eq!(read, [vec![0x30, 0], vec![0x30, 1]], "{size}");
        }
    }

    #[test]
    fn a_field_is_found_behind_others() {
        assert!(has_field(&[0x0a, 2, b'a', b'b', 0x12, 0, 0x30, 0], 6));
        assert!(has_field(&[0x9d, 0x06, 1, 2, 3, 4, 0x30, 1], 6));
        // What a field holds is none of the message's own.
        assert!(!has_field(&[0x0a, 2, 0x30, 0], 6));
        assert!(!has_field(&[0x32, 1, b'a'], 6));
        assert!(!has_field(&[0x0a, 200], 6));
    }

    proptest! {
        #[test]
        fn nothing_that_an_app_sends_is_too_much(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut messages = Messages::default();
            for part in parts {
                for message in messages.read(&part) {
                    has_field(&message, 6);
                }
                prop_assert!(messages.pending.len() <= LONGEST + 210 && messages.message.len() <= LONGEST);
            }
        }
    }
}
