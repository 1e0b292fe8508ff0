import json
import math

import pytest

np = pytest.importorskip("numpy", reason="requirements-models.lock is not installed here")

from integrations.embedding.minilm.forward import gelu, read_weights  # noqa: E402


def test_it_computes_gelu_as_exactly_as_its_numbers_can_say() -> None:
    values = np.linspace(-9, 9, 10_001, dtype=np.float32)
    exact = [float(value) * (1 + math.erf(float(value) / math.sqrt(2))) / 2 for value in values]
    assert np.abs(gelu(values.reshape(73, 137).copy()).reshape(-1) - exact).max() < 1e-6


def test_it_reads_the_arrays_of_a_file() -> None:
    head = {
        "__metadata__": {"format": "pt"},
        "numbers": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]},
        "weights": {"dtype": "F32", "shape": [2, 3], "data_offsets": [8, 32]},
    }
    written = json.dumps(head).encode()
    content = len(written).to_bytes(8, "little") + written + bytes(8) + np.arange(6, dtype="<f4").tobytes()
    found = read_weights(content)
    assert found.keys() == {"weights"}
    assert found["weights"].tolist() == [[0, 1, 2], [3, 4, 5]]
