"""Models: training, promotion, and how good they are."""
