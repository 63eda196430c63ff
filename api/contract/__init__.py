"""The OpenAPI document and what it says."""
