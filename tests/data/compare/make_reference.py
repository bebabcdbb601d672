"""Reference values for PSNR, SSIM and Sobel energy, by scikit-image and OpenCV.

    pip install numpy==2.* scikit-image opencv-python-headless
    python make_reference.py > reference.json

The pictures are made of a formula that the test repeats, so that no picture has to be kept.
"""

import json
import sys

import cv2
import numpy as np
import skimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

SIZES = [(11, 11), (32, 24), (61, 37)]


def picture(width, height, seed):
    """Levels from 0 to 255, with edges, ramps and a pattern."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    channels = []
    for c in range(3):
        ramp = (x * 5 + y * 3 + c * 40) % 256
        pattern = ((x * 7919 + y * 104729 + seed * 31 + c * 17) % 97) - 48
        channels.append(np.clip(ramp + pattern * (1 + seed % 3) // 4, 0, 255))
    return np.stack(channels).astype(np.float64)


def luma(planes):
    return 0.299 * planes[0] + 0.587 * planes[1] + 0.114 * planes[2]


def sobel_energy(plane):
    gx = cv2.Sobel(plane, cv2.CV_64F, 1, 0, ksize=3)
    gy = cv2.Sobel(plane, cv2.CV_64F, 0, 1, ksize=3)
    return float((gx**2 + gy**2)[1:-1, 1:-1].sum())


cases = []
for width, height in SIZES:
    for seeds in [(1, 2), (1, 4), (5, 3)]:
        first, second = (picture(width, height, seed) for seed in seeds)
        cases.append(
            {
                "width": width,
                "height": height,
                "seeds": seeds,
                "psnr_db": float(peak_signal_noise_ratio(first, second, data_range=255)),
                "ssim": float(
                    structural_similarity(
                        luma(first),
                        luma(second),
                        data_range=255,
                        gaussian_weights=True,
                        sigma=1.5,
                        use_sample_covariance=False,
                    )
                ),
                "sobel_energy": [sobel_energy(luma(first)), sobel_energy(luma(second))],
            }
        )
json.dump(
    {
        "scikit-image": skimage.__version__,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
        "cases": cases,
    },
    sys.stdout,
    indent=1,
)
print()
