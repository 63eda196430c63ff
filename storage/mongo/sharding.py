"""The keys of a sharded cluster, which spreads the chunks of files alone, by their file.

Everything else stays on the primary shard of the database, so that transactions have one oplog, but
for the chunks that they remove. :mod:`deploy.shard` makes it so.
"""

from collections.abc import Mapping

SHARD_KEYS: Mapping[str, str] = {"blobs.chunks": "files_id", "variants.chunks": "files_id"}
"""The field of the hashed shard key, by collection; all others are not sharded."""
