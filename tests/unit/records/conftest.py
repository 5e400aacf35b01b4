"""A repository with one commit, and a remote."""

from dataclasses import replace

import pytest
from factories import Workspace

from reconciler.git.repository import Repository, open_repository


@pytest.fixture
def shared(workspace: Workspace) -> Workspace:
    """Return a workspace with one commit, in a folder beside a bare repository `origin`."""
    folder = workspace.folder / "work"
    folder.mkdir()
    inner = replace(workspace, folder=folder)
    inner.commit()
    inner.git("init", "--quiet", "--bare", "--initial-branch", "main", "../origin.git")
    inner.git("remote", "add", "origin", "../origin.git")
    return inner


@pytest.fixture
def repository(shared: Workspace) -> Repository:
    """Return the repository of the workspace."""
    found = open_repository(shared.folder)
    assert found is not None
    return found
