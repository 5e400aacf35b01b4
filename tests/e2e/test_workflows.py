"""The workflows of this repository, from a pull request to nightly drift."""

import base64
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from factories import SITE, Workspace, seed
from hub import PULL_REQUEST, REPOSITORY, Hub, environment, serve
from hub import TOKEN as HUB_TOKEN
from runner import ACTION, ROOT, Runner

from reconciler.model import Limit
from reconciler.sandbox.api import SCOPES, Api
from reconciler.sandbox.database import Shop
from reconciler.sandbox.edits import restock
from reconciler.sandbox.seed import build_seed
from reconciler.sandbox.server import serve_for_a_while

TOKEN = "webfl0w-token"
FORK = "somebody/shop"


@dataclass
class Loop:
    """A repository on GitHub with one shop, customers, and workflows."""

    workspace: Workspace
    shop: Shop
    hub: Hub
    address: str
    hub_address: str
    window: float = 60.0
    runners: list[Runner] = field(default_factory=list)

    def push(self, branch: str, **quantities: int) -> None:
        """Declare quantities on *branch*, and push it."""
        git = self.workspace.git
        git("checkout", "--quiet", "-B", branch)
        self.workspace.declare(quantities, head="rule: on_change\n")
        self.workspace.commit()
        git("push", "--quiet", "--force", "origin", branch)

    def merge(self, branch: str) -> None:
        self.workspace.git("checkout", "--quiet", "main")
        self.workspace.git("merge", "--quiet", "--no-ff", "-m", "merge", branch)
        self.workspace.git("push", "--quiet", "origin", "main")

    def run(self, workflow: str, *, head: str = REPOSITORY, **inputs: str) -> Runner:
        """Run a workflow on the last push. *head* is the repository of the pull request."""
        sha = self.workspace.git("rev-parse", "HEAD")
        pull_request = {"number": PULL_REQUEST, "head": {"sha": sha, "repo": {"full_name": head}}}
        event = self.workspace.folder.parent / "event.json"
        event.write_text(json.dumps({"pull_request": pull_request}), "utf-8")
        hub = environment(self.hub_address, str(event))
        token = hub.pop("GITHUB_TOKEN")
        github = {
            "sha": sha,
            "ref": "refs/heads/main",
            "repository": REPOSITORY,
            "base_ref": "main",
            "token": token,
            "event": {"pull_request": pull_request},
        }
        runner = Runner(
            self.workspace.folder.parent / f"runner-{len(self.runners)}",
            self.workspace.folder.parent / "origin.git",
            github,
            {
                **hub,
                "WEBFLOW_API_URL": self.address,
                "WEBFLOW_RATE_WINDOW": str(self.window),
            },
            {"WEBFLOW_TOKEN": TOKEN} if head == REPOSITORY else {},
            inputs,
        )
        self.runners.append(runner)
        runner.run(workflow)
        return runner


