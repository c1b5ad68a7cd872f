"""Writes ``locales/cnnviz.pot``: every sentence of the app, in the order of the files that say it.

Run it after a new sentence: ``python -m tools.make_template``; a test says so if it was forgotten. A sentence is
found in one of four places, and none of them needs a mark:

- in a call: ``_("…")``, ``many("…", "…", n)``, ``say("…")``, ``CnnvizError("…")``, ``title("…", "…")``,
  ``Experiment("…", …)``, ``WallItem("…", …)``;
- in an entry of a registry below the screen (``WORDS``), in a field of a page's state, or in the lecture's table;
- as a constant of a module of the screen;
- in a component: ``say("…")`` of its script, and the text and labels of its HTML.
"""

import ast
import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

import cnnviz
from cnnviz.ui.component_words import in_components

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "locales" / "cnnviz.pot"
CALLS: Mapping[str, tuple[int, ...]] = {
    "_": (0,),
    "say": (0,),
    "many": (0, 1),
    "say_many": (0, 1),
    "CnnvizError": (0,),
    "title": (0, 1),
    "Experiment": (0,),
    "WallItem": (0,),
    "miss": (0,),
}
"""Function -> which of its arguments are sentences."""
PLURAL = ("many", "say_many")
WORDS = frozenset(
    (
        *(
            "title",
            "idea",
            "note",
            "what",
            "about",
            "question",
            "expect",
            "does",
            "words",
            "blind",
            "cost",
            "see",
        ),
        *(
            "good_for",
            "get",
            "licence",
            "withdrawn",
            "score_name",
            "training_score",
            "label",
            "help",
        ),
        *("sentence", "picture_alt", "hint", "unit", "placeholder", "size_text"),
    )
)
"""Attributes of a registry's entries that the screen shows."""
TITLED = ("NetworkSpec", "TrainingSpec")
"""What a table holds under the title that the screen shows."""

PLACES = {f"{row} {side}" for row in ("top", "middle", "bottom") for side in ("left", "center", "right")}
"""Where a figure puts a text."""

Message = tuple[str | tuple[str, str], str]
"""A sentence, or one and many; and the file that says it."""


