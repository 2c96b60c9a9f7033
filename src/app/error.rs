//! Why a use case did not do what was asked.

use crate::object::Rejection;
use crate::ports::PortError;

/// A use case's failure. The cause is for the log; `api` tells the client what it may know.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A decision: the answer is no.
    #[error("refused: {0:?}")]
    Rejected(Rejection),
    /// Somebody who has to be asked cannot be asked now.
    #[error("unavailable")]
    Unavailable(#[source] PortError),
    /// An object failed, or answered something that makes no sense.
    #[error("failed: {0}")]
    Failed(String),
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Unavailable(error)
    }
}
