"""Days and ISO weeks in time zones."""
