"""Drift → the one issue that a store has about it: opened, updated and closed.

The issue is known by a hidden marker and by its author.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def issue_marker(store: str) -> str:
    """Return the hidden first line by which the issue about the drift of *store* is known."""
    return f"<!-- inventory-reconciler drift: {store} -->\n"


def put_issue(github: Github, store: str, text: str, *, is_needed: bool) -> str:
    """Open the issue of *store* or update it, or close it where it is not needed any more.

    Returns its address, or '' where there was and is none. Raises GithubError for what GitHub
    refuses, with what to do.
    """
    content = {"body": (issue_marker(store) + text)[:MAX_CHARACTERS]}

    def put() -> dict[str, object]:
        ours = github.find_ours("issues?state=open", issue_marker(store).strip())
        if ours is not None:
            closing = {} if is_needed else {"state": "closed", "state_reason": "completed"}
            return github.ask("PATCH", f"issues/{int(ours['number'])}", content | closing)
        if is_needed:
            return github.ask("POST", "issues", content | {"title": f"Stock drift in {store}"})
        return {}

    return str(github.repeat(put).get("html_url") or "")
