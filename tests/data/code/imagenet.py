"""imagenet: a picture to the model's input, as Framescope 0.1.0 does it.

    python -m pip install numpy opencv-python-headless
    python preprocess.py PICTURE TENSOR.npy

Checked with Python 3.11, NumPy 2.4.6 and OpenCV 5.0.0. Where OpenCV works on bytes, values differ from Framescope's by
one level of a pixel at most (its coefficients have 11 bits); most are equal. An alpha channel is left out, where
Framescope lays the picture over black.
"""

import sys
from fractions import Fraction

import cv2
import numpy as np


def triangle(source, target):
    """The weights of one axis, target rows of source pixels: a triangle as wide as the scale (Pillow's BILINEAR)."""
    scale = source / target
    centers = (np.arange(target)[:, None] + 0.5) * scale
    distance = (np.arange(source) + 0.5 - centers) / max(scale, 1.0)
    weights = np.maximum(1.0 - np.abs(distance), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def weighed(picture, rows, columns, rounds_between=False):
    """The picture with weights for its rows and columns; bytes are rounded to bytes again."""
    rounded = lambda values: np.floor(np.clip(values, 0, 255) + 0.5)
    values = np.einsum("hwc,xw->hxc", picture.astype(np.float64), columns, optimize=True)
    values = np.einsum("hxc,yh->yxc", rounded(values) if rounds_between else values, rows, optimize=True)
    return (rounded(values) if picture.dtype == np.uint8 else values).astype(picture.dtype)


def crop(picture, x, y, width, height):
    if x < 0 or y < 0 or x + width > picture.shape[1] or y + height > picture.shape[0]:
        sys.exit(f"crop: {width}x{height} at {x}, {y} lies outside the {picture.shape[1]}x{picture.shape[0]} picture")
    return picture[y:y + height, x:x + width]


def preprocess(picture):
    """8-bit RGB of (height, width, 3) to the tensor."""
    # convert: a picture file holds RGB already
    # resize: short side to 256, bilinear-antialias
    height, width = picture.shape[:2]
    ratio = Fraction(256, min(width, height))  # sides: down, in whole numbers
    w, h = max(1, int(width * ratio)), max(1, int(height * ratio))
    # OpenCV has no such filter, so its weights are computed here.
    picture = weighed(picture, triangle(height, h), triangle(width, w))
    # crop: 224×224 in the middle
    height, width = picture.shape[:2]
    picture = crop(picture, round((width - 224) / 2), round((height - 224) / 2), 224, 224)
    # normalize: (pixel * scale - mean) / std
    scale, mean, std = 0.003921569, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    picture = (picture.astype(np.float32) * np.float32(scale) - np.float32(mean)) / np.float32(std)
    # tensor: NCHW f32
    return np.ascontiguousarray(picture.transpose(2, 0, 1)[None])


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python preprocess.py PICTURE TENSOR.npy")
    picture = cv2.imread(sys.argv[1], cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(f"{sys.argv[1]}: could not be read as a picture")
    np.save(sys.argv[2], preprocess(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)))


if __name__ == "__main__":
    main()
