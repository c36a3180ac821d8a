"""Mastodon: the part of its API that reads notifications and hashtags and posts statuses."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import credentials
from sandbox.networks import mastodon_instance
from sandbox.networks.mastodon_shapes import MAX_CHARACTERS, Shapes, length, tags_of, visibility_of
from sandbox.networks.wire import BadBodyError, Spent, Window, bearer, fields_of, iso, json_answer, moment_of, walk
from sandbox.state import Person, Post, State

# docs.joinmastodon.org/api/rate-limits, read 2026-11: calls in five minutes, statuses in three hours.
CALLS: Final = (300, 5 * 60)
STATUSES: Final = (300, 3 * 60 * 60)
KEY_LIFE: Final = timedelta(hours=1)  # how long the server remembers an Idempotency-Key
LOOKUP_LIMIT: Final = 20
CONTEXT_LIMIT: Final = 4096
# The posts under one, however deep, without reading the rest of a long thread.
BELOW: Final = (
    "post.deleted_at IS NULL AND post.id IN (WITH RECURSIVE below (id, external_id) AS ("
    "SELECT id, external_id FROM post WHERE network = 'mastodon' AND parent = ? UNION "
    "SELECT child.id, child.external_id FROM below JOIN post AS child "
    "ON child.network = 'mastodon' AND child.parent = below.external_id) SELECT id FROM below)"
)
VISIBILITIES: Final = ("public", "unlisted", "private", "direct")
Handler = Callable[[Request], Awaitable[Response]]


class MastodonNetwork:
    """The endpoints of one sandbox's Mastodon server, with their rate windows."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._calls = Window(state, "mastodon:calls", *CALLS)
        self._statuses = Window(state, "mastodon:statuses", *STATUSES)

    def routes(self) -> list[Route]:
        public: dict[str, Handler] = {
            "/api/v1/instance": self._instance_one,
            "/api/v2/instance": self._instance_two,
            "/api/v1/timelines/tag/{tag}": self._tag,
            "/api/v1/statuses": self._several,
            "/api/v1/statuses/{id}": self._status,
            "/api/v1/statuses/{id}/context": self._context,
            "/api/v1/accounts/lookup": self._lookup,
            "/api/v1/accounts/{id}/statuses": self._account_statuses,
        }
        private: dict[str, Handler] = {
            "/api/v1/accounts/verify_credentials": self._me,
            "/api/v1/notifications": self._notifications,
            "/api/v1/statuses/{id}/source": self._source,
        }
        routes = [Route(path, self._endpoint(handler, self._calls, private=True)) for path, handler in private.items()]
        routes += [Route(path, self._endpoint(handler, self._calls, private=False)) for path, handler in public.items()]
        post = self._endpoint(self._post, self._statuses, private=True)
        return [Route("/api/v1/statuses", post, methods=["POST"]), *routes]

    def _endpoint(self, handler: Handler, window: Window, *, private: bool) -> Handler:
        async def endpoint(request: Request) -> Response:
            given = "authorization" in request.headers
            if (given or private) and bearer(request) != credentials.MASTODON_ACCESS_TOKEN:
                return _error(401, "The access token is invalid")
            spent = window.spend()
            answer = await handler(request) if spent.allowed else _error(429, "Too many requests")
            answer.headers.update(_limits(spent))
            return answer

        return endpoint

    async def _instance_one(self, request: Request) -> Response:
        return json_answer(mastodon_instance.version_one(_url(request)))

    async def _instance_two(self, request: Request) -> Response:
        return json_answer(mastodon_instance.version_two(_url(request)))

    async def _me(self, request: Request) -> Response:
        account = self._shapes(request).account(self._state.brand("mastodon"))
        return json_answer({**account, **mastodon_instance.OWN_ACCOUNT})

    async def _notifications(self, request: Request) -> Response:
        query = request.query_params
        types = query.getlist("types[]") or query.getlist("types")
        if (types and "mention" not in types) or "mention" in query.getlist("exclude_types[]"):
            return json_answer([])
        where = "post.addresses_brand = 1 AND post.by_brand = 0"
        posts, limit = self._page(request, where, [], 40, 80, lambda _, text: int(text))
        shapes = self._shapes(request)
        answer = json_answer([shapes.notification(post) for post in posts])
        return self._linked(request, answer, [str(post.id) for post in posts], limit)

    async def _tag(self, request: Request) -> Response:
        tag = request.path_params["tag"].casefold()

        def has_tag(post: Post) -> bool:
            return visibility_of(post) == "public" and tag in (found.casefold() for found in tags_of(post.text))

        posts, limit = self._page(request, "instr(post.text, '#')", [], 20, 40, self._place, has_tag)
        return self._status_list(request, posts, limit)

    async def _account_statuses(self, request: Request) -> Response:
        person = self._state.person_by_id("mastodon", request.path_params["id"])
        if person is None:
            return _error(404, "Record not found")
        where = "post.person_id = ?"
        if request.query_params.get("exclude_replies", "") in ("1", "true", "True"):
            where += " AND post.parent IS NULL"
        posts, limit = self._page(
            request, where, [person.id], 20, 40, self._place, lambda post: self._is_shown(request, post)
        )
        return self._status_list(request, posts, limit)

    async def _lookup(self, request: Request) -> Response:
        person: Person | None = self._state.person("mastodon", request.query_params.get("acct", "").partition("@")[0])
        return json_answer(self._shapes(request).account(person)) if person else _error(404, "Record not found")

    async def _several(self, request: Request) -> Response:
        wanted = request.query_params.getlist("id[]") or request.query_params.getlist("id")
        if len(wanted) > LOOKUP_LIMIT:
            return _error(422, "Validation failed")
        shapes = self._shapes(request)
        found = (self._visible(request, external_id) for external_id in dict.fromkeys(wanted))
        return json_answer([shapes.status(post) for post in found if post is not None])

    async def _status(self, request: Request) -> Response:
        post = self._visible(request, request.path_params["id"])
        return json_answer(self._shapes(request).status(post)) if post else _error(404, "Record not found")

    async def _source(self, request: Request) -> Response:
        post = self._visible(request, request.path_params["id"])
        return json_answer(self._shapes(request).source(post)) if post else _error(404, "Record not found")

    async def _context(self, request: Request) -> Response:
        post = self._visible(request, request.path_params["id"])
        if post is None:
            return _error(404, "Record not found")
        ancestors: list[Post] = []
        above = self._visible(request, post.parent) if post.parent else None
        while above is not None:
            ancestors.insert(0, above)
            above = self._visible(request, above.parent) if above.parent else None
        below = {post.external_id}
        descendants: list[Post] = []
        for one in self._state.select_posts(BELOW, [post.external_id], limit=CONTEXT_LIMIT):
            if one.parent in below and self._is_shown(request, one):
                below.add(one.external_id)
                descendants.append(one)
        shapes = self._shapes(request)
        return json_answer(
            {
                "ancestors": [shapes.status(one) for one in ancestors],
                "descendants": [shapes.status(one) for one in descendants],
            }
        )

    async def _post(self, request: Request) -> Response:
        try:
            fields = await fields_of(request)
        except BadBodyError as error:
            return _error(400, f"Bad request: {error}")
        text, visibility = fields.get("status", "").strip(), fields.get("visibility") or "public"
        if not text:
            return _error(422, "Validation failed: Text can't be blank")
        if length(text, fields.get("spoiler_text", "")) > MAX_CHARACTERS:
            return _error(422, f"Validation failed: Text character limit of {MAX_CHARACTERS} exceeded")
        if visibility not in VISIBILITIES:
            return _error(422, "Validation failed: Visibility is not included in the list")
        parent: Post | None = None
        if answered := fields.get("in_reply_to_id"):
            parent = self._visible(request, answered)
            if parent is None:
                return _error(404, "The post you are trying to reply to does not appear to exist.")
        extra = {
            "visibility": visibility,
            "lang": fields.get("language", ""),
            "spoiler_text": fields.get("spoiler_text", ""),
        }
        with self._state.transaction():
            key = f"mastodon:key:{request.headers.get('idempotency-key', '')[:200]}"
            post = self._already(key)
            if post is None:
                post = self._state.publish(
                    self._state.brand("mastodon"),
                    text,
                    kind="comment" if parent else "post",
                    parent=parent.external_id if parent else None,
                    thread=parent.thread if parent else None,
                    addresses_brand=False,
                    extra={name: value for name, value in extra.items() if value},
                )
                if "idempotency-key" in request.headers:
                    self._state.put(key, {"id": post.external_id, "at": iso(post.posted_at)})
        return json_answer(self._shapes(request).status(post))

    def _already(self, key: str) -> Post | None:
        """The status that this key made within the hour."""
        made = self._state.get(key)
        made_at = moment_of(made["at"]) if made else None
        if made_at is None or self._state.clock.now() - made_at > KEY_LIFE:
            return None
        post = self._state.post("mastodon", made["id"])
        return post if post is not None and post.deleted_at is None else None

    def _page(
        self,
        request: Request,
        where: str,
        values: Sequence[object],
        default: int,
        most: int,
        place: Callable[[str, str], int],
        wanted: Callable[[Post], bool] = lambda post: True,
    ) -> tuple[list[Post], int]:
        """A page, newest first, between max_id, since_id and min_id; with min_id the ones nearest to it."""
        query = request.query_params
        limit = min(max(int(query["limit"]), 1), most) if query.get("limit", "").isdigit() else default
        where = f"post.network = 'mastodon' AND post.deleted_at IS NULL AND {where}"
        bounds = list(values)
        for name, test in (("max_id", "<"), ("since_id", ">"), ("min_id", ">")):
            text = query.get(name, "")
            if text.isascii() and text.isdigit() and len(text) < 20:
                where += f" AND post.id {test} ?"
                bounds.append(place(name, text))
        forward = query.get("min_id", "").isdigit()
        posts = walk(self._state, where, bounds, "ASC" if forward else "DESC", limit)
        found = list(islice(filter(wanted, posts), limit))
        return (found[::-1] if forward else found), limit

    def _place(self, name: str, external_id: str) -> int:
        """Our own number that bounds the page where the status with this id stands, or stood."""
        post = self._state.post("mastodon", external_id)
        if post is not None:
            return post.id
        earlier = self._state.select_posts(
            "post.family = 'mastodon' AND post.serial < ?", (int(external_id),), "DESC", 1
        )
        return (earlier[0].id if earlier else 0) + (1 if name == "max_id" else 0)

    def _status_list(self, request: Request, posts: Sequence[Post], limit: int) -> Response:
        shapes = self._shapes(request)
        answer = json_answer([shapes.status(post) for post in posts])
        return self._linked(request, answer, [post.external_id for post in posts], limit)

    @staticmethod
    def _linked(request: Request, answer: Response, ids: Sequence[str], limit: int) -> Response:
        """The Link header that leads to the pages before and after."""
        kept = [pair for pair in request.query_params.multi_items() if pair[0] not in ("max_id", "since_id", "min_id")]
        address = f"{_url(request)}{request.scope['path'].removeprefix(request.scope.get('root_path', ''))}"
        links = []
        if ids and len(ids) == limit:
            links.append(f'<{address}?{urlencode([*kept, ("max_id", ids[-1])])}>; rel="next"')
        if ids:
            links.append(f'<{address}?{urlencode([*kept, ("min_id", ids[0])])}>; rel="prev"')
        if links:
            answer.headers["link"] = ", ".join(links)
        return answer

    def _visible(self, request: Request, external_id: str) -> Post | None:
        post = self._state.post("mastodon", external_id)
        return post if post is not None and post.deleted_at is None and self._is_shown(request, post) else None

    @staticmethod
    def _is_shown(request: Request, post: Post) -> bool:
        """Public to everybody; what is not, to the account that wrote it or that it names."""
        if visibility_of(post) in ("public", "unlisted"):
            return True
        return bool(bearer(request)) and (post.person.is_brand or post.addresses_brand)

    def _shapes(self, request: Request) -> Shapes:
        return Shapes(self._state, _url(request))


def _url(request: Request) -> str:
    """Where this server is reached, with the prefix under which it is mounted."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _error(status: int, message: str) -> Response:
    return json_answer({"error": message}, status)


def _limits(spent: Spent) -> dict[str, str]:
    reset = datetime.fromtimestamp(spent.reset_at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "x-ratelimit-limit": str(spent.limit),
        "x-ratelimit-remaining": str(spent.remaining),
        "x-ratelimit-reset": reset,
    }
