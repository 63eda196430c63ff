"""The service on one machine, started and supervised by one command."""
