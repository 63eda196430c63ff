"""The command line ``minilab``, for people at a terminal and for scripts."""
