"""`pull`, `set` and `export`: from a shop's numbers and from a spreadsheet to YAML, and back."""

import csv
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete
from factories import Workspace

from reconciler.cli import main

STOCK = Path("inventory/demo/stock.yaml")


def test_set_changes_the_numbers_and_nothing_else(workspace: Workspace) -> None:
    """Several at once; comments and the file's mode stay."""
    workspace.store({"A": "5   # five", "B": 6, "C": "{quantity: infinite, note: x}"}, {"A": 5})
    STOCK.chmod(0o640)
    run = workspace.run("set", "A=70", "B=-2", "C=3")

    assert run.code == 0, run
    assert "A  5 -> 70  (inventory/demo/stock.yaml:2)" in run.out
    assert STOCK.read_text() == "skus:\n  A: 70  # five\n  B: 4\n  C: {quantity: 3, note: x}\n"
    assert stat.S_IMODE(STOCK.stat().st_mode) == 0o640
    assert "Nothing to change" in workspace.run("set", "A=70").err
    assert sorted(path.name for path in STOCK.parent.iterdir()) == [
        "sandbox.json",
        "stock.yaml",
        "store.yaml",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("AA=5",), "`AA` is in no file of this store. Did you mean A?"),
        (("A",), "A has no number. Write A=70."),
        (("A=5.5",), "is not a whole number"),
        (("A=-9",), "A would become -4, from 5"),
        (("C=+1",), "C is infinite, so nothing can be added"),
        (("D=+1",), "D has the rule on_change, so the declared 5 is not the stock on the shelf"),
        (("D=+1",), "reconciler adjust D=+1"),
        (("E=+1",), "E has the rule at_least"),
        (("F=1",), "F has no level"),
        (("A=1", "A=2"), "`A` is given twice"),
        ((), "Pass either SKUs, like TEE-BLK-M=70, or a table"),
        (("A=1", "--csv", "x.csv"), "either SKUs"),
        (("--csv", "x.csv"), "Pass --yes"),
        (("A=1", "--as-of", "today"), "--as-of"),
        (("A=1", "--live"), "--live"),
        (("A=1", "--all-stores"), "This command takes one store. Na"),
    ],
)
def test_set_does_all_or_nothing(
    workspace: Workspace, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 64 with what to do, and not even the good half is done."""
    stock = {
        "A": 5,
        "B": 6,
        "C": "infinite",
        "D": "{quantity: 5, rule: on_change}",
        "E": "{quantity: 5, rule: at_least}",
    }
    workspace.store(stock, {"A": 5})
    workspace.write("inventory/demo/events/e.yaml", "at: 2026-01-01T10:00:00Z\nskus:\n  F: 5\n")
    before = STOCK.read_bytes()
    run = workspace.run(
        "set", *(["B=1"] if arguments and "--csv" not in arguments else []), *arguments
    )

    assert (run.code, said in run.err, STOCK.read_bytes()) == (64, True, before), run


def test_pull_takes_what_the_shop_has(workspace: Workspace) -> None:
    """Values that differ, and no bound; what cannot be declared is named."""
    stock = {"A": "5  # a", "B": 6, "C": "{quantity: 9, rule: at_least}", "D": 1, "E": 2}
    workspace.store(stock, {"A": 3, "B": 6, "C": 20, "D": None, "E": "infinite"})
    run = workspace.run("pull")

    assert run.code == 0, run
    assert "D: the shop has no quantity" in run.err
    assert "1 SKU under at_least or at_most kept as declared" in run.err
    bound = "C: {quantity: 9, rule: at_least}"
    assert STOCK.read_text() == (f"skus:\n  A: 3  # a\n  B: 6\n  {bound}\n  D: 1\n  E: infinite\n")
    assert "3 SKUs declared as the shop has them. 1 SKU skipped" in workspace.run("pull").err
    workspace.run("pull", "--sku", "C*")
    assert "C: {quantity: 20, rule: at_least}" in STOCK.read_text()
    assert workspace.run("pull", "--sku", "X*").code == 64


def test_an_export_that_was_filled_in_is_taken_again(workspace: Workspace) -> None:
    """Export, let a system fill in its numbers, set --csv, commit, plan, apply: nothing is left."""
    declared = {"TEE": 50, "MUG": 20, "=CAP": 7}
    quoted = {"TEE": 50, "MUG": 20, '"=CAP"': 7}
    workspace.store(quoted, declared, settings="rule: on_change\n")
    workspace.commit()
    workspace.run("apply", "--yes", "--base", "HEAD", "--record")
    workspace.sell(TEE=7)
    assert workspace.run("export", "--csv", "stock.csv", "--live").code == 0
    sheet = Path("stock.csv").read_text("utf-8-sig")
    assert sheet.splitlines()[:2] == [
        '"SKU","Quantity","Live now","Counted","Rule","File"',
        '"TEE","50","43","","on_change","inventory/demo/stock.yaml"',
    ]
    assert '"\'=CAP","7","7","",' in sheet
    assert "may contain a count" in workspace.run("export", "--csv", "stock.csv").err
    empty = workspace.run("set", "--csv", "stock.csv", "--yes").err
    assert "The column Counted is empty" in empty and "Nothing to change" in empty
    _fill_in(sheet, "Quantity", {"TEE": "45", "MUG": "20", "'=CAP": "7"})
    run = workspace.run("set", "--csv", "stock.csv", "--yes")
    assert run.code == 0, run
    assert (
        "Columns: SKU = SKU, quantity = Quantity, separator semicolon. Not used: Live now"
        in run.err
    )
    assert STOCK.read_text() == 'skus:\n  TEE: 45\n  MUG: 20\n  "=CAP": 7\n'
    workspace.commit("spreadsheet")
    assert workspace.run("apply", "--yes", "--record").code == 0
    assert workspace.run("plan", "--detailed-exitcode").code == 0


def test_set_refuses_a_table_with_counts(workspace: Workspace) -> None:
    """A count is an event: exit 65 with the command that takes it, and no file is touched."""
    workspace.store({"TEE": 50}, {"TEE": 50}, settings="rule: on_change\n")
    workspace.run("export", "--csv", "stock.csv")
    _fill_in(Path("stock.csv").read_text("utf-8-sig"), "Counted", {"TEE": "45"})
    before = STOCK.read_bytes()
    run = workspace.run("set", "--csv", "stock.csv", "--yes")

    assert (run.code, STOCK.read_bytes()) == (65, before), run
    assert "reconciler count --csv" in run.err


def _fill_in(sheet: str, title: str, numbers: dict[str, str]) -> None:
    """Write `stock.csv` with *numbers* in the column *title*, as another spreadsheet would."""
    with Path("stock.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = [*csv.DictReader(sheet.splitlines())]
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(row | {title: numbers[row["SKU"]]} for row in rows)


def test_a_table_that_is_not_acceptable_changes_nothing(workspace: Workspace) -> None:
    """Each row is named, as `file:row`; exit 65."""
    workspace.store({"A": 5, "B": 6}, {"A": 5})
    before = STOCK.read_bytes()
    workspace.write("t.csv", "Sku;Qty\nA;1\nAB;2\nB;x\nA;3\n")
    run = workspace.run("set", "--csv", "t.csv", "--yes")

    assert (run.code, STOCK.read_bytes()) == (65, before), run
    assert [line.split(": error: ")[0] for line in run.err.splitlines()] == [
        "t.csv:3:1",
        "t.csv:4:1",
        "t.csv:5:1",
    ]


def test_files_are_replaced_all_or_none(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the second file leaves the first as it was."""
    workspace.store({"A": 5}, {"A": 5})
    workspace.write("inventory/demo/z.yaml", "skus:\n  Z: 5\n")
    replace = Path.replace
    full = OSError(28, "No space left on device", "z.yaml")

    def fail(self: Path, target: Path) -> Path:
        if target.name == "z.yaml":
            raise full
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    run = workspace.run("set", "A=1", "Z=1")
    assert (run.code, "No space left on device. Nothing was changed" in run.err) == (1, True), run
    assert STOCK.read_text() == "skus:\n  A: 5\n"
    assert not list(STOCK.parent.glob(".*"))


def test_bash_completes_words_that_are_safe_to_run(workspace: Workspace) -> None:
    """Quoted, one word each, none where a number belongs, and no blank behind the sign."""
    odd = {"TEE-S": 1, "'x y'": 1, "'$(touch pwn)'": 1, "'C #4'": 1, "'D,5;6'": 1, "'A*'": 1}
    workspace.store(odd, {"A": 5})
    tools = Path(sys.executable).parent
    script = f"""
        PATH={tools}:$PATH; eval "$(_RECONCILER_COMPLETE=bash_source reconciler)"
        compopt() {{ echo compopt "$@"; }}
        try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _reconciler_completion reconciler
            printf '<%s>' "${{COMPREPLY[@]}}"; echo; }}
        try reconciler set TEE; try reconciler set x; try reconciler set '$'; try reconciler set C
        try reconciler set D; try reconciler set TEE-S =; try reconciler set TEE-S = 7
        try reconciler pull --sku A
    """
    command = ["bash", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "compopt -o nospace",
        "<TEE-S=>",
        "compopt -o nospace",
        "<x\\ y=>",
        "compopt -o nospace",
        "<\\$\\(touch\\ pwn\\)=>",
        "compopt -o nospace",
        "<C\\ #4=>",
        "compopt -o nospace",
        "<D\\,5\\;6=>",
        "<>",
        "<>",
        "<A\\*>",
    ]
    assert not Path("pwn").exists()


def test_skus_complete_in_the_shell(workspace: Workspace) -> None:
    """From the local YAML, with the sign that the number follows."""
    workspace.store({"TEE-S": 5, "TEE-M": 5, "MUG": 5}, {"A": 5})
    complete = BashComplete(main.command, {}, "reconciler", "_RECONCILER_COMPLETE")

    found = [item.value for item in complete.get_completions(["set"], "TEE")]
    assert found == ["TEE-M=", "TEE-S="]
    assert complete.get_completions(["set"], "TEE-M=") == []
    assert [item.value for item in complete.get_completions(["plan", "--store"], "d")] == ["demo"]
    assert [i.value for i in complete.get_completions(["pull", "--sku"], "M")] == ["MUG"]
    Path("inventory").rename("elsewhere")
    assert complete.get_completions(["set"], "TEE") == []


def test_a_sheet_of_what_is_in_stock_declares_what_differs(workspace: Workspace) -> None:
    """A column that a system filled in only declares levels; bounds and observe are said."""
    rules = {"C": "at_least", "D": "observe"}
    fields = {sku: f"{{quantity: 5, rule: {rule}}}" for sku, rule in rules.items()}
    workspace.store({"A": 5, "B": 5} | fields, {"A": 5}, settings="rule: on_change\n")
    workspace.write("t.csv", "SKU,On hand\nA,5\nB,6\nC,7\nD,8\n")
    run = workspace.run("set", "--csv", "t.csv", "--yes")
    assert run.code == 0, run
    assert "1 SKU under at_least or at_most" in run.err
    assert "apply skips frozen SKUs and those under observe: D" in run.err
    lines = STOCK.read_text().splitlines()
    assert lines[1] == "  A: 5"
    assert lines[2] == "  B: 6"
    assert lines[3:] == ["  C: {quantity: 5, rule: at_least}", "  D: {quantity: 8, rule: observe}"]


def test_what_the_shop_does_not_have_is_said(workspace: Workspace) -> None:
    """The rest is done; exit 65, as for a plan."""
    workspace.store({"A": 5, "NOPE": 1}, {"A": 3})
    run = workspace.run("pull")
    assert (run.code, "NOPE: No SKU of the shop has this code" in run.err) == (65, True), run
    assert STOCK.read_text() == "skus:\n  A: 3\n  NOPE: 1\n"
    assert workspace.run("export", "--live").code == 65
    assert workspace.run("import", "--sku", "X*").code == 64


def test_a_name_from_a_table_or_the_shop_commands_no_terminal(workspace: Workspace) -> None:
    """Headings and codes are shown with their odd characters escaped."""
    workspace.store({"A": 5, '"##[x]y"': 1}, {"A": 5, "##[x]y": -1})
    workspace.write("t.csv", 'SKU,Qty,\x1b[2J,"x\n::error::y"\nA,6,,\n')
    said = workspace.run("set", "--csv", "t.csv", "--yes").err + workspace.run("pull").err
    assert "\x1b" not in said and "##[" not in said
    assert not any(line.startswith("::") for line in said.splitlines())


def test_pull_of_oversold_skus_does_not_call_them_declared(workspace: Workspace) -> None:
    """A file cannot say -2, so the two differ, and the last line says so."""
    workspace.store({"A": 0, "B": 5}, {"A": -2, "B": 5})
    run = workspace.run("pull")

    assert "Skipped A: the shop has -2" in run.err
    assert "1 SKU declared as the shop has them. 1 SKU skipped" in run.err
    assert "Nothing to change" not in run.err
