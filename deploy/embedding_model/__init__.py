"""Converts the published weights of EfficientNet-Lite0 to the model that `embedding` runs."""
