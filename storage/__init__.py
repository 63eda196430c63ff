"""Everything that talks to MongoDB or Redis; no other layer names either."""
