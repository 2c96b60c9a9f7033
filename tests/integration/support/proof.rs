//! How much is tried: a little in `npm test`, all of it by `npm run prove`.

pub fn is_full() -> bool {
    std::env::var("LATCHKEY_PROOF").as_deref() == Ok("full")
}

/// So many in the quick form, so many in the full one.
pub fn as_many<T>(quick: T, full: T) -> T {
    if is_full() { full } else { quick }
}
