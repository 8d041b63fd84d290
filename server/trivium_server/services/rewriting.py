"""Summaries and translations: what is offered, and the carrying out.

Joins the domain's jobs to the engine. What a job asks of the model is answered from earlier answers
where there are any, and from the engine in small batches otherwise, so that progress can be told
and a cancelled request stops soon. Knows no LSP.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from trivium_models.client import EngineClient
from trivium_models.errors import ModelUnfit
from trivium_models.types import Answer, Priority, RewriteOptions
from trivium_server.domain import definitions, syntax
from trivium_server.domain.rewriting import actions, outcomes
from trivium_server.domain.rewriting.actions import Offer, OwnAction, Wishes
from trivium_server.domain.rewriting.documentation import DESCRIBED
from trivium_server.domain.rewriting.jobs import Batch
from trivium_server.domain.rewriting.outcomes import Outcome, Work
from trivium_server.domain.rewriting.subjects import Subject
from trivium_server.domain.rewriting.tasks import (
    SUMMARIZE,
    TRANSLATE,
    Abilities,
    Mode,
    code_of,
    name_of,
)
from trivium_server.domain.text import Document
from trivium_server.services import abilities
from trivium_server.settings import Settings

if TYPE_CHECKING:
    from trivium_server.domain.definitions import Definition

_BATCH = 16
"""Texts in one request to the engine: enough to decode together, few enough to tell progress."""
_REMEMBERED = 4000
"""Answers that are kept to be given again."""
_LARGEST_PARSED = 1_000_000
"""Characters; a larger text has no tree here, since every move of the cursor would wait for one."""
_TREES = 8
"""Documents whose syntax tree is kept, so that the next version is read quickly."""

_STREAMED = 40
"""With more pieces than this the text is told after each request instead of each token."""

_CHOOSE = "Another model can be chosen with the setting trivium.models.rewriter."

_Key = tuple[str, str, str, str, str]
"""Model, prefix, languages and text."""
OnText = Callable[[str], None]
OnProgress = Callable[[int, int], None]


class RewriteService:
    """The text actions of one session."""

    def __init__(self, engine: EngineClient, settings: Callable[[], Settings]) -> None:
        self._engine = engine
        self._settings = settings
        self._answers: OrderedDict[_Key, Answer] = OrderedDict()
        self._trees: OrderedDict[str, tuple[str, syntax.Syntax]] = OrderedDict()

    def offers(
        self,
        document: Document,
        start: int,
        end: int,
        *,
        few: bool = False,
        unasked: bool = False,
    ) -> list[Offer]:
        """The actions for a cursor or a selection, all or a few of them.

        No model is needed and none is started.
        """
        chosen = self._settings().rewrite
        wishes = Wishes(
            code_of(chosen.language),
            [code_of(target) for target in chosen.targets],
            self._own_actions(),
        )
        tree = self._tree(document)
        found = actions.offers(document, tree, start, end, self.abilities(), wishes)
        if unasked:
            return actions.worth_a_light(found)
        return actions.likeliest(found) if few else found

    async def rewrite(
        self,
        document: Document,
        start: int,
        end: int,
        task: str,
        target: str | None = None,
        mode: str = "show",
        on_text: OnText | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Carry out a task on a range: `summarize`, `translate` or the id of a user's action.

        `on_text` is given the new text as it grows, `on_progress` how many of how many pieces are
        done. What cannot be rewritten is in the outcome's `kept`. Raises ValueError for a task,
        target or mode that does not exist, ModelUnfit for a task that the model does not do, and
        the other errors of `trivium_models.errors`.
        """
        known = self.abilities()
        tree = self._tree(document)
        # A thread, here and below: thousands of comments must not keep a typist waiting.
        subject = await asyncio.to_thread(outcomes.subject_of, document, tree, start, end)
        work = self._work(document, subject, task, target, Mode(mode), known)
        if work is None:
            return outcomes.nothing(start, end, subject.why, known.model)
        return await self._run(work, on_text, on_progress)

    async def describe(self, document: Document, offset: int) -> str:
        """One line about the definition whose name is at an offset, if it has no documentation.

        Empty when there is none, or when the model's sentence was refused.
        """
        known = self.abilities()
        definition = self._named_at(document, offset)
        if definition is None or definition.doc or known.code is None:
            return ""
        subject = Subject(definition.kind, definitions=(definition,))
        work = outcomes.code_summary(document, subject, Mode.SHOW, known)
        return (await self._run(work, None, None)).text

    def abilities(self) -> Abilities:
        """What the chosen model can do."""
        return abilities.of_model(self._settings().models.rewriter)

    def _work(
        self,
        document: Document,
        subject: Subject,
        task: str,
        target: str | None,
        mode: Mode,
        known: Abilities,
    ) -> Work | None:
        """The job for a request; None if there is nothing to do it with."""
        if task == TRANSLATE:
            code = _target(target, known)
            if not subject.passages:
                return None
            return outcomes.translation(document, subject, code, mode, known)
        if task == SUMMARIZE:
            return _summary(document, subject, mode, known)
        for action in self._own_actions():
            if action.id == task:
                able = subject or subject.span
                return outcomes.own(document, subject, action.prefix, mode, known) if able else None
        raise ValueError(f"There is no task {task!r}: summarize, translate or an action's id.")

    async def _run(
        self, work: Work, on_text: OnText | None, on_progress: OnProgress | None
    ) -> Outcome:
        """Give a job what it asks for until it is done."""
        step = await asyncio.to_thread(_advance, work, None)
        while isinstance(step, Batch):
            answers = await self._answer(step, on_text, on_progress)
            step = await asyncio.to_thread(_advance, work, answers)
        return step

    async def _answer(
        self, batch: Batch, on_text: OnText | None, on_progress: OnProgress | None
    ) -> list[Answer]:
        """The model's answers to a batch, each text asked for once."""
        key = (self._settings().models.rewriter, batch.prefix, batch.source, batch.target)
        known = {text: found for text in batch.texts if (found := self._recall((*key, text)))}
        asked = [text for text in dict.fromkeys(batch.texts) if text not in known]
        streaming = on_text is not None and len(batch.texts) <= _STREAMED
        for first in range(0, len(asked), _BATCH):
            some = asked[first : first + _BATCH]
            answers = await self._ask(batch, some, known, on_text if streaming else None)
            for text, answer in zip(some, answers, strict=True):
                known[text] = answer
                self._remember((*key, text), answer)
            if on_progress:
                on_progress(sum(text in known for text in batch.texts), len(batch.texts))
        if on_text:
            on_text(batch.shown(_texts(known)))
        return [known[text] for text in batch.texts]

    async def _ask(
        self, batch: Batch, texts: Sequence[str], known: dict[str, Answer], on_text: OnText | None
    ) -> list[Answer]:
        growing = _texts(known)

        def grown(index: int, text: str) -> None:
            growing[texts[index]] = text
            if on_text:
                on_text(batch.shown(growing))

        options = RewriteOptions(
            max_tokens=batch.tokens,
            source_language=batch.source or None,
            target_language=batch.target or None,
        )
        return await self._engine.rewrite(
            batch.prefix,
            texts,
            options,
            priority=Priority.ACTION,
            on_text=grown if on_text else None,
        )

    def _recall(self, key: _Key) -> Answer | None:
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def _remember(self, key: _Key, answer: Answer) -> None:
        self._answers[key] = answer
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)

    def _own_actions(self) -> list[OwnAction]:
        return actions.own_actions(self._settings().rewrite.actions)

    def _named_at(self, document: Document, offset: int) -> Definition | None:
        tree = self._tree(document)
        if tree is None:
            return None
        found = definitions.definitions(tree, document.language, (offset, offset))
        for each in reversed(found):
            if each.name_start <= offset <= each.name_start + len(each.name):
                return each if each.kind in DESCRIBED else None
        return None

    def _tree(self, document: Document) -> syntax.Syntax | None:
        """The document's syntax tree; only what changed since the last version is read."""
        language, old = self._trees.pop(document.uri, ("", None))
        if len(document.text) > _LARGEST_PARSED:
            return None
        if old is None or language != document.language:
            tree = syntax.parse(document.text, document.language)
        elif old.text == document.text:
            tree = old
        else:
            tree = syntax.parse(document.text, document.language, old)
        if tree is not None:
            self._trees[document.uri] = (document.language, tree)
        if len(self._trees) > _TREES:
            self._trees.popitem(last=False)
        return tree


