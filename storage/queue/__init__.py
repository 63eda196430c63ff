"""Redis: hints, the fair queue, job events, rate limits, and the connections to it."""
