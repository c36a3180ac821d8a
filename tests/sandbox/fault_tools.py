"""What the tests of the faults share: one served sandbox a module, and requests as programs make them."""

import ssl
from collections.abc import Mapping
from datetime import timedelta
from itertools import count

import httpx

from sandbox import credentials
from sandbox.faults import FaultPlan
from sandbox.faults.draws import Draws
from sandbox.faults.plan import SHARES
from sandbox.server import Faults, SandboxServer
from sandbox.state import Post
from tests.sandbox.network_tools import Sandbox

ALWAYS = 1e9  # a rate at which everything strikes whenever it can
APIS = ("x", "reddit", "mastodon", "reclame_aqui")
EVERYWHERE = (*APIS, "complaints")
AGENT = "linux:ouvidor-tests:v1 (by /u/LojaAuroraBR)"
ACCESS: Mapping[str, Mapping[str, str]] = {
    "x": {"authorization": f"Bearer {credentials.X_USER_TOKEN}"},
    "reddit": {"authorization": f"Bearer {credentials.REDDIT_ACCESS_TOKEN}", "user-agent": AGENT},
    "mastodon": {"authorization": f"Bearer {credentials.MASTODON_ACCESS_TOKEN}"},
    "reclame_aqui": {"authorization": f"Bearer {credentials.RECLAME_AQUI_ACCESS_TOKEN}"},
    "complaints": {},
}
Query = Mapping[str, str | int]
CALLS_US = {"x": "@lojaaurora ", "mastodon": "@lojaaurora ", "reddit": "u/LojaAuroraBR "}
CONNECTION_LOST = (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout)


# Loading the system's certificates takes longer than any of these tests, and nothing here is encrypted.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def a_client(read: float = 5.0) -> httpx.Client:
    """A client that waits so many seconds for an answer."""
    return httpx.Client(trust_env=False, verify=_NO_CERTIFICATES, timeout=httpx.Timeout(10, read=read))


