"""Reads for clients: jobs, images, search."""
