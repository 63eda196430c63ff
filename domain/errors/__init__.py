"""Expected failures, as values that outlive the request."""
