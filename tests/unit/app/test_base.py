"""The base, in repositories as people have them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from factories import SITE, Workspace, stock

from reconciler.app.base import KnownBase, at_fork, declared_at, load_base
from reconciler.app.context import StoreContext
from reconciler.errors import NoBaseError, UsageError
from reconciler.model import Declared, StoreSettings

CONTEXT = StoreContext("demo", Path("inventory"))
SETTINGS = StoreSettings("demo", SITE)
REF = f"refs/reconciler/{SITE}"
NO_GIT = KnownBase(None, CONTEXT.folder, "demo", SITE, None, None, None)


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Return a repository in which A was first 1, then 2."""
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nrule: on_change\n")
    _declare(workspace, 1)
    workspace.git("tag", "first")
    _declare(workspace, 2)
    return workspace


def _declare(workspace: Workspace, quantity: int) -> str:
    workspace.declare({"A": quantity})
    return workspace.commit(f"A is {quantity}")


def _load(ref: str | None) -> KnownBase:
    return load_base(CONTEXT, SETTINGS, ref, None)


def _stocks(declared: Mapping[str, Declared]) -> dict[str, object]:
    return {sku: entry.stock.quantity for sku, entry in declared.items()}


def test_load_base_reads_what_was_committed(shop: Workspace) -> None:
    """The commit counts, not the files on disk, with rules and places."""
    shop.declare({"A": 99, "B": 1})
    known = _load("first")

    assert known.base is not None
    assert known.base.commit == known.base.source == shop.git("rev-parse", "first")
    assert known.head == shop.git("rev-parse", "HEAD")
    entry = known.base.declared["A"]
    assert (entry.stock, entry.rule, entry.terms.path) == (
        stock(1),
        "on_change",
        "inventory/demo/stock.yaml",
    )
    assert (len(known.base.declared), known.last, known.resumes) == (1, None, False)


def test_load_base_lists_commits_since(shop: Workspace) -> None:
    """Only those that changed the store, newest first."""
    shop.write("README", "x")
    shop.commit("docs")
    _declare(shop, 3)
    subjects = [line.partition(" ")[2] for line in _load("first").commits]

    assert subjects == ["A is 3", "A is 2"]
    assert _load(None).commits == ()


def test_load_base_without_record_is_no_base(shop: Workspace) -> None:
    """Without a record and a name, there is no base, but a cure."""
    known = _load(None)

    assert (known.base, known.last) == (None, None)
    assert REF in known.ways_out
    assert REF in known.why_not


def test_load_base_before_the_store_existed_is_empty(shop: Workspace) -> None:
    """At a commit before the store, everything is new."""
    shop.git("checkout", "--quiet", "--orphan", "empty")
    shop.git("rm", "--quiet", "-rf", ".")
    shop.write("README", "x")
    shop.commit("nothing yet")
    shop.git("tag", "before")
    shop.git("checkout", "--quiet", "main")
    known = _load("before")

    assert known.base is not None
    assert known.base.declared == {}


def test_load_base_of_moved_store_raises(shop: Workspace) -> None:
    """In its new folder, every SKU would count as new, and on_change would write it."""
    shop.git("mv", "inventory/demo", "inventory/shop")
    shop.commit("rename")
    context, settings = StoreContext("shop", Path("inventory")), StoreSettings("shop", SITE)
    with pytest.raises(NoBaseError, match="inventory/demo"):
        load_base(context, settings, "first", None)


@pytest.mark.parametrize(
    "ref", ["none", "first..HEAD", "--all", "0" * 40, ":/A is", "HEAD:inventory"]
)
def test_load_base_of_unknown_ref_raises(shop: Workspace, ref: str) -> None:
    """A typo in --base must not become another base."""
    with pytest.raises(NoBaseError):
        _load(ref)


def test_load_base_with_invalid_yaml_raises(shop: Workspace) -> None:
    """It is unknown what was declared there."""
    shop.declare({"A": -1})
    shop.commit("slip")
    with pytest.raises(NoBaseError, match=r"stock\.yaml:2"):
        _load("HEAD")


@pytest.mark.parametrize("link", ["inventory/demo/more.yaml", "inventory/demo"])
def test_load_base_with_link_raises(shop: Workspace, link: str) -> None:
    """The commit does not have the content behind a link."""
    if Path(link).exists():
        shop.git("mv", link, "elsewhere")
        Path(link).symlink_to("../elsewhere")
    else:
        Path(link).symlink_to("stock.yaml")
    shop.commit("link")
    shop.git("tag", "link")
    shop.git("checkout", "--quiet", "first")
    with pytest.raises(NoBaseError):
        _load("link")


def test_load_base_outside_of_git_has_no_base(workspace: Workspace) -> None:
    """A base that is named there is an error."""
    Path("inventory").mkdir()

    assert _load(None) == NO_GIT
    with pytest.raises(NoBaseError):
        _load("HEAD")


def test_at_fork_leaves_out_what_others_merged(shop: Workspace) -> None:
    """On a branch, the base is where it left the applied commits."""
    shop.git("checkout", "--quiet", "-b", "topic")
    _declare(shop, 7)
    shop.git("checkout", "--quiet", "main")
    applied = _declare(shop, 3)
    shop.git("checkout", "--quiet", "topic")
    base = at_fork(_load(applied)).base

    assert base is not None
    assert base.declared["A"].stock == stock(2)


def test_at_fork_on_main_line_keeps_base(shop: Workspace) -> None:
    """HEAD descends from the base."""
    known = _load("first")

    assert at_fork(known) is known
    assert at_fork(NO_GIT).base is None


def test_declared_at_is_the_fork_point(shop: Workspace) -> None:
    """Later changes of others on main don't count as changes of this branch."""
    shop.git("checkout", "--quiet", "-b", "topic", "first")
    _declare(shop, 7)

    assert _stocks(declared_at(_load(None), "main")) == {"A": 1}
    assert _stocks(declared_at(_load(None), "HEAD")) == {"A": 7}


def test_declared_at_of_unknown_ref_raises(shop: Workspace) -> None:
    """A typo must not show every SKU as changed, or none."""
    with pytest.raises(NoBaseError):
        declared_at(_load(None), "none")
    with pytest.raises(UsageError):
        declared_at(NO_GIT, "main")
