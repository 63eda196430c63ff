"""Stores of bytes behind the ports of the domain."""
