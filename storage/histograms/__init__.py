"""Analytics over histograms: medians, histograms of users, similarity."""
