"""yolov8: a picture to the model's input, as Framescope 0.1.0 does it.

    python -m pip install numpy opencv-python-headless
    python preprocess.py PICTURE TENSOR.npy

Checked with Python 3.11, NumPy 2.4.6 and OpenCV 5.0.0. Where OpenCV works on bytes, values differ from Framescope's by
one level of a pixel at most (its coefficients have 11 bits); most are equal. An alpha channel is left out, where
Framescope lays the picture over black.
"""

import sys

import cv2
import numpy as np


def preprocess(picture):
    """8-bit RGB of (height, width, 3) to the tensor."""
    # convert: a picture file holds RGB already
    # resize: into 640×640, padded, bilinear
    height, width = picture.shape[:2]
    ratio = min(640 / width, 640 / height)  # sides: to the nearest, halves to even
    w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
    w, h = min(w, 640), min(h, 640)
    picture = cv2.resize(picture, (w, h), interpolation=cv2.INTER_LINEAR)
    canvas_w, canvas_h = 640, 640
    canvas = np.full((canvas_h, canvas_w, 3), (114, 114, 114), dtype=picture.dtype)
    x, y = (canvas_w - w) // 2, (canvas_h - h) // 2
    canvas[y:y + h, x:x + w] = picture
    picture = canvas
    # normalize: (pixel * scale - mean) / std
    scale, mean, std = 0.003921569, (0, 0, 0), (1, 1, 1)
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
