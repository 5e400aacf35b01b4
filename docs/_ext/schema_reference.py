"""The directive `schema`: a JSON Schema → a reference of its fields."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SCHEMAS = Path(__file__).parents[2] / "schemas"


def field_lines(schema: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of *schema* as MyST definition lists, with those below them."""
    yield from _object_lines(schema, schema, "")


def _object_lines(node: dict[str, Any], root: dict[str, Any], prefix: str) -> Iterator[str]:
    required = node.get("required", ())
    for name, given in node.get("properties", {}).items():
        part = _resolve(given, root)
        yield f"`{prefix}{name}`"
        facts = [_type(part), "required" if name in required else ""]
        if "default" in part:
            facts.append(f"default `{_show(part['default'])}`")
        if examples := part.get("examples"):
            facts.append("for example " + ", ".join(f"`{_show(one)}`" for one in examples[:3]))
        yield f": {part.get('description', part.get('title', ''))}"
        yield f"  ({'; '.join(filter(None, facts))})"
        yield ""
        for branch in _branches(part, root):
            yield from _object_lines(branch, root, f"{prefix}{name}.")


def _branches(part: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the objects that *part* may be, or that its entries may be."""
    for one in (part, *part.get("oneOf", ()), *part.get("anyOf", ())):
        found = _resolve(one, root)
        if "properties" in found:
            yield found
        for entries in (found.get("additionalProperties"), found.get("items")):
            if isinstance(entries, dict):
                yield from _branches(_resolve(entries, root), root)


def _resolve(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return *part* with what it refers to; siblings of the reference win."""
    if (ref := part.get("$ref")) is None:
        return part
    target: dict[str, Any] = root
    for key in ref.removeprefix("#/").split("/"):
        target = target[key]
    return {**_resolve(target, root), **part}


def _type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return "one of " + ", ".join(f"`{_show(one)}`" for one in part["enum"])
    if "const" in part:
        return f"`{_show(part['const'])}`"
    kind = part.get("type", "")
    return kind if isinstance(kind, str) else " or ".join(kind)


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class SchemaDirective(SphinxDirective):
    """`{schema} store` shows the fields of `schemas/store.schema.json`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the fields as parsed Markdown."""
        path = SCHEMAS / f"{self.arguments[0]}.schema.json"
        self.env.note_dependency(str(path))
        lines = list(field_lines(json.loads(path.read_text("utf-8"))))
        self.state.nested_parse(
            StringList(lines, str(path)), self.content_offset, box := nodes.container()
        )
        return list(box.children)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("schema", SchemaDirective)
    return {"parallel_read_safe": True}
