"""Makes the reference tensors that tests/it/pipeline.rs and tests/it/kernel.rs compare with.

    python -m pip install numpy opencv-python-headless pillow
    python tests/data/golden/make_golden.py

Pictures come from an integer formula that tests/it/golden.rs repeats bit for bit, so only results are stored here.
The references are the frameworks that the presets' own code calls: OpenCV for yolov4, yolov8 and source-document,
Pillow for rtdetr and dfine. All of them give 8-bit pixels; dividing by 255 (and ImageNet's mean and std for
source-document) is left to the test.

Files: presets.json, kernels.json and blurs.json list the cases, each with its place in the .bin of that name;
versions.json says what made them.
"""

import json
import pathlib
import platform

import cv2
import numpy as np
import PIL
from PIL import Image

HERE = pathlib.Path(__file__).parent
MASK = 0xFFFFFFFF
SAMPLES = 3000

SIZES = [
    (1, 1), (5, 7), (7, 5), (64, 48), (333, 251), (640, 480), (1920, 1080),
    # Sizes from nowhere in particular: odd, tall, a little and far from the tensor's.
    (97, 61), (854, 480), (3, 200), (1279, 719),
]
PRESETS = ["yolov4", "rtdetr", "dfine", "yolov8", "source-document"]
KERNEL_CASES = [
    ((2, 2), (1, 1)), ((2, 2), (4, 4)), ((1, 1), (3, 2)), ((7, 5), (13, 11)), ((5, 7), (3, 2)),
    ((64, 48), (32, 24)), ((64, 48), (20, 17)), ((40, 30), (64, 30)), ((40, 30), (40, 9)), ((33, 47), (5, 3)),
]


