"""Create or update the one comment of a site on a pull request.

A hidden marker and its author identify the comment.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def marker_of(site: str) -> str:
    """Return the hidden first line that identifies the comment of *site*."""
    return f"<!-- inventory-reconciler: {site} -->\n"


def put_comment(github: Github, pull_request: int, site: str, text: str) -> str:
    """Create or update the comment of *site*, and return its address.

    The marker has the site, not the store's name, so two stores of one name don't share a comment.

    Raises:
        GithubError: The request failed.
    """
    body = {"body": (marker_of(site) + text)[:MAX_CHARACTERS]}
    listed = f"issues/{pull_request}/comments"

    def put() -> dict[str, object]:
        ours = github.find_ours(listed, marker_of(site).strip())
        if ours is None:
            return github.ask("POST", listed, body)
        return github.ask("PATCH", f"issues/comments/{int(ours['id'])}", body)

    return str(github.repeat(put).get("html_url") or "")
