"""Walkers of image containers: they find the parts of a file and decode nothing."""
