"""`comment` and `drift --issue`, against a small server that behaves like GitHub's API."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from factories import OTHER_SITE, SITE, Workspace
from hub import BOT, COMMENTS, PULL_REQUEST, TOKEN, Hub, Odd, environment, serve

DATE = format_datetime(datetime.fromtimestamp(1_000_000, UTC), usegmt=True)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> Iterator[Hub]:
    """Serve a pull request, with the environment of a workflow, and a saved plan."""
    hub = Hub()
    event = workspace.write("event.json", json.dumps({"pull_request": {"number": PULL_REQUEST}}))
    with serve(hub) as address:
        for name, value in environment(address, str(event)).items():
            monkeypatch.setenv(name, value)
        workspace.store({"A": 5}, {"A": 3})
        workspace.run("plan", "--out", "p.json")
        yield hub


def test_comment_after_second_push_updates_it(workspace: Workspace, github: Hub) -> None:
    """It is created once, then edited, whatever others write in between."""
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


def test_comment_ignores_forged_marker(workspace: Workspace, github: Hub) -> None:
    """S7: a comment of another author with our marker stays as it is."""
    github.say("mallory", f"<!-- inventory-reconciler: {SITE} -->\nall is well")
    workspace.run("comment", "p.json")

    assert github.comments[0]["body"].endswith("all is well")
    assert len(github.comments) == 2
    workspace.run("comment", "p.json")
    assert len(github.comments) == 2


def test_comment_on_the_third_page_is_found(workspace: Workspace, github: Hub) -> None:
    """A pull request can have many comments."""
    for number in range(250):
        github.say("alice", f"{number}")
    workspace.run("comment", "p.json")
    workspace.run("comment", "p.json")

    assert len(github.comments) == 251


def test_comment_in_actions_is_by_the_bot(workspace: Workspace, github: Hub) -> None:
    """Even if GraphQL doesn't say who owns the token."""
    github.viewer = None
    workspace.run("comment", "p.json")
    workspace.run("comment", "p.json")

    assert len(github.comments) == 1


def test_comment_belongs_to_the_site(workspace: Workspace, github: Hub) -> None:
    """The marker has the site."""
    workspace.run("comment", "p.json")
    github.comments[0]["body"] = github.comments[0]["body"].replace(SITE, OTHER_SITE)
    workspace.run("comment", "p.json")

    assert len(github.comments) == 2


def test_comment_of_large_plan_is_cut(workspace: Workspace, github: Hub) -> None:
    """C10: GitHub accepts at most 65 536 characters."""
    skus = {f"SKU-{n:05}-WITH-A-CODE-THAT-IS-RATHER-LONG-FOR-ONE": 3 for n in range(900)}
    workspace.store(dict.fromkeys(skus, 5), skus)
    workspace.run("sandbox", "reset")
    workspace.run("plan", "--out", "p.json")
    run = workspace.run("comment", "p.json", "--pr", "7")

    assert run.code == 0, run
    assert len(github.comments[0]["body"]) <= 65_536
    assert "GitHub's limit. Th" in github.comments[0]["body"]


