"""The home page: what this service is, whether it is healthy, and where to go."""
