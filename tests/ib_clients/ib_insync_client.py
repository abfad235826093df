"""`ib_insync` against the simulated gateway."""

from event_loop import run

import ib_insync

run(ib_insync)
