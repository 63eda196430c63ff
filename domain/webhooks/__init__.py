"""Webhooks: events, endpoints, deliveries, signatures, retries and admitted addresses."""
