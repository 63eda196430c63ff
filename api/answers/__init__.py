"""Responses, built from a request and the result of a use case."""
