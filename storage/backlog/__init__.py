"""How much work waits, and who works on it."""
