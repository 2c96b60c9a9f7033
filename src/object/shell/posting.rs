//! Posts to receivers that clients have chosen: one message after the other for each, since the object says after every
//! one what has become of it, and when it is tried again. And questions to the DNS, of which it says the same.

use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};

use super::{MESSAGE_PATIENCE_MS, Shell, Storage};
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::{Attempt, Failure};
use crate::object::outbox::{Delivery, Message, Post};
use crate::object::places::UnderWay;
use crate::object::{Memory, Object};
use crate::ports::{Sql, SqlError};
use crate::{delivery, resolver};

/// How many messages one invocation sends to one receiver: the platform bounds its subrequests.
const POSTS_MAX: usize = 16;
/// How many receivers are sent something, or names looked up, at once: the platform lets an invocation have six connections open.
const OUTWARD_AT_ONCE: usize = 5;
/// For how long (ms) one invocation begins to post. What is left then is the alarm's.
const POSTING_MS: i64 = 15_000;

impl<O: Object, S: Storage> Shell<O, S> {
    /// Posts the first message to each receiver, and what follows it, and asks the DNS: a few of them at once.
    pub(super) async fn send_outward(&self, outward: Vec<(Delivery, UnderWay<'_>)>) {
        let until = self.world.clock.now().plus_millis(POSTING_MS);
        // Not `StreamExt::map`: what carries a closure over these lifetimes is not known to be `Send`.
        let sending: Vec<_> =
            outward.into_iter().map(|(delivery, mark)| self.send_one_outward(delivery, mark, until)).collect();
        stream::iter(sending).buffer_unordered(OUTWARD_AT_ONCE).collect::<()>().await;
    }

    async fn send_one_outward(&self, delivery: Delivery, mark: UnderWay<'_>, until: Timestamp) {
        if matches!(delivery.message, Message::LookUp(_)) {
            self.look_up_and_note(delivery).await;
        } else {
            self.post_and_note(delivery, until).await;
        }
        drop(mark);
    }

    /// Posts what is due for one receiver, one message after the other until one fails or the time is over; each is noted
    /// as it comes back.
    async fn post_and_note(&self, first: Delivery, until: Timestamp) {
        let mut next = Some(first);
        for _ in 0..POSTS_MAX {
            if self.world.clock.now() >= until {
                break;
            }
            let Some(Delivery { settles, message: Message::Post(post) }) = next else { break };
            let attempt = match &post {
                Some(post) => self.post(post).await,
                None => Attempt::Failed(Failure::Disabled),
            };
            let noted = self.in_context(|_, context| {
                let note = |sql: &dyn Sql, entry| O::posted(sql, context, entry, post.as_deref(), attempt);
                self.storage.transaction(|sql| settles.first().map_or(Ok(None), |entry| note(sql, entry)))
            });
            match noted {
                Ok(following) => next = following,
                Err(SqlError(detail)) => {
                    self.complain("outbox does not write", &detail);
                    break;
                }
            }
        }
    }

    /// Asks for one proof, and notes what was said.
    async fn look_up_and_note(&self, delivery: Delivery) {
        let Delivery { settles, message: Message::LookUp(proof) } = delivery else { return };
        let finding = match proof {
            Some(proof) => Some(resolver::look_up(&self.world, &proof).await),
            None => None,
        };
        let noted = self.in_context(|memory, context| {
            memory.begin();
            let note = |sql: &dyn Sql, memory: &mut O::Memory| {
                settles.iter().try_for_each(|entry| O::looked_up(sql, memory, context, entry, finding))
            };
            let noted = self.storage.transaction(|sql| note(sql, memory));
            if noted.is_err() {
                memory.roll_back();
            }
            noted
        });
        if let Err(SqlError(detail)) = &noted {
            self.complain("outbox does not write", detail);
        }
    }

    async fn post(&self, post: &Post) -> Attempt {
        let posting = Box::pin(delivery::post(&self.world, post));
        match select(posting, self.world.timer.sleep(MESSAGE_PATIENCE_MS)).await {
            Either::Left((attempt, _)) => attempt,
            Either::Right(_) => Attempt::Failed(Failure::Timeout),
        }
    }
}
