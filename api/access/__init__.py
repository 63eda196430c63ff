"""API keys and upload links; objects with a secret, created once for each Idempotency-Key."""
