"""Which settings a `manage.py` chooses, read from its text: it is not run for that."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = "DJANGO_SETTINGS_MODULE"


def named_settings(path: Path) -> set[str] | None:
    """The settings modules that a file may choose; None where it is of no Django project.

    Empty where it chooses in a way that only shows when it runs. Raises OSError, SyntaxError or
    ValueError for a file that cannot be read.
    """
    text = path.read_bytes()
    if MODULE.encode() not in text:
        return None
    tree = ast.parse(text)
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    values = [resolve(value, names) for value in chosen(tree, names)]
    return {value for value in values if value} if all(values) else set()


def chosen(tree: ast.AST, names: dict[str, ast.expr]) -> Iterator[ast.expr]:
    """Every value that goes into the variable: by setdefault, an index, a dictionary, a keyword."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if name_of(node.func) == "setdefault" and len(node.args) > 1:
                yield from [node.args[1]] if resolve(node.args[0], names) == MODULE else []
            yield from (word.value for word in node.keywords if word.arg == MODULE)
        elif isinstance(node, ast.Assign):
            yield from [node.value] if any(is_variable(one, names) for one in node.targets) else []
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (value for key, value in pairs if key and resolve(key, names) == MODULE)


def name_of(function: ast.expr) -> str:
    """What is called, without what it belongs to."""
    return function.attr if isinstance(function, ast.Attribute) else ""


def is_variable(target: ast.expr, names: dict[str, ast.expr]) -> bool:
    """Whether a target is `environ["DJANGO_SETTINGS_MODULE"]`."""
    return isinstance(target, ast.Subscript) and resolve(target.slice, names) == MODULE


def resolve(value: ast.expr, names: dict[str, ast.expr]) -> str | None:
    """The text of a constant, or of a name that stands for one."""
    if isinstance(value, ast.Name):
        value = names.get(value.id, value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return None
