"""Run the shell steps of a workflow on this machine, like GitHub's runner.

It supports what the workflows here use: needed jobs, a matrix, conditions, expressions, composite
actions, and outputs. Anything else is an error. Checkout is a clone.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
ACTION = ".github/actions/reconcile"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"'[^']*'|[A-Za-z_][\w.-]*")
_SIGNS = {r"&&": " and ", r"\|\|": " or ", r"!(?!=)": " not "}
_KEPT = {"and", "or", "not", "cancelled", "success", "fromJSON"}


@dataclass
class Step:
    """The exit code and output of a step."""

    name: str
    code: int
    said: str


@dataclass
class Runner:
    """A machine that runs workflows of the repository *origin* in *folder*."""

    folder: Path
    origin: Path
    github: Mapping[str, Any]
    environment: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)

    def run(self, workflow: str) -> dict[str, str]:
        """Run a workflow of this repository and return the result of each job."""
        loaded = yaml.safe_load((ROOT / ".github/workflows" / workflow).read_text("utf-8"))
        needs: dict[str, Any] = {}
        for name, job in loaded["jobs"].items():
            context = {"github": self.github, "secrets": self.secrets, "inputs": self.inputs}
            context |= {"needs": needs}
            if any(self.jobs[other] != "success" for other in job.get("needs", ())):
                self.jobs[name] = "skipped"
                continue
            if not _is_true(job.get("if", "success()"), context):
                self.jobs[name] = "skipped"
                continue
            for cell in _cells(job, context):
                outputs = self._run_job(name, job, context | {"matrix": cell})
                needs[name] = {"outputs": outputs}
        return self.jobs

    def _run_job(self, name: str, job: Any, context: dict[str, Any]) -> dict[str, str]:
        work = self.folder / f"{name}-{len(self.steps)}"
        (work / "temp/inventory-reconciler/bin").mkdir(parents=True)
        # The command is installed already. `.ci/workflows` tests the installation.
        tool = work / "temp/inventory-reconciler"
        (tool / "bin/reconciler").symlink_to(Path(sys.executable).parent / "reconciler")
        (tool / "installed").write_text(f"{ROOT / ACTION}/../../..\n")
        env = {key: _filled(value, context) for key, value in job.get("env", {}).items()}
        context |= {"env": env, "steps": {}, "failed": False}
        for step in job["steps"]:
            self._run_step(step, work, context)
        self.jobs[name] = "failure" if context["failed"] else "success"
        return {key: _filled(text, context) for key, text in job.get("outputs", {}).items()}

    def _run_step(self, step: Any, work: Path, context: dict[str, Any]) -> None:
        condition = str(step.get("if", "success()"))
        if "cancelled()" not in condition and context["failed"]:
            return
        if not _is_true(condition, context):
            return
        uses = step.get("uses", "")
        env = context["env"] | {k: _filled(v, context) for k, v in step.get("env", {}).items()}
        given = {key: _filled(value, context) for key, value in step.get("with", {}).items()}
        if uses.startswith("actions/checkout@"):
            self._check_out(work / "work", given)
            return
        if uses.startswith("actions/upload-artifact@"):
            return
        if uses.startswith("$/"):
            code, outputs = self._run_action(ROOT / uses[2:], given, env, work)
        else:
            assert not uses, uses
            code, outputs = self._run_shell(step["run"], env, work, step.get("name", ""))
        outcome = "failure" if code else "success"
        context["steps"][step.get("id")] = {"outputs": outputs, "outcome": outcome}
        context["failed"] |= code != 0 and not step.get("continue-on-error")

    def _check_out(self, folder: Path, given: Mapping[str, str]) -> None:
        depth = [] if given.get("fetch-depth") == "0" else ["--depth", "1"]
        _git("clone", "--quiet", "--no-local", *depth, f"file://{self.origin}", str(folder))
        sha = str(self.github["sha"])
        _git("-C", str(folder), "fetch", "--quiet", *depth, "origin", sha)
        _git("-C", str(folder), "checkout", "--quiet", "--detach", sha)

    def _run_action(
        self, folder: Path, given: Mapping[str, str], env: Mapping[str, str], work: Path
    ) -> tuple[int, dict[str, str]]:
        action = yaml.safe_load((folder / "action.yml").read_text("utf-8"))
        known = {name: str(one.get("default", "")) for name, one in action["inputs"].items()}
        assert given.keys() <= known.keys(), given
        context: dict[str, Any] = {"inputs": {**known, **given}, "steps": {}}
        code = 0
        for step in action["runs"]["steps"]:
            own = {key: _filled(value, context) for key, value in step.get("env", {}).items()}
            path = {"GITHUB_ACTION_PATH": str(folder)}
            code, outputs = self._run_shell(
                step["run"], {**env, **own, **path}, work, given["command"]
            )
            context["steps"][step.get("id")] = {"outputs": outputs}
            if code:
                break
        outputs = {key: _filled(one["value"], context) for key, one in action["outputs"].items()}
        return code, outputs

    def _run_shell(
        self, script: str, env: Mapping[str, str], work: Path, name: str
    ) -> tuple[int, dict[str, str]]:
        assert "${{" not in script, "inputs must reach the shell through the environment"
        files = {key: work / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_text("")
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(work),
            "RUNNER_TEMP": str(work / "temp"),
            "CI": "true",
            "GITHUB_SERVER_URL": "https://github.com",
            **self.environment,
            **{key: str(path) for key, path in files.items()},
            **env,
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607
            cwd=work / "work",
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.steps.append(Step(name, done.returncode, done.stdout))
        lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
        return done.returncode, dict(line.split("=", 1) for line in lines)


def _cells(job: Any, context: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the cells of a job's matrix, or one empty cell."""
    written = job.get("strategy", {}).get("matrix")
    if written is None:
        yield {}
        return
    matrix = _evaluate(_EXPRESSION.fullmatch(written)[1], context)  # type: ignore[index]  # always matches
    for store in matrix["store"]:
        yield {"store": store}


def _filled(value: Any, context: Mapping[str, Any]) -> str:
    """Return a value of a workflow with its expressions evaluated."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _EXPRESSION.sub(lambda found: _shown(_evaluate(found[1], context)), text)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")


def _is_true(condition: Any, context: Mapping[str, Any]) -> bool:
    text = str(condition).lower() if isinstance(condition, bool) else str(condition)
    found = _EXPRESSION.fullmatch(text)
    return bool(_evaluate(found[1] if found else text, context))


def _evaluate(expression: str, context: Mapping[str, Any]) -> Any:
    """Return the value of an expression of the kinds that the workflows here use."""

    def replaced(found: re.Match[str]) -> str:
        name = found[0]
        if name.startswith("'") or name in _KEPT:
            return name
        value: Any = context
        for part in name.split("."):
            value = value.get(part) or "" if isinstance(value, Mapping) else ""
        return repr(value)

    python = expression
    for sign, word in _SIGNS.items():
        python = re.sub(sign, word, python)
    functions: dict[str, Any] = {
        "cancelled": lambda: False,
        "success": lambda: True,
        "fromJSON": json.loads,
        "__builtins__": {},
    }
    return eval(_NAME.sub(replaced, python).strip(), functions)  # noqa: S307  only this repository's workflows


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)  # noqa: S607
