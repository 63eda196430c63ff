"""Aggregates: statistics, signatures and counts over all images, each exact at every moment."""
