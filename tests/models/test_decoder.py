"""The decoder: what transformers' own greedy search says, sooner, and fit to be shown."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from trivium_models import machine, weights
from trivium_models.errors import ModelMissing, ModelUnfit
from trivium_models.types import Art, CompletionOptions

from . import tiny, tiny_decoders

pytestmark = pytest.mark.filterwarnings("ignore")

PLAIN = replace(machine.detect(threads=1), features=())
"""A machine without bfloat16: everything is computed in float32 and can be compared exactly."""
PROMPTS = (
    "def read_lines(path):\n    with open(path) as file:\n        ret",
    "with open(path) as file:\n    for line in lines:\n        file.write(line",
    "x = café",
    "for line in file:\n    file.write(line)\nfor line in file:\n    file",
)
FREE = CompletionOptions(max_tokens=20, stop=(), heal=False)


def run(job):
    """A job's result, and in how many steps it came."""
    count = 0
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value, count
        count += 1


def complete(decoder, prompt, options=FREE, suffix=""):
    return run(decoder.complete(prompt, suffix, options))[0]


def load(path):
    from trivium_models.decoder import CausalDecoder

    return CausalDecoder.load(path, PLAIN)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("decoders")


@pytest.fixture(scope="session")
def built(folder):
    """The folder of a family's checkpoint, made once."""

    def build(family):
        path = folder / family
        return path if path.exists() else tiny_decoders.build(path, family)

    return build


@pytest.fixture
def llama(built):
    return load(built("llama"))


@pytest.fixture(scope="session")
def smol():
    try:
        return load(weights.locate("SmolLM2-135M-Instruct", Art.DECODER))
    except ModelMissing as error:
        pytest.skip(str(error))


