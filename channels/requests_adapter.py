"""The same bounds for client libraries that are built on requests: mount it on their session."""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import httpx
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from channels.connection import Clock
from channels.http import MAX_BODY, BoundedClient, same_site
from channels.transport import UnusableAnswerError


class BoundedAdapter(BaseAdapter):
    """Carries a library's requests within time, size and host; retries nothing and follows nothing.

    With `base_url`, every request goes there instead: scheme, host and port are replaced and its path comes first,
    for libraries that have no setting for it. Faults are raised as requests' own exceptions, whose cause
    `channels.http.never_opened` understands.
    """

    def __init__(
        self,
        timeout: timedelta,
        clock: Clock,
        *,
        base_url: str | None = None,
        deadline: timedelta | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        super().__init__()
        self._base_url = base_url.rstrip("/") if base_url else None
        self._client = BoundedClient(base_url or "", timeout, clock, deadline=deadline, max_body=max_body)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One exchange; the library's own time-outs are ignored in favour of ours."""
        url = self._addressed(request.url or "")
        headers = {name: _text(value) for name, value in request.headers.items()}
        for name in [name for name in headers if name.lower() in ("accept-encoding", "content-length")]:
            del headers[name]  # both belong to whoever carries the request
        try:
            answer = self._client.exchange(request.method or "GET", url, headers=headers, content=request.body)
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise requests.ConnectTimeout(str(error), request=request) from error
        except httpx.TimeoutException as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        except httpx.InvalidURL as error:
            raise requests.exceptions.InvalidURL(str(error), request=request) from error
        except httpx.TransportError as error:
            raise requests.ConnectionError(str(error), request=request) from error
        except UnusableAnswerError as error:
            raise requests.exceptions.ContentDecodingError(str(error), request=request) from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers.items())
        response.headers.pop("Content-Encoding", None)  # the body is decoded already
        response.encoding = get_encoding_from_headers(response.headers)
        response.url = request.url or url
        response.request = request
        response._content = answer.body
        response._content_consumed = True  # type: ignore[attr-defined]  # requests' stubs leave it out
        target = response.headers.get("Location")
        if response.is_redirect and target and not same_site(url, str(httpx.URL(url).join(target))):
            raise requests.TooManyRedirects("the platform redirects to another site", request=request)
        return response

    def close(self) -> None:
        self._client.close()

    def _addressed(self, url: str) -> str:
        if self._base_url is None:
            return url
        parts = urlsplit(url)
        return self._base_url + urlunsplit(("", "", parts.path, parts.query, ""))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
