"""X: the part of its API v2 that listens for mentions and answers them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.networks import x_query
from sandbox.networks.wire import Spent, Window, json_answer, moment_of, walk
from sandbox.networks.x_auth import LIMITS, QUARTER, Caller, caller_of
from sandbox.networks.x_create import create
from sandbox.networks.x_edits import Edits, Version
from sandbox.networks.x_errors import (
    PROBLEMS,
    RefusedError,
    bounded,
    check_asked,
    invalid,
    missing,
    place_of,
    problem,
    token_for,
    unauthorized,
)
from sandbox.networks.x_shapes import DEFAULT_TWEET, Asked, Shapes, user
from sandbox.records import stamp
from sandbox.state import Post, State

MENTIONS_REACH: Final = 800  # the mention timeline goes back this many posts
TIMELINE_REACH: Final = 3200
QUERY_LIMIT: Final = 512
SEARCH_REACH: Final = 7 * 24 * 3600  # seconds
Handler = Callable[[Request], Awaitable[Response]]


class XNetwork:
    """The endpoints of one sandbox's X, with their rate windows."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._edits = Edits(state)
        self._shapes = Shapes(state, self._edits)
        self._windows = {
            (name, caller): Window(state, f"x:{name}:{caller}", limit, QUARTER)
            for name, limits in LIMITS.items()
            for caller, limit in limits.items()
            if limit is not None
        }

    def routes(self) -> list[Route]:
        return [
            Route("/2/users/me", self._endpoint("me", self._me)),
            Route("/2/users/by/username/{username}", self._endpoint("by_username", self._by_username)),
            Route("/2/users/{id}/mentions", self._endpoint("mentions", self._mentions)),
            Route("/2/users/{id}/tweets", self._endpoint("timeline", self._timeline)),
            Route("/2/tweets/search/recent", self._endpoint("search", self._search)),
            Route("/2/tweets", self._endpoint("tweets", self._tweets), methods=["GET"]),
            Route("/2/tweets", self._endpoint("create", self._create), methods=["POST"]),
            Route("/2/tweets/{id}", self._endpoint("tweets", self._tweet)),
        ]

    def _endpoint(self, name: str, handler: Handler) -> Handler:
        """Authentication, the rate window and the asked fields, the same before every handler."""

        async def endpoint(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                headers = self._admit(name, request)
                answer = await handler(request)
            except RefusedError as refused:
                answer = json_answer(refused.body, refused.status)
                if refused.status == 429:
                    headers = self._headers(self._windows[name, _caller(request)].peek())
            answer.headers.update(headers)
            return answer

        return endpoint

    def _admit(self, name: str, request: Request) -> dict[str, str]:
        caller = _caller(request)
        window = self._windows.get((name, caller))
        if window is None:
            detail = (
                "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported"
                " authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
            )
            raise problem(403, "Unsupported Authentication", detail, f"{PROBLEMS}/unsupported-authentication")
        spent = window.spend()
        if not spent.allowed:
            raise problem(429, "Too Many Requests", "Too Many Requests")
        check_asked(request.query_params)
        return self._headers(spent)

    @staticmethod
    def _headers(spent: Spent) -> dict[str, str]:
        return {
            "x-rate-limit-limit": str(spent.limit),
            "x-rate-limit-remaining": str(spent.remaining),
            "x-rate-limit-reset": str(spent.reset_at),
        }

    async def _me(self, request: Request) -> Response:
        return json_answer({"data": user(self._state.brand("x"), Asked.of(request.query_params).user)})

    async def _by_username(self, request: Request) -> Response:
        username = request.path_params["username"]
        person = self._state.person("x", username)
        if person is None:
            return json_answer({"errors": [missing("user", "username", username)]})
        return json_answer({"data": user(person, Asked.of(request.query_params).user)})

    async def _mentions(self, request: Request) -> Response:
        if request.path_params["id"] != self._state.brand("x").external_id:
            return json_answer({"errors": [missing("user", "id", request.path_params["id"])]})
        test = "post.addresses_brand = 1 AND post.by_brand = 0"
        return self._back_from_newest(request, test, [], MENTIONS_REACH)

    async def _timeline(self, request: Request) -> Response:
        person = self._state.person_by_id("x", request.path_params["id"])
        if person is None:
            return json_answer({"errors": [missing("user", "id", request.path_params["id"])]})
        test = "post.person_id = ?"
        if "replies" in request.query_params.get("exclude", "").split(","):
            test += " AND post.parent IS NULL"
        return self._back_from_newest(request, test, [person.id], TIMELINE_REACH)

    def _back_from_newest(self, request: Request, test: str, values: Sequence[object], reach: int) -> Response:
        """A page of a timeline that goes back so many posts and no further."""
        size = bounded(request.query_params, 10, 5, 100)
        where, bounds = self._bounds(request.query_params)
        _, served = place_of(request.query_params)
        size = min(size, reach - served)
        posts = self._state.select_posts(f"{where} AND {test}", [*bounds, *values], "DESC", size + 1)
        more = len(posts) > size and served + size < reach
        return self._page(request, posts[:size], more, served)

    async def _search(self, request: Request) -> Response:
        text = request.query_params.get("query", "")
        if not text or len(text) > QUERY_LIMIT:
            raise invalid("query", text, f"The `query` query parameter must hold 1 to {QUERY_LIMIT} characters")
        try:
            query = x_query.read(text)
        except x_query.BadQueryError as error:
            raise invalid("query", text, f"There were errors processing your request: {error}") from None
        size = bounded(request.query_params, 10, 10, 100)
        where, values = self._bounds(request.query_params)
        where += " AND post.posted_at >= ?"
        values.append(stamp(self._state.clock.now()) - SEARCH_REACH * 1_000_000)
        if query.words:
            where += " AND post_text MATCH ?"
            values.append(" OR ".join(f'"{word}"' for word in sorted(query.words)))
        found: list[Post] = []
        for post in walk(self._state, where, values, "DESC", 200, searching=bool(query.words)):
            if query.matches(post):
                found.append(post)
            if len(found) > size:
                break
        return self._page(request, found[:size], len(found) > size, 0)

    def _bounds(self, query: Mapping[str, str]) -> tuple[str, list[object]]:
        """The condition of since_id, until_id, start_time, end_time and the page's token."""
        where = "post.network = ? AND post.deleted_at IS NULL"
        bounds: list[object] = ["x"]
        for name, test in (("since_id", ">"), ("until_id", "<")):
            if text := query.get(name, ""):
                where += f" AND post.id {test} ?"
                bounds.append(self._place(name, text))
        for name, test in (("start_time", ">="), ("end_time", "<")):
            if text := query.get(name, ""):
                moment = moment_of(text)
                if moment is None:
                    raise invalid(
                        name, text, f"The `{name}` query parameter value [{text}] is not a valid RFC3339 date"
                    )
                where += f" AND post.posted_at {test} ?"
                bounds.append(stamp(moment))
        before, _ = place_of(query)
        if before is not None:
            where += " AND post.id < ?"
            bounds.append(before)
        return where, bounds

    def _place(self, name: str, text: str) -> int:
        """Our own number of the post with this id, or of the last one before it."""
        if not (text.isascii() and text.isdigit() and len(text) <= 19):
            raise invalid(name, text, f"The `{name}` query parameter value [{text}] is not valid")
        post = self._state.post("x", text)
        if post is not None:
            return post.id
        earlier = self._state.select_posts("post.family = 'x' AND post.serial < ?", (int(text),), "DESC", 1)
        return (earlier[0].id if earlier else 0) + (1 if name == "until_id" else 0)

    def _page(self, request: Request, posts: Sequence[Post], more: bool, served: int) -> Response:
        asked = Asked.of(request.query_params)
        meta: dict[str, object] = {"result_count": len(posts)}
        if not posts:
            return json_answer({"meta": meta})
        versions = [self._edits.newest(post) for post in posts]
        listed = sorted((version.post.external_id for version in versions), key=int)
        meta["newest_id"], meta["oldest_id"] = listed[-1], listed[0]
        if more:
            meta["next_token"] = token_for(posts[-1].id, served + len(posts))
        body: dict[str, object] = {"data": [self._shapes.tweet(version, asked.tweet) for version in versions]}
        if brought := self._shapes.includes(versions, asked):
            body["includes"] = brought
        return json_answer({**body, "meta": meta})

    async def _tweets(self, request: Request) -> Response:
        wanted = list(dict.fromkeys(filter(None, request.query_params.get("ids", "").split(","))))
        if not 1 <= len(wanted) <= 100:
            raise invalid(
                "ids",
                ",".join(wanted),
                "The number of values in the `ids` query parameter list is not between 1 and 100",
            )
        return self._looked_up(request, wanted, "ids", as_list=True)

    async def _tweet(self, request: Request) -> Response:
        return self._looked_up(request, [request.path_params["id"]], "id", as_list=False)

    def _looked_up(self, request: Request, wanted: Sequence[str], parameter: str, *, as_list: bool) -> Response:
        asked = Asked.of(request.query_params)
        versions: list[Version] = []
        errors: list[dict[str, str]] = []
        for external_id in wanted:
            if not (external_id.isascii() and external_id.isdigit() and len(external_id) <= 19):
                raise invalid(
                    parameter, external_id, f"The `{parameter}` query parameter value [{external_id}] is not valid"
                )
            version = self._edits.find(external_id)
            if version is not None and version.post.extra.get("author") == "gone":
                errors.append(unauthorized(parameter, external_id))
            elif version is None or version.post.deleted_at is not None:
                errors.append(missing("tweet", parameter, external_id))
            else:
                versions.append(version)
        body: dict[str, object] = {}
        shown = [self._shapes.tweet(version, asked.tweet) for version in versions]
        if shown:
            body["data"] = shown if as_list else shown[0]
        if brought := self._shapes.includes(versions, asked):
            body["includes"] = brought
        if errors:
            body["errors"] = errors
        return json_answer(body)

    async def _create(self, request: Request) -> Response:
        post = await create(self._state, self._edits, request)
        return json_answer({"data": self._shapes.tweet(self._edits.newest(post), DEFAULT_TWEET)}, 201)


def _caller(request: Request) -> Caller:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    caller = caller_of(request, path)
    if caller is None:
        raise problem(401, "Unauthorized", "Unauthorized")
    return caller