@pytest.fixture
def loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loop]:
    """Serve a shop and a hub, and push the declarations of the shop."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    workspace = Workspace(folder, None)  # type: ignore[arg-type]  # the command runs in processes
    limits = "".join(f"  {limit}: 999999\n" for limit in Limit)
    workspace.write("inventory/demo/store.yaml", f"site_id: {SITE}\nlimits:\n{limits}")
    workspace.git("init", "--quiet", "--initial-branch", "main")
    workspace.git("init", "--quiet", "--bare", "--initial-branch", "main", "../origin.git")
    workspace.git("config", "--file", "../origin.git/config", "uploadpack.allowAnySHA1InWant", "1")
    workspace.git("remote", "add", "origin", "../origin.git")
    hub = Hub()
    start = build_seed(seed({"TEE": 50, "MUG": 20}))
    with (
        Shop(tmp_path / "shop.sqlite", lambda: start) as shop,
        serve_for_a_while(Api(shop, {TOKEN: SCOPES})) as address,
        serve(hub) as hub_address,
    ):
        loop = Loop(workspace, shop, hub, address, hub_address)
        loop.push("main", TEE=50, MUG=20)
        yield loop


def _reads(shop: Shop) -> int:
    return sum(entry.kind == "read" for entry in shop.ledger())


def test_workflows_run_from_plan_to_drift(loop: Loop) -> None:
    """Covers plan, comment, a second push, merge, apply, record, a sale, and drift."""
    first = loop.run("apply.yml", base="HEAD")
    assert first.jobs == {"stores": "success", "apply": "success"}, first.steps
    assert f"refs/reconciler/{SITE}" in loop.workspace.git("ls-remote", "origin")

    loop.push("more", TEE=70, MUG=20)
    loop.shop.sell("TEE", 7)
    reads = _reads(loop.shop)
    assert loop.run("validate.yml").jobs == {"validate": "success"}
    planned = loop.run("plan.yml")
    assert planned.jobs == {"stores": "success", "plan": "success"}, planned.steps
    assert _reads(loop.shop) == reads + 1
    loop.push("more", TEE=60, MUG=20)
    loop.run("plan.yml")
    (comment,) = loop.hub.comments
    assert "| <code>TEE</code> | 43 | 50 | 60 | +17 |" in comment["body"]
    assert f"At commit {loop.workspace.git('rev-parse', 'HEAD')}." in comment["body"]

    loop.merge("more")
    applied = loop.run("apply.yml")
    assert applied.jobs == {"stores": "success", "apply": "success"}, applied.steps
    assert loop.shop.stocks() == {"TEE": 60, "MUG": 20}
    loop.workspace.git("fetch", "--quiet", "origin", "+refs/reconciler/*:refs/reconciler/*")
    assert "TEE:\n    quantity: 60" in loop.workspace.git(
        "show", f"refs/reconciler/{SITE}:applied.yaml"
    )
    _check_nightly_drift(loop)
    assert loop.shop.stocks() == {"TEE": 55, "MUG": 24}
    said = "".join(step.said for runner in loop.runners for step in runner.steps)
    basic = base64.b64encode(f"x-access-token:{HUB_TOKEN}".encode()).decode()
    assert not any(secret in said for secret in (TOKEN, HUB_TOKEN, basic))


def _check_nightly_drift(loop: Loop) -> None:
    """Expect no issue about a sale, and one about an edit, which explains the sale."""
    loop.shop.sell("TEE", 5)
    assert loop.run("drift.yml").jobs["drift"] == "success"
    assert loop.hub.issues == []
    restock(loop.shop, "MUG", 24)
    drifted = loop.run("drift.yml")
    assert drifted.jobs["drift"] == "success", drifted.steps
    (issue,) = loop.hub.issues
    mug, tee = (_row(issue["body"], sku) for sku in ("MUG", "TEE"))
    assert mug.startswith("| <code>MUG</code> | 20 | 24 |") and "+4 unexplained" in mug
    assert "5 sold in 1 order" in tee and "unexplained" not in tee


def _row(text: str, sku: str) -> str:
    """Return the row of a SKU in a Markdown table."""
    (row,) = (line for line in text.splitlines() if line.startswith(f"| <code>{sku}</code> |"))
    return row


def test_plan_of_fork_is_offline_without_secrets(loop: Loop) -> None:
    """Neither the shop nor the comments get a request."""
    loop.push("theirs", TEE=70, MUG=20)
    asked = len(loop.shop.ledger())
    run = loop.run("plan.yml", head=FORK)

    assert run.jobs == {"stores": "success", "plan": "success"}, run.steps
    assert "offline" in run.steps[-1].said and "TEE" in run.steps[-1].said
    assert (len(loop.shop.ledger()), loop.hub.asked) == (asked, [])


def test_apply_over_limit_needs_dispatch_with_allow(loop: Loop) -> None:
    """The apply of the push fails and writes nothing. The dispatched one with the input writes."""
    loop.workspace.write(
        "inventory/demo/store.yaml", f"site_id: {SITE}\nlimits: {{max_zeroed: 0}}\n"
    )
    loop.push("main", TEE=50, MUG=20)
    loop.run("apply.yml", base="HEAD")
    loop.push("main", TEE=0, MUG=20)
    refused = loop.run("apply.yml")
    codes = {step.name: step.code for step in refused.steps}
    assert (refused.jobs["apply"], codes["apply"]) == ("failure", 4), refused.steps
    assert loop.shop.stocks()["TEE"] == 50
    lifted = loop.run("apply.yml", allow="max_zeroed max_units_lowered max_changes")
    assert lifted.jobs["apply"] == "success", lifted.steps
    assert loop.shop.stocks()["TEE"] == 0


def test_nightly_run_with_missing_sku_fails(loop: Loop) -> None:
    """A SKU that the shop lacks is an error, not drift."""
    loop.push("main", TEE=50, MUGG=20)
    run = loop.run("drift.yml")
    assert run.jobs["drift"] == "failure", run.steps
    assert "MUGG" in loop.hub.issues[0]["body"]


@pytest.mark.parametrize("status", [403, 410, 502])
def test_nightly_run_without_issue_fails(loop: Loop, status: int) -> None:
    """If GitHub rejects the issue, the run must fail to be noticed."""
    restock(loop.shop, "MUG", 24)
    loop.hub.refuse = status
    loop.window = 5.0
    run = loop.run("drift.yml")
    assert (run.jobs["drift"], loop.hub.issues) == ("failure", []), run.steps


FAKE = """#!/bin/bash
printf '%s\\n' "$@" > arguments
env | grep '^GIT_CONFIG_' | sort > config
trap 'echo caught > signal; exit 130' INT
if [ "$1" = wait ]; then echo; for _ in $(seq 500); do sleep 0.01; done; fi
"""


@pytest.fixture
def act(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that runs the action's step with inputs and a fake command."""
    tool = tmp_path / "temp dir/inventory-reconciler/bin/reconciler"
    tool.parent.mkdir(parents=True)
    tool.write_text(FAKE)
    tool.chmod(0o755)
    action = yaml.safe_load((ROOT / ACTION / "action.yml").read_text("utf-8"))
    step = action["runs"]["steps"][-1]

    def start(env: Mapping[str, str] | None = None, **inputs: str) -> subprocess.Popen[str]:
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= action["inputs"].keys()
        values = {
            key: given.get(re.sub(r"\$\{\{ inputs\.(.*) \}\}", r"\1", value), "")
            for key, value in step["env"].items()
        }
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],  # noqa: S607
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(tmp_path / "temp dir"),
                "GITHUB_SERVER_URL": "https://github.com",
                **(env or {}),
                **values,
            },
            stdout=subprocess.PIPE,
            text=True,
        )

    return start


