"""The fetching of files that jobs name by their URLs."""
