"""Documents → desired state: what is inherited, what is refused and in which words."""

import pytest
from factories import SITE, build, problems
from syrupy.assertion import SnapshotAssertion

from reconciler.desired.digest import compute_digest
from reconciler.desired.loader import DEFAULT_LIMITS
from reconciler.model import INFINITE, Backend, Bound, Limit, Rule, Source, finite


def test_short_and_long_forms_say_the_same() -> None:
    """`40` is finite 40, `infinite` is infinite, in both forms."""
    state = build(
        "skus:\n  A: 40\n  B: infinite\n  C:\n    quantity: 40\n  D:\n    quantity: infinite\n"
    )

    assert [entry.stock for entry in state.declared.values()] == [
        finite(40),
        INFINITE,
        finite(40),
        INFINITE,
    ]


def test_a_source_is_the_line_of_the_key() -> None:
    """Every SKU keeps the path and the line where it stands."""
    state = build("skus:\n  A: 40\n\n  B:\n    quantity: 1\n")

    assert [entry.source for entry in state.declared.values()] == [
        Source("demo/a.yaml", 2),
        Source("demo/a.yaml", 4),
    ]


def test_the_rule_is_inherited_from_entry_file_and_store() -> None:
    """An entry's rule comes from itself, else its file, else its store, else it is `exact`."""
    entry = "skus:\n  A: {quantity: 1, rule: observe}\n  B: 1\n"
    first = build(
        f"rule: at_least\n{entry}", "skus: {C: 1}", settings=f"site_id: {SITE}\nrule: at_most\n"
    )
    second = build("skus: {D: 1}")

    rules = {sku: entry.rule for state in (first, second) for sku, entry in state.declared.items()}
    assert rules == {"A": Rule.OBSERVE, "B": Rule.AT_LEAST, "C": Rule.AT_MOST, "D": Rule.EXACT}


def test_low_comes_from_the_entry_else_from_the_file_else_from_the_store() -> None:
    """A SKU has one number at which it is low, or none."""
    settings = f"site_id: {SITE}\nlow: 3\n"
    own = build(
        "low: 5\nskus:\n  A: 1\n  B: {quantity: 1, low: 0}\n", "skus: {C: 1}", settings=settings
    )
    none = build("skus: {A: 1}")

    assert {sku: one.terms.low for sku, one in own.declared.items()} == {"A": 5, "B": 0, "C": 3}
    assert none.declared["A"].terms.low is None


def test_a_pinned_sku_has_a_code_of_its_own() -> None:
    """With `id`, the key may be any name and `sku` is the code in the store, '' for none."""
    pin = "id: 5e8518516e147040726cc415"
    state = build(f"skus:\n  A: {{{pin}, sku: X, quantity: 1}}\n")
    bare = build(f"skus:\n  A: {{{pin}, sku: '', quantity: 1}}\n")

    assert (state.declared["A"].code, bare.declared["A"].code) == ("X", "")


def test_settings_have_defaults() -> None:
    """A store needs no more than its site."""
    settings = build("skus: {A: 1}").settings

    assert (settings.name, settings.site_id, settings.backend) == ("demo", SITE, Backend.WEBFLOW)
    assert (settings.token_env, settings.rule, settings.limits) == (
        "WEBFLOW_TOKEN",
        Rule.EXACT,
        DEFAULT_LIMITS,
    )


def test_limits_are_numbers_or_shares() -> None:
    """A limit that is set replaces the default; the others stay."""
    text = f"site_id: {SITE}\nlimits:\n  max_changes: 50%\n  max_zeroed: 3\nfrozen: ['GIFT-*']\n"
    settings = build("skus: {A: 1}", settings=text).settings

    assert settings.limits[Limit.CHANGES] == Bound(50, is_share=True)
    assert settings.limits[Limit.ZEROED] == Bound(3, is_share=False)
    assert settings.limits[Limit.UNITS_LOWERED] == DEFAULT_LIMITS[Limit.UNITS_LOWERED]
    assert settings.frozen == ("GIFT-*",)