def test_action_passes_inputs_as_options(
    act: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Values are passed unchanged, flags only if true, and the file comes last."""
    flags = {"yes", "record", "take_over", "offline", "detailed_exitcode", "issue", "all_stores"}
    flags |= {"quiet", "verbose"}
    values = {"inventory", "store", "format", "out", "base", "changed_since", "push", "report"}
    values |= {"journal", "events", "max_duration", "pr", "parallelism", "token_file", "color"}
    odd = "a b; $(touch x) '\"*"
    given = dict.fromkeys(flags, "true") | dict.fromkeys(values, odd)
    with act(command="apply", file="-f", allow="max_changes\nmax_zeroed x\n", **given) as step:
        assert step.wait() == 0
    arguments = (tmp_path / "arguments").read_text("utf-8").splitlines()
    wanted = {f"--{flag.replace('_', '-')}" for flag in flags}
    wanted |= {f"--{value.replace('_', '-')}={odd}" for value in values}
    wanted |= {"--allow=max_changes", "--allow=max_zeroed", "--allow=x"}

    assert (arguments[0], arguments[-2:]) == ("apply", ["--", "-f"])
    assert set(arguments[1:-2]) == wanted and len(arguments) == len(wanted) + 3
    with act(command="plan", offline="maybe") as step:
        assert step.communicate()[0].startswith("::error::offline ")
        assert step.returncode == 64


def test_action_adds_token_to_git_config(
    act: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """It applies only to this process, and only if a token is given."""
    configured = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    with act(configured, command="apply", github_token="t0k") as step:
        assert step.wait() == 0
    basic = base64.b64encode(b"x-access-token:t0k").decode()
    assert (tmp_path / "config").read_text("utf-8").splitlines() == [
        "GIT_CONFIG_COUNT=2",
        "GIT_CONFIG_KEY_0=a.b",
        "GIT_CONFIG_KEY_1=http.https://github.com/.extraheader",
        "GIT_CONFIG_VALUE_0=c",
        f"GIT_CONFIG_VALUE_1=AUTHORIZATION: basic {basic}",
    ]
    with act(command="plan") as step:
        assert step.wait() == 0
    assert (tmp_path / "config").read_text("utf-8") == ""


def test_action_forwards_signals(act: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    """The command replaces the shell."""
    with act(command="wait") as step:
        assert step.stdout is not None and step.stdout.readline() == "\n"
        step.send_signal(signal.SIGINT)
        assert step.wait() == 130
    assert (tmp_path / "signal").exists()
