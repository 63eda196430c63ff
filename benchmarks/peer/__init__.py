"""The peer of the benchmarks: the plain service that one would otherwise write.

FastAPI takes uploads and puts them into GridFS, Celery runs a task for each image, and a client
polls its job. Bytes, images and results are as durable as ours, and the operations are the same
functions. It has no keys, limits, sandbox, leases, turns or events.
"""
