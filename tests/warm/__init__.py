"""Processes of the service that start by a fork: what they import is imported once for all."""
