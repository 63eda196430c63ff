"""Generates, compiles and runs clients of the contract in many languages; see `make clients`."""
