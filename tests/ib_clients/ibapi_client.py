"""The broker's own Python client against the simulated gateway."""

import queue
import threading

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from report import HIGHER, LEVELS, LOW, PATIENCE, arguments, say

# Codes from here on that are news and no refusals.
NEWS = range(2100, 2200)


class Client(EWrapper, EClient):
    """Puts whatever is called back into one queue."""

    def __init__(self):
        EClient.__init__(self, self)
        self.events = queue.Queue()

    def wait(self, *kinds):
        """The next event of one of these kinds; a refusal is one of its own."""
        while True:
            kind, *values = self.events.get(timeout=PATIENCE)
            if kind in kinds:
                return values
            if kind == "error":
                raise RuntimeError(f"refused: {values}")

    def until(self, kind, end):
        """All events of a kind up to the one that ends them."""
        rows = []
        while True:
            this, *values = self.events.get(timeout=PATIENCE)
            if this == end:
                return rows
            if this == "error":
                raise RuntimeError(f"refused: {values}")
            if this == kind:
                rows.append(values)

    def put(self, *event):
        self.events.put(event)

    def error(self, reqId, errorCode, errorString):
        if errorCode not in NEWS:
            self.put("error", errorCode, errorString)

    def nextValidId(self, orderId):
        self.put("id", orderId)

    def managedAccounts(self, accountsList):
        self.accounts = accountsList.split(",")

    def currentTime(self, time):
        self.put("time", time)

    def contractDetails(self, reqId, contractDetails):
        self.put("contract", contractDetails)

    def contractDetailsEnd(self, reqId):
        self.put("contract end")

    def symbolSamples(self, reqId, contractDescriptions):
        self.put("symbols", [description.contract.symbol for description in contractDescriptions])

    def marketRule(self, marketRuleId, priceIncrements):
        self.put("rule", [[step.lowEdge, step.increment] for step in priceIncrements])

    def historicalData(self, reqId, bar):
        self.put("bar", bar)

    def historicalDataEnd(self, reqId, start, end):
        self.put("bar end")

    def historicalDataUpdate(self, reqId, bar):
        self.put("live bar", bar)

    def headTimestamp(self, reqId, headTimestamp):
        self.put("head", headTimestamp)

    def accountSummary(self, reqId, account, tag, value, currency):
        self.put("summary", account, value, currency)

    def accountSummaryEnd(self, reqId):
        self.put("summary end")

    def position(self, account, contract, position, avgCost):
        self.put("position", account, position, avgCost)

    def positionEnd(self):
        self.put("position end")

    def openOrder(self, orderId, contract, order, orderState):
        if order.whatIf:
            self.put("preview", orderState)
        else:
            self.put("order", orderId, order)

    def orderStatus(self, orderId, status, filled, remaining, avgFillPrice, *others):
        self.put("status", orderId, status, filled, avgFillPrice)

    def execDetails(self, reqId, contract, execution):
        self.put("execution", execution.execId)

    def execDetailsEnd(self, reqId):
        self.put("execution end")

    def commissionReport(self, commissionReport):
        self.put("commission", commissionReport.execId, commissionReport.commission)

    def completedOrder(self, contract, order, orderState):
        self.put("completed", orderState.status)

    def completedOrdersEnd(self):
        self.put("completed end")

    def updateAccountValue(self, key, val, currency, accountName):
        if key == "TotalCashValue":
            self.put("cash", val)

    def openOrderEnd(self):
        self.put("order end")

    def tickPrice(self, reqId, tickType, price, attrib):
        self.put("tick", tickType, price)

    def tickSize(self, reqId, tickType, size):
        self.put("tick", tickType, size)

    def tickByTickAllLast(self, reqId, tickType, time, price, size, attribs, exchange, conditions):
        self.put("trade", price, size)

    def updateMktDepthL2(self, reqId, position, marketMaker, operation, side, price, size, isSmartDepth):
        self.put("depth", position, operation, side, price, size)


def stock(symbol):
    """A US stock, routed by the broker."""
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
    return contract