def picture(width, height, seed):
    """Slopes, a chequerboard of hard edges, and noise: RGB, 8 bits."""
    x = np.arange(width, dtype=np.uint64)[None, :, None]
    y = np.arange(height, dtype=np.uint64)[:, None, None]
    c = np.arange(3, dtype=np.uint64)[None, None, :]
    phase = (x * (c + 2) * 512 // width + y * (4 - c) * 384 // height) % 512
    slope = np.where(phase < 256, phase, 511 - phase)
    inverted = ((x * 7 // width + y * 5 // height) & 1) == 1
    level = np.where(inverted, 255 - slope, slope)
    noise = ((x * 73856093) & MASK) ^ ((y * 19349663) & MASK) ^ (((c + 1) * 83492791) & MASK) ^ seed
    noise ^= noise >> 13
    noise = (noise * 0x5BD1E995) & MASK
    noise ^= noise >> 15
    return np.clip(level.astype(np.int64) + (noise & 31).astype(np.int64) - 16, 0, 255).astype(np.uint8)


def opencv(rgb, size, interpolation=cv2.INTER_LINEAR):
    return cv2.resize(rgb, size, interpolation=interpolation)


def pillow(rgb, size, filter=Image.Resampling.BILINEAR):
    return np.asarray(Image.fromarray(rgb).resize(size, filter))


def align_corners(picture, size):
    """The formula of AlexeyAB/darknet src/image.c, resize_image, in float64; 8-bit pictures are rounded in the end."""
    def taps(before, after):
        matrix = np.zeros((after, before))
        for index in range(after):
            position = index * (before - 1) / max(after - 1, 1)
            start = min(int(position), before - 1)
            if index == after - 1 or before == 1:
                matrix[index, before - 1] = 1
            else:
                matrix[index, start] += 1 - (position - start)
                matrix[index, start + 1] += position - start
        return matrix

    height, width = picture.shape[:2]
    rows = np.tensordot(taps(height, size[1]), picture.astype(np.float64), axes=(1, 0))
    resized = np.moveaxis(np.tensordot(taps(width, size[0]), rows, axes=(1, 1)), 0, 1)
    return resized if picture.dtype == np.float32 else np.round(resized).astype(np.uint8)


KERNELS = {
    "bilinear": opencv,
    "bilinear-antialias": pillow,
    "bilinear-align-corners": align_corners,
    "nearest": lambda picture, size: opencv(picture, size, cv2.INTER_NEAREST),
    "area": lambda picture, size: opencv(picture, size, cv2.INTER_AREA),
    "cubic": lambda picture, size: opencv(picture, size, cv2.INTER_CUBIC),
    "lanczos3": lambda picture, size: pillow(picture, size, Image.Resampling.LANCZOS),
}

# Size, radius, sigma and edge of Gaussian blurs.
BLUR_CASES = [
    ((1, 1), 1, 0.8, "clamp"), ((5, 7), 2, 1.0, "mirror"), ((64, 48), 2, 1.0, "mirror"), ((33, 47), 3, 1.5, "clamp"),
    ((40, 30), 1, 0.8, "wrap"), ((97, 61), 7, 3.0, "mirror"), ((40, 30), 12, 5.0, "clamp"),
]
EDGES = {"clamp": cv2.BORDER_REPLICATE, "mirror": cv2.BORDER_REFLECT_101, "wrap": cv2.BORDER_WRAP}


def letterbox(rgb, side):
    """The rule of ultralytics/data/augment.py, LetterBox, with its defaults for a fixed size."""
    height, width = rgb.shape[:2]
    ratio = min(side / height, side / width)
    new_width, new_height = max(1, round(width * ratio)), max(1, round(height * ratio))
    dw, dh = (side - new_width) / 2, (side - new_height) / 2
    if (width, height) != (new_width, new_height):
        rgb = opencv(rgb, (new_width, new_height))
    top, bottom = round(dh - 0.1), round(dh + 0.1)
    left, right = round(dw - 0.1), round(dw + 0.1)
    return cv2.copyMakeBorder(rgb, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))


def reference(preset, rgb):
    if preset == "yolov4":
        return opencv(rgb, (608, 608))
    if preset in ("rtdetr", "dfine"):
        return pillow(rgb, (640, 640))
    if preset == "yolov8":
        return letterbox(rgb, 640)
    return opencv(cv2.blur(rgb, (3, 3), borderType=cv2.BORDER_REPLICATE), (640, 640))


def positions(width, height, seed):
    """The corners, then places drawn by a linear congruential generator (Numerical Recipes' constants)."""
    places = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    state = seed
    while len(places) < SAMPLES:
        state = (state * 1664525 + 1013904223) & MASK
        x = (state >> 8) % width
        state = (state * 1664525 + 1013904223) & MASK
        places.append((x, (state >> 8) % height))
    return places


def make_presets():
    cases, data = [], bytearray()
    for preset in PRESETS:
        for index, (width, height) in enumerate(SIZES):
            seed = 1000 + index
            tensor = reference(preset, picture(width, height, seed))
            out_height, out_width = tensor.shape[:2]
            cases.append({"preset": preset, "width_px": width, "height_px": height, "seed": seed,
                          "out_width_px": out_width, "out_height_px": out_height,
                          "samples": SAMPLES, "offset": len(data)})
            for x, y in positions(out_width, out_height, seed):
                data += tensor[y, x].tobytes()
    return cases, data


def make_kernels():
    """Whole pictures: 8-bit RGB, and the red channel as f32 (little endian) behind it."""
    cases, data = [], bytearray()
    for kernel, resize in KERNELS.items():
        for index, (source, target) in enumerate(KERNEL_CASES):
            seed = 2000 + index
            rgb = picture(*source, seed)
            red = np.ascontiguousarray(rgb[:, :, 0]).astype(np.float32)
            bytes_out, floats_out = resize(rgb, target), resize(red, target)
            cases.append({"kernel": kernel, "from": source, "to": target, "seed": seed, "offset": len(data)})
            data += bytes_out.tobytes() + floats_out.astype("<f4").tobytes()
    return cases, data


def make_blurs():
    """Whole pictures: 8-bit RGB. The picture is extended first, since GaussianBlur itself does not wrap."""
    cases, data = [], bytearray()
    for index, (size, radius, sigma, edge) in enumerate(BLUR_CASES):
        seed = 3000 + index
        rgb = picture(*size, seed)
        extended = cv2.copyMakeBorder(rgb, radius, radius, radius, radius, EDGES[edge])
        blurred = cv2.GaussianBlur(extended, (2 * radius + 1, 2 * radius + 1), sigma)
        cases.append({"size": size, "radius_px": radius, "sigma_px": sigma, "edge": edge, "seed": seed,
                      "offset": len(data)})
        data += np.ascontiguousarray(blurred[radius:-radius, radius:-radius]).tobytes()
    return cases, data


def save(name, cases, data):
    lines = ",\n".join("  " + json.dumps(case) for case in cases)
    (HERE / f"{name}.json").write_text(f"[\n{lines}\n]\n")
    (HERE / f"{name}.bin").write_bytes(bytes(data))
    print(f"{name}: {len(cases)} cases, {len(data)} bytes")


def main():
    versions = {"python": platform.python_version(), "numpy": np.__version__,
                "opencv": cv2.__version__, "pillow": PIL.__version__}
    print(versions)
    (HERE / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")
    save("presets", *make_presets())
    save("kernels", *make_kernels())
    save("blurs", *make_blurs())


if __name__ == "__main__":
    main()
