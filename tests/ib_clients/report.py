"""What every client's script is given, and how it reports: one JSON object a line on standard output.

The steps are the same for all clients; `tests/features/ib_clients.rs` compares what they say with the market.
"""

import argparse
import json

# How long a client waits for any one thing, in seconds.
PATIENCE = 20

# How many levels of depth are asked for.
LEVELS = 10

# Two limits that are far from the market.
LOW, HIGHER = 100.0, 101.5


def arguments():
    """The gateway's address, the symbol to ask about, and the moment at which history ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("symbol")
    parser.add_argument("end", help="as 20261120-00:00:00, in UTC")
    return parser.parse_args()


def say(step, **values):
    """Reports one step."""
    print(json.dumps({"step": step, **values}, default=float), flush=True)


def levels(side):
    """One side of a book, best first, as pairs of price and size."""
    return [[level.price, float(level.size)] for level in side]
