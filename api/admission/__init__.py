"""Admission: may this upload come in, and how much is under way."""
