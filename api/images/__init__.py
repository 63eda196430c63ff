"""Use cases of images: search, results, pictures, deletion."""
