//! What one schedule is like, and the flaws that may be planted in it.

use latchkey::domain::consistency::{Consistency, Mode};
use latchkey::domain::session::Policy;

use crate::limits::Limited;
use crate::random::{Clock, Random};

/// A deliberate mistake in what surrounds the machines. Each closes a schedule that the simulation has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A holder counts from the answer, not from the question.
    CountsFromArrival,
    /// A holder takes nothing off.
    HolderWithoutMargin,
    /// An authority adds nothing.
    GrantorWithoutMargin,
    /// An answer that comes after its end counts from then.
    TakesLateAnswers,
    /// A clock that runs backwards is taken to stand still.
    IgnoresBackwardClock,
    /// The horizon is not written down.
    HorizonInMemory,
    /// It is written down once the lease has left.
    HorizonAfterwards,
    /// It is believed to stand though the transaction was taken back.
    HorizonOfFailedStep,
    /// It is brought down to where nothing is out.
    LowersTooFar,
    /// A record that was read before the organization was asked is granted afterwards.
    RowFromBeforeAwait,
    /// A renewal extends what the isolate has.
    RenewsOldEdition,
    /// A change is answered once it is committed.
    AnswersAtCommit,
    /// Its repeat is.
    AnswersRepeatAtOnce,
    /// A read of the changed record is.
    AnswersReadAtOnce,
    /// A loosening is, though it shows a tightening that is not in force.
    AnswersLooseningAtOnce,
    /// What is to be waited for is forgotten in a crash.
    ForgetsEffectiveAt,
    /// A lease lasts longer than the policy that it was drawn from.
    OutlivesPolicy,
    /// The time that stale answers may take is not waited for.
    StaleIsNotCovered,
    /// Stale answers are given for longer.
    StaleForLonger,
    /// A record in KV accepts without an end.
    KvWithoutEnd,
    /// The end of a record in KV is not waited for.
    KvIsNotCovered,
    /// A tombstone is believed whatever session it names.
    ForeignTombstone,
    /// The organization answers a change at commit.
    PolicyAtCommit,
    /// A session that cannot be reached is not waited for.
    UnreachableIsNotWaitedFor,
    /// A session acknowledges a policy before its leases have ended.
    RecallAcknowledgedAtOnce,
    /// The organization's horizon is not written down.
    PolicyHorizonInMemory,
    /// Any refusal is remembered as if it were final.
    RemembersAnyRefusal,
    /// Nobody asks for the policy again.
    PolicyIsNeverRenewed,
    /// Tokens may be spent for as long as their lease lasts.
    BankLastsAsLease,
    /// What was spent of a bank is given back as well.
    ReportGivesAllBack,
    /// What was spent is forgotten with the object's memory.
    LedgerForgets,
    /// A bank is debited from the key's limits only, and not from its session's.
    BankOfKeyAlone,
    /// What one key was given of its own limits may be spent by others.
    SharesLimitsOfKeys,
    /// A lower limit or plan is taken for something that takes nothing away.
    LowerLimitsDoNotTighten,
    /// Both halves of a rotation may spend what one may.
    RotationDoubles,
    /// What was spent of the pool is forgotten with the organization's memory.
    PoolForgets,
    /// A report counts whenever it comes.
    CountsReportsTwice,
    /// An isolate forgets a report whose answer is lost.
    DropsUnansweredReports,
    /// A report is said to be durable once it is counted in memory.
    DurableBeforeWritten,
    /// What was decided is reported only if a lease is renewed.
    ReportsOnlyWithRenewals,
    /// What had to wait for earlier reports goes on waiting once these are written down.
    HeldUpReportsWait,
    /// Nobody reports what is decided during the last report of a round.
    LastRoundIsDeaf,
    /// A change waits for all leases and not for those on its key.
    WaitsForAllKeys,
}

impl Flaw {
    /// Whether it shows only where something is counted.
    pub(crate) fn is_about_limits(self) -> bool {
        matches!(
            self,
            Self::BankLastsAsLease
                | Self::ReportGivesAllBack
                | Self::LedgerForgets
                | Self::BankOfKeyAlone
                | Self::SharesLimitsOfKeys
                | Self::LowerLimitsDoNotTighten
                | Self::RotationDoubles
                | Self::PoolForgets
        )
    }
}

