#!/usr/bin/env bash
# Makes the small clips of this folder and the reference hashes of their pictures, with FFmpeg and Python.
# Made with FFmpeg 5.1.9 and libx264 as Debian 12 ships them; another version makes other bytes.
set -euo pipefail
cd "$(dirname "$0")"
ff() { ffmpeg -hide_banner -loglevel error -y "$@"; }
x264=(-c:v libx264 -pix_fmt yuv420p -threads 1)
ff -f lavfi -i testsrc2=size=98x66:rate=30000/1001 -frames:v 24 "${x264[@]}" -profile:v high -bf 3 -g 12 bframes.mp4
ff -f lavfi -i testsrc2=size=96x64:rate=25 -frames:v 6 "${x264[@]}" -bf 0 plain.mp4
ff -i plain.mp4 -c copy -metadata:s:v:0 rotate=270 rotated.mp4
ff -f lavfi -i testsrc2=size=64x48:rate=30 -vf "select='not(mod(n,3))+eq(n,4)+eq(n,10)'" -fps_mode vfr -frames:v 10 "${x264[@]}" vfr.mp4
ff -f lavfi -i testsrc2=size=48x32:rate=25 -f lavfi -i testsrc2=size=96x64:rate=25 -map 0 -map 1 -frames:v 5 "${x264[@]}" two.mp4
ff -f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 2 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p hevc.mp4
ff -i bframes.mp4 -c copy -movflags +frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets fragments.mp4
anim=(-f lavfi -i "testsrc2=size=40x30:rate=10,format=rgb24" -frames:v 5)
ff "${anim[@]}" -f apng animation.png
ff "${anim[@]}" -c:v libwebp_anim -lossless 1 -pix_fmt bgra animation.webp
ff "${anim[@]}" animation.gif
ff "${anim[@]}" -f rawvideo /tmp/animation.rgb
ff -i animation.gif -f rawvideo -pix_fmt rgb24 /tmp/gif.rgb
for clip in bframes plain vfr; do
    ff -noautorotate -i "$clip.mp4" -map 0:v:0 -fps_mode passthrough -f rawvideo -pix_fmt yuv420p "/tmp/$clip.yuv"
done
# As displayed: turned by FFmpeg.
ff -i rotated.mp4 -map 0:v:0 -fps_mode passthrough -f rawvideo -pix_fmt yuv420p /tmp/rotated.yuv
python3 - <<'PY'
# FNV-1a, 64 bits, of every decoded picture.
def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001b3) & (2**64 - 1)
    return value
with open("pictures.txt", "w") as out:
    for clip, (width, height) in {"bframes": (98, 66), "plain": (96, 64), "vfr": (64, 48), "rotated": (64, 96)}.items():
        data = open(f"/tmp/{clip}.yuv", "rb").read()
        size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
        for at in range(0, len(data), size):
            print(clip, f"{fnv(data[at:at + size]):016x}", file=out)
    for clip in ("animation", "gif"):
        data = open(f"/tmp/{clip}.rgb", "rb").read()
        for at in range(0, len(data), 40 * 30 * 3):
            print(clip, f"{fnv(data[at:at + 40 * 30 * 3]):016x}", file=out)
PY
