"""A small server with GitHub's API for comments and issues."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

REPOSITORY = "acme/shop"
TOKEN = "ghs_s3cret"
BOT = "github-actions[bot]"
PULL_REQUEST = 7


COMMENTS = f"/repos/{REPOSITORY}/issues/{PULL_REQUEST}/comments"


@dataclass(frozen=True)
class Odd:
    """A one-time faulty answer. The request takes effect only if `applied`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "odd"
    applied: bool = False
    body: Any = None


@dataclass
class Hub:
    """The comments of one pull request, issues, and permissions."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    viewer: str | None = BOT
    refuse: int = 0
    asked: list[str] = field(default_factory=list)
    odd: list[tuple[str, Odd]] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        """Return status and body of GitHub's answer."""
        parts = urlsplit(path)
        self.asked.append(f"{method} {parts.path}")
        refusal = self._refusal(method, parts.path, token, body)
        if refusal is not None:
            return refusal, {"message": f"no, {TOKEN}"}
        if parts.path == "/graphql":
            return 200, {"data": {"viewer": {"login": self.viewer}}}
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self._about(method, parts, query, body)

    def _about(
        self, method: str, parts: SplitResult, query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        match parts.path.removeprefix(f"/repos/{REPOSITORY}/issues").strip("/").split("/"):
            case [number, "comments"] if number == str(PULL_REQUEST):
                return self._all(self.comments, method, query, body)
            case ["comments", number]:
                return self._one(self.comments, number, method, body)
            case [""]:
                return self._all(self.issues, method, query, body)
            case [number]:
                return self._one(self.issues, number, method, body)
        return 404, {"message": "Not Found"}

    def _refusal(self, method: str, path: str, token: str, body: Any) -> int | None:
        if token != f"Bearer {TOKEN}":
            return 401
        if path == "/user" or (path == "/graphql" and self.viewer is None):
            return 403
        is_long = method in {"POST", "PATCH"} and len(body.get("body", "")) > 65_536
        return self.refuse or (422 if is_long else None)

    def _all(
        self, listed: list[dict[str, Any]], method: str, query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if method == "POST":
            return 201, self._add(listed, BOT, body)
        state = query.get("state")
        shown = [one for one in listed if state is None or one["state"] == state]
        size, page = int(query["per_page"]), int(query["page"])
        return 200, shown[size * (page - 1) : size * page]

    def _one(
        self, listed: list[dict[str, Any]], number: str, method: str, body: Any
    ) -> tuple[int, Any]:
        for one in listed:
            if method == "PATCH" and str(one["id"]) == number:
                one.update(body)
                return 200, one
        return 404, {"message": "Not Found"}

    def _add(self, listed: list[dict[str, Any]], login: str, body: dict[str, Any]) -> Any:
        number = len(listed) + 1
        made = {
            "id": number,
            "number": number,
            "state": "open",
            "user": {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"},
            "html_url": f"https://github.example/{number}",
        }
        listed.append(made | body)
        return listed[-1]

    def take_odd(self, method: str, path: str) -> Odd | None:
        """Return and remove the next faulty answer for *method* or *path*."""
        for index, (meant, odd) in enumerate(self.odd):
            if meant in {method, path}:
                del self.odd[index]
                return odd
        return None

    def say(self, login: str, text: str) -> None:
        """Add a comment of another user."""
        self._add(self.comments, login, {"body": text})

    def file(self, login: str, text: str) -> None:
        """Add an issue of another user."""
        self._add(self.issues, login, {"body": text, "title": text})


@contextmanager
def serve(hub: Hub) -> Iterator[str]:
    """Serve *hub* on loopback, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(content) if content else None
            token = self.headers.get("Authorization", "")
            odd = hub.take_odd(self.command, self.path)
            headers: Mapping[str, str] = {}
            if odd is None or odd.applied:
                status, answer = hub.answer(self.command, self.path, token, body)
            if odd is not None:
                status, headers = odd.status, odd.headers
                answer = odd.body or {"message": odd.message}
            self.send_response_only(status)  # a faulty answer may have its own date
            for name, value in ({"Date": self.date_time_string()} | dict(headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def environment(address: str, event: str) -> dict[str, str]:
    """Return the environment of a workflow step for the hub at *address*."""
    return {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": address,
        "GITHUB_GRAPHQL_URL": f"{address}/graphql",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_PATH": event,
        "GITHUB_ACTIONS": "true",
    }
