"""The MongoDB and Redis servers of one machine: found, started and stopped."""
