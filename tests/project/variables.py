"""The environment variables the project reads, from its source: what docs and tests compare with."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
READERS = frozenset({"text", "flag", "integer", "items", "url"})


def variables_read() -> set[str]:
    """Return every name given to a reader of `env` under perfsite/."""
    return {name for path in sorted((PROJECT / "perfsite").glob("*.py")) for name in names_in(path.read_text())}


def names_in(source: str) -> Iterator[str]:
    """Yield the first argument of each `env.<reader>("NAME", …)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and reads_environment(node.func):
            name = node.args[0]
            assert isinstance(name, ast.Constant), ast.unparse(node)
            assert isinstance(name.value, str), ast.unparse(node)
            yield name.value


def reads_environment(function: ast.expr) -> bool:
    """Return whether the called thing is a reader of `env`."""
    return (
        isinstance(function, ast.Attribute)
        and function.attr in READERS
        and isinstance(function.value, ast.Name)
        and function.value.id == "env"
    )
