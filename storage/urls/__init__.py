"""URLs of the stores, as settings name them: read and checked."""
