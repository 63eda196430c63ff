"""The committed contract, and what is made from it."""
