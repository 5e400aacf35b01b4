"""Text → the one comment that a site has on a pull request, created or updated.

The comment is known by a hidden marker and by its author.
"""

from reconciler.github.api import MAX_CHARACTERS, Github


def marker_of(site: str) -> str:
    """Return the hidden first line by which the comment of *site* is known."""
    return f"<!-- inventory-reconciler: {site} -->\n"


def put_comment(github: Github, pull_request: int, site: str, text: str) -> str:
    """Create the comment of *site*, or update it, and return its address.

    The comment belongs to the site, so two stores of one name never share it.

    Raises:
        GithubError: GitHub refuses; the text says what to do.
    """
    body = {"body": (marker_of(site) + text)[:MAX_CHARACTERS]}
    listed = f"issues/{pull_request}/comments"

    def put() -> dict[str, object]:
        ours = github.find_ours(listed, marker_of(site).strip())
        if ours is None:
            return github.ask("POST", listed, body)
        return github.ask("PATCH", f"issues/comments/{int(ours['id'])}", body)

    return str(github.repeat(put).get("html_url") or "")
