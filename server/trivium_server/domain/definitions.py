"""The definitions in a text: what is named where, and what encloses it.

Works on syntax trees where a grammar is known (`definition_queries`), and on telling lines where
none is (`outline`). Half-written code gives the definitions that can still be read. The search
index, completion and the text actions all ask here; it knows nothing of any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from trivium_server.domain import declared_names, languages, macros, outline, syntax
from trivium_server.domain.definition_queries import QUERIES

if TYPE_CHECKING:
    from tree_sitter import Node, Query

VERSION = "3"
"""Raise it when the same text would give other definitions: indexes are made anew, vectors kept."""
CONTAINERS = frozenset({"class", "interface", "struct", "enum", "impl", "module", "section"})
"""Kinds whose inside is worth descending into."""

PARTS = frozenset({"field", "member"})
"""Kinds that are a line of what holds them: no place to cut at, and no name for a chunk."""

_HOLD_METHODS = CONTAINERS - {"module", "section"} | {"member"}
_WRAPPERS = frozenset(
    {"decorated_definition", "export_statement", "template_declaration", "ambient_declaration"}
)
_WRAPPERS_OF_ONE = frozenset(
    {
        "lexical_declaration",
        "variable_declaration",
        "expression_statement",
        "type_declaration",
        "const_declaration",
        "var_declaration",
        "declaration",
    }
)
_NAMELESS = {"companion_object": "companion", "init_declaration": "init"}
_DECLARES = re.compile(r"(identifier|declarator|_name)$")
_ATTRIBUTES = frozenset({"attribute_item", "attribute_list"})
"""Where a grammar sets them beside the definition and not into it: Rust's."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A named piece of a text."""

    name: str
    kind: str
    """`class`, `interface`, `struct`, `enum`, `impl`, `module`, `function`, `method`,
    `constructor`, `property` (one with a body of its own), `field`, `member` (of an enumeration),
    `type`, `macro`, `constant`, `variable` or `section`."""
    start: int
    """Offset of its first character, decorators and modifiers included, comments not."""
    end: int
    name_start: int
    container: tuple[str, ...]
    """Names of what encloses it, outermost first."""
    doc: tuple[int, int] | None
    """Range of its comment or docstring; a comment stands before `start`."""

    @property
    def full_start(self) -> int:
        """Where it begins with its leading comment."""
        return min(self.start, self.doc[0]) if self.doc else self.start


def of_text(text: str, language: str) -> list[Definition]:
    """The definitions of a text in the order of their starts, outer before inner."""
    language = languages.by_id(language).id
    if language not in QUERIES:
        return _nest([_outlined(entry, language) for entry in outline.of_text(text, language)])
    if language in ("c", "cpp"):
        text = macros.blanked(text)
    tree = syntax.parse(text, language)
    return definitions(tree, language) if tree else []


def definitions(
    tree: syntax.Syntax, language: str, around: tuple[int, int] | None = None
) -> list[Definition]:
    """The definitions of a parsed text; empty for a language without a query here.

    With `around`, only those that touch a range: quick in a long file.
    """
    query = _query(languages.by_id(language).id)
    return _nest(_raw(tree, query, around or (0, len(tree.text)))) if query else []


def enclosing(found: list[Definition], offset: int) -> list[Definition]:
    """The definitions around an offset, outermost first."""
    return [each for each in found if each.start <= offset <= each.end]


def _outlined(entry: outline.Entry, language: str) -> Definition:
    """A definition of a language without a grammar."""
    doc = (entry.comment, entry.start) if entry.comment < entry.start else None
    qualified = entry.kind in ("function", "variable") or language == "terraform"
    *scope, name = declared_names.of_line(entry.name, language) if qualified else [entry.name]
    at = entry.name_start + len(entry.name) - len(name)
    return Definition(name, entry.kind, entry.start, entry.end, at, tuple(scope), doc)


def _raw(tree: syntax.Syntax, query: Query, around: tuple[int, int]) -> list[Definition]:
    from tree_sitter import QueryCursor

    found: dict[int, Definition] = {}
    cursor = QueryCursor(query)
    cursor.set_byte_range(max(tree.byte(around[0]) - 1, 0), tree.byte(around[1]) + 1)
    # By pattern, so that the first that matches decides; tree-sitter reports by position.
    for _, captures in sorted(cursor.matches(tree.root), key=itemgetter(0)):
        definition = _definition(tree, captures)
        if (
            definition
            and definition.name
            and definition.start <= around[1]
            and around[0] <= definition.end
        ):
            found.setdefault(definition.name_start, definition)
    return sorted(found.values(), key=lambda each: (each.start, -each.end))


