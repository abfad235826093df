//! Positions, margin and commissions.

use domain::order::{Side, TermsWanted};
use rust_decimal::Decimal;
use time::Duration;

use super::{
    AAPL, EUR, Hand, JPY, POOR, RICH, ask, bid, cents, code, exchange, limit, market, options, publish,
    request, told,
};
use crate::exchange::Exchange;
use crate::exchange::broker::{Fill, FillFilter, OrderRequest, Owner, RowStatus};

#[tokio::test]
async fn positions_and_money_follow_the_executions() {
    let (exchange, _) = exchange();
    exchange.place(request(1, &market(Side::Buy, 1_000))).unwrap();
    publish(&exchange, AAPL, &[bid(10_110, 1_000), ask(10_130, 1_000)]);
    exchange.place(request(2, &market(Side::Sell, 400))).unwrap();
    let [position] = exchange.positions(RICH).try_into().unwrap();
    assert_eq!((position.quantity, position.average_cost), (Decimal::from(600), cents(10_010)));
    assert_eq!(position.unrealized, Decimal::from(-60), "marked at the last trade, 100.00");
    // 400 x 1.00 less the commission of 2.00; the first one cost 5.00.
    assert_eq!(position.realized, Decimal::from(398));
    let account = exchange.account(RICH).unwrap();
    assert_eq!(account.cash, Decimal::from(1_000_000 - 100_100 - 5 + 40_440 - 2));
    assert_eq!(account.net_liquidation, account.cash + Decimal::from(60_000));
    assert_eq!(
        (account.initial_margin, account.maintenance_margin),
        (Decimal::from(30_000), Decimal::from(15_000))
    );
    assert_eq!(account.buying_power, (account.net_liquidation - Decimal::from(30_000)) * Decimal::TWO);
    let pnl = exchange.pnl(RICH).unwrap();
    assert_eq!((pnl.realized, pnl.unrealized), (Decimal::from(398), Decimal::from(-60)));
    assert_eq!(pnl.daily, account.net_liquidation - Decimal::from(1_000_000));
    assert_eq!(exchange.account(POOR).unwrap().net_liquidation, Decimal::from(100_000));
}

#[tokio::test]
async fn what_is_closed_leaves_gains_less_commissions_in_every_kind() {
    let clock = Hand::new();
    let exchange = Exchange::start(options(&clock));
    let future = exchange.market().listings().iter().find(|listing| listing.symbol == "ES").unwrap().con_id;
    let mut order_id = 0;
    for (con_id, quantity) in [(AAPL, 300), (EUR, 50_000), (JPY, 50_000), (future, 2)] {
        for side in [Side::Sell, Side::Buy] {
            order_id += 1;
            let order = OrderRequest { con_id, ..request(order_id, &market(side, quantity)) };
            exchange.place(order).unwrap();
            while exchange.order(7, order_id).unwrap().is_open() {
                clock.pass(Duration::SECOND);
                exchange.floor.trading().follow(&exchange.floor, con_id);
            }
            clock.pass(Duration::minutes(10));
        }
    }
    let fills = exchange.fills(&FillFilter::default());
    let value = |fill: &Fill| {
        let listing = exchange.market().listing(fill.con_id).unwrap();
        fill.quantity * fill.price * listing.multiplier * exchange.floor.rate(&listing.currency)
    };
    let spent = |fill: &Fill| if fill.side == Side::Buy { value(fill) } else { -value(fill) };
    let expected = -fills.iter().map(|fill| spent(fill) + fill.commission).sum::<Decimal>();
    let account = exchange.account(RICH).unwrap();
    assert_eq!(account.net_liquidation, (Decimal::from(1_000_000) + expected).round_dp(2));
    assert_eq!((account.initial_margin, account.unrealized), (Decimal::ZERO, Decimal::ZERO));
    assert!(exchange.positions(RICH).iter().all(|position| position.quantity.is_zero()));
}

#[tokio::test]
async fn an_order_beyond_the_means_of_its_account_is_rejected() {
    let (exchange, _) = exchange();
    let mut events = exchange.broker_events();
    let poor =
        |order_id, wanted: &TermsWanted| OrderRequest { account: POOR.into(), ..request(order_id, wanted) };
    // 50 % of 2,000 shares at 100.00 is all there is.
    let large = limit(Side::Buy, 2_001, 9_000);
    let preview = exchange.what_if(&poor(1, &large)).unwrap();
    assert_eq!(preview.initial_margin, (Decimal::ZERO, Decimal::from(100_050)));
    assert!(preview.warning.unwrap().contains("MUST EXCEED THE INITIAL MARGIN [100050.00 USD]"));
    let row = exchange.place(poor(1, &large)).unwrap();
    assert_eq!((row.status, row.is_open()), (RowStatus::Inactive, false));
    assert_eq!(row.reject.map(|refused| refused.code), Some(201));
    assert_eq!(told(&mut events), ["rejected Inactive"]);
    assert_eq!(exchange.next_order_id(7), 2);

    exchange.place(poor(2, &limit(Side::Buy, 1_500, 9_000))).unwrap();
    assert_eq!(exchange.place(poor(3, &limit(Side::Buy, 501, 9_000))).unwrap().status, RowStatus::Inactive);
    assert_eq!(code(exchange.place(poor(2, &limit(Side::Buy, 2_001, 9_000)))), 201, "a change is refused");
    let [row] = exchange.open_orders(Owner::All).try_into().unwrap();
    assert_eq!(
        (row.status, row.remaining),
        (RowStatus::Submitted, Decimal::from(1_500)),
        "and the order stands"
    );
    assert_eq!(exchange.account(POOR).unwrap().available_funds, Decimal::from(25_000));
    // What needs no more than there is in use already is always possible.
    assert_eq!(
        exchange.place(poor(4, &limit(Side::Sell, 1_500, 20_000))).unwrap().status,
        RowStatus::Submitted
    );
}
