"""Schemas: the JSON of requests and answers."""
