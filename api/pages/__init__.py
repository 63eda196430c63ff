"""The web pages, by feature: handlers, templates, and the files that browsers load."""
