"""Redis: hints, fair turns, live events."""
