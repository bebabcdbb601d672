"""Makes the tensors that tests/it/presets.rs compares with: those of the models' own code, value by value.

    python -m pip install numpy opencv-python-headless pillow torch torchvision
    python tests/data/golden/make_tensors.py

Each reference is the call that the model's own code makes (the preset's sources name the file): torchvision's transforms
themselves, OpenCV and Pillow with the arithmetic around them as it stands there. TensorFlow's resize (EfficientDet) is taken
from PyTorch, which has the same grid; darknet's resize_image is a formula in float64 (make_golden.py).

Files: tensors.json lists the cases with the size of each tensor, tensors.bin has values at places drawn by `positions`, as
f32 in the order of the tensor's channels; medians.json and medians.bin have whole pictures. versions.json says what made them.
"""

import json

import cv2
import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.transforms import _presets
from torchvision.transforms import functional as F

from make_golden import HERE, SIZES, align_corners, letterbox, picture, positions, save

SAMPLES = 250
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
f32 = np.float32


def linear(rgb, size):
    return cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)


def unit(rgb):
    return rgb.astype(f32) / 255


def interleaved(tensor):
    return tensor.detach().numpy().transpose(1, 2, 0)


def cut(rgb, side, anchor, pad, resize, sides):
    """A letterbox: `sides` says how scaled sides become whole; the picture's type is kept."""
    height, width = rgb.shape[:2]
    w, h = sides(width, height, side)
    canvas = np.full((side, side, 3), pad, dtype=rgb.dtype)
    x, y = ((side - w) // 2, (side - h) // 2) if anchor == "center" else (0, 0)
    canvas[y:y + h, x:x + w] = resize(rgb, (w, h))
    return canvas


def python_int(width, height, side):
    r = min(side / height, side / width)
    return max(1, int(width * r)), max(1, int(height * r))


def whole_division(width, height, side):
    if f32(side) / f32(width) < f32(side) / f32(height):
        return side, max(1, height * side // width)
    return max(1, width * side // height), side


def tensorflow_int(width, height, side):
    scale = min(f32(side) / f32(width), f32(side) / f32(height))
    return max(1, int(f32(width) * scale)), max(1, int(f32(height) * scale))


def ultralytics_rect(rgb):
    """ultralytics/data/augment.py, LetterBox with auto=True, stride 32."""
    height, width = rgb.shape[:2]
    r = min(640 / height, 640 / width)
    w, h = max(1, round(width * r)), max(1, round(height * r))
    dw, dh = np.mod(640 - w, 32) / 2, np.mod(640 - h, 32) / 2
    resized = rgb if (width, height) == (w, h) else linear(rgb, (w, h))
    return cv2.copyMakeBorder(resized, round(dh - 0.1), round(dh + 0.1), round(dw - 0.1), round(dw + 0.1),
                              cv2.BORDER_CONSTANT, value=(114, 114, 114))


def mlperf(rgb, interpolation):
    """mlcommons/inference dataset.py: resize_with_aspectratio and center_crop."""
    height, width = rgb.shape[:2]
    new = int(100.0 * 224 / 87.5)
    w, h = (new, int(new * height / width)) if height > width else (int(new * width / height), new)
    rgb = cv2.resize(rgb, (w, h), interpolation=interpolation)
    left, top = int((w - 224) / 2), int((h - 224) / 2)
    return rgb[top:top + 224, left:left + 224].astype(f32)


def torch_resize(chw, size):
    """Half-pixel centres, no antialias: torch.nn.functional.interpolate, and tf.image.resize of TensorFlow 2."""
    return torch.nn.functional.interpolate(chw[None], size=(size[1], size[0]), mode="bilinear", align_corners=False)[0]


def efficientdet(normalised, side):
    height, width = normalised.shape[:2]
    w, h = tensorflow_int(width, height, side)
    canvas = np.zeros((side, side, 3), f32)
    chw = torch.from_numpy(np.ascontiguousarray(normalised.transpose(2, 0, 1)))
    canvas[:h, :w] = interleaved(torch_resize(chw, (w, h)))
    return canvas


def detection(rgb, **arguments):
    chw = F.convert_image_dtype(F.pil_to_tensor(Image.fromarray(rgb)), torch.float)
    return interleaved(GeneralizedRCNNTransform(**arguments).eval()([chw])[0].tensors[0])


def rfdetr(rgb):
    return interleaved(F.resize(F.normalize(F.to_tensor(Image.fromarray(rgb)), MEAN, STD), (576, 576)))


def dfine_onnx(rgb):
    resize = lambda picture, size: np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))
    return unit(cut(rgb, 640, "center", 0, resize, python_int))


def dfine_openvino(rgb):
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    return cv2.dnn.blobFromImage(cut(bgr, 640, "corner", 114, linear, python_int), 1 / 255)[0].transpose(1, 2, 0)


def darknet_letterbox(rgb):
    return cut(unit(rgb), 608, "center", 0.5, align_corners, whole_division)


def yolox(rgb):
    return cut(rgb[:, :, ::-1].copy(), 640, "corner", 114, linear, python_int).astype(f32)


REFERENCES = {
    "yolov4": lambda rgb: unit(linear(rgb, (608, 608))),
    "yolov4-darknet-image": lambda rgb: align_corners(unit(rgb), (608, 608)),
    "yolov4-letterbox": darknet_letterbox,
    "yolov4-tiny": lambda rgb: unit(linear(rgb, (416, 416))),
    "yolov4-onnx-zoo": lambda rgb: unit(cut(rgb, 416, "center", 128, linear, python_int)),
    "yolov7": lambda rgb: unit(ultralytics_rect(rgb)),
    "yolov8": lambda rgb: unit(letterbox(rgb, 640)),
    "yolov8-pt": lambda rgb: unit(ultralytics_rect(rgb)),
    "yolox": yolox,
    "rtdetr": lambda rgb: interleaved(F.to_tensor(F.resize(Image.fromarray(rgb), [640, 640]))),
    "rtdetr-paddle": lambda rgb: unit(cv2.resize(rgb, (640, 640), interpolation=cv2.INTER_CUBIC)),
    "rtdetr-ultralytics": lambda rgb: unit(linear(rgb, (640, 640))),
    "dfine": lambda rgb: interleaved(F.to_tensor(F.resize(Image.fromarray(rgb), [640, 640]))),
    "dfine-onnx": dfine_onnx,
    "dfine-openvino": dfine_openvino,
    "rfdetr": rfdetr,
    "fasterrcnn": lambda rgb: detection(rgb, min_size=800, max_size=1333, image_mean=MEAN, image_std=STD),
    "efficientdet-d0": lambda rgb: efficientdet((unit(rgb) - f32(MEAN)) / f32(STD), 512),
    "efficientdet-lite0": lambda rgb: efficientdet((rgb.astype(f32) - 127) / 128, 320),
    "ssd-mobilenet-mlperf": lambda rgb: linear(rgb.astype(f32), (300, 300)).astype(np.uint8),
    "ssdlite320": lambda rgb: detection(rgb, min_size=320, max_size=320, image_mean=[0.5] * 3, image_std=[0.5] * 3,
                                        size_divisible=1, fixed_size=(320, 320)),
    "imagenet": lambda rgb: interleaved(_presets.ImageClassification(crop_size=224)(Image.fromarray(rgb))),
    "resnet50-mlperf": lambda rgb: mlperf(rgb, cv2.INTER_AREA) - f32([123.68, 116.78, 103.94]),
    "mobilenet-mlperf": lambda rgb: (mlperf(rgb, cv2.INTER_LINEAR) / 255 - f32(0.5)) * 2,
}

# Without a limit to the long side, 3×200 would become 256×17066.
SHORT_SIDES = ["imagenet", "resnet50-mlperf", "mobilenet-mlperf"]

MEDIANS = [((1, 1), 1), ((2, 3), 2), ((5, 7), 1), ((4, 9), 2), ((64, 48), 1), ((64, 48), 2), ((97, 61), 1), ((97, 61), 2)]


def make_tensors():
    cases, data = [], bytearray()
    for preset, reference in REFERENCES.items():
        for index, (width, height) in enumerate(SIZES):
            if preset in SHORT_SIDES and max(width, height) * 256 // min(width, height) > 16384:
                continue
            seed = 4000 + index
            tensor = np.asarray(reference(picture(width, height, seed)), dtype=f32)
            out_height, out_width = tensor.shape[:2]
            cases.append({"preset": preset, "width_px": width, "height_px": height, "seed": seed,
                          "out_width_px": out_width, "out_height_px": out_height,
                          "samples": SAMPLES, "offset": len(data)})
            places = positions(out_width, out_height, seed)[:SAMPLES]
            data += np.array([tensor[y, x] for x, y in places], dtype="<f4").tobytes()
    return cases, data


def make_sides():
    """The sizes of scaled pictures: torchvision's own, and the others' rules."""
    cases = []
    rcnn = GeneralizedRCNNTransform(800, 1333, MEAN, STD).eval()
    for width, height in [(w, h) for w in range(1, 1400, 131) for h in range(1, 1400, 83)]:
        try:
            resized = rcnn([torch.zeros(3, height, width)])[0].image_sizes[0][::-1]
        except RuntimeError:
            resized = None  # A side of 0: PyTorch refuses what we make 1.
        cases.append({"from": [width, height], "fasterrcnn": resized,
                      "efficientdet": tensorflow_int(width, height, 512), "yolox": python_int(width, height, 640),
                      "darknet": whole_division(width, height, 608)})
    return cases


def make_medians():
    cases, data = [], bytearray()
    for index, (size, radius) in enumerate(MEDIANS):
        seed = 5000 + index
        blurred = cv2.medianBlur(picture(*size, seed), 2 * radius + 1)
        cases.append({"size": size, "radius_px": radius, "seed": seed, "offset": len(data)})
        data += blurred.tobytes()
    return cases, data


def main():
    path = HERE / "versions.json"
    versions = json.loads(path.read_text())
    versions |= {"torch": torch.__version__, "torchvision": torchvision.__version__}
    path.write_text(json.dumps(versions, indent=2) + "\n")
    save("tensors", *make_tensors())
    save("medians", *make_medians())
    lines = ",\n".join("  " + json.dumps(case) for case in make_sides())
    (HERE / "sides.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
