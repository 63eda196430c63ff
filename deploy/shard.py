"""``python -m deploy.shard``: shards the chunks of files in a cluster, and nothing else."""

import os
import sys
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.prepare import read_settings
from domain.settings import SettingsError
from storage.mongo.sharding import SHARD_KEYS
from storage.schema import INDEXES

_ROUTER = "isdbgrid"


class NoRouter(Exception):
    """The URL does not lead to a router of a sharded cluster."""


def main() -> int:
    """Shard; 1 if MongoDB cannot be reached or refuses, 2 for wrong settings."""
    try:
        settings, _ = read_settings(os.environ)
        done = shard_chunks(settings.mongodb_url, settings.mongodb_database)
    except (SettingsError, NoRouter) as error:
        print(f"minilab shard: {error}", file=sys.stderr)
        return 2
    except PyMongoError as error:
        print(f"minilab shard: MongoDB: {error}", file=sys.stderr)
        return 1
    print(f"sharded: {', '.join(done) or 'nothing, all were before'}")
    return 0


def shard_chunks(url: str, database: str) -> list[str]:
    """Shard the chunk collections that are not sharded yet, and return these.

    Args:
        url: URL of the routers (mongos), with a user who has the role ``clusterManager``.
        database: Name of the service's database.

    Raises:
        NoRouter: The server is no router; nothing was changed.
        PyMongoError: The cluster cannot be reached, or refuses.
    """
    done = []
    with MongoClient[dict[str, Any]](url) as client:
        if client.admin.command("hello").get("msg") != _ROUTER:
            raise NoRouter(
                "MINILAB_MONGODB_URL leads to no router (mongos) of a sharded cluster. Nothing was "
                "changed."
            )
        client.admin.command("enableSharding", database)
        sharded = client["config"]["collections"].distinct("_id")
        for name, field in SHARD_KEYS.items():
            if f"{database}.{name}" not in sharded:
                client[database][name].create_indexes(INDEXES[name])
                client.admin.command("shardCollection", f"{database}.{name}", key={field: "hashed"})
                done.append(name)
    return done


if __name__ == "__main__":
    sys.exit(main())
