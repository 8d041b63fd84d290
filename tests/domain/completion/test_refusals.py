"""Where nothing is suggested at all."""

import pytest

from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.refusals import is_secret, refusal
from trivium_server.domain.text import Document
from trivium_server.settings import Completion


@pytest.mark.parametrize(
    "path",
    [
        *("/w/.env", "/w/.env.local", "/w/server.pem", "/home/me/.ssh/id_rsa", "/w/.npmrc"),
        *("/home/me/.aws/config", "file:///w/.env", "/w/credentials.json", "/w/prod.tfvars"),
    ],
)
def test_files_that_hold_secrets(path: str) -> None:
    assert is_secret(path)


@pytest.mark.parametrize(
    "path", ["/w/app.py", "/w/.env.example", "untitled:Untitled-1", "", "/w/environment.ts"]
)
def test_files_that_do_not(path: str) -> None:
    assert not is_secret(path)


@pytest.mark.parametrize("marked", ["ab$0cd", "foo$0_bar", "_$0_init__", "größ$0e"])
def test_a_cursor_within_a_word_is_only_for_who_asks(marked: str) -> None:
    text = marked.replace("$0", "")
    spot = Spot(Document("file:///x.py", text, 1, "python"), marked.index("$0"))
    assert refusal(spot, Completion(), invoked=False)
    assert not refusal(spot, Completion(), invoked=True)
