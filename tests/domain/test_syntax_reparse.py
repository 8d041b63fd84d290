"""Reading again only what changed gives the tree that reading everything gives."""

from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain import syntax

SOURCE = '# é 😀\ndef f(a):\n    """Doc."""\n    return a  # tail\n\n\nclass A:\n    x = "ü"\n'
PIECES = st.sampled_from(
    ["", "x", "é", "😀", "\n", '"""', "(", "# c\n", "def g(): pass\n", "\ud800"]
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(SOURCE)), st.integers(0, 6), PIECES), min_size=1, max_size=4
    )
)
def test_a_reparsed_document_has_the_tree_of_a_fresh_one(edits):
    text = SOURCE
    tree = syntax.parse(text, "python")
    for start, length, piece in edits:
        text = text[:start] + piece + text[start + length :]
        tree = syntax.parse(text, "python", tree)
        fresh = syntax.parse(text, "python")
        assert nodes(tree) == nodes(fresh)


def nodes(tree):
    return [(node.type, tree.start(node), tree.end(node)) for node in tree.walk()]
