"""What `ib_async` and `ib_insync` report: they are used alike, the second being the first one's ancestor."""

import asyncio
import time

# Both look for an event loop while they are imported, and newer Pythons make none by themselves.
asyncio.set_event_loop(asyncio.new_event_loop())

from report import HIGHER, LEVELS, LOW, PATIENCE, arguments, levels, say  # noqa: E402


def wait(ib, what, condition):
    """Lets things happen until the condition holds."""
    ends = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} did not come")
        ib.waitOnUpdate(timeout=0.2)


def run(library):
    """Connects, asks, and reports."""
    given = arguments()
    ib = library.IB()
    refusals = []
    ib.errorEvent += lambda request, code, words, contract: refusals.append(code)
    ib.connect("127.0.0.1", given.port, clientId=1, timeout=PATIENCE)
    say("connected", version=ib.client.serverVersion(), accounts=ib.managedAccounts())
    say("time", time=int(ib.reqCurrentTime().timestamp()))
    stock = ask(ib, library, given)
    follow(ib, stock)
    trade(ib, library, stock)

    refusals.clear()
    ib.reqContractDetails(library.Stock("NOSUCH", "SMART", "USD"))
    say("refused", code=refusals[-1])
    ib.disconnect()
    say("done")


def ask(ib, library, given):
    """Everything that is asked and answered; returns the contract as the gateway has it."""
    stock = library.Stock(given.symbol, "SMART", "USD")
    [details] = ib.reqContractDetails(stock)
    say(
        "contract",
        id=details.contract.conId,
        symbol=details.contract.symbol,
        primary_exchange=details.contract.primaryExchange,
        currency=details.contract.currency,
        name=details.longName,
        tick=details.minTick,
        venues=details.validExchanges,
    )
    found = ib.reqMatchingSymbols(given.symbol)
    say("symbols", symbols=[description.contract.symbol for description in found])

    rule = int(details.marketRuleIds.split(",")[0])
    say("rule", increments=[[step.lowEdge, step.increment] for step in ib.reqMarketRule(rule)])

    bars = ib.reqHistoricalData(stock, given.end, "3600 S", "1 min", "TRADES", False, 2)
    say("history", bars=[[int(bar.date.timestamp()), bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars])
    days = ib.reqHistoricalData(stock, given.end, "5 D", "1 day", "TRADES", False, 1)
    say("days", days=[f"{bar.date:%Y%m%d}" for bar in days])
    say("head", time=f"{ib.reqHeadTimeStamp(stock, 'TRADES', False, 1):%Y%m%d-%H:%M:%S}")

    summary = {row.tag: [row.value, row.currency] for row in ib.accountSummary(ib.managedAccounts()[0])}
    say("account", cash=summary["TotalCashValue"], positions=len(ib.positions()), orders=len(ib.openOrders()))
    return details.contract


def follow(ib, stock):
    """Everything that goes on: quotes, trades, depth, live bars."""
    quote = ib.reqMktData(stock)
    wait(ib, "a quote", lambda: quote.bid > 0 and quote.ask > 0 and quote.last > 0)
    say("quote", bid=quote.bid, ask=quote.ask, last=quote.last, bid_size=quote.bidSize, ask_size=quote.askSize)

    trades = ib.reqTickByTickData(stock, "AllLast")
    say("listening")
    wait(ib, "a trade", lambda: trades.tickByTicks)
    trade = trades.tickByTicks[-1]
    say("trade", price=trade.price, size=float(trade.size))
    ib.cancelTickByTickData(stock, "AllLast")

    book = ib.reqMktDepth(stock, LEVELS, isSmartDepth=True)
    wait(ib, "depth", lambda: len(book.domBids) >= LEVELS and len(book.domAsks) >= LEVELS)
    say("depth", bids=levels(book.domBids), asks=levels(book.domAsks))
    ib.cancelMktDepth(stock, isSmartDepth=True)
    ib.cancelMktData(stock)

    bars = ib.reqHistoricalData(stock, "", "300 S", "5 secs", "TRADES", False, 2, keepUpToDate=True)
    changes = []
    bars.updateEvent += lambda bars, is_new: changes.append(is_new)
    wait(ib, "a live bar", lambda: changes)
    say("live bar", times=[int(bar.date.timestamp()) % 5 for bar in bars[-2:]])
    ib.cancelHistoricalData(bars)


def trade(ib, library, stock):
    """Places, changes and cancels an order, and has another one filled."""
    order = library.LimitOrder("BUY", 5, LOW, orderRef="python", tif="DAY")
    preview = ib.whatIfOrder(stock, order)
    say("preview", margin=float(preview.initMarginChange), commission=preview.commission)

    placed = ib.placeOrder(stock, order)
    wait(ib, "the order", lambda: placed.orderStatus.status == "Submitted")
    [open_order] = ib.reqAllOpenOrders()
    say("placed", id=order.orderId, limit=open_order.order.lmtPrice, reference=open_order.order.orderRef)
    changes = []
    ib.openOrderEvent += changes.append
    order.lmtPrice = HIGHER
    ib.placeOrder(stock, order)
    wait(ib, "the change", lambda: changes)
    say("changed", limit=changes[-1].order.lmtPrice)
    refusals = []
    ib.errorEvent += lambda request, code, words, contract: refusals.append(code)
    ib.cancelOrder(order)
    wait(ib, "the cancellation", lambda: refusals and placed.isDone())
    say("cancelled", status=placed.orderStatus.status, code=refusals[0])

    bought = ib.placeOrder(stock, library.MarketOrder("BUY", 5, tif="DAY"))
    wait(ib, "the execution", lambda: bought.isDone() and bought.fills and bought.fills[0].commissionReport.execId)
    [fill] = bought.fills
    say(
        "filled",
        id=bought.order.orderId,
        status=bought.orderStatus.status,
        filled=float(bought.orderStatus.filled),
        price=bought.orderStatus.avgFillPrice,
        commission=fill.commissionReport.commission,
    )
    again = ib.reqExecutions()
    say("executions", ids=[it.execution.execId == fill.execution.execId for it in again])
    done = ib.reqCompletedOrders(False)
    say("completed", statuses=sorted(it.orderStatus.status for it in done))

    wait(ib, "the position", lambda: ib.positions())
    [position] = ib.positions()
    say("position", quantity=float(position.position), cost=position.avgCost, account=position.account)
    wait(ib, "the account", lambda: cash(ib) != "1000000.00")
    say("values", cash=cash(ib))


def cash(ib):
    """The cash of the first account."""
    rows = ib.accountValues(ib.managedAccounts()[0])
    return next(row.value for row in rows if row.tag == "TotalCashValue")
