"""Access: API keys, upload links, and the scope of a read."""
