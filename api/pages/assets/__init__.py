"""The files that pages load: our own, and those of the libraries in package-lock.json."""
