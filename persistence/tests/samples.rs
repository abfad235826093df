//! Things to store and to tell.

use domain::access::{ApiKeyId, Scope};
use domain::alert::{
    Alert, AlertCondition, AlertEventId, AlertId, AlertName, AlertState, AlertSubject, Comparison,
    DeliveryId, Firing, PriceField, Repeat,
};
use domain::api_key::{ApiKey, ApiKeyHash, ApiKeyName};
use domain::audit::{AuditAction, AuditAuthority, AuditLine, AuditLineId, AuditOutcome};
use domain::bar::{Bar, BarPhase, BarSize, BarUpdate, Series};
use domain::bus::Message;
use domain::decimal::{Price, Quantity};
use domain::depth::{Depth, DepthLevel, DepthValues};
use domain::desk::{DeskStatus, LineCount, LineCounts};
use domain::error::RefusalCode;
use domain::instrument::{AssetClass, Instrument, InstrumentId};
use domain::market_data::{ConnectionState, ConnectionStatus, LineKind};
use domain::quote::{FeedRefusal, FeedState, Quote, QuoteLevel, QuoteValues, Stamp, StreamGap};
use domain::second_factor::{RecoveryCodeHash, SecondFactor, SecondFactorId, TotpSecret};
use domain::secret::Secret;
use domain::session::{NewSession, RefreshTokenHash, Renewal, Session, SessionId};
use domain::trade::{Trade, TradeSide, TradeValues};
use domain::user::{PasswordHash, PasswordToken, PasswordTokenHash, Role, User, UserId, UserState, Username};
use domain::watchlist::{Watchlist, WatchlistId, WatchlistName};
use domain::webhook::{Reach, Webhook, WebhookId, WebhookName, WebhookSecret, WebhookUrl};
use domain::world::{ConnectionId, Environment};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub const NOW: OffsetDateTime = datetime!(2026-11-22 13:47:38.123_456 UTC);

/// The most digits and the smallest step that a decimal has.
pub const MOST: &str = "79228162514264337593543950335";
pub const LEAST: &str = "-0.0000000000000000000000000001";

pub fn price(text: &str) -> Price {
    Price::new(text.parse().unwrap())
}

pub fn quantity(text: &str) -> Quantity {
    Quantity::new(text.parse().unwrap()).unwrap()
}

pub fn id_of(broker_id: i64) -> InstrumentId {
    InstrumentId::derive(&ConnectionId::new("ib"), Environment::Simulated, broker_id)
}

pub fn instrument(broker_id: i64) -> Instrument {
    Instrument {
        id: id_of(broker_id),
        connection: ConnectionId::new("ib"),
        environment: Environment::Simulated,
        broker_id,
        symbol: format!("SYM{broker_id}"),
        name: "Ünïcode & 'quotes' GmbH".into(),
        asset_class: AssetClass::Stock,
        exchange: "SMART".into(),
        primary_exchange: Some("NASDAQ".into()),
        currency: "USD".into(),
        price_increment: "0.0000000000000000000000000001".parse().unwrap(),
        multiplier: "1.00".parse().unwrap(),
        time_zone: "America/New_York".into(),
    }
}

pub fn user(name: &str) -> (User, PasswordHash) {
    let user = User {
        id: UserId(Uuid::new_v4()),
        username: Username::parse(name).unwrap(),
        role: Role::Admin,
        state: UserState::Active,
        second_factor: false,
        created_at: NOW,
    };
    (user, password())
}

/// The password that everybody has.
pub fn password() -> PasswordHash {
    PasswordHash("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into())
}

/// Another, each time.
pub fn new_password() -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${}", Uuid::new_v4().simple()))
}

/// Somebody who was just invited, with the token.
pub fn invited(name: &str, role: Role) -> (User, PasswordToken) {
    let user = User { role, state: UserState::Invited, ..user(name).0 };
    let token = password_token(user.id, NOW);
    (user, token)
}

pub fn password_token(user: UserId, created_at: OffsetDateTime) -> PasswordToken {
    let hash = PasswordTokenHash(random());
    PasswordToken { user, hash, created_at, expires_at: created_at + Duration::days(7) }
}

pub fn session(user: UserId, created_at: OffsetDateTime) -> Session {
    Session {
        id: SessionId(Uuid::new_v4()),
        user,
        created_at,
        last_used_at: created_at,
        expires_at: created_at + Duration::days(14),
        address: Some("2001:db8::7".parse().unwrap()),
        agent: Some("Mozilla/5.0 (\u{1f4c8}) 'quoted'".into()),
    }
}

pub fn new_session(user: UserId, created_at: OffsetDateTime) -> NewSession {
    NewSession { session: session(user, created_at), token: token(), password: password() }
}

pub fn token() -> RefreshTokenHash {
    RefreshTokenHash(random())
}

