"""The fixed credentials of the sandbox's networks: open secrets, worth nothing anywhere else."""

# ruff: noqa: S105 - none of these opens anything but a toy on loopback.

X_BEARER_TOKEN = "sandbox-x-bearer-token"
X_USER_TOKEN = "sandbox-x-user-token"
X_CONSUMER_KEY = "sandbox-x-consumer-key"
X_CONSUMER_SECRET = "sandbox-x-consumer-secret"
X_ACCESS_TOKEN = "sandbox-x-access-token"
X_ACCESS_TOKEN_SECRET = "sandbox-x-access-token-secret"

REDDIT_CLIENT_ID = "sandbox-reddit-id"
REDDIT_CLIENT_SECRET = "sandbox-reddit-secret"
REDDIT_PASSWORD = "sandbox-reddit-password"
REDDIT_ACCESS_TOKEN = "sandbox-reddit-access-token"

MASTODON_ACCESS_TOKEN = "sandbox-mastodon-access-token"

RECLAME_AQUI_CLIENT_ID = "sandbox-ra-id"
RECLAME_AQUI_CLIENT_SECRET = "sandbox-ra-secret"
RECLAME_AQUI_ACCESS_TOKEN = "sandbox-ra-access-token"

COMPLAINTS_COMPANY_TOKEN = "sandbox-complaints-company-token"
