"""Batches: work over stored images, which a worker does while people have none for it."""