/// A token that takes another's place.
pub fn renewal(
    old: RefreshTokenHash,
    new: RefreshTokenHash,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Renewal {
    Renewal { old, new, now, expires_at }
}

/// The line of a token that was used twice.
pub fn reused() -> AuditLine {
    line(AuditAction::SessionRevoke)
}

/// Bytes that no other call returns.
pub fn random() -> [u8; 32] {
    let half = || Uuid::new_v4().into_bytes();
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&half());
    bytes[16..].copy_from_slice(&half());
    bytes
}

pub fn api_key(user: UserId, created_at: OffsetDateTime) -> (ApiKey, ApiKeyHash) {
    let key = ApiKey {
        id: ApiKeyId(Uuid::now_v7()),
        user,
        name: ApiKeyName::parse("Täglich 'reports'").unwrap(),
        prefix: "aB3-_x9Z".into(),
        scopes: [Scope::MarketRead, Scope::TradePaper].into_iter().collect(),
        addresses: ["10.1.0.0/16", "2001:db8::1"].map(|range| range.parse().unwrap()).to_vec(),
        created_at,
        expires_at: Some(created_at + Duration::days(90)),
        last_used_at: None,
        revoked_at: None,
    };
    (key, ApiKeyHash(random()))
}

pub fn second_factor(user: UserId) -> SecondFactor {
    let mut secret = [0; 20];
    secret.copy_from_slice(&random()[..20]);
    SecondFactor {
        id: SecondFactorId(Uuid::new_v4()),
        user,
        secret: TotpSecret(secret),
        created_at: NOW,
        confirmed_at: None,
    }
}

pub fn recovery_codes() -> [RecoveryCodeHash; 10] {
    std::array::from_fn(|_| RecoveryCodeHash(random()))
}

/// A line by nobody; later ones have greater ids.
pub fn line(action: AuditAction) -> AuditLine {
    AuditLine {
        id: AuditLineId(Uuid::now_v7()),
        at: NOW,
        user: None,
        username: None,
        via: AuditAuthority::Nobody,
        address: None,
        action,
        subject: None,
        outcome: AuditOutcome::Done,
        detail: None,
    }
}

pub fn watchlist(owner: UserId, name: &str, instruments: Vec<InstrumentId>) -> Watchlist {
    let id = WatchlistId(Uuid::new_v4());
    Watchlist { id, owner, name: WatchlistName::parse(name).unwrap(), instruments, created_at: NOW }
}

/// An alert that goes off when the last trade rises through 100.
pub fn alert(owner: UserId, broker_id: i64) -> Alert {
    Alert {
        id: AlertId(Uuid::now_v7()),
        owner,
        instrument: id_of(broker_id),
        name: Some(AlertName::parse("Ünïcode 'quoted'").unwrap()),
        condition: AlertCondition {
            subject: AlertSubject::Price(PriceField::Last),
            comparison: Comparison::CrossesUp,
            threshold: "100.00".parse().unwrap(),
        },
        repeat: Repeat::Once,
        state: AlertState::Active,
        reason: None,
        email: false,
        webhook: None,
        expires_at: None,
        created_at: NOW,
        triggered_at: None,
        version: 1,
    }
}

/// An alert that goes off at 101, in its first arming.
pub fn firing(alert: &Alert, arming: u64) -> Firing {
    Firing {
        alert: alert.id,
        owner: alert.owner,
        arming,
        event: AlertEventId(Uuid::now_v7()),
        deliveries: [DeliveryId(Uuid::now_v7()), DeliveryId(Uuid::now_v7())],
        text: "SYM1 rose".into(),
        value: "101.50".parse().unwrap(),
        at: NOW,
        armed: true,
        failure: None,
    }
}

pub fn webhook(owner: UserId, url: &str) -> (Webhook, WebhookSecret) {
    let webhook = Webhook {
        id: WebhookId(Uuid::now_v7()),
        owner,
        name: WebhookName::parse("bot").unwrap(),
        url: WebhookUrl::parse(url, Reach::Anywhere).unwrap(),
        created_at: NOW,
        last_delivered_at: None,
        last_error: None,
    };
    (webhook, WebhookSecret(Secret(random())))
}

pub fn bar(time: OffsetDateTime, close: &str) -> Bar {
    Bar {
        time,
        open: price("1.10"),
        high: price(MOST),
        low: price(LEAST),
        close: price(close),
        volume: Some(quantity("0.00")),
    }
}

pub fn series(broker_id: i64) -> Series {
    Series { instrument: id_of(broker_id), size: BarSize::Min1 }
}

/// A quote that carries `sequence`, with every value set.
pub fn quote(broker_id: i64, sequence: u64) -> Quote {
    let level = |text, size: Option<&str>| Some(QuoteLevel { price: price(text), size: size.map(quantity) });
    Quote {
        instrument: id_of(broker_id),
        values: QuoteValues {
            bid: level("187.34", Some("300")),
            ask: level("187.350", None),
            last: level(LEAST, Some("0")),
            open: Some(price("0.00")),
            high: Some(price(MOST)),
            low: Some(price("-37.63")),
            previous_close: Some(price("186")),
            volume: Some(quantity("12345678901234.5")),
            source_at: Some(datetime!(2026-11-22 13:47:38.123_456_789 UTC)),
        },
        received_at: Some(NOW),
        stamp: Stamp { epoch: u64::MAX, sequence },
        state: FeedState::Delayed,
        reason: Some("15 minutes late \"by rule\"".into()),
    }
}

