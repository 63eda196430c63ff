"""Uvicorn, with the limits that this service needs."""
