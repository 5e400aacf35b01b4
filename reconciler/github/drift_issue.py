"""Drift → the one issue that a site has about it: opened, updated and closed.

The issue is known by a hidden marker and by its author.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def issue_marker(site: str) -> str:
    """Return the hidden first line by which the issue about the drift of *site* is known."""
    return f"<!-- inventory-reconciler drift: {site} -->\n"


def put_issue(github: Github, site: str, store: str, text: str, *, is_needed: bool) -> str:
    """Open the issue of *site*, called *store*, update it, or close it if it is not needed.

    Returns its address, or '' if there was and is none.

    Raises:
        GithubError: GitHub refuses; the text says what to do.
    """
    content = {"body": (issue_marker(site) + text)[:MAX_CHARACTERS]}

    def put() -> dict[str, object]:
        ours = github.find_ours("issues?state=open", issue_marker(site).strip())
        if ours is not None:
            closing = {} if is_needed else {"state": "closed", "state_reason": "completed"}
            return github.ask("PATCH", f"issues/{int(ours['number'])}", content | closing)
        if is_needed:
            return github.ask("POST", "issues", content | {"title": f"Stock drift in {store}"})
        return {}

    return str(github.repeat(put).get("html_url") or "")
