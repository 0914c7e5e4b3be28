//! Tells an app that is still at work, loading or migrating, from one that has come to rest.

use std::time::{Duration, Instant};

use crate::sandbox::Work;

/// An app that has done nothing for this long has come to rest.
pub(super) const REST: Duration = Duration::from_secs(3);
/// Two looks closer together than this say nothing of a rate.
const BETWEEN: Duration = Duration::from_millis(800);
/// The share of one processor that a loading app takes; an idle event loop stays far below.
const BUSY_SHARE: f64 = 0.05;
/// Bytes a second that are more than a heartbeat.
const BUSY_BYTES: f64 = 65_536.0;

/// What the app was seen to do so far.
#[derive(Debug)]
pub(super) struct Activity {
    last: Option<(Instant, Work)>,
    busy: Instant,
}

impl Activity {
    pub(super) fn new(started: Instant) -> Self {
        Self { last: None, busy: started }
    }

    /// The app printed something.
    pub(super) fn printed(&mut self, now: Instant) {
        self.busy = now;
    }

    /// Another look at what its processes have done since they began.
    pub(super) fn look(&mut self, now: Instant, work: Work) {
        let Some((then, before)) = self.last else {
            self.last = Some((now, work));
            return;
        };
        let passed = now.saturating_duration_since(then);
        if passed < BETWEEN {
            return;
        }
        let seconds = passed.as_secs_f64();
        let processor = work.processor.saturating_sub(before.processor).as_secs_f64() / seconds;
        #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
        let bytes = work.bytes.saturating_sub(before.bytes) as f64 / seconds;
        if processor > BUSY_SHARE || bytes > BUSY_BYTES || work.processes != before.processes {
            self.busy = now;
        }
        self.last = Some((now, work));
    }

    /// Whether it did anything within the time that makes a rest.
    pub(super) fn is_at_work(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.busy) < REST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(started: Instant, seconds: u64, looks: &[(u64, u64, u64)]) -> bool {
        let mut activity = Activity::new(started);
        for (at, milliseconds, bytes) in looks {
            let processor = Duration::from_millis(*milliseconds);
            activity.look(started + Duration::from_secs(*at), Work { processor, bytes: *bytes, processes: 1 });
        }
        activity.is_at_work(started + Duration::from_secs(seconds))
    }

    #[test]
    fn an_app_that_does_nothing_comes_to_rest() {
        let started = Instant::now();
        assert!(after(started, 2, &[]));
        assert!(!after(started, 6, &[(1, 500, 0), (3, 510, 0), (5, 520, 0)]));
    }

    #[test]
    fn processor_time_and_transfers_are_work() {
        let started = Instant::now();
        assert!(after(started, 6, &[(1, 500, 0), (5, 4000, 0)]));
        assert!(after(started, 6, &[(1, 500, 0), (5, 510, 9_000_000)]));
    }

    #[test]
    fn a_line_of_output_is_work() {
        let started = Instant::now();
        let mut activity = Activity::new(started);
        activity.printed(started + Duration::from_secs(9));
        assert!(activity.is_at_work(started + Duration::from_secs(10)));
        assert!(!activity.is_at_work(started + Duration::from_secs(13)));
    }
}
