"""Learning: labels, models and predictions, as values and plain NumPy."""
