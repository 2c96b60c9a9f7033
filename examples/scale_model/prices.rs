//! What Cloudflare takes for what a verification uses: the published prices of the paid plan, beyond what it includes.
//!
//! Read on 2026-11-21 in the pages "Pricing" of the documentation of Workers, Workers KV and Durable Objects.

/// The day on which the prices were read.
pub(crate) const READ_ON: &str = "2026-11-21";
/// Dollars for a million requests to a Worker.
pub(crate) const WORKER_REQUESTS: f64 = 0.30;
/// Dollars for a million milliseconds of a Worker's processor time.
pub(crate) const CPU_MS: f64 = 0.02;
/// Dollars for a million reads of Workers KV, hits and misses alike.
pub(crate) const KV_READS: f64 = 0.50;
/// Dollars for a million requests to objects; the calls of their alarms are requests too.
pub(crate) const OBJECT_REQUESTS: f64 = 0.15;
/// Dollars for a million GB-seconds in which an object is active …
pub(crate) const GB_SECONDS: f64 = 12.50;
/// … each of which has this many GB.
pub(crate) const OBJECT_GB: f64 = 0.128;
/// Dollars for a million rows written; to set an alarm writes one.
pub(crate) const ROWS_WRITTEN: f64 = 1.00;

/// What is used, in a second or in any other time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Use {
    pub(crate) verifications: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) kv_reads: f64,
    pub(crate) object_requests: f64,
    pub(crate) active_seconds: f64,
    pub(crate) rows: f64,
}

impl Use {
    pub(crate) fn add(&mut self, other: &Self) {
        self.verifications += other.verifications;
        self.cpu_ms += other.cpu_ms;
        self.kv_reads += other.kv_reads;
        self.object_requests += other.object_requests;
        self.active_seconds += other.active_seconds;
        self.rows += other.rows;
    }

    /// Dollars for a million verifications: Workers, processor, KV, requests to objects, their time, rows.
    pub(crate) fn bill(&self) -> [f64; 6] {
        [
            WORKER_REQUESTS * self.verifications,
            CPU_MS * self.cpu_ms,
            KV_READS * self.kv_reads,
            OBJECT_REQUESTS * self.object_requests,
            GB_SECONDS * OBJECT_GB * self.active_seconds,
            ROWS_WRITTEN * self.rows,
        ]
        .map(|dollars| dollars / self.verifications)
    }

    pub(crate) fn dollars(&self) -> f64 {
        self.bill().iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, for a million verifications: 0.30 for the Worker; 150,000 ms of processor are 0.003; 100,000 reads of KV
    /// 0.05; 200,000 requests to objects 0.03; 1,000 s of 0.128 GB are 128 GB-s, 0.0016; 5,000 rows 0.005.
    #[test]
    fn a_bill_that_was_worked_out_by_hand() {
        let used = Use {
            verifications: 1_000_000.0,
            cpu_ms: 150_000.0,
            kv_reads: 100_000.0,
            object_requests: 200_000.0,
            active_seconds: 1_000.0,
            rows: 5_000.0,
        };
        for (part, by_hand) in used.bill().iter().zip([0.30, 0.003, 0.05, 0.03, 0.0016, 0.005]) {
            assert!((part - by_hand).abs() < 1e-12, "{part} instead of {by_hand}");
        }
        assert!((used.dollars() - 0.3896).abs() < 1e-12);
    }

    #[test]
    fn a_million_costs_the_same_in_a_second_and_in_a_day() {
        let second = Use {
            verifications: 10.0,
            cpu_ms: 2.0,
            kv_reads: 3.0,
            object_requests: 4.0,
            active_seconds: 0.1,
            rows: 1.0,
        };
        let mut day = Use::default();
        (0..86_400).for_each(|_| day.add(&second));
        assert!((day.dollars() - second.dollars()).abs() < 1e-9);
    }
}
