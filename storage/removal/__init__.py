"""Removal: deletes of images and users, and expiry."""
