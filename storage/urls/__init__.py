"""Where the stores are: the URLs of settings, read and checked."""
