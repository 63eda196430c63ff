"""Images: variants, similarity lookups, histogram tables."""
