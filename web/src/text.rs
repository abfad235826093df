//! Every text that the dashboard shows, in every language that it speaks: the one catalogue.
//!
//! [`Text`] names the texts; [`en`] and [`zh`] have them. A text may hold `{name}`s to be filled in.

use crate::graphql::instrument::AssetClass;
use crate::graphql::quote::FeedState;
use crate::graphql::system::{ConnectionState, Environment};
use crate::graphql::user::Role;

mod en;
mod people;
mod problem;
mod zh;

/// A language of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The language of a tag such as `zh-CN`; English where it is none of ours.
    pub fn from_tag(tag: &str) -> Self {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        if first.eq_ignore_ascii_case("zh") { Self::Chinese } else { Self::English }
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// What it calls itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "EN",
            Self::Chinese => "中文",
        }
    }
}

/// Declares the names, and lists them for the test that walks them.
macro_rules! texts {
    ($($name:ident)*) => {
        /// The name of a text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the English text of each is in en.rs")]
        pub enum Text { $($name),* }

        #[cfg(test)]
        const EVERY: &[Text] = &[$(Text::$name),*];
    };
}

texts! {
    Product Loading TryAgain TryingAgain ServerUnreachable PageNotFound ToTheDashboard
    Language Theme ThemeDark ThemeLight ThemeSystem Account Licenses LogOut LoggingOut LogOutFailed
    RoleAdmin RoleTrader RoleResearcher RoleViewer
    SetUp SetUpLead SetUpLinkNeeded CreateAdministrator SettingUp
    LogIn LogInLead LoggingIn Username UsernameHint Password PasswordHint ShowPassword
    Connection Connected Connecting Reconnecting DeskMissing PartDown BrokerDown BrokerDegraded
    Server Desk DeskLines Database Bus Running NotAvailable Since
    ConnectionOff ConnectionDisconnected ConnectionRefused ConnectionDegraded
    Simulated Paper Live SimulatedLong PaperLong LiveLong
    FeedLive FeedDelayed FeedRecovering FeedStale FeedClosed
    Watchlist Watchlists WatchlistName NewWatchlist EditWatchlist Create Rename Delete ReallyDelete ReorderHint
    NoWatchlist NoWatchlistHint EmptyWatchlist EmptyWatchlistHint WatchlistsFailed
    Symbol Last Change ChangePercent Bid Ask Age AgeLong Order MoveUp MoveDown Remove
    AddInstrument SearchPlaceholder SearchResults Searching NothingFound InTheList
    Market NothingChosen NothingChosenHint InstrumentGone InstrumentGoneHint InstrumentFailed Open PreviousClose DayRange Volume
    Chart ChartOf BarSize LoadingHistory HistoryFailed HistoryIncomplete NoBars ChartBroken ChartBrokenHint
    OpenShort HighShort LowShort CloseShort VolumeShort
    ClassStock ClassEtf ClassFx ClassFuture ClassIndex ClassOption ClassBond ClassCrypto
    Sessions SessionsLead ApiKeys ApiKeysLead Users UsersLead AuditLog AuditLogLead AccountLead Role State
    Created Manage You On Off Back Cancel Saving LoadMore Copy Copied CopyFailed Download Link
    ChoosePassword ChoosePasswordLead PasswordLinkNeeded PasswordChosen NewPassword CurrentPassword
    ChangePassword ChangePasswordLead PasswordChanged SecondFactor SecondFactorLead SecondFactorOn
    SecondFactorOff SecondFactorFailed BeginSecondFactor ConfirmSecondFactor RemoveSecondFactor
    RemoveSecondFactorLead ScanLead QrCode SecretByHand Code CodeHint CodeOfApp RecoveryCodes
    RecoveryCodesLead RecoveryCodesKept RecoveryCodesLeft RenewRecoveryCodes RenewRecoveryCodesLead
    SessionsFailed NoSessions ThisSession UnknownProgram ProgramOnSystem UnknownAddress LastUsed
    LoggedInAt EndSession ReallyEndSession EndOtherSessions ReallyEndOtherSessions NewApiKey NewApiKeyLead
    ApiKeyMade ApiKeyMadeLead Secret SecretKept KeyName KeyNameHint Scopes Expires Expired NeverExpires
    Days KeyAddresses KeyAddressesHint CreateKey KeysFailed NoKeys NoKeysHint NeverUsed OnlyFrom Revoke
    ReallyRevoke Revoked ScopeMarketRead ScopeAccountRead ScopeTradePaper ScopeTradeLive ScopeResearch
    ScopeAdmin ScopeOther InviteUser InviteUserLead OneTimeLink OneTimeLinkLead LinkKept UsersFailed
    NoUsers UserInvited UserActive UserDisabled SetRole ResetPassword ReallyResetPassword
    ResetSecondFactor ReallyResetSecondFactor DisableUser ReallyDisableUser EnableUser When Who What
    Subject Outcome Address Done Refused Nobody Everybody Everything ApiKey WithKey AuditFailed
    NoAuditLines NoAuditLinesHint ActionUserSetUp ActionUserInvite ActionUserRoleSet ActionUserDisable
    ActionUserEnable ActionUserSecondFactorReset ActionPasswordReset ActionPasswordSet
    ActionPasswordChange ActionSessionCreate ActionSessionRevoke ActionApiKeyCreate ActionApiKeyRevoke
    ActionTotpConfirm ActionTotpRemove ActionRecoveryCodesRenew ActionOther
    FailureUnreachable FailureUnauthenticated FailureForbidden FailureUnavailable FailureLimit
    FailureRateLimited FailureInternal FailureLines FailureNotSubscribed
    ErrorInvalid ErrorInvalidUsername ErrorInvalidPassword ErrorInvalidName ErrorNotFound ErrorTaken
    ErrorLimitReached ErrorOutdated ErrorCredentials ErrorSetUpToken ErrorSetUpDone ErrorOther
    ErrorInvalidAddresses ErrorCodeRequired ErrorCode ErrorTooManyAttempts ErrorPasswordToken
    ErrorLastAdministrator ErrorPasswordWrong
    CommandPalette CommandCheatSheet CommandNewAlert CommandBell CommandLayouts CommandToggleTheme
    CommandPreferences CommandNextPanel CommandPreviousPanel CommandPanel CommandMaximise CommandAddPanel
    CommandClosePanel CommandNextLink CommandResize CommandMove ListKeysWalk ListKeysMove ListKeysRemove
    KeysGeneral KeysPanels KeysLists SingleKeysAreOff Close PalettePlaceholder Search Commands Panels
    Layouts Instruments Pages NewLayout NewLayoutFrom AddPanelOf TemplateTrading TemplateCharts
    TemplateFocus TemplateTape Quote Depth Trades TradesShort Alerts News NoLink LinkColour LinkLead ColourBlue
    ColourOrange ColourGreen ColourPurple ColourPink ColourTeal Maximise Restore ClosePanel Divider NoPanels
    NoPanelsHint StartAnew LayoutSaved LayoutSaving LayoutNotSaved LayoutName SaveAsNew LayoutBroken
    LayoutNewer LayoutConflict TakeTheirs KeepMine KeepBoth Columns Spread High Low Levels LoadingDepth
    DepthFailed NoDepth DepthOf Exchange Price Size Total BidShare LeastSize TradesFailed LoadingTrades
    NoTrades TradesOf Time NewTrades TradesMissed AtTheAsk AtTheBid BetweenBidAndAsk NoNews NoNewsHint
    BellLabel AlertSaid AlertEvents NoAlertEvents NoAlertEventsHint AlertEventsFailed MarkAllRead ShowInstrument
    AlertsWatched NewAlertOn AlertsFailed NoAlerts NoAlertsHint AlertActive AlertNotWatched AlertPaused AlertTriggered
    AlertFailed PauseAlert ResumeAlert EditAlert DeleteAlert ByEmail ByWebhook DeliveryPending DeliveryDone
    DeliveryFailed Indicator IsAbove IsBelow CrossesUp CrossesDown Crosses AlertField AlertComparison
    AlertValue AlertRepeat RepeatOnce RepeatEveryTime NotANumber NotALength IndicatorLength IndicatorLengthHint MailOff
    MailNotConfirmed NoWebhook AlertEnds AlertEndsHint AlertName Optional SaveAlert CreateAlert Webhooks
    WebhooksLead WebhookSecretLead WebhooksFailed NoWebhooks WebhookName WebhookUrl AddWebhook SendTest
    LastDelivered NeverDelivered EmailTitle EmailLead EmailUnknown EmailConfirmed EmailUnconfirmed EmailCode
    ConfirmEmail EmailAddress EmailHint SaveEmail Preferences PreferencesLead RisingColour RisingColourHint
    GreenUp RedUp Density DensityCompact DensityNormal DensityRoomy SingleKeys SingleKeysHint TimeZone
    ZoneOfMachine Gallery GalleryLead
    ActionWebhookCreate ActionWebhookDelete ActionEmailSet ActionEmailConfirm FailureDelisted
    EveryBarSize ChartStyle StyleCandles StyleBars StyleLine StyleArea PriceScale ScaleLinear
    ScaleLogarithmic ScalePercent ChartClock ClockPreferred ClockExchange ClockLocal ClockUtc ChartSettings
    GoToDate FitChart ResetChart Screenshot Indicators AddIndicator EditIndicator SaveIndicator
    RemoveIndicator IndicatorsFailed HiddenInPercent IndicatorSource UsualSource IndicatorColour FastLength SlowLength
    SignalLength Deviations Compare CompareWith CompareHint CompareFull StopComparing AlertHere StalePrice
    LastBarInWords KeysChart ChartKeysPan ChartKeysZoom ChartKeysEnds ChartKeysFit ChartKeysSizes
    ChartKeysAlert VolumeProfile VolumeProfileHint PointOfControl ValueArea ValueAreaHint NoVolumeInSight
    VolumeProfileFailed RemoveVolumeProfile NewestBarsOnly
}

