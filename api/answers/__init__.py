"""Builds responses: what knows both the request and the use cases."""
