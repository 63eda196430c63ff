"""Values that examples of parameters share."""

EXAMPLE_ID = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
EXAMPLE_DELIVERY_ID = f"msg_5f2b8a3d1c9e47f06a7b8c9d0e1f2a3b:{EXAMPLE_ID}"
EXAMPLE_TIME = "2026-11-21T09:30:00Z"
EXAMPLE_TOKEN = "mll_the-token-of-the-link"  # noqa: S105 -- not the token of a link
