"""Words of code and of questions meet."""

import pytest

from trivium_server.domain import words


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [
        ("parseHTTPHeader", ["parse", "http", "header"]),
        ("max_retry_count", ["max", "retry", "count"]),
        ("getURLs", ["get", "urls"]),
        ("hasIPv6", ["has", "ipv", "6"]),
        ("OAuth2Client", ["oauth", "2", "client"]),
        ("gRPCServer", ["grpc", "server"]),
        ("SHA256", ["sha", "256"]),
        ("größeÄndern", ["größe", "ändern"]),
    ],
)
def test_identifiers_come_apart(identifier: str, parts: list[str]) -> None:
    assert words.parts(identifier) == parts


@pytest.mark.parametrize(
    "family",
    [
        "validate validates validator validation validating",
        "parse parser parsing parsed",
        "map maps mapper mapped mapping",
        "query queries",
        "cookie cookies",
        "config cfg configuration configure",
        "param params parameter parameters",
        "ctx context contexts",
        "dir directory directories",
    ],
)
def test_families_share_a_stem(family: str) -> None:
    assert len({words.stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("pair", ["string stream", "route root", "state stats", "user use"])
def test_strangers_do_not(pair: str) -> None:
    left, right = pair.split()
    assert words.stem(left) != words.stem(right)


def test_stop_words_are_left_out_unless_nothing_else_is_left() -> None:
    assert words.question_terms("how is the cookie stored") == words.terms("cookie stored")
    assert words.question_terms("what is this") != []
