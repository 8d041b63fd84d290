"""The encoder-decoder: the answers that `generate` gives, for every family, a token at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from trivium_models import machine
from trivium_models.errors import ModelUnfit
from trivium_models.fake import FakeRewriter
from trivium_models.types import RewriteOptions

from . import tiny
from .precisions import BFLOAT16, FLOAT32

pytestmark = pytest.mark.filterwarnings("ignore")

FP32 = replace(machine.detect(threads=1), features=())


def steps(job):
    """What a job yields, and its result."""
    yielded = []
    while True:
        try:
            yielded.append(next(job))
        except StopIteration as end:
            return yielded, end.value


def result(job):
    """The texts of its answers."""
    return [answer.text for answer in steps(job)[1]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rewriters")


@pytest.fixture(scope="session")
def taught(folder):
    """The folder of a T5 that knows `tiny.PAIRS` by heart."""
    return tiny.build_tiny_t5(folder / "taught")


def load(path):
    from trivium_models.seq2seq import Seq2SeqRewriter

    return Seq2SeqRewriter.load(path, FP32)


@pytest.fixture
def t5(taught):
    return load(taught)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize(("asked", "answer"), tiny.PAIRS.items(), ids=lambda value: value[1][:12])
def test_a_taught_model_says_what_it_was_taught(t5, beams, asked, answer):
    prefix, text = asked
    assert result(t5.rewrite(prefix, [text], RewriteOptions(beams=beams))) == [answer]


@pytest.mark.parametrize("beams", [1, 3])
def test_texts_side_by_side_get_the_answers_that_they_get_alone(t5, beams):
    asked = [text for prefix, text in tiny.PAIRS if prefix == tiny.GERMAN] * 5
    answers = [tiny.PAIRS[tiny.GERMAN, text] for text in asked]
    assert result(t5.rewrite(tiny.GERMAN, asked, RewriteOptions(beams=beams))) == answers


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("family", tiny.REWRITERS)
def test_a_family_answers_as_generate_does(folder, family, beams):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    path = folder / family
    if not path.exists():
        tiny.build_rewriter(path, family)
    texts = ["The file is closed.", "x", "Good morning. The list", ""]
    answers = result(load(path).rewrite("", texts, RewriteOptions(max_tokens=12, beams=beams)))
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSeq2SeqLM.from_pretrained(path)
    for text, answer in zip(texts, answers, strict=True):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        [found] = model.generate(
            ids, max_new_tokens=12, num_beams=beams, do_sample=False, forced_eos_token_id=None
        )
        assert answer == tokenizer.decode(found, skip_special_tokens=True).strip()


@pytest.mark.parametrize(("said", "beams"), [(3, 3), (9, 4)])
def test_a_model_says_itself_how_many_beams_it_wants_up_to_four(folder, said, beams):
    from transformers import AutoModelForSeq2SeqLM

    path = tiny.build_rewriter(folder / f"t5-of-{said}-beams", "t5")
    model = AutoModelForSeq2SeqLM.from_pretrained(path)
    model.generation_config.num_beams = said
    model.save_pretrained(path)

    def answer(beams):
        return steps(load(path).rewrite("", ["Good morning."], RewriteOptions(12, beams)))[1]

    assert answer(0) == answer(beams) != answer(1)


@pytest.mark.parametrize("beams", [1, 3])
def test_a_model_that_must_not_repeat_itself_does_not(folder, beams):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    path = tiny.build_rewriter(folder / f"bart-unrepeated-{beams}", "bart")
    model = AutoModelForSeq2SeqLM.from_pretrained(path)
    model.generation_config.no_repeat_ngram_size = 2
    model.save_pretrained(path)
    ids = AutoTokenizer.from_pretrained(path)("Good morning.", return_tensors="pt")["input_ids"]
    [found] = model.generate(
        ids, max_new_tokens=20, num_beams=beams, do_sample=False, forced_eos_token_id=None
    )
    [answer] = result(
        load(path).rewrite("", ["Good morning."], RewriteOptions(max_tokens=20, beams=beams))
    )
    expected = AutoTokenizer.from_pretrained(path).decode(found, skip_special_tokens=True)
    assert answer == expected.strip()


@pytest.mark.parametrize("family", ["t5", "mt5"])
def test_every_logit_is_that_of_the_library(folder, family):
    from transformers import AutoModelForSeq2SeqLM

    from trivium_models.t5 import T5

    path = tiny.build_rewriter(folder / f"{family}-logits", family)
    model = AutoModelForSeq2SeqLM.from_pretrained(path)
    generator = torch.Generator().manual_seed(0)
    texts = torch.randint(3, 99, (3, 20), generator=generator)
    mask = (torch.arange(20) < torch.tensor([20, 7, 13])[:, None]).long()
    answers = torch.randint(3, 99, (3, 150), generator=generator)  # more than the first room
    with torch.inference_mode():
        expected = model(input_ids=texts, attention_mask=mask, decoder_input_ids=answers).logits
        core = T5(model, torch.float32)
        stepper = core.write(core.read(texts, mask), mask)
        found = torch.stack([stepper.next(answers[:, at]) for at in range(150)], dim=1)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * expected.abs().max().item())


@pytest.mark.parametrize("dtype", [BFLOAT16, FLOAT32])
def test_a_product_is_the_same_for_few_rows_and_for_many(dtype):
    from trivium_models.t5 import Product

    torch.manual_seed(0)
    weight, x = torch.randn(128, 64), torch.randn(40, 64).to(dtype)
    product = Product(weight, x.dtype)
    exact = x.float() @ weight.T
    for rows in (1, 3, 8, 40):
        error = (product(x[:rows]).float() - exact[:rows]).norm() / exact[:rows].norm()
        assert error < (0.02 if dtype == torch.bfloat16 else 1e-5)


def test_what_is_shown_grows_into_the_answer(t5):
    texts = [text for prefix, text in tiny.PAIRS if prefix == tiny.GERMAN]
    yielded, answers = steps(t5.rewrite(tiny.GERMAN, texts, RewriteOptions()))
    shown = [each for each in yielded if each is not None]
    for index, text in shown:
        assert answers[index].text.startswith(text)
    assert dict(shown) == {index: answer.text for index, answer in enumerate(answers)}


def test_sentinels_come_through_and_ends_do_not(t5):
    [answer] = result(
        t5.rewrite(tiny.GERMAN, ["Return <extra_id_0> to the caller."], RewriteOptions())
    )
    assert "<extra_id_0>" in answer and "<pad>" not in answer and "</s>" not in answer


@pytest.mark.parametrize(("most", "beams"), [(99, 1), (3, 1), (99, 3)])
def test_how_sure_the_model_was_is_the_mean_of_what_generate_scores(taught, most, beams):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(taught)
    model = AutoModelForSeq2SeqLM.from_pretrained(taught)
    text = "Quantum flux is read."
    [answer] = steps(
        load(taught).rewrite(tiny.GERMAN, [text], RewriteOptions(max_tokens=most, beams=beams))
    )[1]
    source = tokenizer(tiny.GERMAN + text, return_tensors="pt")["input_ids"]
    [ids] = model.generate(source, max_new_tokens=most, num_beams=beams)
    with torch.inference_mode():
        logits = model(input_ids=source, decoder_input_ids=ids[None, :-1]).logits[0]
    scores = logits.log_softmax(-1)[range(len(ids) - 1), ids[1:]]
    assert answer.ended == (int(ids[-1]) == tokenizer.eos_token_id)
    assert answer.logprob == pytest.approx(scores.mean().item(), abs=1e-3)
    assert answer.logprob < 0


def test_an_answer_ends_at_the_most_tokens(t5):
    short, full = (
        result(t5.rewrite(tiny.GERMAN, ["The file is closed."], RewriteOptions(max_tokens=most)))[0]
        for most in (2, 99)
    )
    assert full.startswith(short) and len(short) < len(full)


def test_a_long_text_is_cut_at_the_limit_and_counted(t5):
    assert t5.context == 512 and t5.truncated == 0
    result(t5.rewrite(tiny.SUMMARY, ["The list is empty. " * 200], RewriteOptions(max_tokens=2)))
    assert t5.truncated == 1


def test_a_dropped_job_leaves_the_model_as_it_was(t5):
    texts = [text for prefix, text in tiny.PAIRS if prefix == tiny.GERMAN]
    for count in range(1, 9):
        job = t5.rewrite(tiny.GERMAN, texts, RewriteOptions())
        for _ in range(count):
            next(job)
        job.close()
    answers = result(t5.rewrite(tiny.GERMAN, texts, RewriteOptions()))
    assert answers == [tiny.PAIRS[tiny.GERMAN, text] for text in texts]


def test_jobs_may_take_turns(t5):
    german = t5.rewrite(tiny.GERMAN, ["Good morning."], RewriteOptions())
    summary = t5.rewrite(
        tiny.SUMMARY, ["The list is empty. Nothing is returned."], RewriteOptions()
    )
    for _ in range(3):
        next(german), next(summary)
    assert result(german) == ["Guten Morgen."]
    assert result(summary) == ["Nothing is returned."]


@pytest.mark.parametrize("text", ["", " ", "\x00", "🎉" * 50, "\n" * 50, "שלום"])
def test_odd_texts_get_some_answer(t5, text):
    assert len(result(t5.rewrite(tiny.SUMMARY, [text], RewriteOptions(max_tokens=20)))) == 1


def test_no_texts_get_no_answers(t5):
    assert result(t5.rewrite(tiny.SUMMARY, [], RewriteOptions())) == []


def test_a_marian_of_several_targets_is_told_the_language(folder):
    path = folder / "marian-targets"
    tiny.build_rewriter(path, "marian")
    model = load(path)
    german, french = (
        model.language.read("The file is closed.", RewriteOptions(target_language=code))
        for code in ("de", "fr")
    )
    assert german[0] != french[0] and german[1:] == french[1:]


def test_a_model_of_another_architecture_is_refused_with_a_sentence(folder):
    path = tiny.build_encoder(folder / "a-bert", "bert")
    with pytest.raises(ModelUnfit, match="bert model, not an encoder-decoder"):
        load(path)


def test_a_sentencepiece_file_is_tokenizer_enough(folder):
    """The original T5 checkpoints have `spiece.model` and no tokenizer.json."""
    path = tiny.build_sentencepiece_t5(folder / "spiece")
    assert not (path / "tokenizer.json").exists()
    language = load(path).language
    ids = language.read("summarize: The list is empty.<extra_id_0>", RewriteOptions())
    assert language.write(ids) == "summarize: The list is empty.<extra_id_0>"


class TestFake:
    """The fake keeps the promises that the tests of everything else rely on."""

    @pytest.mark.parametrize(
        ("prefix", "text", "answer"),
        [
            ("summarize: ", "First. Second.", "First."),
            ("summarize: ", "no full stop", "no full stop"),
            ("summarize code: ", "", ""),
            ("translate English to German: ", "a <extra_id_0>", "[de] a <extra_id_0>"),
            ("translate German to English: ", "a", "[en] a"),
            ("anything else: ", "a", "a"),
        ],
    )
    def test_its_answers_can_be_foretold(self, prefix, text, answer):
        assert result(FakeRewriter().rewrite(prefix, [text], RewriteOptions())) == [answer]