def test_comment_of_report_replaces_the_plan(workspace: Workspace, github: Hub) -> None:
    """It is the same comment."""
    workspace.run("comment", "p.json")
    workspace.run("apply", "p.json", "--report", "r.json")
    workspace.run("comment", "r.json")

    assert len(github.comments) == 1
    assert "1 applied, 0 already" in github.comments[0]["body"]


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_comment_that_github_refuses_fails_without_the_token(
    workspace: Workspace, github: Hub, status: int
) -> None:
    """The error has the status and its own code, and no token."""
    github.refuse = status
    run = workspace.run("comment", "p.json")

    kind = "github_refused" if status == 403 else "github"

    assert (run.code, f"[{kind}]" in run.err, f"({status}" in run.err) == (1, True, True), run
    assert TOKEN not in run.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_TOKEN", ""),
        ("GITHUB_REPOSITORY", "../x"),
        ("GITHUB_API_URL", "http://169.254.169.254"),
        ("GITHUB_EVENT_PATH", ""),
    ],
)
def test_comment_with_malformed_variable_names_it(
    workspace: Workspace,
    github: Hub,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    """No request is sent to GitHub."""
    monkeypatch.setenv(name, value)
    run = workspace.run("comment", "p.json")

    assert (run.code, name in run.err, github.asked) == (1, True, []), run


def test_workflow_gets_outputs_and_summary(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outputs for the next steps, and text for people."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(workspace.folder / "out"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(workspace.folder / "summary"))
    workspace.store({"A": 5}, {"A": 3})
    workspace.run("plan", "--out", "p.json", "--detailed-exitcode")
    assert Path("out").read_text("utf-8") == "changes=1\nplan-file=p.json\nexit-code=2\n"
    Path("out").unlink()
    workspace.run("apply", "p.json")
    workspace.run("drift")
    workspace.run("stores", "--format", "github-matrix")

    assert Path("out").read_text("utf-8") == (
        'exit-code=0\nexit-code=0\nmatrix={"store":["demo"]}\nexit-code=0\n'
    )
    summary = Path("summary").read_text("utf-8")
    assert "### Stock of <code>demo</code>: 1 to change" in summary
    assert "1 applied, 0 already" in summary
    assert "### Stock of <code>demo</code>: drift" in summary


def test_outputs_sum_up_all_stores(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if one of them fails."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(workspace.folder / "out"))
    workspace.store({"A": 5}, {"A": 3})
    for name, sku, site in (("aaa", "A", "a" * 24), ("zzz", "NOPE", "b" * 24)):
        shutil.copytree("inventory/demo", f"inventory/{name}")
        store = Path(f"inventory/{name}/store.yaml")
        store.write_text(store.read_text("utf-8").replace(SITE, site))
        shop = Path(f"inventory/{name}/sandbox.json")
        shop.write_text(shop.read_text("utf-8").replace(SITE, site))
        workspace.write(f"inventory/{name}/stock.yaml", f"skus: {{{sku}: 4}}\n")
    run = workspace.run("plan", "--all-stores", "--out", "plans")

    assert run.code == 65, run
    assert Path("out").read_text("utf-8") == "changes=2\nplan-file=plans\nexit-code=65\n"
    monkeypatch.setenv("GITHUB_OUTPUT", str(workspace.folder))
    run = workspace.run("stores")
    assert (run.code, str(workspace.folder) in run.err) == (1, True), run


@pytest.mark.parametrize(
    ("name", "value"), [("HTTPS_PROXY", "foo://x"), ("SSL_CERT_FILE", "/nonexistent")]
)
def test_comment_with_unusable_proxy_or_certificate_names_it(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The client of the shop does the same."""
    monkeypatch.setenv("GITHUB_API_URL", "https://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    run = workspace.run("comment", "p.json")

    assert (run.code, name in run.err) == (1, True), run


def test_drift_keeps_one_issue(workspace: Workspace, github: Hub) -> None:
    """It is opened, updated, and closed without drift.

    Without issue and drift, there is no message.
    """
    workspace.declare({"A": 3})
    quiet = workspace.run("drift", "--issue")
    workspace.declare({"A": 5})
    first = workspace.run("drift", "--issue")
    workspace.declare({"A": 6})
    second = workspace.run("drift", "--issue")

    assert (quiet.code, quiet.err, first.code, second.code) == (0, "", 2, 2), (quiet, first)
    assert "Drift issue: https://github.example/1" in first.err
    (issue,) = github.issues
    assert (issue["title"], issue["state"]) == ("Stock drift in demo", "open")
    assert "| <code>A</code> | 6 | 3 | -3 | exact |" in issue["body"]
    workspace.declare({"A": 3})
    assert workspace.run("drift", "--issue").code == 0
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    workspace.declare({"A": 7})
    workspace.run("drift", "--issue")
    assert [issue["state"] for issue in github.issues] == ["closed", "open"]


def test_drift_leaves_issue_of_another_author(workspace: Workspace, github: Hub) -> None:
    """Our marker in another author's text, also on a later page, is ignored."""
    for number in range(120):
        github.file("alice", f"{number}")
    github.file("mallory", f"<!-- inventory-reconciler drift: {SITE} -->\nall is well")
    workspace.run("drift", "--issue")
    workspace.run("drift", "--issue")

    assert github.issues[120]["body"].endswith("all is well")
    assert [issue["user"]["login"] for issue in github.issues[121:]] == [BOT]


def test_drift_issue_without_token_sends_no_request(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The missing token is reported before anything is read."""
    monkeypatch.delenv("GITHUB_TOKEN")
    run = workspace.run("drift", "--issue")

    assert (run.code, run.out, github.asked) == (1, "", []), run
    assert "GITHUB_TOKEN" in run.err


def _script(github: Hub, monkeypatch: pytest.MonkeyPatch, *answers: tuple[str, Any]) -> list[float]:
    """Let the hub answer each request of a method wrongly once, and return the waits."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    github.odd = list(answers)
    return waits


@pytest.mark.parametrize("status", [500, 502, 503])
def test_comment_after_a_failure_of_github_is_repeated(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A single wrong answer does not end the command."""
    for method in ("GET", "POST"):
        waits = _script(github, monkeypatch, (method, Odd(status)))
        run = workspace.run("comment", "p.json")
        assert (run.code, len(github.comments), len(waits)) == (0, 1, 1), run


def test_lost_answer_creates_no_second_comment(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A POST took effect although its answer was a 502. Its comment is found and updated."""
    _script(github, monkeypatch, ("POST", Odd(502, applied=True)))
    run = workspace.run("comment", "p.json")

    assert (run.code, len(github.comments)) == (0, 1), run
    assert github.asked.count(f"POST {COMMENTS}") == 1
    assert github.asked[-1].startswith("PATCH")


@pytest.mark.parametrize(
    ("odd", "least"),
    [
        (Odd(429, {"Retry-After": "7"}), 7.0),
        (Odd(403, {"Retry-After": "9"}), 9.0),
        (Odd(403, {"X-RateLimit-Remaining": "0"}), 60.0),
        (Odd(403, message="You have exceeded a secondary rate limit"), 60.0),
        (Odd(429), 60.0),
    ],
    ids=range(5),
)
def test_comment_waits_for_the_rate_limit(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch, odd: Odd, least: float
) -> None:
    """The time that GitHub names, or a minute. It never counts as a missing permission."""
    waits = _script(github, monkeypatch, ("POST", odd))
    run = workspace.run("comment", "p.json")

    assert (run.code, len(github.comments)) == (0, 1), run
    assert least <= waits[0] <= least + 1


def test_comment_during_outage_fails_after_a_few_tries(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, after growing pauses."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    github.refuse = 502
    run = workspace.run("comment", "p.json")

    assert (run.code, "(502" in run.err) == (1, True), run
    assert len(github.asked) == 5
    assert TOKEN not in run.err


@pytest.mark.parametrize(
    "odd",
    [
        Odd(200, body={"errors": [{"type": "RATE_LIMITED"}]}),
        Odd(200, body={"errors": [{"type": "SERVICE_UNAVAILABLE"}]}),
        Odd(502),
    ],
    ids=range(3),
)
def test_lookup_that_fails_creates_no_second_comment(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch, odd: Odd
) -> None:
    """Without our login, an app's own comment would not be found."""
    github.viewer = "stock-app[bot]"
    github.say("stock-app[bot]", f"<!-- inventory-reconciler: {SITE} -->\nof the last push")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    github.odd = [("/graphql", odd)] * 9
    run = workspace.run("comment", "p.json")
    assert (run.code, len(github.comments)) == (1, 1), run

    github.odd = [("/graphql", odd)]
    run = workspace.run("comment", "p.json")
    assert (run.code, len(github.comments)) == (0, 1), run


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "3600"}, []),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000020", "Date": DATE}, [20]),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1009999", "Date": DATE}, []),
    ],
    ids=range(3),
)
def test_rate_limit_is_waited_for_in_full_or_not_at_all(
    workspace: Workspace,
    github: Hub,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
    waits: list[int],
) -> None:
    """By GitHub's clock. More than five minutes end the command at once."""
    slept = _script(github, monkeypatch, ("GET", Odd(403, headers, "rate limit")))
    run = workspace.run("comment", "p.json")

    assert run.code == (0 if waits else 1), run
    assert [int(seconds) for seconds in slept] == waits


def test_comment_waits_for_maintenance(
    workspace: Workspace, github: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 503 with a Retry-After."""
    slept = _script(github, monkeypatch, ("GET", Odd(503, {"Retry-After": "60"})))
    run = workspace.run("comment", "p.json")

    assert (run.code, slept[0] >= 60) == (0, True), run
