"""Text → the one comment that a store has on a pull request, created or updated.

The comment is known by a hidden marker and by its author.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def marker_of(store: str) -> str:
    """Return the hidden first line by which the comment of *store* is known."""
    return f"<!-- inventory-reconciler: {store} -->\n"


def put_comment(github: Github, pull_request: int, store: str, text: str) -> str:
    """Create the comment of *store*, or update it, and return its address.

    Raises GithubError for what GitHub refuses, with what to do.
    """
    body = {"body": (marker_of(store) + text)[:MAX_CHARACTERS]}
    listed = f"issues/{pull_request}/comments"

    def put() -> dict[str, object]:
        ours = github.find_ours(listed, marker_of(store).strip())
        if ours is None:
            return github.ask("POST", listed, body)
        return github.ask("PATCH", f"issues/comments/{int(ours['id'])}", body)

    return str(github.repeat(put).get("html_url") or "")
