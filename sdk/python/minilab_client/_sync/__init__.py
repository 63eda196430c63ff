# Derived from _async/__init__.py by `make sdk`: edit that file.
"""The client itself: once with and once without `async`."""
