//! Tells an app that is still at work, loading or migrating, from one that has come to rest.

use std::time::{Duration, Instant};

use crate::sandbox::Work;

/// An app that has done nothing for this long has come to rest.
pub(super) const REST: Duration = Duration::from_secs(3);
/// A longer sleep outlasts what is watched, so that the app counts as at rest.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After as many sleeps it is a loop.
const MOST_SLEEPS: usize = 2;
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
    /// Until when, where the clock will wake it.
    busy: Instant,
    /// When it wakes from the sleep that it was seen in last, and how many of them were seen.
    sleeps: Option<(Instant, usize)>,
}

impl Activity {
    pub(super) fn new(started: Instant) -> Self {
        Self { last: None, busy: started, sleeps: None }
    }

    /// The app printed something.
    pub(super) fn printed(&mut self, now: Instant) {
        self.busy = self.busy.max(now);
    }

    /// Nothing but the clock will wake it: what it does then is still to be seen. One that sleeps again and again has shown it.
    /// Calls that wait for descriptors show their whole span at every look, so a sleep ends where it was first seen to.
    fn sleeps(&mut self, now: Instant, span: Duration) {
        if span < REST || span > LONGEST_SLEEP {
            return;
        }
        let rounds = match self.sleeps {
            Some((until, _)) if now <= until => return,
            Some((_, rounds)) => rounds + 1,
            None => 1,
        };
        self.sleeps = Some((now + span, rounds));
        if rounds <= MOST_SLEEPS {
            self.busy = self.busy.max(now + span);
        }
    }

    /// Another look at what its processes have done since they began.
    pub(super) fn sample(&mut self, now: Instant, work: Work) {
        if let Some(span) = work.wakes_in {
            self.sleeps(now, span);
        }
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
            self.busy = self.busy.max(now);
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
            activity.sample(
                started + Duration::from_secs(*at),
                Work { processor, bytes: *bytes, processes: 1, wakes_in: None },
            );
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

    fn sleeping(span: u64) -> Work {
        Work { wakes_in: Some(Duration::from_secs(span)), processes: 1, ..Work::default() }
    }

    #[test]
    fn an_app_that_the_clock_will_wake_has_not_come_to_rest() {
        let started = Instant::now();
        let at = |seconds| started + Duration::from_secs(seconds);
        let mut activity = Activity::new(started);
        activity.sample(at(1), sleeping(20));
        activity.sample(at(11), sleeping(10));
        assert!(activity.is_at_work(at(20)) && !activity.is_at_work(at(25)));
        let mut idle = Activity::new(started);
        idle.sample(at(1), sleeping(600));
        idle.sample(at(3), sleeping(1));
        assert!(!idle.is_at_work(at(8)));
    }

    #[test]
    fn an_app_that_sleeps_in_a_loop_has_come_to_rest() {
        let started = Instant::now();
        let mut activity = Activity::new(started);
        for round in 0..6 {
            activity.sample(started + Duration::from_secs(round * 6), sleeping(5));
        }
        assert!(!activity.is_at_work(started + Duration::from_secs(31)));
    }

    #[test]
    fn a_sleep_that_shows_its_whole_span_at_every_look_ends() {
        let started = Instant::now();
        let mut activity = Activity::new(started);
        for second in 1..60 {
            activity.sample(started + Duration::from_secs(second), sleeping(15));
        }
        assert!(!activity.is_at_work(started + Duration::from_secs(60)));
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
