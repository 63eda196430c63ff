"""The stores of the service in MongoDB and Redis; the API and the workers name neither.

A function that reads or writes raises PyMongoError or RedisError if its server cannot be reached.
Its docstring names the other errors.
"""
