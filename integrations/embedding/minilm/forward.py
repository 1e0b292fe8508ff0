"""The arithmetic of MiniLM: six layers of BERT in float32, then the mean of what they make of each token."""

import json
import math
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

LAYERS, HEADS, HIDDEN = 6, 12, 384
NORM_EPSILON = 1e-12

Array: TypeAlias = NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Array]

# erf(x) by rational powers and one exponential (Abramowitz and Stegun, 7.1.26): off by 1.5e-7 at most.
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
_ERF_SCALE = 0.3275911
_GELU_ROWS = 8


@dataclass(frozen=True)
class Linear:
    weight: Array
    """Transposed: inputs by outputs."""
    bias: Array

    def __call__(self, values: Array) -> Array:
        made: Array = values @ self.weight
        made += self.bias
        return made


@dataclass(frozen=True)
class Norm:
    weight: Array
    bias: Array

    def __call__(self, values: Array) -> Array:
        """In place: every row is brought to mean 0 and variance 1, then scaled."""
        values -= values.mean(axis=-1, keepdims=True)
        variance = np.einsum("...i,...i->...", values, values)[..., None] / np.float32(HIDDEN)
        values /= np.sqrt(variance + np.float32(NORM_EPSILON))
        values *= self.weight
        values += self.bias
        return values


@dataclass(frozen=True)
class Layer:
    attention: Linear
    """Query, key and value in one: three products of matrices are slower than one."""
    attended: Linear
    attended_norm: Norm
    wide: Linear
    narrow: Linear
    norm: Norm


class Forward:
    def __init__(self, weights: Weights) -> None:
        self._words = weights["embeddings.word_embeddings.weight"]
        # There is one kind of token only, so that its vector belongs to each position.
        self._positions: Array = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _norm(weights, "embeddings.LayerNorm")
        self._layers = [_layer(weights, f"encoder.layer.{number}") for number in range(LAYERS)]

    def __call__(self, tokens: Sequence[Sequence[int]]) -> Array:
        """A row of unit length for each list of tokens. They are filled up to the longest: best of similar length."""
        ids, mask = _filled_up(tokens)
        values: Array = self._words[ids] + self._positions[: ids.shape[1]]
        values = self._norm(values)
        # Added to the scores: what only fills up is looked at by nobody.
        hidden: Array = ((1 - mask) * np.float32(-1e9))[:, None, None, :]
        for layer in self._layers:
            values = _through(layer, values, hidden)
        summed: Array = np.einsum("bth,bt->bh", values, mask)
        summed /= np.linalg.norm(summed, axis=1, keepdims=True)
        return summed


def read_weights(content: mmap.mmap | bytes) -> dict[str, Array]:
    """The arrays in a file of the safetensors format, in place. Their names and places are its head, a JSON object."""
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + size])
    return {name: _array(content, 8 + size, about) for name, about in head.items() if about.get("dtype") == "F32"}


def _array(content: mmap.mmap | bytes, start: int, about: Mapping[str, list[int]]) -> Array:
    shape, (begin, _) = about["shape"], about["data_offsets"]
    values: Array = np.frombuffer(content, dtype="<f4", count=math.prod(shape), offset=start + begin)
    return values.reshape(shape)


def _filled_up(tokens: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], Array]:
    longest = max(map(len, tokens))
    ids = np.zeros((len(tokens), longest), dtype=np.int64)
    mask = np.zeros((len(tokens), longest), dtype=np.float32)
    for row, numbers in enumerate(tokens):
        ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return ids, mask


def _through(layer: Layer, values: Array, hidden: Array) -> Array:
    attended = layer.attended(_attend(layer.attention(values), hidden))
    attended += values
    attended = layer.attended_norm(attended)
    narrow = layer.narrow(gelu(layer.wide(attended)))
    narrow += attended
    return layer.norm(narrow)


def _attend(projected: Array, hidden: Array) -> Array:
    texts, length, _ = projected.shape
    split = projected.reshape(texts, length, 3, HEADS, HIDDEN // HEADS)
    query, key, value = (split[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
    scores: Array = query @ key.transpose(0, 1, 3, 2)
    scores *= np.float32(1 / math.sqrt(HIDDEN // HEADS))
    scores += hidden
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    seen: Array = scores @ value
    return seen.transpose(0, 2, 1, 3).reshape(texts, length, HIDDEN)


def gelu(values: Array) -> Array:
    """In place: x * (1 + erf(x / sqrt 2)) / 2, a few rows at a time, which stay in the processor's cache."""
    rows = values.reshape(-1, values.shape[-1])
    for start in range(0, len(rows), _GELU_ROWS):
        part = rows[start : start + _GELU_ROWS]
        scaled: Array = part * np.float32(math.sqrt(0.5))
        part *= _one_and_erf(scaled) * np.float32(0.5)
    return values


def _one_and_erf(values: Array) -> Array:
    size = np.abs(values)
    inverse = 1 / (1 + np.float32(_ERF_SCALE) * size)
    powers = np.full_like(size, _ERF[0])
    for factor in _ERF[1:]:
        powers *= inverse
        powers += np.float32(factor)
    powers *= inverse
    powers *= np.exp(-size * size)
    made: Array = 1 + np.copysign(1 - powers, values)
    return made


def _layer(weights: Weights, name: str) -> Layer:
    parts = [_linear(weights, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
    joined = Linear(
        weight=np.ascontiguousarray(np.concatenate([part.weight for part in parts], axis=1)),
        bias=np.concatenate([part.bias for part in parts]),
    )
    return Layer(
        attention=joined,
        attended=_linear(weights, f"{name}.attention.output.dense"),
        attended_norm=_norm(weights, f"{name}.attention.output.LayerNorm"),
        wide=_linear(weights, f"{name}.intermediate.dense"),
        narrow=_linear(weights, f"{name}.output.dense"),
        norm=_norm(weights, f"{name}.output.LayerNorm"),
    )


def _linear(weights: Weights, name: str) -> Linear:
    return Linear(weight=weights[f"{name}.weight"].T, bias=weights[f"{name}.bias"])


def _norm(weights: Weights, name: str) -> Norm:
    return Norm(weight=weights[f"{name}.weight"], bias=weights[f"{name}.bias"])