/// The texts in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Catalogue(pub Language);

impl Catalogue {
    /// A text.
    pub fn say(self, text: Text) -> &'static str {
        match self.0 {
            Language::English => en::text(text),
            Language::Chinese => zh::text(text),
        }
    }

    /// A text with its `{name}`s filled in.
    pub fn fill(self, text: Text, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.say(text).to_owned(), |filled, (name, value)| {
            filled.replace(&format!("{{{name}}}"), value)
        })
    }

    /// A person's role.
    pub fn role(self, role: Role) -> &'static str {
        self.say(match role {
            Role::Admin => Text::RoleAdmin,
            Role::Trader => Text::RoleTrader,
            Role::Researcher => Text::RoleResearcher,
            Role::Viewer => Text::RoleViewer,
        })
    }

    /// A world.
    pub fn environment(self, environment: Environment) -> &'static str {
        self.say(match environment {
            Environment::Simulated => Text::Simulated,
            Environment::Paper => Text::Paper,
            Environment::Live => Text::Live,
        })
    }

    /// How a connection is.
    pub fn connection_state(self, state: ConnectionState) -> &'static str {
        self.say(match state {
            ConnectionState::Off => Text::ConnectionOff,
            ConnectionState::Connecting => Text::Connecting,
            ConnectionState::Connected => Text::Connected,
            ConnectionState::Degraded => Text::ConnectionDegraded,
            ConnectionState::Disconnected => Text::ConnectionDisconnected,
            ConnectionState::Refused => Text::ConnectionRefused,
        })
    }

    /// How far a price can be trusted.
    pub fn feed_state(self, state: FeedState) -> &'static str {
        self.say(match state {
            FeedState::Live => Text::FeedLive,
            FeedState::Delayed => Text::FeedDelayed,
            FeedState::Recovering => Text::FeedRecovering,
            FeedState::Stale => Text::FeedStale,
            FeedState::Closed => Text::FeedClosed,
        })
    }

    /// A kind of instrument.
    pub fn asset_class(self, class: AssetClass) -> &'static str {
        self.say(match class {
            AssetClass::Stock => Text::ClassStock,
            AssetClass::Etf => Text::ClassEtf,
            AssetClass::Fx => Text::ClassFx,
            AssetClass::Future => Text::ClassFuture,
            AssetClass::Index => Text::ClassIndex,
            AssetClass::Option => Text::ClassOption,
            AssetClass::Bond => Text::ClassBond,
            AssetClass::Crypto => Text::ClassCrypto,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<_> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_language_has_every_text_with_the_same_names_in_it() {
        for text in EVERY {
            let english = Catalogue(Language::English).say(*text);
            let chinese = Catalogue(Language::Chinese).say(*text);
            assert!(!english.is_empty() && !chinese.is_empty(), "{text:?}");
            assert_eq!(names(english), names(chinese), "{text:?}");
        }
    }

    #[test]
    fn what_should_be_chinese_is() {
        let same = [Text::Product];
        for text in EVERY.iter().filter(|text| !same.contains(text)) {
            let chinese = Catalogue(Language::Chinese).say(*text);
            assert!(!chinese.is_ascii(), "{text:?}: {chinese}");
        }
    }

    #[test]
    fn the_language_comes_from_the_first_part_of_its_tag() {
        let check = |tag: &str, expect: Language| assert_eq!(Language::from_tag(tag), expect, "{tag}");
        check("zh", Language::Chinese);
        check("zh-Hant-TW", Language::Chinese);
        check("ZH_cn", Language::Chinese);
        check("en-GB", Language::English);
        check("de", Language::English);
        check("", Language::English);
    }
}
