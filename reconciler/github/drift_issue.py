"""Open, update, and close the one drift issue of a site.

A hidden marker and its author identify the issue.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def issue_marker(site: str) -> str:
    """Return the hidden first line that identifies the drift issue of *site*."""
    return f"<!-- inventory-reconciler drift: {site} -->\n"


def put_issue(github: Github, site: str, store: str, text: str, *, is_needed: bool) -> str:
    """Open or update the drift issue of *site*, or close it if it is not needed.

    *store* is the name in its title. Returns the address of the issue, or '' if there is none.

    Raises:
        GithubError: The request failed.
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
