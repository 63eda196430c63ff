"""Runs a pure function in a child process that can be killed, within limits."""
