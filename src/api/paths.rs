//! Ids in paths, by the name of their parameter. What is not an id of ours, or was never given out, is answered like one
//! out of reach: 404, without asking anybody.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::problem::{Code, Problem};
use crate::app::App;
use crate::domain::alert::Kind;
use crate::domain::id::{
    AlertId, ApiKeyId, DeliveryId, DomainId, EndpointId, InvitationId, OrganizationId, RouteId, SessionId, SignInId,
    UserId,
};

macro_rules! path {
    ($(#[$doc:meta])* $name:ident, $parameter:literal, $id:ty, $code:ident, $parse:expr) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) $id);

        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
                let parse: fn(&str, &App) -> Option<$id> = $parse;
                // What is not UTF-8 is no id.
                let parameters = RawPathParams::from_request_parts(parts, app).await.ok();
                let named = parameters.iter().flatten().find(|(name, _)| *name == $parameter);
                let id = named.and_then(|(_, text)| parse(text, app));
                id.map(Self).ok_or_else(|| Problem::new(Code::$code))
            }
        }
    };
}

path!(
    /// The id of an API key.
    KeyPath, "id", ApiKeyId, ApiKeyNotFound, |text, app| ApiKeyId::parse(text, app.keyring()).ok()
);
path!(
    /// The id of a session.
    SessionPath, "id", SessionId, SessionNotFound, |text, app| SessionId::parse(text, app.keyring()).ok()
);
path!(
    /// The id of an organization, where the operator acts on it. Members have theirs in `callers::By`.
    OrganizationPath, "id", OrganizationId, OrganizationNotFound, |text, app| {
        OrganizationId::parse(text, app.keyring()).ok()
    }
);
path!(
    /// The id of a user.
    UserPath, "userId", UserId, UserNotFound, |text, app| UserId::parse(text, app.keyring()).ok()
);
path!(
    /// The id of a user who ought to be a member of the organization.
    MemberPath, "userId", UserId, MemberNotFound, |text, app| UserId::parse(text, app.keyring()).ok()
);
path!(
    /// The id of an invitation; it carries no tag, so its look is all there is to check.
    InvitationPath, "id", InvitationId, InvitationNotFound, |text, _| {
        has_look(text, InvitationId::PREFIX).then(|| InvitationId::from_trusted(text.to_owned()))
    }
);
path!(
    /// The id of an alert; it carries no tag either.
    AlertPath, "id", AlertId, AlertNotFound, |text, _| {
        has_look(text, AlertId::PREFIX).then(|| AlertId::from_trusted(text.to_owned()))
    }
);
path!(
    /// A kind of alerts.
    AlertKindPath, "kind", Kind, AlertRuleNotFound, |text, _| Kind::parse(text)
);
path!(
    /// The id of a sign-in; it carries no tag either.
    SignInPath, "id", SignInId, SignInNotFound, |text, _| {
        has_look(text, SignInId::PREFIX).then(|| SignInId::from_trusted(text.to_owned()))
    }
);

path!(
    /// The id of an endpoint for webhooks; no tag here either.
    EndpointPath, "id", EndpointId, WebhookEndpointNotFound, |text, _| {
        has_look(text, EndpointId::PREFIX).then(|| EndpointId::from_trusted(text.to_owned()))
    }
);
path!(
    /// The id of a domain; no tag either.
    DomainPath, "id", DomainId, DomainNotFound, |text, _| {
        has_look(text, DomainId::PREFIX).then(|| DomainId::from_trusted(text.to_owned()))
    }
);
path!(
    /// The id of a route of the gateway; no tag.
    RoutePath, "id", RouteId, GatewayRouteNotFound, |text, _| {
        has_look(text, RouteId::PREFIX).then(|| RouteId::from_trusted(text.to_owned()))
    }
);
path!(
    /// The id of the delivery of an event.
    DeliveryPath, "deliveryId", DeliveryId, WebhookDeliveryNotFound, |text, _| {
        has_look(text, DeliveryId::PREFIX).then(|| DeliveryId::from_trusted(text.to_owned()))
    }
);

/// How many characters stand behind the prefix of an id without a tag.
const UNTAGGED_CHARACTERS: usize = 22;

fn has_look(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == UNTAGGED_CHARACTERS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_without_a_tag_are_known_by_their_look() {
        let id = InvitationId::from_seed(&[7; 64]);
        assert!(has_look(id.as_str(), InvitationId::PREFIX), "{id}");
        for text in [
            "",
            "inv_",
            "inv_!",
            &format!("{id}A"),
            &id.as_str().replace("inv_", "sgn_"),
            &format!("inv_{}", "ä".repeat(11)),
        ] {
            assert!(!has_look(text, InvitationId::PREFIX), "{text}");
        }
    }
}
