"""Who may: API keys, upload links, scopes."""
