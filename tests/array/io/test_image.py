from __future__ import annotations

import imageio.v3
import numpy as np
import pytest
from tests.array.strategies import assert_same, graph_size

import weft.array as da


@pytest.fixture
def images(tmp_path):
    whole = np.arange(11 * 4 * 5 * 3, dtype=np.uint8).reshape(11, 4, 5, 3)
    for number, image in enumerate(whole):
        imageio.v3.imwrite(tmp_path / f"image-{number}.png", image)
    return tmp_path, whole


def test_images_are_stacked_in_natural_order(images):
    path, whole = images
    x = da.imread(str(path / "*.png"))
    assert x.chunks == ((1,) * 11, (4,), (5,), (3,))
    assert_same(x, whole)
    assert graph_size(x[9:, :2]) <= 4


def test_images_are_read_and_prepared_by_functions(images):
    path, whole = images
    found = da.imread(str(path / "*.png"), imread=imageio.v3.imread, preprocess=lambda image: image[..., 0] / 2)
    assert_same(found, whole[..., 0] / 2)


def test_images_that_do_not_fit_are_named(images):
    path, _ = images
    imageio.v3.imwrite(path / "image-11.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match=r"image-11.png is an array of shape \(2, 2\)"):
        da.imread(str(path / "*.png")).compute(scheduler="sync")
    with pytest.raises(ValueError, match="no file matches"):
        da.imread(str(path / "*.jpg"))
