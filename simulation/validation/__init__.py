"""Runs of real processes, and what the model says about them beforehand."""
