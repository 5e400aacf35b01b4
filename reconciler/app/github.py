"""Open a client of GitHub's API from the environment of a workflow."""

import os
import time

from reconciler.app.connect import rate_window
from reconciler.github.actions_context import read_actions_context
from reconciler.github.api import Github
from reconciler.webflow.rate_limit import WINDOW


def open_github() -> Github:
    """Return a client for the repository of this workflow."""
    scale = rate_window() / WINDOW
    return Github(read_actions_context(os.environ), lambda seconds: time.sleep(seconds * scale))
