"""The reference pages of settings and limits, written from the code."""
