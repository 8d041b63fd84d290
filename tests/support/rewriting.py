"""What tests of the text actions share: documents with a caret, and models that are functions."""

from __future__ import annotations

from trivium_models.types import Answer
from trivium_server.domain import syntax
from trivium_server.domain.rewriting import jobs, outcomes, tasks
from trivium_server.domain.rewriting.tasks import Mode
from trivium_server.domain.text import Document

ABILITIES = tasks.of_fake("fake")


def document(text, language="python", path=""):
    return Document("file:///it", text, 1, language, path)


def placed(text, language="python", path=""):
    """A document without its `$0` marks, and the range between them (twice the same for one)."""
    parts = text.split("$0")
    start = len(parts[0])
    return document("".join(parts), language, path), start, start + len("".join(parts[1:-1]))


def identity(batch):
    return list(batch.texts)


def marking(batch):
    """Marks every sentence with the language asked for."""
    return [f"[{batch.target}] {text}" for text in batch.texts]


def longer(batch):
    """Puts a word before every word, so that everything has to be wrapped anew."""
    return [" ".join(f"und {word}" for word in text.split()) for text in batch.texts]


def first_sentence(batch):
    return [text.partition(".")[0] + "." for text in batch.texts]


def said_by(model):
    """A model that is sure of the texts which a function makes of a batch's."""
    return lambda batch: [Answer(text) for text in model(batch)]


def applied(text, edits):
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    return text


def rewritten(text, language="python", *, task="translate", target="de", mode="replace",
              model=marking, abilities=ABILITIES):  # fmt: skip
    """The document after a request on its marked range, or on all of it, and the outcome."""
    if "$0" in text:
        it, start, end = placed(text, language)
    else:
        it, start, end = document(text, language), 0, len(text)
    subject = outcomes.subject_of(it, syntax.parse(it.text, it.language), start, end)
    assert subject, subject.why
    if task == "translate":
        work = outcomes.translation(it, subject, target, Mode(mode), abilities)
    elif subject.definitions:
        work = outcomes.code_summary(it, subject, Mode(mode), abilities)
    else:
        work = outcomes.prose_summary(it, subject, Mode(mode), abilities)
    outcome = jobs.run(work, said_by(model))
    return applied(it.text, outcome.edits), outcome