def ask(client, given):
    """Everything that is asked and answered."""
    contract = stock(given.symbol)
    client.reqContractDetails(1, contract)
    [[details]] = client.until("contract", "contract end")
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
    client.reqMatchingSymbols(2, given.symbol)
    say("symbols", symbols=client.wait("symbols")[0])

    client.reqMarketRule(int(details.marketRuleIds.split(",")[0]))
    say("rule", increments=client.wait("rule")[0])

    client.reqHistoricalData(3, contract, given.end, "3600 S", "1 min", "TRADES", 0, 2, False, [])
    bars = [bar for [bar] in client.until("bar", "bar end")]
    say("history", bars=[[int(bar.date), bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars])
    client.reqHistoricalData(4, contract, given.end, "5 D", "1 day", "TRADES", 0, 1, False, [])
    say("days", days=[bar.date for [bar] in client.until("bar", "bar end")])
    client.reqHeadTimeStamp(5, contract, "TRADES", 0, 1)
    say("head", time=client.wait("head")[0])

    client.reqAccountSummary(6, "All", "TotalCashValue")
    rows = client.until("summary", "summary end")
    [cash] = [row for account, *row in rows if account == client.accounts[0]]
    client.reqPositions()
    positions = client.until("position", "position end")
    client.reqOpenOrders()
    say("account", cash=cash, positions=len(positions), orders=len(client.until("order", "order end")))


def follow(client, given):
    """Everything that goes on: quotes, trades, depth, live bars."""
    contract = stock(given.symbol)
    client.reqMktData(11, contract, "", False, False, [])
    names = {1: "bid", 2: "ask", 4: "last", 0: "bid_size", 3: "ask_size"}
    quote = {}
    while len(quote) < len(names):
        tick, value = client.wait("tick")
        if tick in names:
            quote[names[tick]] = value
    say("quote", **quote)

    client.reqTickByTickData(12, contract, "AllLast", 0, True)
    say("listening")
    price, size = client.wait("trade")
    say("trade", price=price, size=size)
    client.cancelTickByTickData(12)

    client.reqMktDepth(13, contract, LEVELS, True, [])
    sides = {0: [], 1: []}
    while any(len(side) < LEVELS for side in sides.values()):
        position, operation, side, price, size = client.wait("depth")
        if operation == 0:
            sides[side].insert(position, [price, size])
        elif operation == 1:
            sides[side][position] = [price, size]
        else:
            del sides[side][position]
    say("depth", bids=sides[1], asks=sides[0])
    client.cancelMktDepth(13, True)
    client.cancelMktData(11)

    client.reqHistoricalData(14, contract, "", "300 S", "5 secs", "TRADES", 0, 2, True, [])
    client.until("bar", "bar end")
    [bar] = client.wait("live bar")
    say("live bar", times=[int(bar.date) % 5])


def run():
    """Connects, asks, and reports."""
    given = arguments()
    client = Client()
    client.connect("127.0.0.1", given.port, 1)
    threading.Thread(target=client.run, daemon=True).start()
    client.wait("id")
    say("connected", version=client.serverVersion(), accounts=client.accounts)
    client.reqCurrentTime()
    say("time", time=client.wait("time")[0])
    ask(client, given)
    follow(client, given)
    trade(client, given)

    client.reqContractDetails(21, stock("NOSUCH"))
    say("refused", code=refusal(client))
    client.disconnect()
    say("done")


def buy(kind, limit=0.0):
    """An order to buy five."""
    order = Order()
    order.action, order.totalQuantity, order.orderType, order.lmtPrice = "BUY", 5, kind, limit
    order.tif, order.orderRef = "DAY", "python"
    return order


def status(client, order_id, wanted):
    """Waits until the order has come this far; how much was filled, and at which price."""
    while True:
        this, how_far, filled, price = client.wait("status")
        if (this, how_far) == (order_id, wanted):
            return filled, price


def trade(client, given):
    """Places, changes and cancels an order, and has another one filled."""
    contract = stock(given.symbol)
    client.reqIds(1)
    [first] = client.wait("id")
    wish = buy("LMT", LOW)
    wish.whatIf = True
    client.placeOrder(first, contract, wish)
    [preview] = client.wait("preview")
    say("preview", margin=float(preview.initMarginChange), commission=preview.commission)

    client.placeOrder(first, contract, buy("LMT", LOW))
    status(client, first, "Submitted")
    client.reqAllOpenOrders()
    [[order_id, order]] = client.until("order", "order end")
    say("placed", id=order_id, limit=order.lmtPrice, reference=order.orderRef)
    client.placeOrder(first, contract, buy("LMT", HIGHER))
    say("changed", limit=client.wait("order")[1].lmtPrice)
    client.cancelOrder(first)
    status(client, first, "Cancelled")
    say("cancelled", status="Cancelled", code=refusal(client))

    second = first + 1
    client.placeOrder(second, contract, buy("MKT"))
    [execution] = client.wait("execution")
    filled, price = status(client, second, "Filled")
    [_, commission] = client.wait("commission")
    say("filled", id=second, status="Filled", filled=filled, price=price, commission=commission)
    client.reqExecutions(31, ExecutionFilter())
    say("executions", ids=[it == execution for [it] in client.until("execution", "execution end")])
    client.reqCompletedOrders(False)
    say("completed", statuses=sorted(it for [it] in client.until("completed", "completed end")))

    client.reqPositions()
    [[account, quantity, cost]] = client.until("position", "position end")
    say("position", quantity=quantity, cost=cost, account=account)
    client.reqAccountUpdates(True, account)
    say("values", cash=client.wait("cash")[0])
    client.reqAccountUpdates(False, account)


def refusal(client):
    """The code of the next refusal, past what is still streaming."""
    while True:
        kind, *values = client.events.get(timeout=PATIENCE)
        if kind == "error":
            return values[0]


run()
