"""Client keys for the users and tenants of a run."""

import asyncio
from collections.abc import Iterable

import httpx

ANSWER_SECONDS = 60.0
CONNECTIONS = 8


async def make_client_keys(url: str, admin_key: str, user_ids: Iterable[str]) -> list[str]:
    """Create a client key for each user.

    Args:
        url: The address of the API.
        admin_key: An admin key.
        user_ids: The users, in the order of the result.
    """
    limits = httpx.Limits(max_connections=CONNECTIONS)
    headers = {"Authorization": f"Bearer {admin_key}"}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=ANSWER_SECONDS, limits=limits, trust_env=False
    ) as client:

        async def make(user_id: str) -> str:
            body = {"role": "client", "user_id": user_id}
            answer = await client.post("/v1/api-keys", json=body)
            return str(answer.raise_for_status().json()["key"])

        return await asyncio.gather(*map(make, user_ids))
