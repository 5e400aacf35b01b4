"""Requests to GitHub, and when they are repeated."""

import pytest
from hub import BOT, COMMENTS, REPOSITORY, TOKEN, Hub, Odd
from unit.github.served import github_of

from reconciler import masking
from reconciler.errors import GithubError, GithubRefusal, LostAnswerError
from reconciler.github.api import MAX_TRIES, MAX_WAIT

LISTED = "issues/7/comments"
ISSUES = f"/repos/{REPOSITORY}/issues"
NOW = "Fri, 20 Nov 2026 10:00:00 GMT"
NOW_SECONDS = 1_795_168_800


def test_ask_sends_the_token_to_the_repository() -> None:
    """The hub accepts only this token, and answers with the new comment."""
    hub = Hub()
    with github_of(hub) as github:
        made = github.ask("POST", LISTED, {"body": "hello"})

    assert (made["body"], hub.asked) == ("hello", [f"POST {COMMENTS}"])


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_ask_repeats_failed_get_and_patch(method: str) -> None:
    """Both can be sent twice."""
    hub = Hub(odd=[(method, Odd(502))] * 2)
    hub.say(BOT, "old")
    path = "issues/comments/1" if method == "PATCH" else f"{LISTED}?per_page=9&page=1"
    slept: list[float] = []
    with github_of(hub, slept) as github:
        github.ask(method, path, {"body": "new"} if method == "PATCH" else None)

    assert (len(hub.asked), len(slept)) == (1, 2)


def test_ask_does_not_repeat_lost_post() -> None:
    """The comment may exist already, so the caller must look first."""
    hub = Hub(odd=[("POST", Odd(502, applied=True))])
    with github_of(hub) as github, pytest.raises(LostAnswerError):
        github.ask("POST", LISTED, {"body": "x"})

    assert len(hub.comments) == 1


def test_repeat_calls_again_only_while_answers_are_lost() -> None:
    """Other errors are not repeated, and the number of tries is limited."""
    calls: list[int] = []

    def put(error: GithubError | None, times: int) -> dict[str, object]:
        calls.append(1)
        if error is not None and len(calls) <= times:
            raise error
        return {"done": len(calls)}

    with github_of(Hub()) as github:
        assert github.repeat(lambda: put(LostAnswerError("lost"), 2)) == {"done": 3}
        calls.clear()
        with pytest.raises(LostAnswerError):
            github.repeat(lambda: put(LostAnswerError("lost"), 99))
        assert len(calls) == MAX_TRIES
        calls.clear()
        with pytest.raises(GithubRefusal):
            github.repeat(lambda: put(GithubRefusal("no"), 1))
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("odd", "least"),
    [
        (Odd(429, {"Retry-After": "7"}), 7),
        (Odd(403, {"Retry-After": "7"}), 7),
        (Odd(503, {"Retry-After": "7"}), 7),
        (Odd(429), 60),
        (Odd(403, message="secondary rate limit"), 60),
        (
            Odd(
                403,
                {
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": str(NOW_SECONDS + 90),
                    "Date": NOW,
                },
            ),
            90,
        ),
    ],
)
def test_ask_waits_as_the_rate_limit_requires(odd: Odd, least: float) -> None:
    """GitHub blocks clients that retry too early."""
    slept: list[float] = []
    with github_of(Hub(odd=[("POST", odd)] if odd.status != 503 else [("GET", odd)]), slept) as it:
        if odd.status == 503:
            it.ask("GET", f"{LISTED}?per_page=9&page=1")
        else:
            it.ask("POST", LISTED, {"body": "x"})

    assert [least <= wait < least + 2 for wait in slept] == [True]


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        (Odd(403), GithubRefusal),
        (Odd(401), GithubError),
        (Odd(404), GithubError),
        (Odd(422), GithubError),
        (Odd(301, {"Location": ISSUES}), GithubError),
        (Odd(429, {"Retry-After": str(MAX_WAIT + 1)}), GithubError),
    ],
)
def test_ask_rejected_request_raises_at_once(odd: Odd, error: type[GithubError]) -> None:
    """Nothing is repeated or redirected where waiting doesn't help, or takes too long."""
    hub, slept = Hub(odd=[("POST", odd)]), list[float]()
    with github_of(hub, slept) as github, pytest.raises(error) as caught:
        github.ask("POST", LISTED, {"body": "x"})

    assert type(caught.value) is error
    assert (hub.asked, slept) == ([], [])


def test_ask_does_not_wait_for_a_long_outage() -> None:
    """A job does not sleep for an hour."""
    odd, slept = Odd(503, {"Retry-After": str(MAX_WAIT + 1)}), list[float]()
    with github_of(Hub(odd=[("GET", odd)]), slept) as github, pytest.raises(GithubError):
        github.ask("GET", f"{LISTED}?per_page=9&page=1")

    assert slept == []


def test_token_is_neither_sent_in_text_nor_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a plan with a token nor GitHub's own error reveals it."""
    monkeypatch.setattr(masking, "_forms", [TOKEN])
    hub = Hub()
    with github_of(hub) as github:
        github.ask("POST", LISTED, {"body": f"x {TOKEN}"})
        hub.refuse = 404
        with pytest.raises(GithubError) as caught:
            github.ask("POST", LISTED, {"body": "x"})

    assert hub.comments[0]["body"] == "x ***"
    assert TOKEN not in str(caught.value)
