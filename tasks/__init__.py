"""The worker and the deliverer: processes that do the work behind the API."""
