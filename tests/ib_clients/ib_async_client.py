"""`ib_async` against the simulated gateway."""

from event_loop import run

import ib_async

run(ib_async)
