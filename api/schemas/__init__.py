"""The JSON that clients see, and nothing that they do not."""
