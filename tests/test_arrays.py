from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.arrays import Shards, ShardWriter

DTYPES = st.sampled_from([np.uint8, np.int16, np.uint16, np.float16, np.float32])
ARRAYS = DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(max_dims=4, max_side=5)))


@given(values=st.lists(ARRAYS, min_size=1, max_size=6))
@settings(max_examples=40)
def test_arrays_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, values: list[np.ndarray]
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    with ShardWriter(folder / "shard-00000.npy") as writer:
        places = [writer.append(value) for value in values]
    shards = Shards(folder)
    for value, place in zip(values, places, strict=True):
        back = shards.read(place)
        assert back.dtype == value.dtype
        assert back.tobytes() == value.tobytes()
        assert back.shape == value.shape
        assert shards.verify(place)


def test_numpy_alone_reads_a_shard(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "shard-00000.npy") as writer:
        writer.append(np.arange(3, dtype=np.uint8))
        place = writer.append(np.array([[-7, 300]], dtype=np.int16))
    flat = np.load(tmp_path / place.shard, mmap_mode="r")
    assert place.offset == 64
    assert flat[64:68].view("<i2").reshape(1, 2).tolist() == [[-7, 300]]


def test_a_big_endian_array_is_stored_little_endian(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "shard-00000.npy") as writer:
        place = writer.append(np.array([1, 256], dtype=">i2"))
    assert place.dtype == "<i2"
    assert Shards(tmp_path).read(place).tolist() == [1, 256]


def test_a_flipped_byte_is_found(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "shard-00000.npy") as writer:
        place = writer.append(np.zeros(10, np.float32))
    path = tmp_path / "shard-00000.npy"
    damaged = bytearray(path.read_bytes())
    damaged[128 + 5] ^= 1
    path.write_bytes(damaged)
    assert not Shards(tmp_path).verify(place)


def test_an_error_leaves_no_shard(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ShardWriter(tmp_path / "shard-00000.npy") as writer:
        writer.append(np.zeros(3))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