class Reference:
    """Greedy search with nothing to make it fast: every step reads the whole text again."""

    def __init__(self, path):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.torch = torch
        self.model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(path)

    def generate(self, prompt, count):
        """The text and log-probabilities of `generate()`."""
        ids = self.tokenizer(prompt, return_tensors="pt")["input_ids"]
        out = self.model.generate(
            ids,
            max_new_tokens=count,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
        new = out.sequences[0, ids.shape[1] :].tolist()
        logprobs = [
            float(row[0].log_softmax(-1)[id]) for id, row in zip(new, out.logits, strict=True)
        ]
        special = set(self.tokenizer.all_special_ids) | set(self.tokenizer.added_tokens_decoder)
        end = next((n for n, id in enumerate(new) if id in special), len(new))
        return self.tokenizer.decode(new[:end]).rstrip("\ufffd"), logprobs[: end + 1]

    def score(self, prompt, text):
        """Log-probabilities of the tokens of a text after a prompt."""
        before = self.tokenizer(prompt)["input_ids"]
        ids = [*before, *self.tokenizer(text)["input_ids"]]
        with self.torch.inference_mode():
            rows = self.model(self.torch.tensor([ids])).logits[0].log_softmax(-1)
        return [float(rows[at - 1, ids[at]]) for at in range(len(before), len(ids))]

    def respell(self, ids, spelling):
        """The next tokens when together they must begin with a spelling, one after the other."""
        names = {id: name for name, id in self.tokenizer.get_vocab().items()}
        special = self.tokenizer.added_tokens_decoder
        new = []
        while spelling:
            with self.torch.inference_mode():
                row = self.model(self.torch.tensor([[*ids, *new]])).logits[0, -1]
            fit = [
                id
                for id, name in names.items()
                if id not in special and (name.startswith(spelling) or spelling.startswith(name))
            ]
            new.append(max(fit, key=lambda id: float(row[id])))
            spelling = spelling[len(names[new[-1]]) :]
        return new


@pytest.mark.parametrize("family", tiny_decoders.FAMILIES)
@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_greedy_answer_is_that_of_generate(built, family, prompt):
    if family == "mistral":
        pytest.skip("generate() itself changes with the sliding window; see the next test")
    text, logprobs = Reference(built(family)).generate(prompt, FREE.max_tokens)
    answer = complete(load(built(family)), prompt)[0]
    assert answer.text == text
    assert answer.logprobs == pytest.approx(logprobs, abs=2e-3)


@pytest.mark.parametrize("family", tiny_decoders.FAMILIES)
def test_an_edit_anywhere_gives_the_answer_of_a_fresh_model(built, family):
    used = load(built(family))
    for prompt in (*PROMPTS, PROMPTS[0] + "urn", PROMPTS[0].replace("path", "name"), PROMPTS[0]):
        fresh = complete(load(built(family)), prompt)[0]
        again = complete(used, prompt)[0]
        assert again.text == fresh.text
        assert again.logprobs == pytest.approx(fresh.logprobs, abs=2e-3)


def test_what_two_prompts_share_is_read_once(llama):
    first = complete(llama, PROMPTS[0])[0]
    more = complete(llama, PROMPTS[0] + "urn [")[0]
    assert first.cached_tokens == 0
    assert more.cached_tokens >= first.prompt_tokens - 2
    assert complete(llama, "something else")[0].cached_tokens <= 1


def test_warming_reads_the_prompt_beforehand(llama):
    run(llama.warm(PROMPTS[0]))
    answer = complete(llama, PROMPTS[0])[0]
    assert answer.cached_tokens == answer.prompt_tokens


def test_a_continuation_that_comes_again_is_guessed_and_stays_the_same(llama):
    options = replace(FREE, max_tokens=40)
    first, slow = run(llama.complete(PROMPTS[1], "", options))
    again, fast = run(llama.complete(PROMPTS[1], "", options))
    assert again[0].text == first[0].text
    assert again[0].logprobs == pytest.approx(first[0].logprobs, abs=2e-3)
    assert fast < slow


@pytest.mark.parametrize("draft", ["[line.strip() for line in file]", "zebra", ""])
def test_a_draft_changes_nothing_about_the_greedy_answer(built, draft):
    plain = complete(load(built("llama")), PROMPTS[0])[0]
    told = complete(load(built("llama")), PROMPTS[0], replace(FREE, drafts=(draft,)))[0]
    assert told.text == plain.text
    assert told.logprobs == pytest.approx(plain.logprobs, abs=2e-3)


def test_a_draft_comes_back_with_the_models_opinion_of_it(built):
    reference, decoder = Reference(built("llama")), load(built("llama"))
    answers = complete(decoder, "for line in", replace(FREE, drafts=(" lines:", " zebra")))
    assert [(answer.text, answer.finish) for answer in answers[1:]] == [
        (" lines:", "draft"),
        (" zebra", "draft"),
    ]
    for answer in answers[1:]:
        assert answer.logprobs == pytest.approx(
            reference.score("for line in", answer.text), abs=2e-3
        )


def test_a_draft_is_cut_at_a_stop_and_scored_with_its_end(llama):
    options = replace(FREE, stop=("\n",), drafts=("urn 1\nurn 2", "urn 1"))
    cut, whole = complete(llama, PROMPTS[0], options)[1:]
    assert cut.text == whole.text == "urn 1"
    assert whole.tokens[-1].startswith("\n")
    assert len(whole.tokens) == len(whole.logprobs)


@pytest.mark.parametrize("stop", ["e", "in", "\n", "zz"])
def test_text_ends_before_a_stop_string(llama, stop):
    free = complete(llama, PROMPTS[0], replace(FREE, max_tokens=40))[0]
    answer = complete(llama, PROMPTS[0], replace(FREE, max_tokens=40, stop=(stop,)))[0]
    assert answer.text == free.text.split(stop)[0]
    assert answer.finish == ("stop" if stop in free.text else free.finish)


def test_tokens_spell_the_text_and_carry_its_probability(llama):
    answer = complete(llama, PROMPTS[0], replace(FREE, stop=("e",)))[0]
    assert "".join(answer.tokens).startswith(answer.text)
    assert len(answer.tokens) == len(answer.logprobs)
    assert all(logprob <= 0 for logprob in answer.logprobs)


def test_several_candidates_are_different_and_the_first_is_the_greedy_one(llama):
    best = complete(llama, PROMPTS[0])[0]
    answers = complete(llama, PROMPTS[0], replace(FREE, candidates=4))
    assert answers[0].text == best.text
    assert len({answer.text for answer in answers}) == len(answers) == 4


def test_an_unsure_model_stops_early(llama):
    answer = complete(llama, PROMPTS[0], replace(FREE, min_logprob=-1e-6))[0]
    assert answer.finish == "unsure"
    assert len(answer.tokens) < FREE.max_tokens


@pytest.mark.parametrize("prompt", [*PROMPTS, "wi", "\n", "    ", "\n    ", "for lin", "🎉 caf"])
def test_healing_spells_the_end_of_the_prompt_with_the_likeliest_tokens(built, prompt):
    reference, decoder = Reference(built("llama")), load(built("llama"))
    ids = reference.tokenizer(prompt)["input_ids"]
    held = decoder._vocabulary.held(ids)
    spelling = "".join(reference.tokenizer.convert_ids_to_tokens(ids[len(ids) - held :]))
    spelled = reference.respell(ids[: len(ids) - held], spelling)
    text = reference.tokenizer.decode([*ids[: len(ids) - held], *spelled])
    answer = complete(decoder, prompt, replace(FREE, heal=True))[0]
    assert (prompt + answer.text).startswith(text.rstrip("\ufffd"))


def test_healing_finishes_a_word_that_is_cut_in_a_bad_place(smol):
    options = CompletionOptions(max_tokens=8)
    prompt = "def total(self):\n    value = self.x + 1\n    retu"
    assert complete(smol, prompt, options)[0].text.startswith("rn ")
    assert not complete(smol, prompt, replace(options, heal=False))[0].text.startswith("rn ")


@pytest.mark.parametrize(
    "prompt", ["", " ", "\n", "\ud83c", "x = '\ud83c\udf89", "\x00", "日本", "<|end|>", "é" * 300]
)
@pytest.mark.parametrize("heal", [True, False])
def test_any_prompt_has_an_answer_that_is_sound_text(llama, prompt, heal):
    for answer in complete(llama, prompt, replace(FREE, heal=heal, candidates=2)):
        answer.text.encode("utf-8")
        assert not any(name in answer.text for name in tiny_decoders.SPECIAL)


def test_no_character_is_cut_in_half(smol):
    options = CompletionOptions(max_tokens=1, stop=(), heal=False)
    for count in range(1, 8):
        text = complete(smol, "👏👏👏👏👏👏", replace(options, max_tokens=count))[0].text
        assert "\ufffd" not in text


def test_a_prompt_beyond_the_window_keeps_its_end_and_its_cache(llama):
    lines = "".join(f"value_{n} = {n}\n" for n in range(400))
    answer = complete(llama, lines + "for line in")[0]
    assert 64 <= answer.prompt_tokens <= llama.context
    assert llama.truncated == 1
    again = complete(llama, lines + "for line in lin")[0]
    assert again.cached_tokens >= answer.prompt_tokens - 2


def test_a_line_of_a_megabyte_is_answered(llama):
    assert complete(llama, "x" * 1_000_000)[0].prompt_tokens <= llama.context


def test_more_tokens_than_the_window_holds_are_not_generated(llama):
    answer = complete(llama, PROMPTS[0] * 9, replace(FREE, max_tokens=10_000))[0]
    assert len(answer.tokens) <= llama.context // 2


def test_a_vocabulary_without_line_ends_or_blanks_still_answers(folder):
    path = tiny_decoders.build(folder / "words", "gpt2", alphabet=("for", "line", "in", "file"))
    for heal in (True, False):
        answer = complete(load(path), "for line\nin nowhere\n  for", replace(FREE, heal=heal))[0]
        assert set(answer.text.split()) <= {"for", "line", "in", "file"}


def test_the_window_is_filled_in_the_middle_by_models_that_know_how(built):
    reference, decoder = Reference(built("starcoder2")), load(built("starcoder2"))
    text, _ = reference.generate("<fim_prefix>def f(<fim_suffix>):\n<fim_middle>", FREE.max_tokens)
    assert complete(decoder, "def f(", FREE, suffix="):\n")[0].text == text
    assert complete(decoder, "def f(", FREE)[0].text == reference.generate("def f(", 20)[0]


def test_models_that_were_not_taught_to_do_not_see_the_suffix(folder):
    decoder = load(tiny_decoders.build(folder / "plain", "llama", special=("<|end|>",)))
    with_suffix = complete(decoder, PROMPTS[0], FREE, suffix="):\n")
    assert with_suffix[0].text == complete(decoder, PROMPTS[0])[0].text


@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_a_dropped_job_leaves_a_sound_cache(built, after):
    decoder = load(built("llama"))
    prompt = PROMPTS[0] * 3
    job = decoder.complete(prompt, "", replace(FREE, candidates=3))
    for _ in range(after):
        next(job)
    job.close()
    assert complete(decoder, prompt)[0].text == complete(load(built("llama")), prompt)[0].text


def test_two_jobs_may_take_turns(built):
    decoder = load(built("llama"))
    jobs = [decoder.complete(prompt, "", FREE) for prompt in PROMPTS[:2]]
    answers = {}
    while len(answers) < 2:
        for number, job in enumerate(jobs):
            if number not in answers:
                try:
                    next(job)
                except StopIteration as end:
                    answers[number] = end.value[0].text
    fresh = [complete(load(built("llama")), prompt)[0].text for prompt in PROMPTS[:2]]
    assert [answers[0], answers[1]] == fresh


def test_a_long_prompt_is_read_in_pieces(smol):
    _, steps = run(smol.complete(tiny_decoders.CODE * 6, "", CompletionOptions(max_tokens=1)))
    assert steps >= 3


def test_another_kind_of_model_is_refused_with_a_reason(folder):
    path = tiny.build_rewriter(folder / "t5", "t5")
    with pytest.raises(ModelUnfit, match="not a decoder-only"):
        load(path)


def test_real_weights_answer_as_generate_does(smol):
    reference = Reference(weights.locate("SmolLM2-135M-Instruct", Art.DECODER))
    for prompt in PROMPTS:
        text, logprobs = reference.generate(prompt, 16)
        answer = complete(smol, prompt, replace(FREE, max_tokens=16))[0]
        # Weights in 4 bits move a probability by little, and seldom the best token.
        assert math.isclose(answer.logprobs[0], logprobs[0], abs_tol=0.3)
        assert answer.text.split()[:1] == text.split()[:1]
