"""Reddit: the part of its OAuth API that listens to an inbox, a subreddit and a search, comments and sends messages."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import islice
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import credentials
from sandbox.networks.reddit_messages import Messages, is_message, message
from sandbox.networks.reddit_shapes import Shapes, is_submission, listing, me
from sandbox.networks.wire import BadBodyError, Window, basic, bearer, fields_of, json_answer, walk
from sandbox.records import stamp
from sandbox.search import match_expression
from sandbox.state import Post, State

# 100 a minute averaged over ten minutes - support.reddithelp.com "Reddit Data API Wiki", read 2026-11.
WINDOW: Final = 600  # seconds
CALLS: Final = 1000
COMMENTS: Final = 100  # in the same window; Reddit publishes no number, an account in good standing notices none
TEXT_LIMIT: Final = 10_000
REACH: Final = 1000  # a listing goes back this far
ARCHIVED_AFTER: Final = timedelta(days=180)
AGES: Final = {"hour": 3600, "day": 86_400, "week": 604_800, "month": 2_678_400, "year": 31_622_400}  # seconds
Handler = Callable[[Request], Awaitable[Response]]


class RedditNetwork:
    """The endpoints of one sandbox's Reddit, with their rate windows."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sizes: dict[str, tuple[int, int]] = {}
        self._calls = Window(state, "reddit:calls", CALLS, WINDOW)
        self._comments = Window(state, "reddit:comments", COMMENTS, WINDOW)
        self._private = Messages(state)

    def routes(self) -> list[Route]:
        reads: dict[str, Handler] = {
            "/api/v1/me": self._me,
            "/api/info": self._info,
            "/message/{box}": self._messages,
            "/r/{subreddit}/comments": self._subreddit_comments,
            "/r/{subreddit}/new": self._subreddit_new,
            "/r/{subreddit}/search": self._search,
            "/search": self._search,
            "/comments/{id}": self._thread,
            "/user/{name}/comments": self._user_comments,
            "/user/{name}/overview": self._user_overview,
        }
        writes: dict[str, Handler] = {
            "/api/comment": self._comment,
            "/api/compose": self._compose,
            "/api/read_message": self._read_message,
        }
        routes = [Route("/api/v1/access_token", self._token, methods=["POST"])]
        # Reddit takes every address with and without a slash at its end, and `.json` behind it.
        for end in ("", "/", ".json"):
            routes += [Route(path + end, self._endpoint(handler)) for path, handler in reads.items()]
            routes += [Route(path + end, self._endpoint(handler), methods=["POST"]) for path, handler in writes.items()]
        return routes

    def _endpoint(self, handler: Handler) -> Handler:
        async def endpoint(request: Request) -> Response:
            agent = request.headers.get("user-agent", "")
            if len(agent) < 7 or agent.startswith(("python-requests/", "python-httpx/", "Python-urllib/", "curl/")):
                # Nameless clients get nothing but refusals - github.com/reddit-archive/reddit/wiki/API.
                return _error(429, "Too Many Requests")
            if bearer(request) != credentials.REDDIT_ACCESS_TOKEN:
                return _error(401, "Unauthorized")
            spent = self._calls.spend()
            answer = await handler(request) if spent.allowed else _error(429, "Too Many Requests")
            answer.headers["x-ratelimit-used"] = str(spent.used)
            answer.headers["x-ratelimit-remaining"] = f"{float(spent.remaining)}"
            answer.headers["x-ratelimit-reset"] = str(spent.wait)
            return answer

        return endpoint

    async def _token(self, request: Request) -> Response:
        if basic(request) != (credentials.REDDIT_CLIENT_ID, credentials.REDDIT_CLIENT_SECRET):
            return _error(401, "Unauthorized")
        try:
            fields = await fields_of(request)
        except BadBodyError:
            fields = {}
        if fields.get("grant_type") != "password":
            return json_answer({"error": "unsupported_grant_type"})
        given = (fields.get("username", "").casefold(), fields.get("password"))
        if given != (self._state.brand("reddit").handle.casefold(), credentials.REDDIT_PASSWORD):
            return json_answer({"error": "invalid_grant"})
        return json_answer(
            {
                "access_token": credentials.REDDIT_ACCESS_TOKEN,
                "token_type": "bearer",
                "expires_in": 86_400,
                "scope": "*",
            }
        )

    async def _me(self, request: Request) -> Response:
        return json_answer(me(self._state.brand("reddit")))

    async def _info(self, request: Request) -> Response:
        wanted = [name for name in request.query_params.get("id", "").split(",") if name][:100]
        shapes = self._shapes(request)
        found = (self._state.post("reddit", name) for name in wanted)
        return json_answer(listing(shapes.thing(post) for post in found if post is not None and not is_message(post)))

    async def _messages(self, request: Request) -> Response:
        """Comments that answer the brand or name it, and messages; a submission that names it rings no bell."""
        box = request.path_params["box"]
        if box not in ("inbox", "unread", "mentions", "comments", "selfreply", "sent"):
            return _error(404, "Not Found")
        brand = self._state.brand("reddit")
        shapes = self._shapes(request)
        if box == "sent":
            where = "post.family = 't4' AND post.by_brand = 1"
            return self._listing(request, where, [], lambda post: message(post, shapes))
        name = f"%u/{brand.handle}%"
        tests: dict[str, tuple[str, list[object]]] = {
            "mentions": ("post.text LIKE ? AND post.in_reply_to IS NOT ?", [name, brand.id]),
            "comments": ("post.in_reply_to = ? AND post.parent LIKE 't1%'", [brand.id]),
            "selfreply": ("post.in_reply_to = ? AND post.parent LIKE 't3%'", [brand.id]),
        }
        test, values = tests.get(box, ("(post.in_reply_to = ? OR post.text LIKE ?)", [brand.id, name]))
        where = f"post.by_brand = 0 AND (post.family = 't1' AND {test}"
        if box in ("inbox", "unread"):
            where += " OR post.family = 't4' AND json_extract(post.extra, '$.to') = ?"
            values = [*values, brand.handle]
        where += ")"
        unread = box == "unread"

        def shown(post: Post) -> dict[str, object]:
            if is_message(post):
                return message(post, shapes, new=not self._is_read(post))
            kind = "username_mention"
            if post.in_reply_to_person is not None and post.in_reply_to_person.id == brand.id:
                kind = "post_reply" if (post.parent or "").startswith("t3_") else "comment_reply"
            return shapes.message(post, kind, brand, new=not self._is_read(post))

        return self._listing(request, where, values, shown, lambda post: not (unread and self._is_read(post)))

    def _is_read(self, post: Post) -> bool:
        return bool(self._state.get(f"reddit:read:{post.external_id}", False))

    async def _read_message(self, request: Request) -> Response:
        try:
            fields = await fields_of(request)
        except BadBodyError:
            return _error(400, "Bad Request")
        with self._state.transaction():
            for name in fields.get("id", "").split(",")[:100]:
                if self._state.post("reddit", name) is not None:
                    self._state.put(f"reddit:read:{name}", True)
        return json_answer({})

    async def _subreddit_comments(self, request: Request) -> Response:
        shapes = self._shapes(request)
        return self._listing(request, "post.family = 't1'", [], shapes.thing, self._in_subreddit(request, shapes))

    async def _subreddit_new(self, request: Request) -> Response:
        shapes = self._shapes(request)
        return self._listing(request, "post.family = 't3'", [], shapes.thing, self._in_subreddit(request, shapes))

    async def _user_comments(self, request: Request) -> Response:
        return self._of_user(request, "post.family = 't1'")

    async def _user_overview(self, request: Request) -> Response:
        """What somebody says in public: comments and submissions."""
        return self._of_user(request, "post.family IN ('t1', 't3')")

    def _of_user(self, request: Request, where: str) -> Response:
        person = self._state.person("reddit", request.path_params["name"])
        if person is None:
            return _error(404, "Not Found")
        shapes = self._shapes(request)
        where += " AND post.person_id = ?"
        return self._listing(request, where, [person.id], shapes.thing, prepare=shapes.prepare)

    async def _search(self, request: Request) -> Response:
        """Submissions alone: the API's search knows no comments."""
        query = request.query_params
        text = query.get("q", "").strip()[:512]
        expression = match_expression(text)
        if not expression:
            return json_answer(listing([]))
        where = (
            "post.family = 't3' AND (post.id IN (SELECT rowid FROM post_text WHERE post_text MATCH ?)"
            " OR json_extract(post.extra, '$.title') LIKE ? ESCAPE '\\')"
        )
        phrase = text.strip('"').replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values: list[object] = [expression, f"%{phrase}%"]
        if query.get("t", "all") in AGES:
            where += " AND post.posted_at >= ?"
            values.append(stamp(self._state.clock.now()) - AGES[query["t"]] * 1_000_000)
        shapes = self._shapes(request)
        restricted = "subreddit" in request.path_params and query.get("restrict_sr", "").lower() in ("1", "true", "on")
        if restricted:
            return self._listing(request, where, values, shapes.thing, self._in_subreddit(request, shapes))
        return self._listing(request, where, values, shapes.thing)

    @staticmethod
    def _in_subreddit(request: Request, shapes: Shapes) -> Callable[[Post], bool]:
        names = set(request.path_params["subreddit"].casefold().split("+"))
        return lambda post: "all" in names or shapes.subreddit(post).casefold() in names

    def _listing(
        self,
        request: Request,
        where: str,
        values: Sequence[object],
        shown: Callable[[Post], dict[str, object]],
        wanted: Callable[[Post], bool] = lambda post: True,
        prepare: Callable[[Sequence[Post]], None] = lambda posts: None,
    ) -> Response:
        """A page of a listing, newest first, by `after` (older) or `before` (newer).

        An anchor that was deleted gives an empty page: Reddit's own listings do so, and clients must live with it.
        """
        query = request.query_params
        size = min(max(int(query["limit"]), 1), 100) if query.get("limit", "").isdigit() else 25
        where = f"post.network = 'reddit' AND post.deleted_at IS NULL AND {where}"
        anchor_name = query.get("after") or query.get("before")
        forward = bool(query.get("before")) and not query.get("after")
        bounds = list(values)
        if anchor_name:
            anchor = self._state.post("reddit", anchor_name)
            if anchor is None or anchor.deleted_at is not None:
                return json_answer(listing([]))
            where += f" AND post.id {'>' if forward else '<'} ?"
            bounds.append(anchor.id)
        order = "ASC" if forward else "DESC"
        found = list(islice(filter(wanted, islice(walk(self._state, where, bounds, order, size + 1), REACH)), size + 1))
        page, more = found[:size], len(found) > size
        if forward:
            page.reverse()
        prepare(page)
        after = page[-1].external_id if more and not forward else None
        before = page[0].external_id if page and (more if forward else anchor_name) else None
        return json_answer(listing([shown(post) for post in page], after, before))

    async def _thread(self, request: Request) -> Response:
        root = self._state.post("reddit", f"t3_{request.path_params['id'].lower()}")
        if root is None:
            return _error(404, "Not Found")
        shapes = self._shapes(request)
        top = self._state.post("reddit", f"t1_{request.query_params.get('comment', '')}")
        # Below one comment stand only later ones, so a single branch does not need the whole thread.
        after = top.id - 1 if top is not None else None
        posts = self._state.posts(
            "reddit",
            thread=root.external_id,
            since_id=after,
            newest_first=False,
            limit=2000,
            include_deleted=True,
        )
        comments = [post for post in posts if not is_submission(post)]
        parents = {post.parent for post in comments if post.deleted_at is None}
        children: dict[str, list[Post]] = {}
        for post in comments:
            # A deleted comment stands there as an empty place for as long as somebody answers it.
            if post.deleted_at is None or post.external_id in parents:
                children.setdefault(post.parent or root.external_id, []).append(post)
        tops = children.get(root.external_id, []) if top is None else [top]
        forest = listing(shapes.tree(post, children) for post in tops)
        return json_answer([listing([shapes.thing(root)]), forest])

    async def _comment(self, request: Request) -> Response:
        try:
            fields = await fields_of(request)
        except BadBodyError:
            return _error(400, "Bad Request")
        text, parent = fields.get("text", ""), self._state.post("reddit", fields.get("thing_id", ""))
        if parent is None:
            return _error(403, "Forbidden")
        if is_message(parent):
            return self._message_answered(request, parent, text)
        refusal = self._refusal(text, parent)
        if refusal:
            return _refused(*refusal)
        spent = self._comments.spend()
        if not spent.allowed:
            minutes = -(-spent.wait // 60)
            rest = f"Take a break for {minutes} minute{'s' if minutes > 1 else ''} before trying again."
            return _refused("RATELIMIT", f"Looks like you've been doing that a lot. {rest}", "ratelimit")
        post = self._state.answer("reddit", text, parent=parent.external_id, thread=parent.thread)
        return json_answer({"json": {"errors": [], "data": {"things": [self._shapes(request).thing(post)]}}})

    def _message_answered(self, request: Request, parent: Post, text: str) -> Response:
        """The same address takes answers to messages."""
        said = self._private.answer(parent, text)
        if not isinstance(said, Post):
            return _refused(*said)
        return json_answer({"json": {"errors": [], "data": {"things": [message(said, self._shapes(request))]}}})

    async def _compose(self, request: Request) -> Response:
        try:
            refusal = self._private.compose(await fields_of(request))
        except BadBodyError:
            return _error(400, "Bad Request")
        return _refused(*refusal) if refusal else json_answer({"json": {"errors": []}})

    def _refusal(self, text: str, parent: Post) -> tuple[str, str, str] | None:
        """Reddit's code, sentence and field for what it will not publish."""
        if not text.strip():
            return "NO_TEXT", "we need something here", "text"
        if len(text) > TEXT_LIMIT:
            return "TOO_LONG", f"this is too long (max: {TEXT_LIMIT})", "text"
        if parent.deleted_at is not None:
            kind = "link" if is_submission(parent) else "comment"
            return f"DELETED_{kind.upper()}", f"that {kind} has been deleted", "parent"
        root = self._state.post("reddit", parent.thread)
        if root is not None and self._state.clock.now() - root.posted_at > ARCHIVED_AFTER:
            return "TOO_OLD", "that's a piece of history now; it's too late to reply to it", "parent"
        return None

    def _shapes(self, request: Request) -> Shapes:
        return Shapes(self._state, request.query_params.get("raw_json") == "1", self._sizes)


def _error(status: int, message: str) -> Response:
    return json_answer({"message": message, "error": status}, status)


def _refused(code: str, sentence: str, field: str) -> Response:
    """Errors of writing come as HTTP 200."""
    return json_answer({"json": {"errors": [[code, sentence, field]]}})