/// A trade that carries `sequence`, with every value set.
pub fn trade(broker_id: i64, sequence: u64) -> Trade {
    Trade {
        instrument: id_of(broker_id),
        values: TradeValues {
            price: price("187.340"),
            size: Some(quantity("0.5")),
            exchange: Some("NASDAQ".into()),
            conditions: Some(" T I".into()),
            unreported: true,
            past_limit: true,
            source_at: Some(datetime!(2026-11-22 13:47:38 UTC)),
        },
        side: Some(TradeSide::Sell),
        received_at: NOW,
        stamp: Stamp { epoch: 7, sequence },
        state: FeedState::Live,
    }
}

/// A depth that carries `sequence`, with every value set.
pub fn depth(broker_id: i64, sequence: u64) -> Depth {
    let level = |text, size: Option<&str>, exchange: Option<&str>| DepthLevel {
        price: price(text),
        size: size.map(quantity),
        exchange: exchange.map(Into::into),
    };
    Depth {
        instrument: id_of(broker_id),
        values: DepthValues {
            bids: vec![level("187.33", Some("300"), Some("ARCA")), level("187.320", None, None)],
            asks: vec![level(MOST, Some("0.001"), None)],
        },
        received_at: Some(NOW),
        stamp: Stamp { epoch: 7, sequence },
        state: FeedState::Stale,
        reason: Some("an outage".into()),
    }
}

/// One of every kind, with every value set and with every value absent.
pub fn messages() -> Vec<Message> {
    let bare = Quote {
        values: QuoteValues::default(),
        received_at: None,
        reason: None,
        state: FeedState::Stale,
        ..quote(1, 1)
    };
    let gap = StreamGap { instrument: id_of(1), after: None, at: NOW, reason: "an outage".into() };
    let refusal = FeedRefusal {
        instrument: id_of(1),
        code: RefusalCode::MarketDataLinesExhausted,
        message: "all 100 lines are in use".into(),
        at: datetime!(9999-12-31 23:59:59 UTC),
    };
    let update = BarUpdate {
        series: series(1),
        bar: Bar { volume: None, ..bar(NOW, "2") },
        phase: BarPhase::Corrected,
        stamp: Stamp { epoch: 1, sequence: 2 },
        state: FeedState::Live,
    };
    let bare_trade = Trade {
        values: TradeValues {
            size: None,
            exchange: None,
            conditions: None,
            unreported: false,
            past_limit: false,
            source_at: None,
            ..trade(1, 2).values
        },
        side: None,
        ..trade(1, 2)
    };
    let bare_depth = Depth { values: DepthValues::default(), received_at: None, reason: None, ..depth(1, 2) };
    vec![
        Message::Quote(quote(1, 1)),
        Message::Quote(bare),
        Message::Gap(
            LineKind::Quotes,
            StreamGap { after: Some(Stamp { epoch: 3, sequence: 4 }), ..gap.clone() },
        ),
        Message::Gap(LineKind::Quotes, gap.clone()),
        Message::Refused(LineKind::Quotes, refusal.clone()),
        Message::Trade(trade(1, 1)),
        Message::Trade(bare_trade),
        Message::Gap(LineKind::Trades, gap.clone()),
        Message::Refused(LineKind::Trades, refusal.clone()),
        Message::Depth(depth(1, 1)),
        Message::Depth(bare_depth),
        Message::Gap(LineKind::Depth, gap),
        Message::Refused(LineKind::Depth, refusal),
        Message::Bar(update.clone()),
        Message::Bar(BarUpdate { bar: bar(NOW, "3"), phase: BarPhase::Forming, ..update.clone() }),
        Message::Bar(BarUpdate { phase: BarPhase::Closed, ..update }),
        Message::Desk(desk_status()),
        Message::AlertsChanged,
        Message::AlertSaid(UserId(Uuid::from_u128(7)), u64::MAX),
    ]
}

pub fn desk_status() -> DeskStatus {
    DeskStatus {
        desk: Uuid::new_v4(),
        epoch: 7,
        leading_since: NOW,
        at: NOW,
        connections: vec![
            ConnectionStatus {
                id: ConnectionId::new("ib"),
                environment: Some(Environment::Paper),
                state: ConnectionState::Degraded,
                message: Some("2103".into()),
                since: NOW,
            },
            ConnectionStatus {
                id: ConnectionId::new("qc"),
                environment: None,
                state: ConnectionState::Off,
                message: None,
                since: NOW,
            },
        ],
        lines: LineCounts {
            quotes: LineCount { used: 3, limit: 100 },
            trades: LineCount { used: 1, limit: 5 },
            depth: LineCount { used: 2, limit: 3 },
        },
    }
}
