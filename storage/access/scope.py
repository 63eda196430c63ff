"""Scopes as queries."""

from domain.keys import Scope
from storage.mongo.client import Document


def scope_query(scope: Scope) -> Document:
    """Return the query that limits a read to a scope."""
    query: Document = {}
    if scope.user_id is not None:
        query["user_id"] = scope.user_id
    if scope.key_id is not None:
        query["key_id"] = scope.key_id
    return query