/// What one schedule is like.
pub(crate) struct Plan {
    pub(crate) flaw: Option<Flaw>,
    /// Whether nothing is ever broken.
    pub(crate) is_calm: bool,
    pub(crate) sessions: usize,
    /// How many keys each session has. The last is the successor of the first once that is rotated, and nothing before.
    pub(crate) keys_each: usize,
    pub(crate) isolates: usize,
    /// How long (ms) until everything is mended.
    pub(crate) rough_ms: i64,
    /// How many in a thousand messages are lost, and how many come twice.
    pub(crate) lost: u32,
    pub(crate) doubled: u32,
    /// How many in a thousand take very long.
    pub(crate) slow: u32,
    /// The fastest way (ms), by isolate.
    pub(crate) ways: Vec<i64>,
    /// How many in a thousand steps of an object end in a crash.
    pub(crate) crashes: u32,
    /// How many isolates there seem to be.
    pub(crate) crowd: usize,
    pub(crate) consistency: Consistency,
    /// Whether KV may decide, for which clocks have to show the same.
    pub(crate) edge: bool,
    /// What limits there are.
    pub(crate) limits: Option<Limited>,
    /// Whether clocks step when it hurts.
    pub(crate) is_adverse: bool,
    /// How long (ms) from one verification to the next.
    pub(crate) pace_ms: i64,
    /// How long (ms) from one change to the next.
    pub(crate) changes_ms: i64,
}

/// Lengths of leases (ms) that sessions choose.
const TTLS_MS: [u32; 7] = [0, 700, 2_000, 5_000, 5_000, 20_000, 60_000];

impl Plan {
    pub(crate) fn new(random: &mut Random, flaw: Option<Flaw>) -> Self {
        let is_calm = random.per_mille(150);
        let mut rate = |most: i64| if is_calm { 0 } else { u32::try_from(random.within(0, most)).unwrap() };
        let (lost, doubled, slow, crashes) = (rate(120), rate(100), rate(60), rate(25));
        let isolates = 2 + random.below(3);
        let limits = random.per_mille(150).then(|| Limited::any(random));
        // What isolates report makes up for a wrong date, so where there are limits much of it is lost.
        let lost = if limits.is_some() { lost * 3 } else { lost };
        let edge = random.per_mille(300) && limits.is_none();
        Self {
            flaw,
            is_calm,
            sessions: 1 + random.below(2),
            keys_each: 3 + random.below(2),
            isolates,
            rough_ms: random.within(30_000, if limits.is_some() { 70_000 } else { 120_000 }),
            lost,
            doubled,
            slow,
            ways: (0..isolates).map(|_| random.pick(&[1, 5, 40, 150])).collect(),
            crashes,
            crowd: random.pick(&[1, 1, 700, 9_000]),
            consistency: consistency(random, edge),
            edge,
            is_adverse: !is_calm && limits.is_none() && random.per_mille(400),
            pace_ms: if limits.is_some() { 25 } else { random.pick(&[40, 150, 400]) },
            limits,
            changes_ms: random.pick(&[2_000, 5_000, 12_000]),
        }
    }

    /// Whether a change takes anything away, as somebody with a flaw understands it.
    pub(crate) fn tightens_policy(&self, after: &Policy, before: &Policy) -> bool {
        let plan = if self.has(Flaw::LowerLimitsDoNotTighten) { before.plan } else { after.plan };
        Policy { plan, ..*after }.tightens(before)
    }

    pub(crate) fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A clock for somebody in this world.
    pub(crate) fn clock(&self, random: &mut Random) -> Clock {
        if self.edge { Clock::default() } else { Clock::of_its_own(random) }
    }
}

/// What the owner of a session might choose.
pub(crate) fn consistency(random: &mut Random, edge: bool) -> Consistency {
    let mode = match random.below(8) {
        0 => Mode::Strict,
        1..5 if edge => Mode::Edge,
        _ => Mode::Leased,
    };
    Consistency { mode, ttl_ms: random.pick(&TTLS_MS), stale_seconds: random.pick(&[0, 0, 0, 5, 30]) }
}