class Troubled:
    """A sandbox whose faults a test chooses."""

    def __init__(self, sandbox: Sandbox, server: SandboxServer) -> None:
        self.sandbox = sandbox
        self.state = sandbox.state
        self.clock = sandbox.clock
        self._server = server
        self._client = a_client()
        self._said = 0

    def calm_down(self) -> None:
        """Fine weather, fresh rate windows, no connection kept, and all that was published is long ago."""
        self._server.faults = Faults()
        self.clock.advance(timedelta(days=8))
        self._client.close()
        self._client = a_client()

    def close(self) -> None:
        self._client.close()

    def meets(self, *kinds: str, rate: float = ALWAYS, seed: int = 1, patience: float = 0.2) -> FaultPlan:
        """From now on these faults strike; `patience` is in real seconds."""
        plan = FaultPlan(self.state, seed, kinds, rate=rate, patience=timedelta(seconds=patience))
        self._server.faults = plan
        return plan

    def meets_once(self, kind: str) -> FaultPlan:
        """From now on the fault strikes at the first chance, and by itself not again for a while."""
        share = SHARES[kind]
        rate = 0.2 / share

        def strikes_once(seed: int) -> bool:
            draws = Draws(seed, [kind], rate)
            turns = [draws.turn(kind, share).excess < 1 for _ in range(12)]
            return turns[0] and not any(turns[1:])

        return self.meets(kind, rate=rate, seed=next(filter(strikes_once, count())))

    def later(self, **duration: float) -> None:
        self.clock.advance(timedelta(**duration))

    def complains(self, network: str, text: str = "meu pedido não chegou") -> Post:
        """Somebody new addresses the brand; on Reddit below the post of somebody else."""
        self._said += 1
        handle = f"marina{self._said}"
        text = f"{CALLS_US.get(network, '')}{text} {self._said}"
        if network == "reddit":
            facts = {"subreddit": "LojaAurora", "background": "yes"}
            root = self.sandbox.says("reddit", "Um tópico", "tiago", extra=facts)
            return self.sandbox.says(
                "reddit", text, handle, kind="comment", parent=root.external_id, thread=root.external_id
            )
        kind = "complaint" if network in ("reclame_aqui", "complaints") else "post"
        facts = {"title": f"Reclamação {self._said}"} if kind == "complaint" else {}
        return self.sandbox.says(network, text, handle, kind=kind, extra=facts)

    def ask(
        self,
        network: str,
        path: str,
        query: Query | None = None,
        *,
        form: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        client: httpx.Client | None = None,
    ) -> httpx.Response:
        """One request; a POST when it carries something."""
        return (client or self._client).request(
            "GET" if form is None and body is None else "POST",
            f"{self.sandbox.url}/{network}{path}",
            params=query or None,
            data=form,
            json=body,
            headers={**ACCESS[network], **(headers or {})},
        )

    def read(self, network: str, query: Query | None = None, client: httpx.Client | None = None) -> httpx.Response:
        """A page of what is said to the brand."""
        paths = {
            "x": f"/2/users/{self.state.brand('x').external_id}/mentions",
            "reddit": "/message/inbox",
            "mastodon": "/api/v1/notifications",
            "reclame_aqui": "/ticket/v1/tickets",
            "complaints": "/",
        }
        return self.ask(network, paths[network], query, client=client)

    def page(self, path: str) -> httpx.Response:
        """What anybody gets in a browser, below the root of the host."""
        return self._client.get(f"{self.sandbox.url}{path}")

    def ids(self, network: str, query: Query | None = None) -> list[str]:
        """The external ids of the posts on that page, in its order."""
        return ids_of(network, self.read(network, query))

    def reply(self, post: Post, text: str, client: httpx.Client | None = None, key: str = "") -> httpx.Response:
        """Publishes an answer as a program does."""
        name = post.external_id
        match post.network:
            case "x":
                body = {"text": text, "reply": {"in_reply_to_tweet_id": name}}
                return self.ask("x", "/2/tweets", body=body, client=client)
            case "reddit":
                return self.ask("reddit", "/api/comment", form={"thing_id": name, "text": text}, client=client)
            case "mastodon":
                form = {"status": text, "in_reply_to_id": name}
                headers = {"idempotency-key": key} if key else {}
                return self.ask("mastodon", "/api/v1/statuses", form=form, headers=headers, client=client)
            case "reclame_aqui":
                body = {"id": name, "message": text}
                return self.ask("reclame_aqui", "/ticket/v1/tickets/message/public", body=body, client=client)
            case _:
                form = {"token": credentials.COMPLAINTS_COMPANY_TOKEN, "text": text}
                return self.ask("complaints", f"/{name}/answer", form=form, client=client)

    def shows_reply(self, post: Post, text: str) -> bool:
        """Whether reading back what stands at a post, in every way that there is, shows our reply."""
        name, brand = post.external_id, self.state.brand(post.network)
        ways: Mapping[str, tuple[str, ...]] = {
            "x": (f"/2/users/{brand.external_id}/tweets",),
            "reddit": (f"/user/{brand.handle}/comments", f"/comments/{post.thread.removeprefix('t3_')}"),
            "mastodon": (f"/api/v1/statuses/{name}/context", f"/api/v1/accounts/{brand.external_id}/statuses"),
            "reclame_aqui": (f"/ticket/v1/tickets?id[eq]={name}",),
            "complaints": (f"/{name}",),
        }
        shown = {text in self.ask(post.network, path).text for path in ways[post.network]}
        assert len(shown) == 1, "one way of reading shows what another one hides"
        return shown.pop()

    def answers(self, post: Post) -> list[str]:
        """What the brand has really said in the thread of a post."""
        said = self.state.posts(post.network, thread=post.thread, by_brand=True, newest_first=False)
        return [answer.text for answer in said]


def ids_of(network: str, answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    match network:
        case "x":
            return [post["id"] for post in answer.json().get("data", [])]
        case "reddit":
            return [child["data"]["name"] for child in answer.json()["data"]["children"]]
        case "mastodon":
            return [entry["status"]["id"] for entry in answer.json()]
        case "reclame_aqui":
            return [str(ticket["id"]) for ticket in answer.json()["data"]]
        case _:
            entries = answer.text.split('<article class="complaint-entry" data-id="')[1:]
            return [entry.partition('"')[0] for entry in entries]
