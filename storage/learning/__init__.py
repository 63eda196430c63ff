"""What the service learns from: labels."""
