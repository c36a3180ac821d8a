"""The settings with which somebody would point Ouvidor at a running sandbox."""

from sandbox import credentials
from sandbox.records import BRAND_HANDLES, BRAND_NAME

ENVIRONMENT = {
    "SANDBOX_X_BEARER_TOKEN": credentials.X_BEARER_TOKEN,
    "SANDBOX_X_CONSUMER_KEY": credentials.X_CONSUMER_KEY,
    "SANDBOX_X_CONSUMER_SECRET": credentials.X_CONSUMER_SECRET,
    "SANDBOX_X_ACCESS_TOKEN": credentials.X_ACCESS_TOKEN,
    "SANDBOX_X_ACCESS_TOKEN_SECRET": credentials.X_ACCESS_TOKEN_SECRET,
    "SANDBOX_REDDIT_CLIENT_ID": credentials.REDDIT_CLIENT_ID,
    "SANDBOX_REDDIT_CLIENT_SECRET": credentials.REDDIT_CLIENT_SECRET,
    "SANDBOX_REDDIT_USERNAME": BRAND_HANDLES["reddit"],
    "SANDBOX_REDDIT_PASSWORD": credentials.REDDIT_PASSWORD,
    "SANDBOX_MASTODON_ACCESS_TOKEN": credentials.MASTODON_ACCESS_TOKEN,
    "SANDBOX_RECLAME_AQUI_CLIENT_ID": credentials.RECLAME_AQUI_CLIENT_ID,
    "SANDBOX_RECLAME_AQUI_CLIENT_SECRET": credentials.RECLAME_AQUI_CLIENT_SECRET,
}

SETTINGS = """\
# Ouvidor on the sandbox at {url}: five networks that exist on this machine alone.
language = "pt"
timezone = "America/Sao_Paulo"
# Nothing is sent, not even to the sandbox, until this says true.
posting = false

[[brand]]
slug = "aurora"
name = "{brand}"

[[account]]
name = "x"
brand = "aurora"
channel = "x"
handle = "{x}"
base_url = "{url}/x"

[account.secrets]
bearer_token = "env:SANDBOX_X_BEARER_TOKEN"
consumer_key = "env:SANDBOX_X_CONSUMER_KEY"
consumer_secret = "env:SANDBOX_X_CONSUMER_SECRET"
access_token = "env:SANDBOX_X_ACCESS_TOKEN"
access_token_secret = "env:SANDBOX_X_ACCESS_TOKEN_SECRET"

[[account]]
name = "reddit"
brand = "aurora"
channel = "reddit"
handle = "{reddit}"
base_url = "{url}/reddit"

[account.secrets]
client_id = "env:SANDBOX_REDDIT_CLIENT_ID"
client_secret = "env:SANDBOX_REDDIT_CLIENT_SECRET"
username = "env:SANDBOX_REDDIT_USERNAME"
password = "env:SANDBOX_REDDIT_PASSWORD"

[[account]]
name = "mastodon"
brand = "aurora"
channel = "mastodon"
handle = "{mastodon}"
base_url = "{url}/mastodon"

[account.secrets]
access_token = "env:SANDBOX_MASTODON_ACCESS_TOKEN"

[[account]]
name = "reclame-aqui"
brand = "aurora"
channel = "reclame_aqui"
handle = "{reclame_aqui}"
role = "care"
base_url = "{url}/reclame_aqui"

[account.secrets]
client_id = "env:SANDBOX_RECLAME_AQUI_CLIENT_ID"
client_secret = "env:SANDBOX_RECLAME_AQUI_CLIENT_SECRET"

[[account]]
name = "complaints"
brand = "aurora"
channel = "complaint_page"
handle = "{complaints}"
role = "care"
base_url = "{url}/complaints"

# How to read the site: css of the parts of its list and of a complaint's own page.
[account.options]
list = "article.complaint-entry"
link = "a.complaint-link"
id = "/complaints/([0-9a-z]+)/?$"
title = "h1.complaint-title"
text = "div.complaint-text"
author = "span.complaint-author"
date = "time.complaint-date"
date_format = "%d/%m/%Y %H:%M"
timezone = "America/Sao_Paulo"
next = "a.next-page"
empty = "p.no-complaints"
answer = "section.company-answer"
answer_text = "div.answer-text"
answer_author = "span.answer-author"
delay = "0s"

[[source]]
name = "x-mentions"
account = "x"
kind = "mentions"
every = "60s"

[[source]]
name = "x-search"
account = "x"
kind = "search"
query = '"Loja Aurora" -from:{x} -is:retweet'
every = "120s"

[[source]]
name = "reddit-inbox"
account = "reddit"
kind = "inbox"
every = "60s"

[[source]]
name = "reddit-subreddit"
account = "reddit"
kind = "subreddit"
query = "LojaAurora"
every = "60s"

[[source]]
name = "reddit-search"
account = "reddit"
kind = "search"
query = '"Loja Aurora"'
every = "120s"

[[source]]
name = "mastodon-notifications"
account = "mastodon"
kind = "notifications"
every = "60s"

[[source]]
name = "mastodon-hashtag"
account = "mastodon"
kind = "hashtag"
query = "LojaAurora"
every = "120s"

[[source]]
name = "reclame-aqui-tickets"
account = "reclame-aqui"
kind = "tickets"
every = "60s"

[[source]]
name = "complaints-page"
account = "complaints"
kind = "page"
query = "{url}/complaints/"
every = "300s"

[[acknowledge]]
types = ["complaint"]
channels = ["x", "reddit", "mastodon"]

[acknowledge.template]
pt = "Olá! Registramos sua reclamação com o protocolo {{{{ protocol }}}}. Já estamos cuidando disso."
en = "Hi! Your complaint is registered under {{{{ protocol }}}}. We are on it."
es = "¡Hola! Registramos su reclamo con el protocolo {{{{ protocol }}}}. Ya lo estamos atendiendo."
"""


def sample_settings(url: str) -> str:
    """The text of an `ouvidor.toml` for the sandbox that listens at `url`."""
    return SETTINGS.format(url=url.rstrip("/"), brand=BRAND_NAME, **BRAND_HANDLES)


def sample_environment() -> dict[str, str]:
    """The variables that those settings name, with their values."""
    return dict(ENVIRONMENT)
