"""Expected failures, with stable codes."""
