"""What the demo's colleague does in a browser: fill in the complaint site's answer form."""

from collections.abc import Callable
from urllib.parse import urljoin

import httpx

from models import Mention
from sandbox.credentials import COMPLAINTS_COMPANY_TOKEN


def poster(url: str) -> Callable[[Mention, str], str]:
    """A function that posts a text under a complaint on the sandbox's site and returns its address."""
    client = httpx.Client(timeout=10)

    def post(mention: Mention, text: str) -> str:
        form = {"token": COMPLAINTS_COMPANY_TOKEN, "text": text}
        page = f"{url}/complaints/{mention.external_id}/answer"
        answer = client.post(page, data=form)
        if answer.status_code not in (200, 303):
            return mention.url  # the page is gone; verification tells the person so
        return urljoin(page, str(answer.headers.get("location", mention.url)))

    return post
