"""A page of the documentation → its console sessions, run in order, beside what it shows.

In a page, a block `console` has commands after `$ ` and what they print; a line `…` stands for any
lines. A block with a caption that is a path is a file, written before what follows. A comment
`<!-- run: command -->` runs a command that readers don't see. Each page starts in an empty folder.

`python -m pages.sessions PAGE…` in tests/ writes what the commands print into the pages.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_FENCE: Final = re.compile(r"^(`{3,})(\{code-block\} )?(\w+)\s*$")
_CAPTION: Final = re.compile(r"^:caption: (\S+/\S+|\S+\.\w+)$")
_HIDDEN: Final = re.compile(r"^<!-- run: (.*) -->$")
_ANY: Final = "…"
# What differs from run to run: ids, times, and how long something took.
_VARYING: Final = (
    (re.compile(r"\b[0-9a-f]{7,64}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:T| )?(?:\d\d:?\d\d(?::?\d\d)?(?:\.\d+)?Z?)?"), "<time>"),
    (re.compile(r"\b\d\d:\d\d(?::\d\d)?\b"), "<time>"),
    (re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+\b"), "<day>"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:requests, \d+ a minute|seconds?|minutes?|ms|s)\b"), "<long>"),
    (re.compile(r"\b\d{4}-\d\d/\d\d-(?:\d{6}-\w+-[0-9a-f]{4})?"), "<event>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<address>"),
)


@dataclass
class Step:
    """A command, where it is in the page, and what the page shows of its output."""

    command: str
    line: int
    shown: list[str] = field(default_factory=list)
    is_hidden: bool = False


@dataclass
class File:
    """A file that the page shows whole."""

    path: str
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its caption if that is a path, and where its lines begin."""

    language: str
    caption: str
    line: int
    lines: list[str]


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page; a hidden command is one of language `run`."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        if hidden := _HIDDEN.match(lines[at]):
            yield Block("run", "", at, [hidden[1]])
        elif fence := _FENCE.match(lines[at]):
            end = lines.index(fence[1], at + 1)
            body, caption = lines[at + 1 : end], ""
            while body and body[0].startswith(":"):
                caption = found[1] if (found := _CAPTION.match(body[0])) else caption
                body = body[1:]
            yield Block(fence[3], caption, end - len(body), body)
            at = end
        at += 1


def _read_session(block: Block) -> Iterator[Step]:
    """Yield the commands of a `console` block, each with the output that follows it."""
    steps: list[Step] = []
    for number, line in enumerate(block.lines, block.line):
        if line.startswith("$ "):
            steps.append(Step(line[2:], number))
        elif steps and not steps[-1].shown and steps[-1].command.endswith("\\"):
            steps[-1].command += f"\n{line}"
        elif steps:
            steps[-1].shown.append(line)
    yield from steps


def read_steps(text: str) -> Iterator[Step | File]:
    """Yield what a page does, in order."""
    for block in read_blocks(text):
        if block.caption:
            yield File(block.caption, block.lines)
        elif block.language == "run":
            yield Step(block.lines[0], block.line, is_hidden=True)
        elif block.language == "console":
            yield from _read_session(block)


class Session:
    """A shell in an empty folder, with the product on its path and no network to shops."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = folder.parent / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(_GIT_CONFIG)
        names = ("LANG", "PYTHONPATH", "WEBFLOW_RATE_WINDOW")
        env = {name: os.environ[name] for name in names if name in os.environ}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        env |= {"PATH": path, "HOME": str(home), "TZ": "UTC", "COLUMNS": "100", "PAGER": "cat"}
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607  the shell that people use
            cwd=folder,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._send("_mark() { local code=$?; printf '\\n@@%s\\n' $code; return $code; }\n")

    def _send(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()

    def run(self, command: str) -> tuple[list[str], int]:
        """Return what a command prints, without empty lines at the end, and its exit code."""
        assert self._shell.stdout is not None
        self._send(
            f"{command} </dev/null\n_mark\n" if "\n" not in command else f"{command}\n_mark\n"
        )
        lines: list[str] = []
        for line in self._shell.stdout:
            if re.fullmatch(r"@@\d+\n", line):
                while lines and not lines[-1].strip():
                    lines.pop()
                return [one.rstrip() for one in lines], int(line[2:])
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"the shell ended at: {command}")

    def end(self) -> None:
        """End the shell, and what it left running."""
        self._send("kill $(jobs -p) 2>/dev/null; exit 0\n")
        self._shell.communicate(timeout=30)


_GIT_CONFIG: Final = """[user]
	name = Ada
	email = ada@example.com
[init]
	defaultBranch = main
[advice]
	detachedHead = false
"""


def is_shown(printed: list[str], shown: list[str]) -> bool:
    """Return whether *printed* is what the page shows, but for what varies."""
    while shown and not shown[-1].strip():
        shown = shown[:-1]
    pattern = "\n".join(
        r"(?:.*\n)*.*" if line.strip() == _ANY else re.escape(_plain(line)) for line in shown
    )
    return re.fullmatch(pattern, "\n".join(map(_plain, printed))) is not None


def _plain(line: str) -> str:
    for varying, name in _VARYING:
        line = varying.sub(name, line)
    return re.sub(r" {2,}", "  ", line.rstrip())


def run_page(text: str) -> Iterator[tuple[Step, list[str], int]]:
    """Do what a page does, and yield each command with what it printed and its exit code."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "shop"
        folder.mkdir()
        session = Session(folder)
        try:
            for step in read_steps(text):
                if isinstance(step, File):
                    path = folder / step.path
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text("\n".join([*step.lines, ""]), "utf-8")
                else:
                    yield step, *session.run(step.command)
        finally:
            session.end()


def update(path: Path) -> None:
    """Write what the commands of a page print into it."""
    text = path.read_text("utf-8")
    lines = text.split("\n")
    for step, printed, _ in reversed(list(run_page(text))):
        if step.is_hidden or is_shown(printed, step.shown):
            continue
        start = step.line + 1 + step.command.count("\n")
        lines[start : start + len(step.shown)] = printed
    path.write_text("\n".join(lines), "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        update(Path(name))
