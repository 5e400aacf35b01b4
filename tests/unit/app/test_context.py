"""The folders of a store, and of the tool's own files."""

from pathlib import Path

import pytest

from reconciler.app.context import StoreContext
from reconciler.errors import ReconcilerError


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StoreContext:
    """Return a store in the current folder."""
    monkeypatch.chdir(tmp_path)
    return StoreContext("demo", Path("inventory"))


def test_folder_is_below_inventory(context: StoreContext) -> None:
    """The path is relative, as it was given."""
    assert context.folder == Path("inventory/demo")


def test_state_folder_is_beside_inventory_and_ignored(context: StoreContext) -> None:
    """Journals are not committed. A second call changes nothing."""
    for _ in range(2):
        folder = context.state_folder("journals", "demo")
        assert folder.is_dir()
        assert folder == Path.cwd() / ".reconciler/journals/demo"

    assert Path(".reconciler/.gitignore").read_text() == "*\n"


def test_state_folder_keeps_the_users_gitignore(context: StoreContext) -> None:
    """People may commit a part of the folder."""
    Path(".reconciler").mkdir()
    Path(".reconciler/.gitignore").write_text("mine\n")
    context.state_folder("x")

    assert Path(".reconciler/.gitignore").read_text() == "mine\n"


@pytest.mark.parametrize("link", [".reconciler", ".reconciler/journals"])
def test_state_folder_through_link_raises(context: StoreContext, link: str) -> None:
    """A commit can contain a link. Nothing is created behind it."""
    outside = Path("outside").absolute()
    outside.mkdir()
    Path(link).parent.mkdir(exist_ok=True)
    Path(link).symlink_to(outside)
    with pytest.raises(ReconcilerError):
        context.state_folder("journals", "demo")

    assert list(outside.iterdir()) == []


def test_state_folder_does_not_write_through_linked_gitignore(context: StoreContext) -> None:
    """A link to a missing file is a link, too."""
    Path(".reconciler").mkdir()
    Path(".reconciler/.gitignore").symlink_to("../outside")
    context.state_folder("x")

    assert not Path("outside").exists()


def test_state_folder_that_cannot_be_created_raises(context: StoreContext) -> None:
    """The error names the file in the way."""
    Path(".reconciler").write_text("")
    with pytest.raises(ReconcilerError, match=r"\.reconciler"):
        context.state_folder("x")
