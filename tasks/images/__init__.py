"""Image work: claims, child processes, results."""
