"""``python -m deploy.prepare``: checks the schema of the data and makes missing indexes, once.

For installations of many processes: it runs before those of a new release start, and takes as long
as an index needs. Each call to MongoDB may take ``MINILAB_STORE_TIMEOUT_SECONDS``.
"""

import asyncio
import os
import sys
from collections.abc import Mapping

from pymongo.errors import PyMongoError

from domain.settings import SettingsError, SettingsReader
from storage.schema import SchemaMismatch
from storage.settings import StoreSettings, WorkRules, read_store_settings
from storage.stores import open_stores


def main() -> int:
    """Prepare the database; 1 if MongoDB cannot be reached, 2 for wrong settings or data."""
    try:
        stores, rules = read_settings(os.environ)
        asyncio.run(prepare(stores, rules))
    except (SettingsError, SchemaMismatch) as error:
        print(f"minilab prepare: {error}", file=sys.stderr)
        return 2
    except PyMongoError as error:
        print(f"minilab prepare: MongoDB: {error}", file=sys.stderr)
        return 1
    return 0


def read_settings(environ: Mapping[str, str]) -> tuple[StoreSettings, WorkRules]:
    """Read the settings of the stores.

    Raises:
        SettingsError: Lists every mistake.
    """
    reader = SettingsReader(environ)
    settings = read_store_settings(reader), reader.read(WorkRules)
    reader.check()
    return settings


async def prepare(settings: StoreSettings, rules: WorkRules) -> None:
    """Check the schema and create the collections and indexes that are missing.

    Raises:
        SchemaMismatch: This release cannot use the data.
        PyMongoError: MongoDB cannot be reached.
    """
    async with open_stores(settings, rules) as stores:
        await stores.check_schema()
        await stores.prepare()


if __name__ == "__main__":
    sys.exit(main())
