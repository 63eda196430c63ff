"""The MongoDB, Redis and S3 servers of one machine: found, started and stopped."""
