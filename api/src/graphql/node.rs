//! Global ids, and the one query that follows any of them.

use async_graphql::{Context, Error, Guard as _, ID, Interface, Object, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::ApiKeyId;
use domain::alert::{AlertEventId, AlertId};
use domain::audit::AuditLineId;
use domain::error::{Refusal, RefusalCode};
use domain::instrument::InstrumentId;
use domain::layout::LayoutId;
use domain::session::SessionId;
use domain::user::{Permission, UserId};
use domain::watchlist::WatchlistId;
use domain::webhook::WebhookId;
use uuid::Uuid;

use crate::graphql::alert::{Alert, AlertEvent};
use crate::graphql::api_key::ApiKey;
use crate::graphql::audit::AuditLine;
use crate::graphql::error::{code, coded, top_level};
use crate::graphql::guard::{Requires, RequiresEither, is_administrator, is_own, may_see, user};
use crate::graphql::instrument::Instrument;
use crate::graphql::layout::Layout;
use crate::graphql::session::OpenSession;
use crate::graphql::user::User;
use crate::graphql::watchlist::Watchlist;
use crate::graphql::webhook::Webhook;
use crate::graphql::{core, instrument};

/// What an opaque id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalId {
    /// An instrument.
    Instrument(InstrumentId),
    /// A watchlist.
    Watchlist(WatchlistId),
    /// A user.
    User(UserId),
    /// An open session.
    OpenSession(SessionId),
    /// An API key.
    ApiKey(ApiKeyId),
    /// A line of the audit log.
    AuditLine(AuditLineId),
    /// An alert.
    Alert(AlertId),
    /// What an alert said.
    AlertEvent(AlertEventId),
    /// A webhook.
    Webhook(WebhookId),
    /// A layout.
    Layout(LayoutId),
}

impl GlobalId {
    /// The id as clients see it.
    pub fn encode(self) -> ID {
        let (noun, id) = match self {
            Self::Instrument(id) => ("Instrument", id.uuid()),
            Self::Watchlist(id) => ("Watchlist", id.0),
            Self::User(id) => ("User", id.0),
            Self::OpenSession(id) => ("OpenSession", id.0),
            Self::ApiKey(id) => ("ApiKey", id.0),
            Self::AuditLine(id) => ("AuditLine", id.0),
            Self::Alert(id) => ("Alert", id.0),
            Self::AlertEvent(id) => ("AlertEvent", id.0),
            Self::Webhook(id) => ("Webhook", id.0),
            Self::Layout(id) => ("Layout", id.0),
        };
        ID(URL_SAFE_NO_PAD.encode(format!("{noun}:{id}")))
    }

    /// What the id stands for, where this server can have given it out.
    pub fn decode(id: &ID) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?;
        let (noun, id) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        let id = Uuid::try_parse(id).ok().filter(|parsed| parsed.to_string() == id)?;
        match noun {
            "Instrument" => Some(Self::Instrument(InstrumentId::from_uuid(id))),
            "Watchlist" => Some(Self::Watchlist(WatchlistId(id))),
            "User" => Some(Self::User(UserId(id))),
            "OpenSession" => Some(Self::OpenSession(SessionId(id))),
            "ApiKey" => Some(Self::ApiKey(ApiKeyId(id))),
            "AuditLine" => Some(Self::AuditLine(AuditLineId(id))),
            "Alert" => Some(Self::Alert(AlertId(id))),
            "AlertEvent" => Some(Self::AlertEvent(AlertEventId(id))),
            "Webhook" => Some(Self::Webhook(WebhookId(id))),
            "Layout" => Some(Self::Layout(LayoutId(id))),
            _ => None,
        }
    }
}

/// What a global id can stand for.
pub trait Named: Sized {
    /// What a message calls it: `an instrument`.
    const NOUN: &'static str;

    /// The one that an id stands for.
    fn of(id: GlobalId) -> Option<Self>;
}

macro_rules! named {
    ($($id:ty: $noun:ident, $words:literal;)+) => {$(
        impl Named for $id {
            const NOUN: &'static str = $words;

            fn of(id: GlobalId) -> Option<Self> {
                if let GlobalId::$noun(id) = id { Some(id) } else { None }
            }
        }
    )+};
}

named! {
    InstrumentId: Instrument, "an instrument";
    WatchlistId: Watchlist, "a watchlist";
    UserId: User, "a user";
    SessionId: OpenSession, "a session";
    ApiKeyId: ApiKey, "an API key";
    AlertId: Alert, "an alert";
    WebhookId: Webhook, "a webhook";
    LayoutId: Layout, "a layout";
}

/// What an id names, where it is of this kind.
pub fn read<T: Named>(id: &ID) -> Option<T> {
    GlobalId::decode(id).and_then(T::of)
}

/// What an argument of a query names; else the top-level error.
pub fn asked<T: Named>(id: &ID) -> Result<T> {
    read(id).ok_or_else(|| bad_id(T::NOUN))
}

/// What a field of a mutation's input names; else the user error.
pub fn given<T: Named>(field: &'static str, id: &ID) -> Result<T, Refusal> {
    let refusal = || Refusal::of(field, RefusalCode::Invalid, not_an_id_of(T::NOUN));
    read(id).ok_or_else(refusal)
}

fn bad_id(noun: &str) -> Error {
    coded(code::BAD_ID, not_an_id_of(noun))
}

fn not_an_id_of(noun: &str) -> String {
    format!("this is not the id of {noun}; use an id that this server gave out")
}