MALFORMED = (
    "-5",
    "010",
    "+5",
    "0x1F",
    "5.0",
    "2.5",
    "1e3",
    "1_000",
    "1,000",
    "1:20",
    "no",
    ".inf",
    "Infinite",
    "null",
    "",
    "'40'",
    "9999999999",
    "1" * 5000,
    "[1]",
    "___",
    "nan",
    "1" + ",000" * 1500,
    "many",
)


@pytest.mark.parametrize("value", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_quantity_is_one_problem(value: str) -> None:
    """In the short form and in the long one, at the line of the quantity."""
    short = problems(f"skus:\n  A: {value}\n")
    long = problems(f"skus:\n  A:\n    quantity: {value}\n")

    assert len(short) == len(long) == 1
    assert short[0].startswith("demo/a.yaml:2:") and long[0].startswith("demo/a.yaml:3:")
    assert short[0].partition(": error: ")[2] == long[0].partition(": error: ")[2]


MISFITS = (
    (
        "skus:\n  A: {quantitiy: 5}\n",
        "demo/a.yaml:2:7",
    ),
    (
        "sku:\n  A: 5\n",
        "demo/a.yaml:1:1",
    ),
    ("rule: exact\n", "demo/a.yaml:1:1"),
    ("skus:\n", "demo/a.yaml:1:6"),
    ("skus: {}\n", "demo/a.yaml:1:1"),
    ("hello\n", "demo/a.yaml:1:1"),
    ("- A\n", "demo/a.yaml:1:1"),
    ("---\n", "demo/a.yaml"),
    ("skus: {A: {note: x}}\n", "demo/a.yaml:1:8"),
    (
        "skus: {A: {quantity: 1, note: 12}}\n",
        "demo/a.yaml:1:31",
    ),
    (
        "skus: {A: {quantity: 1, rule: exakt}}\n",
        "demo/a.yaml:1:31",
    ),
    (
        "skus: {A: {quantity: 1, sku: X}}\n",
        "demo/a.yaml:1:8",
    ),
    (
        "skus: {A: {quantity: 1, id: X}}\n",
        "demo/a.yaml:1:29",
    ),
    ("as_of: 2026-11-20\nskus: {A: 1}\n", "demo/a.yaml:1:1"),
    ("as_of: yesterday\nskus: {A: 1}\n", "demo/a.yaml:1:1"),
    (
        "skus: {A: {quantity: 1, as_of: 2026-11-20}}\n",
        "demo/a.yaml:1:25",
    ),
    ("low: -1\nskus: {A: 1}\n", "demo/a.yaml:1:6"),
    (
        "skus: {A: {quantity: 1, id: 111111111111111111111111}}\n",
        "demo/a.yaml:1:29",
    ),
    ("skus: {A: *x}\n", "demo/a.yaml:1:11"),
    (
        "skus: {A\u00a0B: 1}\n",
        "demo/a.yaml:1:8",
    ),
    (
        "skus: {A\u3164B: 1}\n",
        "demo/a.yaml:1:9",
    ),
    ("skus: {e\u0301: 1}\n", "demo/a.yaml:1:8"),
    ("skus: {A: 1, A: 2}\n", "demo/a.yaml:1:14"),
)


@pytest.mark.parametrize(("text", "place"), MISFITS, ids=range(len(MISFITS)))
def test_what_does_not_fit_is_said_with_its_place(text: str, place: str) -> None:
    """Each misfit is told once, where it is, with what to write."""
    found = problems(text)

    assert len(found) == 1
    assert found[0].partition(": error: ")[0] == place


SETTINGS = (
    ("backend: sandbox\n", "demo/store.yaml:1:1"),
    ("site_id: 12\n", "demo/store.yaml:1:10"),
    (
        f"site_id: {SITE}\ntoken_env: TOKEN\n",
        "demo/store.yaml:2:12",
    ),
    (
        f"site_id: {SITE}\nlimits: {{max_changes: 3.5}}\n",
        "demo/store.yaml:2:23",
    ),
    (
        f"site_id: {SITE}\nlimits: {{max_change: 3}}\n",
        "demo/store.yaml:2:10",
    ),
    (
        f"site_id: {SITE}\napi_url: http://x\n",
        "demo/store.yaml:2:1",
    ),
    (f'site_id: "{SITE}\\n"\n', "demo/store.yaml:1:10"),
)


@pytest.mark.parametrize(("text", "place"), SETTINGS, ids=range(len(SETTINGS)))
def test_settings_are_checked(text: str, place: str) -> None:
    """store.yaml is met by the same care; nothing in it can name an address."""
    found = problems("skus: {A: 1}", settings=text)

    assert len(found) == 1
    assert found[0].partition(": error: ")[0] == place


def test_problems_of_all_files_come_together_and_sorted() -> None:
    """One run tells everything, in the order of files and lines."""
    found = problems("skus: {A: x, B: -1}", "skus: {C: 1.5}", settings="rule: exact\n")

    assert [line.split(" ")[0] for line in found] == [
        "demo/a.yaml:1:11:",
        "demo/a.yaml:1:17:",
        "demo/b.yaml:1:11:",
        "demo/store.yaml:1:1:",
    ]


def test_one_sku_in_two_files_names_both() -> None:
    """A SKU that stands in two files is refused with both places."""
    (problem,) = problems("skus:\n  A: 1\n", "skus:\n  A: 1\n")

    assert problem.startswith("demo/b.yaml:2:3: error: ")
    assert "demo/a.yaml:2" in problem


def test_one_id_pinned_twice_names_both() -> None:
    """Two declarations cannot pin one SKU."""
    pin = "{id: 5e8518516e147040726cc415, quantity: 1}"

    problem = problems(f"skus:\n  A: {pin}\n  B: {pin}\n")[0]

    assert problem.startswith("demo/a.yaml:3:7: error: ")
    assert "demo/a.yaml:2" in problem


def test_a_store_without_stock_is_an_error() -> None:
    """A folder with nothing but store.yaml is never `no changes`."""
    assert [one.partition(": error: ")[0] for one in problems()] == ["demo"]


def test_the_digest_follows_the_meaning() -> None:
    """Layout and comments leave the digest alone; any declared value changes it."""
    digest = compute_digest(build("skus:\n  A: 1\n  B: 2\n"))

    assert digest == compute_digest(
        build("# moved\nskus:\n  B: {quantity: 2, note: x}\n", "skus: {A: 1}")
    )
    assert digest != compute_digest(build("skus:\n  A: 1\n  B: 3\n"))
    assert digest != compute_digest(build("rule: observe\nskus:\n  A: 1\n  B: 2\n"))


SLIPS = (
    ("skus:\n  TEE:40\n  MUG: 3\n", "2:3"),
    ("skus:\n  MUG: 3\n  TEE:40\n", "3:3"),
    (
        "skus:\n  A: 1\n  TEE:40\n  B: 2\n",
        "3:3",
    ),
    (
        "skus:\n  A:\n    rule:exact\n    quantity: 4\n",
        "3:5",
    ),
    ("skus\n  A: 1\n", "1:1"),
    ("skus:\n  A = 1\n  B: 2\n", "2:3"),
    ("skus:\n  A: 1\n  B 2\n", "3:3"),
    ("A: 1\nB: 2\n", "1:1"),
    ("skus:\nA: 1\nB: 2\n", "2:1"),
    ("SKUs:\n  A: 1\n", "1:1"),
    ("skus:\n  A: {quantity: 1, note: }\n", "2:26"),
    ("skus:\n  A: 1\n  B: {note: 'it's'}\n", "3:6"),
)


@pytest.mark.parametrize(("text", "place"), SLIPS, ids=range(len(SLIPS)))
def test_a_slip_is_blamed_on_its_own_line(text: str, place: str) -> None:
    """What the parser stumbles over later is told where it was typed, once."""
    found = problems(text)

    assert len(found) == 1
    assert found[0].partition(": error: ")[0] == f"demo/a.yaml:{place}"


def test_loader_wording(wording: SnapshotAssertion) -> None:
    """Each with the input that causes it."""
    quantities = [f"skus:\n  A: {value}\n" for value in MALFORMED if len(value) < 50]
    files = [*quantities, *(text for text, _ in (*MISFITS, *SLIPS))]
    found = [(text, problems(text)) for text in files]
    found += [(text, problems("skus: {A: 1}", settings=text)) for text, _ in SETTINGS]
    blocks = [f"{text!r}\n" + "".join(f"    {one}\n" for one in lines) for text, lines in found]
    assert "\n".join(blocks) == wording
