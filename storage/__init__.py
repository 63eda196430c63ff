"""Everything that talks to MongoDB or Redis; no other layer names either.

A function that reads or writes raises PyMongoError or RedisError if its server cannot be reached.
Its docstring names the other errors.
"""
