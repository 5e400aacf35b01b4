"""The documentation is true: its sessions, its YAML, and the commands and options it names."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from pages.sessions import ROOT, is_shown, read_blocks, run_page

from reconciler.cli.main import command
from reconciler.desired.loader import build_desired

PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), ROOT / "tests/README.md"])
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]
WITH_SESSIONS = [page for page in PAGES if "```console" in page.read_text("utf-8")]


@pytest.mark.parametrize(
    "page", WITH_SESSIONS, ids=[page.relative_to(ROOT).as_posix() for page in WITH_SESSIONS]
)
def test_page_shows_what_its_commands_print(page: Path) -> None:
    """In order, in an empty folder, on the sandbox."""
    for step, printed, code in run_page(page.read_text("utf-8")):
        where = f"{page}:{step.line + 1}: {step.command}"
        if step.is_hidden:
            assert code == 0, f"{where}\n" + "\n".join(printed)
        else:
            assert is_shown(printed, step.shown), f"{where} printed\n" + "\n".join(printed)


_STORE = b"site_id: 580e63e98c9a982ac9b8b741\n"


def _as_store(text: str) -> list[tuple[str, bytes]]:
    """Return a store of a YAML example: each path and content. Empty for a file that isn't ours."""
    content = text.encode()
    keys = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    if "site_id" in keys:
        return [("s/store.yaml", content), ("s/a.yaml", b"skus: {A: 1}\n")]
    if "seen_at" in keys:
        level = ("s/a.yaml", b"skus: {A: 1}\n")
        return [("s/store.yaml", _STORE), level, ("s/.seen/a.yaml", content)]
    if "skus" in keys:
        place = "s/events/a.yaml" if "at" in keys else "s/a.yaml"
        return [("s/store.yaml", _STORE), (place, content)]
    return []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_page_has_valid_yaml(page: Path) -> None:
    """Each example parses, and is accepted if it is one of our files."""
    blocks = list(read_blocks(page.read_text("utf-8")))
    for block in (one for one in blocks if one.language in {"yaml", "yml"}):
        text = "\n".join([*block.lines, ""])
        if files := _as_store(text):
            build_desired("s", "s", iter(files), [])
        else:
            yaml.safe_load(text)


def _calls(text: str) -> list[list[str]]:
    """Return the arguments of each call of the product in *text*, in blocks and inline."""
    joined = text.replace("\\\n", " ")
    inline = re.findall(r"`reconciler ([^`\n]+)`", joined)
    lines = re.findall(r"^(?:\$ |- run: | +run: |)reconciler ([^`\n]+)$", joined, re.MULTILINE)
    calls = []
    for call in (*inline, *lines):
        words = re.split(r"[|;&>]|  ", call)[0]
        try:
            calls.append(shlex.split(words, comments=True))
        except ValueError:
            calls.append(words.split())
    return calls


def _takes_value(word: str, each: click.Command) -> bool:
    options = [one for one in (*each.params, *command.params) if isinstance(one, click.Option)]
    return any(word in one.opts and not one.is_flag for one in options)


def _names_of(each: click.Command) -> set[str]:
    options = (one for one in each.params if isinstance(one, click.Option))
    names = {name for one in options for name in (*one.opts, *one.secondary_opts)}
    return names | {"--help", "-h"}


@pytest.mark.parametrize("page", [one for one in PAGES if one.name != "CHANGELOG.md"])
def test_page_names_commands_and_options_that_exist(page: Path) -> None:
    """Also in running text."""
    wrong = []
    for call in _calls(page.read_text("utf-8")):
        found: click.Command = command
        words = iter(call)
        for word in words:
            if word.startswith("-"):
                if "=" not in word and _takes_value(word, found):
                    next(words, None)
                if word.split("=")[0] not in _names_of(found) | _names_of(command):
                    wrong.append(f"{' '.join(call)}: {word}")
            elif isinstance(found, click.Group):
                below = found.get_command(click.Context(found), word)
                if below is None and re.fullmatch(r"[a-z-]+", word):
                    wrong.append(f"{' '.join(call)}: {word}")
                found = below or found
    assert wrong == []
