use domain::access::ApiKeyId;
use domain::audit::{
    AuditAction, AuditAuthority, AuditFilter, AuditLine, AuditLineId, AuditOutcome, AuditStore,
};
use domain::page::{Page, Side};
use domain::session::SessionId;
use domain::user::{UserId, Username};
use uuid::Uuid;

use super::Pair;
use crate::samples::line;

pub async fn contract(pair: &Pair) {
    every_value(pair).await;
    pages(pair).await;
}

async fn every_value(pair: &Pair) {
    let full = AuditLine {
        user: Some(UserId(Uuid::new_v4())),
        username: Some(Username::parse("王芳").unwrap()),
        via: AuditAuthority::Session(SessionId(Uuid::new_v4())),
        address: Some("2001:db8::7".parse().unwrap()),
        subject: Some("ann's \"key\"; DROP TABLE audit_lines".into()),
        outcome: AuditOutcome::Refused,
        detail: Some("LAST_ADMINISTRATOR".into()),
        ..line(AuditAction::UserDisable)
    };
    let by_key = AuditLine {
        via: AuditAuthority::Key(ApiKeyId(Uuid::new_v4())),
        address: Some("192.0.2.1".parse().unwrap()),
        ..line(AuditAction::UserInvite)
    };
    let mut lines = vec![full.clone(), by_key];
    lines.extend(AuditAction::ALL.map(|(action, _)| line(action)));
    for line in &lines {
        pair.one.append(line).await.unwrap();
        assert_eq!(pair.other.find(line.id).await.unwrap().as_ref(), Some(line));
    }
    assert_eq!(pair.one.find(AuditLineId(Uuid::new_v4())).await.unwrap(), None);
    // A line is written once, and stays as it is.
    pair.one.append(&AuditLine { detail: None, ..full.clone() }).await.unwrap_err();
    assert_eq!(pair.other.find(full.id).await.unwrap(), Some(full));
}

async fn pages(pair: &Pair) {
    let (ann, bob) = (UserId(Uuid::new_v4()), UserId(Uuid::new_v4()));
    let mut lines = Vec::new();
    for (user, action) in [
        (ann, AuditAction::SessionCreate),
        (bob, AuditAction::SessionCreate),
        (ann, AuditAction::ApiKeyCreate),
        (ann, AuditAction::SessionCreate),
        (ann, AuditAction::SessionRevoke),
    ] {
        let line = AuditLine { user: Some(user), ..line(action) };
        pair.one.append(&line).await.unwrap();
        lines.push(line.id);
    }
    let list = async |filter, side, at: Option<usize>, count| {
        let page = Page { side, cursor: at.map(|index| lines[index]), count };
        let found = pair.other.list(filter, &page).await.unwrap();
        let index = |line: &AuditLine| lines.iter().position(|id| *id == line.id);
        (found.items.iter().filter_map(index).collect::<Vec<_>>(), found.more)
    };
    let all = AuditFilter::default();
    let of_ann = AuditFilter { user: Some(ann), action: None };
    let log_ins = AuditFilter { user: Some(ann), action: Some(AuditAction::SessionCreate) };
    let keys = AuditFilter { user: None, action: Some(AuditAction::ApiKeyCreate) };
    // (filter, side, from, count, what is found (newest first), whether there is more)
    let cases = [
        (all, Side::First, None, 3, vec![4, 3, 2], true),
        (all, Side::First, Some(3), 2, vec![2, 1], true),
        (all, Side::Last, Some(1), 2, vec![3, 2], true),
        (all, Side::Last, Some(3), 5, vec![4], false),
        (of_ann, Side::First, None, 4, vec![4, 3, 2, 0], false),
        (of_ann, Side::First, Some(2), 4, vec![0], false),
        (of_ann, Side::Last, None, 2, vec![2, 0], true),
        (log_ins, Side::First, None, 5, vec![3, 0], false),
        (keys, Side::First, None, 1, vec![2], true),
    ];
    for (filter, side, at, count, expected, more) in cases {
        let found = list(filter, side, at, count).await;
        assert_eq!(found, (expected, more), "{filter:?} {side:?} {at:?} {count}");
    }
}
