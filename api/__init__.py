"""The HTTP API: authorises requests, accepts uploads, and answers with jobs and results."""
