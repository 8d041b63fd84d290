"""A T5 and a forward pass for training it that is quicker on a CPU than the library's own.

The model is `transformers`' T5ForConditionalGeneration, so that what is trained is what is
exported. `loss_sum` computes what its forward pass computes, from the same parameters, in bf16
and without the dropout, the casts and the padded output layer. Knows nothing of texts or files.

Source: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified
Text-to-Text Transformer", with the gated feed-forward layer of Shazeer 2020.
"""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerFF, T5LayerNorm, T5Stack

from training.config import Shape

PAD, EOS = 0, 1
_EPSILON = 1e-6
_EMBEDDING_SCALE = 0.1
_BUCKETS, _FARTHEST = 32, 128


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources [B, S] and targets [B, T], int64 ids, both ended by EOS and filled with PAD."""

    source: Tensor
    target: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the same batch on a device."""
        return Batch(self.source.to(device), self.target.to(device))


def build_model(shape: Shape, vocabulary: int, seed: int) -> T5ForConditionalGeneration:
    """Return a new T5 in fp32.

    Every matrix starts at the same scale per input (T5's own scales differ by a factor of 100),
    and those that write to the residual stream start at zero: each layer is at first the identity.
    """
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=vocabulary,
        d_model=shape.width,
        d_kv=shape.width // shape.heads,
        d_ff=shape.hidden,
        num_layers=shape.encoder_layers,
        num_decoder_layers=shape.decoder_layers,
        num_heads=shape.heads,
        relative_attention_num_buckets=_BUCKETS,
        relative_attention_max_distance=_FARTHEST,
        feed_forward_proj="gated-silu",
        layer_norm_epsilon=_EPSILON,
        dropout_rate=0.0,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=PAD,
    )
    model = T5ForConditionalGeneration(config)
    for name, parameter in model.named_parameters():
        _initialise(name, parameter, config.d_kv)
    return model


@torch.no_grad()
def set_embedding(model: T5ForConditionalGeneration, vectors: Tensor) -> None:
    """Start the shared embeddings from unit vectors [V, D]; tokens without one keep theirs."""
    shared = model.shared.weight
    known = vectors.norm(dim=1) > 0.5
    shared[known] = vectors[known] * (_EMBEDDING_SCALE * shared.shape[1] ** 0.5)


@torch.no_grad()
def _initialise(name: str, parameter: Tensor, head_width: int) -> None:
    if name == "shared.weight":
        # Small, because the output layer shares it: at T5's scale of one, a decoder whose layers
        # are the identity would be sure that every token repeats the one before it.
        parameter.normal_(std=_EMBEDDING_SCALE)
    elif name.endswith((".o.weight", ".wo.weight", "relative_attention_bias.weight")):
        parameter.zero_()
    elif parameter.ndim == 2:
        parameter.normal_(std=parameter.shape[1] ** -0.5)
        if name.endswith(".q.weight"):  # T5 has no division by sqrt(d_kv): the queries hold it.
            parameter.mul_(head_width**-0.5)


def _norm(x: Tensor, layer: T5LayerNorm) -> Tensor:
    return F.rms_norm(x, (x.shape[-1],), layer.weight, _EPSILON)