def _advance(work: Work, answers: list[Answer] | None) -> Batch | Outcome:
    """The next batch of a job, or what it came to."""
    try:
        return next(work) if answers is None else work.send(answers)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


def _texts(answers: Mapping[str, Answer]) -> dict[str, str]:
    return {asked: answer.text for asked, answer in answers.items()}


def _target(target: str | None, known: Abilities) -> str:
    """The code of the language to translate to; raises if there is none or the model lacks it."""
    if not target:
        raise ValueError("A translation needs a target language, such as `de`.")
    code = code_of(target)
    if not known.sources(code):
        raise ModelUnfit(_cannot_translate(known, name_of(code)))
    return code


def _cannot_translate(known: Abilities, language: str) -> str:
    able = sorted({name_of(end) for _, end in known.pairs})
    weak = next((why for each, why in known.weak.items() if each.endswith(f"to {language}")), "")
    if weak:
        what = f" well enough ({weak})"
    else:
        what = f": it translates to {_listed(able)}" if able else " or any other language"
    return f"{known.model} does not translate to {language}{what}. {_CHOOSE}"


def _summary(document: Document, subject: Subject, mode: Mode, known: Abilities) -> Work | None:
    if not subject:
        return None
    if subject.definitions and known.code is not None:
        return outcomes.code_summary(document, subject, mode, known)
    if subject.passages and known.prose is not None:
        return outcomes.prose_summary(document, subject, mode, known)
    what = "code" if subject.definitions else "text"
    weak = known.weak.get("summarize code" if subject.definitions else "summarize")
    well = f" well enough ({weak})" if weak else ""
    raise ModelUnfit(f"{known.model} does not summarize {what}{well}. {_CHOOSE}")


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
