"""Medians, signatures and similarity of histograms."""
