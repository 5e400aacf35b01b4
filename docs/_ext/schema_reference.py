"""The directive `schema`: a JSON Schema → a reference of its fields."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SCHEMAS = Path(__file__).parents[2] / "schemas"
# A longer pattern says less than the description and the example.
MAX_PATTERN = 40

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Makes the lines about one schema: a MyST definition list, a term for each field.

    A field below another is named by its path: `limits.max_zeroed`, `actions[].sku` for the entries
    of a list, `skus.<key>` for the values of a mapping whose keys are free. `apart` are definitions
    of the schema that are shown elsewhere and not in each place that refers to them.
    """

    root: Schema
    apart: frozenset[str] = frozenset()

    def lines(self, definition: str = "") -> Iterator[str]:
        """Yield the fields of the schema, or of one *definition* in it."""
        start = self.root["$defs"][definition] if definition else self.root
        yield from self._below(start, "")

    def _below(self, node: Schema, path: str) -> Iterator[str]:
        """Yield what can be below *path*: fields, entries of a list, values of free keys."""
        required = node.get("required", ())
        stem = f"{path}." if path else ""
        for name, given in node.get("properties", {}).items():
            yield from self._field(f"{stem}{name}", given, is_required=name in required)
        entries = node.get("items")
        if isinstance(entries, dict):
            yield from self._entries(f"{path}[]", entries)
        values = node.get("additionalProperties")
        if isinstance(values, dict):
            named = [name for name in required if name not in node.get("properties", {})]
            for name in named:
                yield from self._field(f"{stem}{name}", values, is_required=True)
            if not named and not node.get("properties"):
                yield from self._entries(f"{stem}<key>", values)
        for pattern, given in node.get("patternProperties", {}).items():
            yield from self._entries(f"{stem}<{pattern}>", given)

    def _entries(self, path: str, given: Schema) -> Iterator[str]:
        """Yield an entry of a list or mapping: itself if that says something, and its fields."""
        part = self._resolve(given)
        if self._is_apart(given) or part.get("description"):
            yield from self._field(path, given, is_required=False)
            return
        for branch in self._branches(part):
            yield from self._below(branch, path.removeprefix("[]").removeprefix("."))

    def _field(self, path: str, given: Schema, *, is_required: bool) -> Iterator[str]:
        part = self._resolve(given)
        facts = [*self._facts(given, part), *(["required"] if is_required else [])]
        said = part.get("description", part.get("title", "")).strip()
        yield f"`{path}`"
        yield f": {said} ({'; '.join(facts)})" if said else f": {'; '.join(facts)}"
        yield ""
        if self._is_apart(given):
            return
        for branch in self._branches(part):
            yield from self._below(branch, path)

    def _branches(self, part: Schema) -> Iterator[Schema]:
        """Yield the objects, lists and mappings that *part* may be."""
        for one in (part, *part.get("oneOf", ()), *part.get("anyOf", ())):
            if not self._is_apart(one):
                yield self._resolve(one) if one is not part else part

    def _is_apart(self, given: Schema) -> bool:
        choices = (given, *given.get("oneOf", ()), *given.get("anyOf", ()))
        return any(_name_of(one) in self.apart for one in choices)

    def _resolve(self, part: Schema) -> Schema:
        """Return *part* with what it refers to; what is beside the reference counts first."""
        if (ref := part.get("$ref")) is None:
            return part
        target: Any = self.root
        for key in ref.removeprefix("#/").split("/"):
            target = target[key]
        return {**self._resolve(target), **part}

    def _facts(self, given: Schema, part: Schema) -> Iterator[str]:
        """Yield the type of a field, its bounds, its default, and examples."""
        yield self._type(given, part)
        low, high = part.get("minimum"), part.get("maximum")
        if low is not None and high is not None:
            yield f"{low} to {high}"
        elif low is not None:
            yield f"at least {low}"
        if part.get("maxLength"):
            yield f"at most {part['maxLength']} characters"
        pattern = part.get("pattern", "")
        if pattern and len(pattern) <= MAX_PATTERN:
            yield f"pattern `{pattern}`"
        if "default" in part:
            yield f"default `{_show(part['default'])}`"
        if examples := part.get("examples"):
            yield "for example " + ", ".join(f"`{_show(one)}`" for one in examples[:3])

    def _type(self, given: Schema, part: Schema) -> str:
        if _name_of(given) in self.apart:
            return f"a {_name_of(given)}"
        if "enum" in part:
            words = ", ".join(f"`{_show(one)}`" for one in part["enum"])
            return f"one of {words}" if len(part["enum"]) <= 30 else "a number"
        if "const" in part:
            return f"`{_show(part['const'])}`"
        choices = (*part.get("oneOf", ()), *part.get("anyOf", ()))
        if choices:
            return " or ".join(self._type(one, self._resolve(one)) for one in choices)
        kind = part.get("type", "any")
        kinds = [kind] if isinstance(kind, str) else kind
        return " or ".join(_KINDS.get(one, one) for one in kinds)


_KINDS = {"array": "list", "string": "text"}


def _name_of(part: Schema) -> str:
    """Return the name of the definition that *part* refers to, or ''."""
    return str(part.get("$ref", "")).rpartition("/")[2]


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class SchemaDirective(SphinxDirective):
    """`{schema} store` shows the fields of `schemas/store.schema.json`.

    `:apart: stock time` refers to these definitions by name instead of showing their fields in each
    place; `:definition: stock` shows the fields of one definition alone.
    """

    required_arguments = 1
    option_spec: ClassVar = {"apart": _words, "definition": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the fields as parsed Markdown."""
        path = SCHEMAS / f"{self.arguments[0]}.schema.json"
        self.env.note_dependency(str(path))
        schema = json.loads(path.read_text("utf-8"))
        reference = Reference(schema, self.options.get("apart", frozenset()))
        lines = list(reference.lines(self.options.get("definition", "")))
        self.state.nested_parse(
            StringList(lines, str(path)), self.content_offset, box := nodes.container()
        )
        return list(box.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("schema", SchemaDirective)
    return {"parallel_read_safe": True}
