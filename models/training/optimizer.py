"""Update bf16 weights from bf16 gradients, with fp32 masters and a running average.

The matrices inside the layers are updated by Muon (Jordan et al. 2024: momentum whose singular
values are all brought near one), the embeddings, norms and position biases by Adam. Parameters of
one shape lie behind each other in one tensor, so that a step is a few large operations.
Knows nothing of texts, batches or files.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

_MOMENTUM = 0.95
_BETAS = (0.9, 0.98)
_TINY = 1e-8
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 4
_AVERAGE_EVERY = 10
_SAVED = ("names", "master", "average", "first", "second")


@dataclass(slots=True)
class _Stack:
    """Parameters of one shape: `live` [N, ...] bf16 is what the model computes with."""

    live: Tensor
    grad: Tensor
    master: Tensor
    average: Tensor
    first: Tensor
    second: Tensor | None
    rate: float
    names: list[str] = field(default_factory=list)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Return matrices [N, R, C] with their singular values brought near one (Newton-Schulz)."""
    a, b, c = _QUINTIC
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class Optimizer:
    """Holds the fp32 weights of a model whose parameters it has turned into bf16."""

    def __init__(
        self,
        model: PreTrainedModel,
        matrix_rate: float,
        other_rate: float,
        weight_decay: float,
        average: float,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        """Take over the parameters of `model`: their storage becomes `dtype`, stacked by shape."""
        self._rates = {True: matrix_rate, False: other_rate}
        self._weight_decay, self._average, self._dtype = weight_decay, average, dtype
        self.steps = 0
        groups: dict[tuple[bool, float, torch.Size], list[str]] = {}
        parameters = dict(model.named_parameters())
        for name, parameter in parameters.items():
            key = (_is_matrix(name, parameter), _rate_of(name, model.config.d_kv), parameter.shape)
            groups.setdefault(key, []).append(name)
        self._stacks = [self._stack(parameters, names, *key[:2]) for key, names in groups.items()]

    def _stack(
        self, parameters: dict[str, nn.Parameter], names: list[str], matrix: bool, rate: float
    ) -> _Stack:
        master = torch.stack([parameters[name].detach().float() for name in names])
        live = master.to(self._dtype)
        stack = _Stack(
            live,
            torch.zeros_like(live),
            master,
            master.clone(),
            torch.zeros_like(master),
            None if matrix else torch.zeros_like(master),
            rate,
            names,
        )
        for place, name in enumerate(names):
            parameters[name].data = live[place]
            parameters[name].grad = stack.grad[place]
        return stack

    @torch.no_grad()
    def step(self, tokens: int, scale: float) -> float:
        """Apply the summed gradients of `tokens` target tokens at `scale` times the full rates.

        Returns:
            The gradient's norm per token, before anything is done to it.

        """
        self.steps += 1
        squares = 0.0
        for stack in self._stacks:
            gradient = stack.grad.float().div_(tokens)
            squares += float(gradient.square().sum())
            matrix = stack.second is None
            rate = self._rates[matrix] * stack.rate * scale
            if matrix:
                stack.master.mul_(1 - rate * self._weight_decay)
                stack.master.sub_(self._muon(stack, gradient), alpha=rate)
            else:
                stack.master.sub_(self._adam(stack, gradient), alpha=rate)
            if self.steps % _AVERAGE_EVERY == 0:
                stack.average.lerp_(stack.master, self._renewal())
            stack.live.copy_(stack.master)
            stack.grad.zero_()
        return float(squares**0.5)

    def _renewal(self) -> float:
        """Return the share of the new weights in the average, which looks back 1/6 of the run.

        At most, that is: it never looks back further than its decay says.
        """
        return max(1 - self._average**_AVERAGE_EVERY, min(1.0, 6 * _AVERAGE_EVERY / self.steps))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Let the model compute with the averaged weights for the length of a with statement."""
        for stack in self._stacks:
            stack.live.copy_(stack.average)
        yield
        for stack in self._stacks:
            stack.live.copy_(stack.master)

    def _muon(self, stack: _Stack, gradient: Tensor) -> Tensor:
        stack.first.lerp_(gradient, 1 - _MOMENTUM)
        update = orthogonalise(gradient.lerp_(stack.first, _MOMENTUM)).float()
        rows, columns = update.shape[-2:]
        return update.mul_(max(1.0, rows / columns) ** 0.5)

    def _adam(self, stack: _Stack, gradient: Tensor) -> Tensor:
        assert stack.second is not None
        stack.first.lerp_(gradient, 1 - _BETAS[0])
        stack.second.lerp_(gradient.square(), 1 - _BETAS[1])
        first = stack.first / (1 - _BETAS[0] ** self.steps)
        second = stack.second / (1 - _BETAS[1] ** self.steps)
        return first.div_(second.sqrt_().add_(_TINY))

    def weights(self, averaged: bool) -> dict[str, Tensor]:
        """Return the fp32 weights by name: the running average, or the last ones."""
        return {
            name: (stack.average if averaged else stack.master)[place].clone()
            for stack in self._stacks
            for place, name in enumerate(stack.names)
        }

    @torch.no_grad()
    def set_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Start from weights by name, not the model's; KeyError when one is missing."""
        for stack in self._stacks:
            for place, name in enumerate(stack.names):
                stack.master[place].copy_(weights[name])
            stack.average.copy_(stack.master)
            stack.live.copy_(stack.master)

    def state(self) -> dict[str, Any]:
        """Return everything that a run needs to go on exactly where it is."""
        stacks = {
            stack.names[0]: {key: getattr(stack, key) for key in _SAVED} for stack in self._stacks
        }
        return {"steps": self.steps, "stacks": stacks}

    @torch.no_grad()
    def restore(self, state: dict[str, Any]) -> None:
        """Take over a `state`; raises KeyError or RuntimeError when the model is another one."""
        self.steps = state["steps"]
        for stack in self._stacks:
            saved = state["stacks"][stack.names[0]]
            for key in _SAVED[1:]:
                if saved.get(key) is not None:
                    getattr(stack, key).copy_(saved[key])
            stack.live.copy_(stack.master)


def _is_matrix(name: str, parameter: Tensor) -> bool:
    """Tell whether Muon updates a parameter: a matrix inside a layer."""
    return parameter.ndim == 2 and not name.startswith(("shared", "lm_head")) and "bias" not in name


def _rate_of(name: str, head_width: int) -> float:
    """Return the factor of a parameter's rate: queries hold T5's missing 1 / sqrt(d_kv)."""
    return float(head_width**-0.5) if name.endswith(".q.weight") else 1.0