def _definition(tree: syntax.Syntax, captures: dict[str, list[Node]]) -> Definition | None:
    kind = next(name for name in captures if name not in ("name", "container") and name[0] != "_")
    (node,) = captures[kind][:1]
    name_node = captures["name"][0] if "name" in captures else _declared(node)
    if name_node is None:
        return None
    outer = _outermost(node)
    first = _with_attributes(outer)
    source = tree.source(name_node)
    whole = kind == "section" or name_node.type == "string_content"
    *scope, name = declared_names.of_node(_NAMELESS.get(name_node.type) or source, whole=whole)
    if "container" in captures:
        scope = [declared_names.plain(tree.source(captures["container"][0])), *scope]
    return Definition(
        name.strip(),
        kind,
        tree.start(first),
        tree.end(captures["_body"][0] if "_body" in captures else outer),
        tree.start(name_node) + max(source.rfind(name), 0),
        tuple(part.strip() for part in scope if part.strip()),
        _doc(tree, first, node),
    )


def _declared(node: Node) -> Node | None:
    """The name in C's declarators, or the node itself where its kind is all the name it has."""
    if node.type in _NAMELESS:
        return node
    inner: Node | None = node
    while inner is not None and inner.child_count:
        if inner.type in ("qualified_identifier", "operator_name", "destructor_name"):
            return inner
        inner = inner.child_by_field_name("declarator") or next(
            (child for child in inner.named_children if _DECLARES.search(child.type)), None
        )
    return inner


def _outermost(node: Node) -> Node:
    """The node with the decorators, the export or the declaration it is wrapped in."""
    parent = node.parent
    while parent is not None and (
        parent.type in _WRAPPERS
        or (parent.type in _WRAPPERS_OF_ONE and parent.named_child_count == 1)
        or (parent.type == node.type == "assignment_expression")  # a.b = a.c = function () {}
    ):
        node, parent = parent, parent.parent
    return node


def _with_attributes(node: Node) -> Node:
    """The first of the attributes right before a node, or the node."""
    while node.prev_named_sibling is not None and node.prev_named_sibling.type in _ATTRIBUTES:
        node = node.prev_named_sibling
    return node


def _doc(tree: syntax.Syntax, outer: Node, node: Node) -> tuple[int, int] | None:
    docstring = _docstring(node)
    if docstring is not None:
        return tree.start(docstring), tree.end(docstring)
    first, line = None, outer.start_point.row
    before = outer.prev_named_sibling
    while before is not None and "comment" in before.type:
        code = before.prev_sibling
        if code and code.end_point.column and code.end_point.row == before.start_point.row:
            break  # It ends a line of code and belongs to that.
        if line - before.end_point.row > _distance(tree, before, nearest=first is None):
            break
        first, line = before, before.start_point.row
        before = before.prev_named_sibling
    return (tree.start(first), tree.start(outer)) if first is not None else None


def _distance(tree: syntax.Syntax, comment: Node, *, nearest: bool) -> int:
    """Lines from a comment's end to what it is about; many leave one blank behind JSDoc."""
    return 2 if nearest and tree.source(comment).startswith("/**") else 1


def _docstring(node: Node) -> Node | None:
    """Python's: a string as the body's first statement."""
    if node.type not in ("function_definition", "class_definition"):
        return None
    body = node.child_by_field_name("body")
    statement = _first(body) if body is not None and body.type == "block" else None
    string = _first(statement) if statement and statement.type == "expression_statement" else None
    return string if string is not None and string.type == "string" else None


def _first(node: Node) -> Node | None:
    return node.named_children[0] if node.named_child_count else None


def _nest(found: list[Definition]) -> list[Definition]:
    """Give each definition its containers, and make functions of types methods."""
    nested: list[Definition] = []
    open_: list[Definition] = []
    for each in found:
        while open_ and (open_[-1].end <= each.start or _side_by_side(open_[-1], each)):
            open_.pop()
        if open_ and open_[-1].kind == "type" and open_[-1].name == each.name:
            continue  # C's `typedef struct name {…} name;` is one thing.
        method = each.kind == "function" and (
            bool(each.container) or (open_ and open_[-1].kind in _HOLD_METHODS)
        )
        container = _inside(open_[-1], each) if open_ else ()
        each = Definition(
            each.name,
            "method" if method else each.kind,
            each.start,
            each.end,
            each.name_start,
            (*container, *each.container),
            each.doc,
        )
        nested.append(each)
        open_.append(each)
    return nested


def _inside(outer: Definition, inner: Definition) -> tuple[str, ...]:
    """What encloses the inner; a field that a constructor's parameter declares is its type's."""
    if inner.kind == "field" and outer.kind in ("method", "constructor"):
        return outer.container
    return (*outer.container, outer.name)


def _side_by_side(one: Definition, other: Definition) -> bool:
    """Whether two are names of one declaration: `int a, b;`."""
    return (one.start, one.end) == (other.start, other.end)


@cache
def _query(language: str) -> Query | None:
    from tree_sitter import Query

    grammar = syntax.grammar(language) if language in QUERIES else None
    return Query(grammar, QUERIES[language]) if grammar else None
