"""Advice for operators whose webhooks are not delivered, for the log and for ``/readyz``."""

RELEASE = (
    "Release them: POST /v1/webhooks/release with an admin key, or `minilab webhooks release`. "
    "Then set MINILAB_WEBHOOKS to on."
)
FIND_KEY = (
    "Set MINILAB_SECRET_KEY, or the file secret_key of the data folder, to the key that belongs to "
    "this data, and restart the API and the deliverers. If the key is lost, rotate the secrets: "
    "POST /v1/webhooks/{id}/secret/rotate and POST /v1/api-keys/{id}/webhook-secret."
)
