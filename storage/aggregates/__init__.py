"""What is counted, and kept counted."""
