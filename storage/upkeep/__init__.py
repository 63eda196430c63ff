"""What is due for upkeep, found by one call for all kinds of it."""