def messages() -> Iterator[Message]:
    """Everything that can be said in another language."""
    for path in sorted(
        [ROOT / "explorer_app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "cnnviz").rglob("*.py")]
    ):
        file = path.relative_to(ROOT).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((text, file) for text in _called(tree))
        if file.startswith(("cnnviz/ui/", "cnnviz/figures/")):
            yield from ((text, file) for text in _constants(tree))
    yield from _registries()
    yield from _states()
    yield from in_components()


def template() -> Catalog:
    """The sentences as a catalogue without translations."""
    catalog = Catalog(
        project="cnnviz",
        version=cnnviz.__version__,
        copyright_holder="the authors of cnnviz",
        charset="utf-8",
    )
    for text, file in messages():
        one = text if isinstance(text, str) else text[0]
        if is_sentence(one):
            catalog.add(text, locations=[(file, 0)], flags=["python-brace-format"] if "{" in one else ())
    return catalog


def is_sentence(text: str) -> bool:
    """Whether it has a word: formulas, numbers and signs are the same in all languages."""
    if re.fullmatch(r"[a-z]+[A-Z]\w*|\w+_\w+|[A-Z][a-z]*[A-Z]+\w*[-.\d ]*", text):
        return False
    bare = re.sub(r"\{[^}]*\}|\$[^$]*\$|`[^`]*`|:material/\w+:|https?://[^\s)]+", " ", text)
    return bool(re.search(r"[^\W\d_]{2,}", bare))


def _called(tree: ast.AST) -> Iterator[str | tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        texts = [list(_texts(node.args[at])) for at in CALLS.get(name, ()) if at < len(node.args)]
        if name in PLURAL and len(texts) == 2 and all(texts):
            yield texts[0][0], texts[1][0]
        elif name not in PLURAL:
            yield from (text for found in texts for text in found)


def _texts(node: ast.AST) -> Iterator[str]:
    """A text, or each of those that it may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _constants(tree: ast.Module) -> Iterator[str]:
    """What a module of the screen says outside its functions."""
    inside = [entry for entry in tree.body if isinstance(entry, ast.ClassDef)]
    for node in [*tree.body, *(entry for one in inside for entry in one.body)]:
        if (
            isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
            and node.value is not None
            and not _is_all(node)
        ):
            keys = {
                id(key) for entry in ast.walk(node.value) if isinstance(entry, ast.Dict) for key in entry.keys
            }
            for entry in ast.walk(node.value):
                if (
                    isinstance(entry, ast.Constant)
                    and isinstance(entry.value, str)
                    and _reads_well(entry.value, id(entry) in keys)
                ):
                    yield entry.value


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _reads_well(text: str, is_key: bool) -> bool:
    """Whether a constant is a text for people, and no name, colour, formula, address or code."""
    if text in PLACES:
        return False
    if re.search(r"^\$\d|\]\(https?:", text):
        return True  # a price, or a sentence with a link
    if re.search(r"\\[a-z]|^\W|[#_/<>=]\w|\w[=(]|^[\w.]+$", text) and not re.search(
        r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text
    ):
        return bool(re.fullmatch(r"[A-Z][a-z]{2,}", text)) and not is_key
    return " " in text


def _registries() -> Iterator[Message]:
    """The words of all entries of all tables below the screen."""
    seen: set[int] = set()
    for module in sorted(pkgutil.walk_packages(cnnviz.__path__, "cnnviz."), key=lambda one: one.name):
        if module.name.startswith(("cnnviz.ui", "cnnviz.figures", "cnnviz.assets")):
            continue
        file = module.name.replace(".", "/") + (".py" if not module.ispkg else "/__init__.py")
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, str) and name.isupper() and re.search(r"[a-z] [a-z]+ [^\n]*\.$", value):
                yield value, file
            elif _are_titles(name, value):
                yield from ((text, file) for text in value.values())
            elif isinstance(value, Mapping | list | tuple) and not name.startswith("__"):
                yield from ((text, file) for text in _entries(value, seen))


def _are_titles(name: str, value: Any) -> bool:
    """Whether a table says what the screen calls its names."""
    return (
        isinstance(value, dict)
        and name.isupper()
        and not name.startswith("_")
        and all(isinstance(key, str) and isinstance(text, str) for key, text in value.items())
        and any(" " in text for text in value.values())
    )


def _entries(value: Any, seen: set[int]) -> Iterator[str]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if type(entry).__name__ in TITLED and isinstance(key, str):
                yield getattr(key, "key", key)
            yield from _entries(entry, seen)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from _entries(entry, seen)
    elif (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and type(value).__module__.startswith("cnnviz")
    ):
        names = [field.name for field in fields(value)]
        names += [
            name for name, entry in vars(type(value)).items() if isinstance(entry, property) and name in WORDS
        ]
        for name in names:
            entry = getattr(value, name, None)
            if isinstance(entry, str) and name in WORDS:
                if getattr(entry, "one", None) is None:  # what has two forms was found where it is called
                    yield getattr(entry, "key", entry)
            elif name == "splits" and isinstance(entry, Mapping):
                yield from entry
            elif not isinstance(entry, str):
                yield from _entries(entry, seen)


def _states() -> Iterator[Message]:
    """What the controls of the pages and the lecture's table say."""
    import explorer_app
    from cnnviz.inspection.compute import bundled_record
    from cnnviz.training import TrainingSpec
    from cnnviz.training.folder import State as RunState
    from cnnviz.ui.builder import kinds
    from cnnviz.ui.fields import Field
    from cnnviz.ui.runs import WithRun
    from cnnviz.ui.state import State

    for path in sorted((ROOT / "cnnviz" / "ui" / "states").glob("*.py")):
        importlib.import_module(f"cnnviz.ui.states.{path.stem}")
    for chapter in explorer_app.CHAPTERS:
        yield chapter.title, "explorer_app.py"
        for lesson in chapter.lessons:
            yield from (
                (text, "explorer_app.py") for text in (lesson.title, lesson.sentence, lesson.picture_alt)
            )
    machine = bundled_record().machine
    yield from ((text, "assets/compute/server_cpu.json") for text in (machine, machine.removesuffix(" CPU")))
    yield from ((state, "cnnviz/training/folder.py") for state in get_args(RunState))
    for setting in fields(TrainingSpec):
        yield setting.name.replace("_", " "), "cnnviz/training/spec.py"
    for kind in kinds():
        yield from ((option.title, "cnnviz/ui/builder.py") for option in kind.options)
    yield from ((one.label, "cnnviz/ui/runs.py") for one in vars(WithRun).values() if isinstance(one, Field))
    for page, state in sorted(State.pages.items()):
        file = f"cnnviz/ui/states/{page.rpartition('/')[2]}"
        for field in state.fields.values():
            # Titles that a function makes are those of a registry, or it says them itself.
            titles = getattr(field, "titles", None)
            shown = [field.label, field.help or "", getattr(field, "placeholder", "")]
            shown += titles.values() if isinstance(titles, dict) else ()
            yield from ((getattr(text, "key", text), file) for text in shown)


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("wb") as file:
        write_po(file, template(), width=0, include_lineno=False, omit_header=False)
    print(f"{FILE.relative_to(ROOT)}: {len(template())} sentences")


if __name__ == "__main__":
    main()
