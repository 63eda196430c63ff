"""Webhooks at rest: endpoints, secrets, events and deliveries."""
