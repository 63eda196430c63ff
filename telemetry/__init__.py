"""Logs, traces and the Prometheus page of every process."""
