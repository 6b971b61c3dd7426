"""How values are written down, where programs ask for that themselves."""

from __future__ import annotations

import numpy as np
import pytest

from weft.distributed.protocol import deserialize, dumps, loads, serialize, to_serialize
from weft.errors import BackendError


def test_values_come_back_as_they_were():
    value = {"x": np.arange(5), "y": [1, "two"]}
    header, frames = serialize(value, serializers=["dask", "pickle"], on_error="raise")
    found = deserialize(header, frames, deserializers=["pickle"])
    np.testing.assert_array_equal(found["x"], value["x"])
    assert found["y"] == value["y"]


def test_messages_lose_their_marks_unless_they_are_to_be_kept():
    frames = dumps({"a": to_serialize([1]), "b": (to_serialize(2), 3)})
    assert loads(frames) == {"a": [1], "b": (2, 3)}
    assert loads(frames, deserialize=False)["a"] == to_serialize([1])


def test_other_families_are_refused():
    with pytest.raises(BackendError, match="pickle 5"):
        serialize(1, serializers=["msgpack"])
    with pytest.raises(ValueError, match="on_error= takes"):
        serialize(1, on_error="never")
