"""Admission: decides whether an upload is accepted, and counts the uploads under way."""
