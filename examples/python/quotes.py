"""Follows the quotes of some symbols over a websocket, and prints a line for each.

    TICKGRAPH_API_KEY=tgk_... python quotes.py AAPL EUR.USD

It connects again by itself after an outage, and ends on Ctrl-C.
"""

import asyncio
import os
import random
import sys

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport

URL = os.environ.get("TICKGRAPH_URL", "http://127.0.0.1:8080/graphql")

# The server closes the socket with this code where the key is not valid, or no longer.
FORBIDDEN = 4403

SEARCH = "query ($text: String!) { instruments(search: $text, first: 20) { nodes { id symbol } } }"

QUOTES = """
subscription ($instruments: [ID!]!) {
  quotes(instruments: $instruments, maxHz: 5) {
    ... on Quote { instrument { symbol } state bid { price } ask { price } last { price } }
    ... on StreamGap { instrument { symbol } gap: reason }
  }
}
"""


def transport(key):
    """A websocket of its own for each connection."""
    return WebsocketsTransport(
        url=URL.replace("http", "ws", 1),
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        init_payload={"accessToken": key},
        ping_interval=15,  # A server that is gone without a word is noticed by the pong that does not come.
    )


async def find(session, symbol):
    """The id of the instrument with exactly this symbol."""
    found = await session.execute(GraphQLRequest(SEARCH, variable_values={"text": symbol}))
    for node in found["instruments"]["nodes"]:
        if node["symbol"] == symbol:
            return node["id"]
    sys.exit(f"No instrument has the symbol {symbol}.")


def show(event):
    """One line for one event."""
    symbol = event["instrument"]["symbol"]
    if "gap" in event:
        print(f"{symbol} GAP {event['gap']}", flush=True)
        return
    price = {side: (event[side] or {}).get("price", "-") for side in ("last", "bid", "ask")}
    print(f"{symbol} {event['state']} last {price['last']} bid {price['bid']} ask {price['ask']}", flush=True)


async def follow(key, symbols):
    """Follows the quotes over one connection, until it ends."""
    async with Client(transport=transport(key)) as session:
        instruments = [await find(session, symbol) for symbol in symbols]
        request = GraphQLRequest(QUOTES, variable_values={"instruments": instruments})
        # The transport's own stream: an error concerns one instrument, and the others go on.
        async for result in session.transport.subscribe(request):
            for error in result.errors or []:
                print(error["message"], file=sys.stderr)
            if result.data:
                show(result.data["quotes"])


def close_code(error):
    """The code with which the server closed the socket, where it did."""
    while error is not None:
        received = getattr(error, "rcvd", None)
        if received is not None:
            return received.code
        error = error.__cause__
    return None


async def main(key, symbols):
    """Follows the quotes, and connects again whenever the connection ends."""
    wait = 1
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await follow(key, symbols)
            why = "the stream has ended"
        except (TransportError, OSError, asyncio.TimeoutError) as error:
            if close_code(error) == FORBIDDEN:
                sys.exit("The server does not take this key: it is wrong, revoked or has expired.")
            # While the desk or its broker is away, the search for a symbol is answered with an error.
            why = error.errors[0]["message"] if isinstance(error, TransportQueryError) and error.errors else error
        if asyncio.get_running_loop().time() - started > 60:
            wait = 1
        print(f"{why}; connecting again in about {wait} s", file=sys.stderr)
        await asyncio.sleep(wait * random.uniform(0.5, 1.5))
        wait = min(wait * 2, 30)


if __name__ == "__main__":
    if "TICKGRAPH_API_KEY" not in os.environ or len(sys.argv) < 2:
        sys.exit("Put an API key into TICKGRAPH_API_KEY, and name one or more symbols: python quotes.py AAPL")
    try:
        asyncio.run(main(os.environ["TICKGRAPH_API_KEY"], sys.argv[1:]))
    except KeyboardInterrupt:
        pass
