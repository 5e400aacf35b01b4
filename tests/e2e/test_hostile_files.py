"""H4 to H8: what a pull request, a plan file or an answer may try with what the tool writes."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories import FIFTY, SITE, Run, Workspace, sealed, seed

from reconciler.masking import mask, register_environment, register_secret
from reconciler.model import Limit
from reconciler.render.markdown import inert
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

TOKEN = "0123456789abcdef-shop-token"
COMMAND = "##[error]forged"


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that no command may touch."""
    path = tmp_path_factory.mktemp("outside") / "secret"
    path.write_text("s its")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize(
    ("link", "command"),
    [
        ("plan.json", ("plan", "--out", "plan.json")),
        ("plan.json", ("plan", "--out", "./plan.json")),
        ("report.json", ("apply", "--yes", "--report", "report.json")),
        ("events.jsonl", ("apply", "--yes", "--events", "events.jsonl")),
        ("journal.jsonl", ("apply", "--yes", "--journal", "journal.jsonl")),
        ("table.csv", ("export", "--overwrite", "--csv", "table.csv")),
        (".reconciler/sandbox/demo.sqlite", ("plan",)),
        (".reconciler/.gitignore", ("plan",)),
        ("inventory/demo/stock.yaml", ("set", "TEE=4")),
    ],
)
@pytest.mark.parametrize("dangling", [False, True])
def test_link_is_not_written_through(
    workspace: Workspace, outside: Path, link: str, command: tuple[str, ...], dangling: bool
) -> None:
    """H4: a link where the tool writes stays a link, and what it points at stays as it was."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    path = workspace.folder / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    target = outside.parent / "new" if dangling else outside
    path.symlink_to(target)
    run = workspace.run(*command)

    assert (outside.read_text(), outside.stat().st_mode & 0o777) == ("s its", 0o640)
    assert [entry.name for entry in outside.parent.iterdir()] == ["secret"]
    assert path.is_symlink()
    assert run.code in ({0} if link.endswith(".gitignore") else {1, 65}), run


@pytest.mark.parametrize(
    ("link", "command"),
    [
        ("out", ("plan", "--out", "out/plan.json")),
        (".reconciler", ("plan",)),
        (".reconciler/journal", ("apply", "--yes")),
        (".reconciler/sandbox", ("plan",)),
        ("inventory", ("import", "--site", SITE, "--store", "other")),
    ],
)
def test_folder_that_is_a_link_is_not_written_to(
    workspace: Workspace, outside: Path, link: str, command: tuple[str, ...]
) -> None:
    """H4: nothing is made in a folder that a link leads to."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    path = workspace.folder / link
    if link == "inventory":
        path.rename(workspace.folder / "moved")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(outside.parent)
    run = workspace.run(*command)

    assert [entry.name for entry in outside.parent.iterdir()] == ["secret"]
    assert run.code in {1, 64, 65}, run


