"""No write bypasses the diff.

Whatever controller and daemon change, in NB, in the API or on a node, is declared in a fragment and reaches the world
through one diff. Only the writers at the end of that diff may write; this module finds everyone else who does. Run it
with ``python -m lint.no_bypass``; it ends with 1 and one line a finding.

What counts as a write, as far as the syntax tells: a call of a writing method on an object (not on a module), such a
method of a client handed on by reference or fetched by name, a process started, a library that configures the kernel.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lint.names import absolute, imports

WRITERS: Mapping[str, str] = {
    "controller.northbound.writer": "sends the difference between fragments and NB",
    "controller.runtime.api_writer": "sends the difference between fragments and the API's objects",
    "controller.runtime.acquisition": "the one stateful step: its output, the IP object, is what reconcilers read",
    "controller.runtime.bootstrap": "creates the default Vpc and Subnets once, where there is nothing to diff with yet",
    "controller.daemon.switch": "sends the difference between ports wanted and a node's Open vSwitch",
    "controller.daemon.egress": "replaces the rules of a node where those wanted differ from those in force",
    "controller.daemon.detours": "sends the difference between routing by source as wanted and the kernel's",
    "controller.daemon.announcer": "only reads of the switch by which port an announcement goes, once for each",
    "controller.daemon.device": "sends the difference between a network device wanted and the kernel's",
}
"""The modules that may write, and why each."""

NO_CLIENTS: Mapping[str, str] = {
    "rules": "admission's rules of a kind, named after the operation that they judge",
}
"""Names of objects whose methods are called like those of a client and write nothing, and what each is."""

WRITING_METHODS = frozenset({"transact", "create", "patch", "delete"})
PROCESS_STARTERS = frozenset(
    {
        *(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")),
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "os.system",
        "os.popen",
        "os.posix_spawn",
        "os.execv",
    }
)
KERNEL_LIBRARIES = frozenset({"pyroute2", "nftables"})


@dataclass(frozen=True)
class Bypass:
    """A write where none may be."""

    module: str
    line: int
    what: str


def bypasses(root: Path, writers: Mapping[str, str] = WRITERS) -> Iterator[Bypass]:
    """Every write in the package at ``root`` outside ``writers``, and every writer that writes nothing (any more)."""
    quiet = set(writers)
    for path in sorted(root.rglob("*.py")):
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        for found in writes(module, path.read_text()):
            if module in writers:
                quiet.discard(module)
            else:
                yield found
    for module in sorted(quiet):
        yield Bypass(module, 0, "is listed as a writer and writes nothing: take it off the list")


def writes(module: str, source: str) -> Iterator[Bypass]:
    """Every write in ``source``."""
    tree = ast.parse(source)
    imported = imports(tree)
    for library, line in _libraries(tree):
        yield Bypass(module, line, f"imports {library}, which configures the kernel")
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (starter := absolute(node.func, imported)) in PROCESS_STARTERS:
            yield Bypass(module, node.lineno, f"starts a process ({starter})")
        elif isinstance(node, ast.Call) and _fetched_by_name(node):
            yield Bypass(module, node.lineno, "fetches a writing method by its name")
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in WRITING_METHODS
            and not _is_module(node.value, imported)
            and ast.unparse(node.value) not in NO_CLIENTS
            and (id(node) in called or _is_client(node.value))
        ):
            yield Bypass(module, node.lineno, f"writes by {ast.unparse(node)}")


def _libraries(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            if module.partition(".")[0] in KERNEL_LIBRARIES:
                yield module, node.lineno


def _is_module(node: ast.expr, imported: Mapping[str, str]) -> bool:
    """Whether ``node`` is an imported module: by the custom that classes begin with a capital and modules do not."""
    name = absolute(node, imported)
    return name is not None and name.rpartition(".")[2].islower()


def _fetched_by_name(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "getattr"
        and len(call.args) >= 2
        and isinstance(call.args[1], ast.Constant)
        and call.args[1].value in WRITING_METHODS
    )


def _is_client(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name.endswith(("client", "connection"))


def main() -> int:
    """Look through the controller; 1 if anything was found."""
    found = list(bypasses(Path(__file__).parent.parent / "controller"))
    for bypass in found:
        print(f"{bypass.module}:{bypass.line}: {bypass.what}")
    if found:
        print(f"{len(found)} writes bypass the diff; declare the change in a fragment (see CONTRIBUTING.md)")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
