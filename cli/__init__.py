"""The command line ``minilab``, for people at a terminal and for scripts."""

__version__ = "0.1.0"
