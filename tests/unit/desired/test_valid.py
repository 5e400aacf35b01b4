"""Files with very many problems: the first are shown, the others counted, and nothing is lost."""

import pytest
from factories import SITE

from reconciler.desired.loader import build_desired
from reconciler.desired.valid import MOST_SHOWN
from reconciler.errors import InputError, Problem

MANY = 1000
HEAD = ("demo/store.yaml", f"site_id: {SITE}\n".encode())


def _problems(*texts: str, most: int | None = MOST_SHOWN) -> tuple[Problem, ...]:
    files = [(f"demo/{number}.yaml", text.encode()) for number, text in enumerate(texts)]
    with pytest.raises(InputError) as caught:
        build_desired("demo", "demo", [HEAD, *files], [], most=most)
    return caught.value.problems


def _file(value: str, key: str = "S{n:04}") -> str:
    lines = (f"  {key.format(n=number)}: {value}\n" for number in range(MANY))
    return "skus:\n" + "".join(lines)


WRONG = {
    "spelled": _file("010"),
    "nothing": _file(""),
    "key": _file("{quantity: 5, colour: red}"),
    "value": _file("{quantity: x}"),
    "rule": "rule: sometimes\n" + _file("{quantity: 5, note: 7}"),
    "twice": _file("5", "SAME"),
    "hidden": _file("5", "S{n}\u200b"),
    "no colon": _file("5").replace(": 5", ":5"),
    "before": _file("no") + "low: 3\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_first_problems_are_those_of_the_whole_list(text: str) -> None:
    """Word by word, each where it is; one more line counts the others."""
    every = sorted(_problems(text, most=None), key=lambda one: (one.line, one.column))
    shown = _problems(text)

    if len(every) <= MOST_SHOWN:
        assert list(shown) == every
        return
    assert list(shown[:-1]) == every[:MOST_SHOWN]
    assert (shown[-1].line, sum(one.stands_for for one in shown)) == (0, len(every))


def test_each_file_has_its_own_first_problems() -> None:
    """A second file is read, too, and what both declare is named where it is."""
    wrong = _problems(_file("no"), _file("yes"))
    twice = _problems(_file("5"), _file("6"))

    assert len(wrong) == 2 * (MOST_SHOWN + 1)
    assert sum(one.stands_for for one in wrong) == 2 * MANY
    assert [one.line for one in twice[:MOST_SHOWN]] == list(range(2, MOST_SHOWN + 2))
    assert sum(one.stands_for for one in twice) == MANY


def test_few_wrong_among_many_are_all_shown() -> None:
    """Whatever else the file holds."""
    text = _file("5").replace("S0500: 5", "S0500: no").replace("S0900: 5", "S0900: 05")

    assert [(one.line, one.stands_for) for one in _problems(text)] == [(502, 1), (902, 1)]
