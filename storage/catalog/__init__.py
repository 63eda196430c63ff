"""Catalog: reads of jobs and images for clients, and search."""
