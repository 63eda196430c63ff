"""Analytics over histograms: medians, weeks, similarity."""
