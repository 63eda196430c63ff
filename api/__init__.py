"""The HTTP API: it authorises, takes uploads in, and answers with what is known."""
