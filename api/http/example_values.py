"""Values that examples share."""

EXAMPLE_ID = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"

EXAMPLE_TIME = "2026-11-21T09:30:00Z"
