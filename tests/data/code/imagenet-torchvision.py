"""imagenet: a picture to the model's input, as Framescope 0.1.0 does it.

    python -m pip install numpy torch torchvision
    python preprocess.py PICTURE TENSOR.npy

Checked with Python 3.11, NumPy 2.4.6, PyTorch 2.15.0 and torchvision 0.29.2 on a processor. Where torchvision works on
bytes, values differ from Framescope's by one level of a pixel at most; most are equal. An alpha channel is left out,
where Framescope lays the picture over black.
"""

import sys
from fractions import Fraction

import numpy as np
import torch
from torchvision.io import ImageReadMode, decode_image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F


def crop(picture, x, y, width, height):
    if x < 0 or y < 0 or x + width > picture.shape[2] or y + height > picture.shape[1]:
        sys.exit(f"crop: {width}x{height} at {x}, {y} lies outside the {picture.shape[2]}x{picture.shape[1]} picture")
    return picture[:, y:y + height, x:x + width]


def preprocess(picture):
    """8-bit RGB of (3, height, width) to the tensor."""
    # convert: a picture file holds RGB already
    # resize: short side to 256, bilinear-antialias
    height, width = picture.shape[-2:]
    ratio = Fraction(256, min(width, height))  # sides: down, in whole numbers
    w, h = max(1, int(width * ratio)), max(1, int(height * ratio))
    picture = F.resize(picture, [h, w], InterpolationMode.BILINEAR, antialias=True)
    # crop: 224×224 in the middle
    height, width = picture.shape[-2:]
    picture = crop(picture, round((width - 224) / 2), round((height - 224) / 2), 224, 224)
    # normalize: (pixel * scale - mean) / std
    picture = F.normalize(picture.float() * 0.003921569, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    # tensor: NCHW f32
    return picture[None].contiguous()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: python preprocess.py PICTURE TENSOR.npy")
    picture = decode_image(sys.argv[1], mode=ImageReadMode.RGB, apply_exif_orientation=True)
    np.save(sys.argv[2], preprocess(picture).numpy())


if __name__ == "__main__":
    main()
