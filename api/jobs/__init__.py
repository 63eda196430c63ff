"""Jobs: live state, polling, estimates, retries."""
