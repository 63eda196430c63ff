"""Statistics, histograms and similarity across many images."""
