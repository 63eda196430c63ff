"""The contract as a page: Swagger UI, served from this host."""