@pytest.mark.parametrize(
    "command", [("plan", "--out"), ("apply", "--yes", "--report"), ("apply", "--yes", "--events")]
)
def test_link_in_an_exported_tree_is_refused_from_another_folder(
    workspace: Workspace,
    outside: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    """H4: without `.git`, the folder of the inventory says what came with the tree."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    tree = workspace.folder
    (tree / "out").symlink_to(outside.parent)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    run = workspace.run("--inventory", f"{tree}/inventory", *command, f"{tree}/out/file")

    assert [entry.name for entry in outside.parent.iterdir()] == ["secret"]
    assert run.code == 1, run


def test_links_in_a_circle_are_refused_like_any_other(workspace: Workspace) -> None:
    """H4: to follow them is an error of its own in some versions of Python."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    (workspace.folder / "circle").symlink_to("circle")
    plan = workspace.run("plan", "--out", "circle/plan.json")
    elsewhere = workspace.run("--inventory", "circle/inventory", "plan")

    assert (plan.code, elsewhere.code) == (1, 65)
    assert "unexpected" not in plan.err + elsewhere.err


def test_temporary_names_cannot_be_guessed(workspace: Workspace, outside: Path) -> None:
    """H4: a link at the name that an earlier version wrote to is passed over."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    for name in ("plan.json.partial", ".plan.json.partial"):
        (workspace.folder / name).symlink_to(outside)
    run = workspace.run("plan", "--out", "plan.json")

    assert (run.code, outside.read_text()) == (0, "s its")
    assert json.loads((workspace.folder / "plan.json").read_text("utf-8"))["store"] == "demo"


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_by_its_other_names_is_stdout(workspace: Workspace, name: str) -> None:
    """It is printed to, never replaced; and two outputs on it are refused as for `-`."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    is_link = Path(name).is_symlink()
    run = workspace.run("plan", "--out", name)
    both = workspace.run("apply", "--yes", "--events", name, "--report", "-")
    mixed = workspace.run("plan", "--out", name, "--format", "markdown")

    assert (run.code, json.loads(run.out)["store"]) == (0, "demo")
    assert Path(name).is_symlink() == is_link
    assert (both.code, mixed.code) == (64, 64)


def test_plan_to_a_pipe_is_written_as_it_is(workspace: Workspace) -> None:
    """As shells hand one over: `>(program)`."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    reader, writer = os.pipe()
    try:
        run = workspace.run("plan", "--out", f"/dev/fd/{writer}")
        assert (run.code, json.loads(os.read(reader, 1 << 20))["store"]) == (0, "demo"), run
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize("created_at", ["/x/y", "../../../x", "2026-11-20T10:00:00Z/../../../x"])
def test_plan_file_chooses_no_path(workspace: Workspace, outside: Path, created_at: str) -> None:
    """A plan's time of creation names no file, whoever sealed the plan."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    workspace.run("plan", "--out", "p.json")
    before = set(workspace.folder.parent.rglob("*"))
    plan = json.loads(Path("p.json").read_text("utf-8")) | {"created_at": created_at}
    Path("p.json").write_text(json.dumps(sealed(plan)), "utf-8")
    run = workspace.run("apply", "p.json")

    assert (run.code, "is not a plan: created_at" in run.err) == (65, True), run
    assert set(workspace.folder.parent.rglob("*")) == before


@pytest.fixture
def echo(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Yield a workspace whose shop repeats the token, and a runner's command, in its names."""
    start = seed({"TEE": 43, f"A-{COMMAND}": 3})
    for number, product in enumerate(start["products"]):
        product["name"] = f"Shirt {number} {TOKEN} {COMMAND}"
    start["products"].append({"name": "New", "skus": [{"sku": f"NEW-{TOKEN}", "stock": 4}]})
    limits = "".join(f"  {limit}: 999999\n" for limit in Limit)
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nlimits:\n{limits}")
    workspace.write(
        "inventory/demo/stock.yaml", f'skus:\n  TEE: 50\n  "A-{COMMAND}": 4\n  "{COMMAND}": 1\n'
    )
    data = tmp_path_factory.mktemp("shop") / "shop.sqlite"
    with (
        Shop(data, lambda: build_seed(start)) as shop,
        serve_for_a_while(Api(shop, {TOKEN: SCOPES})) as address,
    ):
        monkeypatch.setenv("WEBFLOW_API_URL", address)
        monkeypatch.setenv("WEBFLOW_TOKEN", TOKEN)
        yield workspace


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("plan", "--verbose"),
    ("plan", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "github"),
    ("plan", "--out", "p.json"),
    ("show", "p.json", "--format", "json"),
    ("show", "p.json", "--format", "svg"),
    ("drift", "--verbose"),
    ("drift", "--format", "json"),
    ("drift", "--format", "markdown"),
    ("export", "--live", "--csv", "t.csv"),
    ("apply", "--yes", "--record", "--report", "r.json", "--journal", "j.jsonl", "-v"),
    ("apply", "--yes", "--events", "-"),
    ("show", "r.json", "--format", "json"),
    ("import",),
    ("validate", "--format", "json"),
    ("validate",),
    ("stores", "--format", "json"),
)


def test_answer_that_echoes_the_token_leaks_nothing(
    echo: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H8: neither a stream nor a file nor git's objects hold the token."""
    echo.commit()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(echo.folder / "summary.md"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(echo.folder / "output"))
    runs = {command: echo.run(*command) for command in COMMANDS}
    said = "".join(run.out + run.err for run in runs.values())
    files = [path for path in echo.folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    written = "".join(path.read_text("utf-8") for path in files)
    kept = echo.git("log", "--all", "--format=%B", "-p")

    assert "***" in said and "***" in written, "the names were shown at all"
    assert TOKEN not in said
    assert TOKEN not in written
    assert TOKEN not in kept


def test_no_output_gives_the_runner_a_command(echo: Workspace) -> None:
    """H7: `##[` is broken up in every format, and `::` begins only lines that are annotations."""
    echo.commit()
    runs: dict[tuple[str, ...], Run] = {command: echo.run(*command) for command in COMMANDS}
    files = ("p.json", "r.json", "j.jsonl")
    texts = {
        **{" ".join(command): run.out + run.err for command, run in runs.items()},
        **{name: (echo.folder / name).read_text("utf-8") for name in files},
    }
    annotations = " ".join(COMMANDS[3])

    assert [name for name, text in texts.items() if "##[" in text] == []
    lines = [(name, line) for name, text in texts.items() for line in text.splitlines()]
    assert {name for name, line in lines if line.lstrip().startswith("::")} <= {annotations}


def test_secret_is_masked_in_every_spelling() -> None:
    """Raw, and as URLs, JSON and Base64 have it; a short one could be any word."""
    register_secret('t0ken/with"odd+parts')
    register_secret("tee")

    assert mask('tee t0ken/with"odd+parts t0ken/with\\"odd+parts') == "tee *** ***"
    assert mask("t0ken%2Fwith%22odd%2Bparts dDBrZW4vd2l0aCJvZGQrcGFydHM=") == "*** ***"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE meta; CREATE VIEW meta AS WITH RECURSIVE c(key, value) AS"
        " (SELECT 'a', 'b' UNION ALL SELECT 'a', 'b' FROM c) SELECT * FROM c",
        "CREATE TRIGGER t AFTER INSERT ON ledger BEGIN DELETE FROM skus; END",
        "UPDATE meta SET value = '[[[' WHERE key = 'behaviour'",
        "UPDATE meta SET value = '{\"x\": 1}' WHERE key = 'behaviour'",
        "DELETE FROM meta",
    ],
    ids=range(5),
)
def test_sandbox_data_of_a_commit_is_met_by_a_sentence(
    workspace: Workspace, statement: str
) -> None:
    """H6: endless views, triggers and odd JSON end the command at once."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    assert workspace.run("plan").code == 0
    database = sqlite3.connect(workspace.folder / ".reconciler/sandbox/demo.sqlite")
    database.executescript(statement)
    database.close()
    run = workspace.run("plan")

    assert (run.code, run.err.count("Error")) == (1, 1), run
    assert "unexpected" not in run.err


def test_rollback_journal_of_a_commit_is_not_played_back(
    workspace: Workspace, outside: Path
) -> None:
    """H6: such a file can name any other for SQLite to delete."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    assert workspace.run("plan").code == 0
    data = workspace.folder / ".reconciler/sandbox/demo.sqlite"
    data.with_name("demo.sqlite-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
    run = workspace.run("plan")

    assert (run.code, "-journal does not belong to this tool" in run.err) == (1, True), run
    assert outside.exists()


def test_word_in_a_variable_is_not_masked(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only tokens are: a plan or a record with `***` in it would be worth nothing."""
    monkeypatch.setattr("reconciler.masking._forms", [])
    register_environment({"WEBFLOW_SITE_ID": SITE, "WEBFLOW_ENV": "exact", "WEBFLOW_TOKEN": TOKEN})
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    workspace.commit()
    plan = workspace.run("plan", "--out", "p.json")
    applied = workspace.run("apply", "p.json", "--record")

    assert (plan.code, applied.code) == (0, 0), applied
    assert workspace.run("plan").code == 0
    assert mask(f"{SITE} exact {TOKEN}") == f"{SITE} exact ***"


def test_link_in_shared_memory_is_not_written_through(
    workspace: Workspace, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only streams of /dev are written as they are; a checkout may lie there, too."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        monkeypatch.chdir(folder)
        here = Workspace(Path(folder), workspace.capsys)
        here.store(FIFTY, {"TEE": 43, "MUG": 20})
        (here.folder / "events.jsonl").symlink_to(outside)
        run = here.run("apply", "--yes", "--events", "events.jsonl")

    assert (run.code, outside.read_text()) == (1, "s its"), run


def test_own_links_above_the_checkout_are_followed(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that is a repository, with a link to another disk on the way: the user's own."""
    home = tmp_path_factory.mktemp("home")
    (home / ".git").mkdir()
    (home / "work").symlink_to(workspace.folder)
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    assert workspace.run("plan", "--out", str(home / "work/p.json")).code == 0

    monkeypatch.chdir("/")
    elsewhere = ("--inventory", str(home / "work/inventory"))
    assert workspace.run(*elsewhere, "stores").code == 0


@pytest.mark.parametrize("seconds", [10**20, 10**9])
def test_plan_file_holds_the_store_for_no_years(workspace: Workspace, seconds: int) -> None:
    """The time that a plan takes is bounded by its schema."""
    workspace.begin()
    workspace.declare({"TEE": 70, "MUG": 20})
    workspace.commit()
    workspace.run("plan", "--out", "p.json")
    plan = json.loads(Path("p.json").read_text("utf-8"))
    plan["requests"]["seconds"] = seconds
    Path("p.json").write_text(json.dumps(sealed(plan)), "utf-8")

    assert workspace.run("apply", "p.json", "--record").code == 65


def test_report_is_shown_without_commands(workspace: Workspace) -> None:
    """H7: the bytes of a file are not printed as they are."""
    workspace.store(FIFTY, {"TEE": 43, "MUG": 20})
    workspace.run("apply", "--yes", "--report", "r.json")
    text = Path("r.json").read_text("utf-8").replace("TEE", COMMAND)
    Path("r.json").write_text(text, "utf-8")
    run = workspace.run("show", "r.json", "--format", "json")

    assert "##[" not in run.out
    assert json.loads(run.out)["outcomes"][0]["sku"] == COMMAND


def test_table_with_a_command_is_not_printed_for_a_runner(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H7: CSV has no other spelling for it, so it goes to a file."""
    workspace.store({f'"{COMMAND}"': 1}, {"TEE": 1})
    assert COMMAND in workspace.run("export").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert workspace.run("export").code == 64
    assert workspace.run("export", "--csv", "t.csv").code == 0
    assert "##[" not in workspace.run(COMMAND).err


def test_token_of_a_file_is_masked_in_markdown() -> None:
    """Before its characters become entities, which spell it in another way."""
    register_secret("ghs_0123456789abcdefghij")

    assert inert("x ghs_0123456789abcdefghij") == "<code>x &#42;&#42;&#42;</code>"
