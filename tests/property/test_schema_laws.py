"""Laws of the schemas: what decides and what explains agree."""

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from factories import SITE
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.contract import load_schema
from reconciler.desired.reader.document import Document
from reconciler.desired.reader.schema_errors import explain, validator

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 10**10),
        st.floats(allow_nan=False, allow_infinity=False),
        st.sampled_from(
            [
                "infinite",
                "infinite\n",
                "exact",
                "at_least",
                "Exact",
                "2026-11-20",
                "2026-13-01",
                "40",
                "30%",
                "",
                "300%\n",
                "5e8518516e147040726cc415",
                "5E8518516E147040726CC415",
                "WEBFLOW_TOKEN",
                "TOKEN",
                "sandbox",
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "quantity",
                    "rule",
                    "low",
                    "as_of",
                    "note",
                    "id",
                    "sku",
                    "A",
                    "max_changes",
                    "max_zeroed",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


DOCUMENTS = st.dictionaries(
    st.sampled_from(
        ["skus", "rule", "low", "as_of", "site_id", "limits", "frozen", "token_env", "backend", "x"]
    ),
    VALUES,
    max_size=5,
)


WORDS = st.sampled_from(
    [
        word + end
        for word in ("infinite", "exact", "2026-11-20", "30%", "", "x", "WEBFLOW_X", "sandbox")
        for end in ("", "\n")
    ]
)


# One word in the place of each field: most of these documents fit but for that word.
NEARLY = st.one_of(
    WORDS.map(lambda word: {"skus": {"A": word}}),
    st.tuples(st.sampled_from(["rule", "low", "note", "id"]), WORDS).map(
        lambda pair: {"skus": {"A": {"quantity": 1, pair[0]: pair[1]}}}
    ),
    st.tuples(st.sampled_from(["token_env", "rule", "sku_collection_id", "backend"]), WORDS).map(
        lambda pair: {"site_id": SITE, pair[0]: pair[1]}
    ),
    WORDS.map(lambda word: {"site_id": SITE, "limits": {"max_changes": word}}),
)


@pytest.mark.parametrize("kind", ["inventory", "store"])
@given(data=st.one_of(DOCUMENTS, NEARLY))
@settings(max_examples=500)
def test_both_validators_agree(kind: str, data: Any) -> None:
    """What decides and what explains never differ, on good documents and on bad ones."""
    fast = jsonschema_rs.Draft202012Validator(load_schema(kind))

    assert fast.is_valid(data) == validator(load_schema(kind)).is_valid(data)


@given(data=DOCUMENTS)
def test_every_misfit_is_explained(data: Any) -> None:
    """A document that does not fit gets at least one sentence."""
    document = Document("a.yaml", json.dumps(data), data, complete=True)
    if not validator(load_schema("inventory")).is_valid(data):
        assert explain(document, load_schema("inventory"), "inventory")


@pytest.mark.parametrize("kind", ["inventory", "store", "plan"])
def test_the_schemas_are_schemas(kind: str) -> None:
    """Each schema fits the meta-schema of its draft."""
    jsonschema.Draft202012Validator.check_schema(load_schema(kind))
