"""`comment`, against a small server that behaves like GitHub's API for comments."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from factories import Workspace

REPOSITORY = "acme/shop"
TOKEN = "ghs_s3cret"
BOT = "github-actions[bot]"


@dataclass
class Github:
    """Comments of one pull request, and who may ask for what."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    viewer: str | None = BOT
    refuse: int = 0
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        """Return status and body, as GitHub would."""
        parts = urlsplit(path)
        self.asked.append(f"{method} {parts.path}")
        refusal = self._refusal(method, parts.path, token, body)
        if refusal is not None:
            return refusal, {"message": f"no, {TOKEN}"}
        if parts.path == "/graphql":
            return 200, {"data": {"viewer": {"login": self.viewer}}}
        if parts.path == f"/repos/{REPOSITORY}/issues/7/comments":
            return self._comments(method, parse_qs(parts.query), body)
        number = parts.path.removeprefix(f"/repos/{REPOSITORY}/issues/comments/")
        for comment in self.comments:
            if method == "PATCH" and str(comment["id"]) == number:
                comment["body"] = body["body"]
                return 200, comment
        return 404, {"message": "Not Found"}

    def _refusal(self, method: str, path: str, token: str, body: Any) -> int | None:
        if token != f"Bearer {TOKEN}":
            return 401
        if path == "/user" or (path == "/graphql" and self.viewer is None):
            return 403
        is_long = method in {"POST", "PATCH"} and len(body.get("body", "")) > 65_536
        return self.refuse or (422 if is_long else None)

    def _comments(self, method: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            self.say(BOT, body["body"])
            return 201, self.comments[-1]
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return 200, self.comments[size * (page - 1) : size * page]

    def say(self, login: str, text: str) -> None:
        """Let somebody comment."""
        number = len(self.comments) + 1
        url = f"https://github.example/{number}"
        comment = {"id": number, "user": {"login": login}, "body": text, "html_url": url}
        self.comments.append(comment)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> Iterator[Github]:
    """Serve a pull request, with the environment that a workflow has, and a plan to comment."""
    hub = Github()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.loads(content) if content else None
            token = self.headers.get("Authorization", "")
            status, said = hub.answer(self.command, self.path, token, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    event = workspace.write("event.json", json.dumps({"pull_request": {"number": 7}}))
    for name, value in {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": address,
        "GITHUB_GRAPHQL_URL": f"{address}/graphql",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_ACTIONS": "true",
    }.items():
        monkeypatch.setenv(name, value)
    workspace.store({"A": 5}, {"A": 3})
    workspace.run("plan", "--out", "p.json")
    yield hub
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_second_push_updates_the_same_comment(workspace: Workspace, github: Github) -> None:
    """Created once, then edited, whatever else is said meanwhile."""
    first = workspace.run("comment", "p.json")
    github.say("alice", "nice")
    workspace.declare({"A": 9})
    workspace.run("plan", "--out", "p.json")
    second = workspace.run("comment", "p.json")

    assert (first.code, second.code) == (0, 0), (first, second)
    assert first.out == second.out == "https://github.example/1\n"
    assert len(github.comments) == 2
    assert "| <code>A</code> | 3 |  | 9 | +6 |" in github.comments[0]["body"]
    assert "GET /user" not in github.asked


def test_a_forged_marker_is_not_trusted(workspace: Workspace, github: Github) -> None:
    """S7: somebody pasted our marker; that comment stays as it is, and ours is another."""
    github.say("mallory", "<!-- inventory-reconciler: demo -->\nall is well")
    workspace.run("comment", "p.json")

    assert github.comments[0]["body"].endswith("all is well")
    assert len(github.comments) == 2
    workspace.run("comment", "p.json")
    assert len(github.comments) == 2


def test_a_crowded_pull_request_has_pages(workspace: Workspace, github: Github) -> None:
    """Our comment is found on the third."""
    for number in range(250):
        github.say("alice", f"{number}")
    workspace.run("comment", "p.json")
    workspace.run("comment", "p.json")

    assert len(github.comments) == 251


def test_in_actions_the_bot_is_us(workspace: Workspace, github: Github) -> None:
    """Where even GraphQL does not say whose the token is."""
    github.viewer = None
    workspace.run("comment", "p.json")
    workspace.run("comment", "p.json")

    assert len(github.comments) == 1


def test_each_store_has_its_own(workspace: Workspace, github: Github) -> None:
    """The marker names the store."""
    workspace.run("comment", "p.json")
    github.comments[0]["body"] = github.comments[0]["body"].replace("demo", "other")
    workspace.run("comment", "p.json")

    assert len(github.comments) == 2


def test_a_large_plan_fits(workspace: Workspace, github: Github) -> None:
    """C10: GitHub takes no comment of over 65 536 characters."""
    skus = {f"SKU-{n:05}-WITH-A-CODE-THAT-IS-RATHER-LONG-FOR-ONE": 3 for n in range(900)}
    workspace.store(dict.fromkeys(skus, 5), skus)
    workspace.run("sandbox", "reset")
    workspace.run("plan", "--out", "p.json")
    run = workspace.run("comment", "p.json", "--pr", "7")

    assert run.code == 0, run
    assert len(github.comments[0]["body"]) <= 65_536
    assert "GitHub takes no more" in github.comments[0]["body"]


def test_a_report_can_be_commented(workspace: Workspace, github: Github) -> None:
    """It takes the place of the plan's."""
    workspace.run("comment", "p.json")
    workspace.run("apply", "p.json", "--report", "r.json")
    workspace.run("comment", "r.json")

    assert len(github.comments) == 1
    assert "1 applied, 0 already" in github.comments[0]["body"]


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_a_refusal_is_met_by_a_sentence(workspace: Workspace, github: Github, status: int) -> None:
    """Exit 1, what to do, and no token in it."""
    github.refuse = status
    run = workspace.run("comment", "p.json")

    assert (run.code, f"GitHub refuses ({status}" in run.err) == (1, True), run
    assert TOKEN not in run.err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GITHUB_TOKEN", "", "there is no token in GITHUB_TOKEN"),
        ("GITHUB_REPOSITORY", "../x", "GITHUB_REPOSITORY must be OWNER/NAME"),
        ("GITHUB_API_URL", "http://169.254.169.254", "GITHUB_API_URL must be https"),
        ("GITHUB_EVENT_PATH", "", "name it with --pr"),
    ],
)
def test_what_is_missing_is_named(
    workspace: Workspace,
    github: Github,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    """Each with where it comes from; GitHub is not asked."""
    monkeypatch.setenv(name, value)
    run = workspace.run("comment", "p.json")

    assert (run.code, said in run.err, github.asked) == (1, True, []), run


def test_a_workflow_gets_outputs_and_a_summary(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the next steps need, and the text for people."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(workspace.folder / "out"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(workspace.folder / "summary"))
    workspace.store({"A": 5}, {"A": 3})
    workspace.run("plan", "--out", "p.json", "--detailed-exitcode")
    workspace.run("apply", "p.json")

    assert Path("out").read_text("utf-8") == "changes=1\nexit-code=2\nplan-file=p.json\n"
    summary = Path("summary").read_text("utf-8")
    assert "### Stock of <code>demo</code>: 1 to change" in summary
    assert "1 applied, 0 already" in summary
