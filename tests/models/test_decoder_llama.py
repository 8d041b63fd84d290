"""The lean forward says what transformers' own says, for every shape of the architecture."""

from __future__ import annotations

import pytest

from support.jobs import finish

from . import tiny_decoders

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

SHAPES = {
    "grouped queries": ("llama", {}),
    "as many keys as queries": ("llama", {"num_key_value_heads": 4}),
    "heads wider than the model": ("llama", {"head_dim": 16}),
    "an output matrix of its own": ("llama", {"tie_word_embeddings": False}),
    "shared embeddings": ("llama", {"tie_word_embeddings": True}),
    "biases in attention": ("llama", {"attention_bias": True, "mlp_bias": True}),
    "biases as in Qwen": ("qwen2", {}),
    "Mistral without a window": ("mistral", {"sliding_window": None}),
    "stretched positions": (
        "llama",
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 10000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 32,
            }
        },
    ),
}
IDS = [(7 * n + n * n) % 300 for n in range(90)]


def model_of(family, config):
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(3)
    sizes = tiny_decoders.FAMILIES[family] | config
    made = AutoConfig.for_model(family, vocab_size=300, **sizes)
    model = AutoModelForCausalLM.from_config(made, dtype=torch.float32).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, mean=0.5 if parameter.ndim == 1 else 0.0, std=0.3)
    return model.requires_grad_(False)


def lean(model, threads=1):
    from trivium_models.decoding import llama

    assert llama.fits(model)
    return llama.LlamaNetwork(model, torch.float32, threads=threads)


def append(network, ids, wanted):
    """What a whole pass gives."""
    return finish(network.append(ids, wanted))


@pytest.fixture(params=["Products", "Fused"])
def attention(request, monkeypatch):
    """Either way of attention, whichever is faster here."""
    from trivium_models.decoding import attention, llama

    monkeypatch.setattr(llama, "faster", lambda *_: getattr(attention, request.param))


@pytest.mark.usefixtures("attention")
@pytest.mark.parametrize("name", SHAPES)
def test_logits_are_those_of_transformers(name):
    model = model_of(*SHAPES[name])
    expected = model(torch.tensor([IDS])).logits[0]
    network = lean(model)
    pieces = [
        append(network, IDS[at : at + step], step) for at, step in ((0, 50), (50, 1), (51, 39))
    ]
    torch.testing.assert_close(torch.cat(pieces), expected, atol=2e-3, rtol=1e-3)


@pytest.mark.usefixtures("attention")
def test_a_forgotten_end_leaves_no_trace():
    model = model_of("llama", {})
    expected = model(torch.tensor([IDS[:70]])).logits[0, 60:]
    network = lean(model)
    append(network, IDS[:60], 0)
    append(network, [5] * 25, 1)
    assert network.truncate(60) == 60
    torch.testing.assert_close(append(network, IDS[60:70], 10), expected, atol=2e-3, rtol=1e-3)


@pytest.mark.usefixtures("attention")
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("step", [100, 450, 1350])
def test_the_cache_grows_and_keeps_what_it_holds(step, threads):
    ids = IDS * 15
    model = model_of("llama", {"max_position_embeddings": 2048})
    expected = model(torch.tensor([ids])).logits[0, -1:]
    network = lean(model, threads)
    for at in range(0, len(ids), step):
        logits = append(network, ids[at : at + step], 1)
    torch.testing.assert_close(logits, expected, atol=2e-3, rtol=1e-3)


def test_a_failure_in_one_slice_ends_the_pass_for_all():
    model = model_of("llama", {"max_position_embeddings": 2048})
    network = lean(model, threads=3)

    def failing(*_):
        raise RuntimeError("no memory")

    network._layers[0].weights = failing
    with pytest.raises(RuntimeError, match="no memory"):
        append(network, IDS * 5, 1)


@pytest.mark.parametrize(
    ("family", "config"),
    [
        ("mistral", {"sliding_window": 24}),
        ("llama", {"hidden_act": "gelu"}),
        ("llama", {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}),
        ("gpt2", {}),
    ],
)
def test_what_is_not_of_the_architecture_is_left_to_transformers(family, config):
    from trivium_models.decoding import llama

    assert not llama.fits(model_of(family, config))


def on_levels(rows, inputs):
    """Weights as a file quantized to 4 bits holds them."""
    generator = torch.Generator().manual_seed(1)
    levels = torch.randint(0, 16, (rows, inputs // 32, 32), generator=generator)
    levels[..., 0], levels[..., 1] = 0, 15
    steps = torch.rand(rows, inputs // 32, 1, generator=generator) * 0.02 + 0.001
    return (levels * steps - 8 * steps).view(rows, inputs).bfloat16()


@pytest.mark.parametrize("rows", [1, 3, 12, 13, 40])
@pytest.mark.parametrize("kind", ["four bits", "any"])
@pytest.mark.parametrize("roomy", [True, False], ids=["small model", "large model"])
def test_packed_products_are_near_the_exact_ones(rows, kind, roomy):
    from trivium_models.decoding.linear import FEW, linear

    weight = on_levels(192, 128) if kind == "four bits" else torch.randn(192, 128) * 0.02
    x, bias = torch.randn(rows, 128), torch.randn(192)
    exact = torch.nn.functional.linear(x, weight.float(), bias)
    for dtype in (torch.float32, torch.bfloat16):
        product = linear(weight, bias, dtype, roomy=roomy)
        error = (product(x) if rows <= FEW else product.for_many()(x)).float() - exact
        assert error.norm() / exact.norm() < 0.01


@pytest.mark.parametrize("rows", [1, 40])
def test_a_processor_without_packed_products_gets_plain_ones(rows, monkeypatch):
    """As on arm64, where torch has not all of them."""
    from trivium_models.decoding import head, linear

    def missing(*_):
        raise NotImplementedError

    linear._pays.cache_clear()
    monkeypatch.setattr(torch, "_convert_weight_to_int4pack_for_cpu", missing)
    monkeypatch.setattr(linear, "eight_bit_product", missing)
    monkeypatch.setattr(head, "_eight_bits", missing)
    weight = (torch.randn(1 << 15, 128) * 0.05).bfloat16()
    x = torch.randn(rows, 128)
    exact = x @ weight.float().T
    product = linear.linear(weight, None, torch.float32, roomy=True)
    torch.testing.assert_close(product(x), exact)
    torch.testing.assert_close(head.Head(weight)(x), exact, atol=0.02, rtol=0.02)
    linear._pays.cache_clear()


def test_weights_that_were_not_in_four_bits_are_not_forced_into_them():
    from trivium_models.decoding.linear import four_bits

    assert four_bits(torch.randn(128, 128)) is None


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("rows", [1, 5])
def test_the_likeliest_tokens_have_exact_logits(rows, bits, monkeypatch):
    """Whichever of the products is faster here."""
    from trivium_models.decoding import head

    pack = {4: head.rounded_to_four_bits, 8: head._eight_bits}[bits]
    monkeypatch.setattr(head, "_fastest", pack)
    weight = (torch.randn(1 << 15, 128) * 0.05).bfloat16()
    hidden = torch.randn(rows, 128)
    exact = hidden @ weight.float().T
    logits = head.Head(weight)(hidden)
    best = exact.topk(8).indices
    torch.testing.assert_close(logits.gather(1, best), exact.gather(1, best), atol=1e-3, rtol=1e-3)
    assert (logits - exact).abs().mean() < 0.1 * exact.std()