def _attend(layer: T5Attention, x: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
    """Return multi-head attention from x [B, T, D] to memory [B, S, D], scores plus `bias`."""
    heads = layer.n_heads
    q, k, v = (
        F.linear(y, projection.weight).view(*y.shape[:2], heads, -1).transpose(1, 2)
        for y, projection in ((x, layer.q), (memory, layer.k), (memory, layer.v))
    )
    weights = torch.softmax(q @ k.transpose(-1, -2) + bias, dim=-1)
    return F.linear((weights @ v).transpose(1, 2).flatten(-2), layer.o.weight)


def _feed_forward(block: T5LayerFF, x: Tensor) -> Tensor:
    layer = block.DenseReluDense
    y = _norm(x, block.layer_norm)
    gate = F.silu(F.linear(y, layer.wi_0.weight))
    return F.linear(gate * F.linear(y, layer.wi_1.weight), layer.wo.weight)


def _self_bias(stack: T5Stack, length: int) -> Tensor:
    """Return the position bias [1, H, length, length] of a stack, with the future shut off."""
    attention = stack.block[0].layer[0].SelfAttention
    places = torch.arange(length, device=attention.relative_attention_bias.weight.device)
    buckets = attention._relative_position_bucket(
        places[None] - places[:, None], not stack.is_decoder, _BUCKETS, _FARTHEST
    )
    bias = F.embedding(buckets, attention.relative_attention_bias.weight).permute(2, 0, 1)[None]
    if stack.is_decoder:
        future = torch.full_like(bias[0, 0], -torch.inf).triu(1)
        bias = bias + future
    return bias


def _encode(model: T5ForConditionalGeneration, source: Tensor, shut: Tensor) -> Tensor:
    stack = model.encoder
    x = F.embedding(source, model.shared.weight)
    bias = _self_bias(stack, source.shape[1]) + shut
    for block in stack.block:
        y = _norm(x, block.layer[0].layer_norm)
        x = x + _attend(block.layer[0].SelfAttention, y, y, bias)
        x = x + _feed_forward(block.layer[1], x)
    return _norm(x, stack.final_layer_norm)


def _cross_entropy(states: Tensor, shared: Tensor, targets: Tensor, sample: int) -> Tensor:
    """Return the summed cross-entropy of states [N, D] against the output layer `shared` [V, D].

    With a `sample`, the sum over the vocabulary is an estimate: exact over the tokens that are a
    target somewhere in the batch, and from so many of the others, each standing for several
    (Jean et al. 2015). Most of the probability lies on the former, so the estimate is close.
    """
    if not sample:
        return F.cross_entropy(F.linear(states, shared).float(), targets, reduction="sum")
    seen = torch.zeros(shared.shape[0], dtype=torch.bool, device=shared.device)
    seen.index_fill_(0, targets, True)
    present, others = seen.nonzero()[:, 0], (~seen).nonzero()[:, 0]
    drawn = others[torch.randperm(len(others), device=shared.device)[:sample]]
    candidates = torch.cat((present, drawn))
    logits = F.linear(states, F.embedding(candidates, shared)).float()
    logits[:, len(present) :] += math.log(max(1, len(others)) / max(1, len(drawn)))
    return F.cross_entropy(logits, torch.searchsorted(present, targets), reduction="sum")


def hidden_states(model: T5ForConditionalGeneration, source: Tensor, target: Tensor) -> Tensor:
    """Return what the output layer sees, bf16 [B, T, D], for sources [B, S] and targets [B, T]."""
    shared = model.shared.weight
    shut = torch.zeros(source.shape, dtype=shared.dtype, device=shared.device)
    shut = shut.masked_fill(source == PAD, -torch.inf)[:, None, None]
    memory = _encode(model, source, shut)
    stack = model.decoder
    x = F.embedding(F.pad(target[:, :-1], (1, 0), value=PAD), shared)
    bias = _self_bias(stack, target.shape[1])
    for block in stack.block:
        y = _norm(x, block.layer[0].layer_norm)
        x = x + _attend(block.layer[0].SelfAttention, y, y, bias)
        y = _norm(x, block.layer[1].layer_norm)
        x = x + _attend(block.layer[1].EncDecAttention, y, memory, shut)
        x = x + _feed_forward(block.layer[2], x)
    return _norm(x, stack.final_layer_norm) * model.config.d_model**-0.5


Forward = Callable[[T5ForConditionalGeneration, Tensor, Tensor], Tensor]


def compiled_states() -> Forward:
    """Return `hidden_states`, compiled where there is a C++ compiler (1.4 times as fast).

    The first few dozen steps are slow: each new combination of lengths may compile again.
    """
    if not any(shutil.which(name) for name in ("g++", "clang++", "cl")):
        return hidden_states
    return torch.compile(hidden_states, dynamic=True)


def loss_sum(
    model: T5ForConditionalGeneration,
    batch: Batch,
    sample: int = 0,
    forward: Forward = hidden_states,
) -> tuple[Tensor, int]:
    """Return the summed cross-entropy of the targets, in nats, and how many tokens they have.

    With a `sample`, estimate it from so many tokens beside those of the batch, drawn with torch's
    global generator. `forward` is `hidden_states` or that compiled.
    """
    real = batch.target != PAD
    states = forward(model, batch.source, batch.target)[real]
    targets = batch.target[real]
    return _cross_entropy(states, model.shared.weight, targets, sample), targets.numel()
