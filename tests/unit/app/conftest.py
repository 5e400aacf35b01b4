"""A store of two SKUs in a repository, and a remote."""

import pytest
from factories import SITE, Workspace


@pytest.fixture
def pair(workspace: Workspace) -> Workspace:
    """Return a repository that declares A and B as 5, and a bare one to push to."""
    limits = "limits: {max_changes: 100%, max_units_raised: 999}\n"
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\n{limits}")
    workspace.declare({"A": 5, "B": 5})
    workspace.commit("declare")
    workspace.git("init", "--quiet", "--bare", ".git/other")
    return workspace