/// Anything with an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The opaque id; `node` follows it."))]
pub enum Node {
    /// An instrument.
    Instrument(Instrument),
    /// A watchlist.
    Watchlist(Watchlist),
    /// A user.
    User(User),
    /// An open session.
    OpenSession(OpenSession),
    /// An API key.
    ApiKey(ApiKey),
    /// A line of the audit log.
    AuditLine(AuditLine),
    /// An alert.
    Alert(Alert),
    /// What an alert said.
    AlertEvent(AlertEvent),
    /// A webhook.
    Webhook(Webhook),
    /// A layout.
    Layout(Layout),
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Whatever this id stands for; null where it does not exist or is not yours to see.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "An id that this server gave out.")] id: ID,
    ) -> Option<Result<Node>> {
        find(context, &id).await.transpose()
    }
}

async fn find(context: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    RequiresEither(Permission::ReadMarket, Permission::Administer).check(context).await?;
    let asking = user(context)?;
    match GlobalId::decode(id).ok_or_else(|| bad_id("anything"))? {
        GlobalId::Instrument(id) => {
            Requires(Permission::ReadMarket).check(context).await?;
            Ok(instrument::find(context, id).await?.map(Node::Instrument))
        }
        GlobalId::Watchlist(id) => {
            Requires(Permission::ReadMarket).check(context).await?;
            let found = core(context).services.watchlists.find(asking.id, id).await.map_err(top_level)?;
            Ok(found.map(|watchlist| Node::Watchlist(watchlist.into())))
        }
        GlobalId::Alert(id) => {
            Requires(Permission::ReadMarket).check(context).await?;
            let found = core(context).services.alerts.find(asking.id, id).await.map_err(top_level)?;
            Ok(found.map(|alert| Node::Alert(alert.into())))
        }
        GlobalId::AlertEvent(id) => {
            Requires(Permission::ReadMarket).check(context).await?;
            let found = core(context).services.alerts.find_event(asking.id, id).await.map_err(top_level)?;
            Ok(found.map(|event| Node::AlertEvent(event.into())))
        }
        of_self @ (GlobalId::Webhook(_) | GlobalId::Layout(_)) if is_own(context, asking.id) => {
            find_of_self(context, asking.id, of_self).await.map_err(top_level)
        }
        of_people => find_of_people(context, of_people).await.map_err(top_level),
    }
}

/// What belongs to the one who asks, in a session of one's own.
async fn find_of_self(
    context: &Context<'_>,
    owner: UserId,
    id: GlobalId,
) -> Result<Option<Node>, domain::Error> {
    let services = &core(context).services;
    match id {
        GlobalId::Webhook(id) => {
            let found = services.webhooks.find(owner, &[id]).await?.into_iter().next();
            Ok(found.map(|webhook| Node::Webhook(webhook.into())))
        }
        GlobalId::Layout(id) => {
            Ok(services.layouts.find(owner, id).await?.map(|layout| Node::Layout(layout.into())))
        }
        _ => Ok(None),
    }
}

/// Users, sessions, keys and audit lines; whose they are decides whether they may be seen.
async fn find_of_people(context: &Context<'_>, id: GlobalId) -> Result<Option<Node>, domain::Error> {
    let people = &core(context).services.people;
    match id {
        GlobalId::User(id) if user(context).is_ok_and(|asking| asking.id == id) || may_see(context, id) => {
            Ok(people.users.find(&[id]).await?.pop().map(|user| Node::User(user.into())))
        }
        GlobalId::OpenSession(id) => {
            let found = people.sessions.find_open(id).await?;
            let found = found.filter(|(session, _)| may_see(context, session.user));
            Ok(found.map(|(session, _)| Node::OpenSession(session.into())))
        }
        GlobalId::ApiKey(id) => {
            let found = people.api_keys.find(&[id]).await?.pop();
            Ok(found.filter(|key| may_see(context, key.user)).map(|key| Node::ApiKey(key.into())))
        }
        GlobalId::AuditLine(id) if is_administrator(context) => {
            Ok(people.audit.find(id).await?.map(|line| Node::AuditLine(line.into())))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_what_it_was() {
        let id = Uuid::from_u128(42);
        for whole in [
            GlobalId::Instrument(InstrumentId::from_uuid(id)),
            GlobalId::Watchlist(WatchlistId(id)),
            GlobalId::User(UserId(id)),
            GlobalId::OpenSession(SessionId(id)),
            GlobalId::ApiKey(ApiKeyId(id)),
            GlobalId::AuditLine(AuditLineId(id)),
            GlobalId::Alert(AlertId(id)),
            GlobalId::AlertEvent(AlertEventId(id)),
            GlobalId::Webhook(WebhookId(id)),
            GlobalId::Layout(LayoutId(id)),
        ] {
            assert_eq!(GlobalId::decode(&whole.encode()), Some(whole));
        }
        assert_eq!(read::<WatchlistId>(&GlobalId::User(UserId(id)).encode()), None);
        assert_eq!(read(&GlobalId::User(UserId(id)).encode()), Some(UserId(id)));
    }

    #[test]
    fn an_id_that_was_not_given_out_is_refused() {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let id = "00000000-0000-0000-0000-00000000002a";
        for bad in [
            String::new(),
            "AAPL".into(),
            id.into(),
            encode("Order"),
            encode(&format!("Order:{id}")),
            encode(&format!("Instrument:{}", id.to_uppercase())),
            encode("Instrument:2a"),
            format!("{}=", encode(&format!("Instrument:{id}"))),
            "\u{0}".into(),
        ] {
            assert_eq!(GlobalId::decode(&ID(bad.clone())), None, "{bad}");
        }
    }
}
