//! Ids in paths. What is not an id of ours, or was never given out, is answered like one out of reach: 404,
//! without asking anybody.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::{Code, Problem};
use crate::app::App;
use crate::domain::id::{ApiKeyId, OrganizationId, SessionId};

macro_rules! path {
    ($(#[$doc:meta])* $name:ident, $id:ty, $code:ident) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) $id);

        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
                let text = Path::<String>::from_request_parts(parts, app).await.map(|Path(text)| text);
                let id = text.ok().and_then(|text| <$id>::parse(&text, app.keyring()).ok());
                id.map(Self).ok_or_else(|| Problem::new(Code::$code))
            }
        }
    };
}

path!(
    /// The id of an API key.
    KeyPath, ApiKeyId, ApiKeyNotFound
);
path!(
    /// The id of a session.
    SessionPath, SessionId, SessionNotFound
);
path!(
    /// The id of an organization.
    OrganizationPath, OrganizationId, OrganizationNotFound
);
