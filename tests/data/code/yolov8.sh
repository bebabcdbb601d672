#!/bin/sh
# yolov8: a picture to the model's input, as Framescope 0.1.0 does it.
#
#     sh preprocess.sh PICTURE TENSOR.npy
#
# Checked with FFmpeg 5.1; its build needs zscale (zimg), as those of Debian, Ubuntu, and the usual static ones have it.
# Values differ from Framescope's by one level of a pixel at most where nothing else is said. An alpha channel is left
# out, where Framescope lays the picture over black; a camera's orientation is not applied.
set -eu
[ $# -eq 2 ] || { echo "usage: sh preprocess.sh PICTURE TENSOR.npy" >&2; exit 2; }
picture=$1 tensor=$2
set -- $(ffprobe -v error -select_streams v:0 -show_entries stream=width,height -of csv=p=0 "$picture" | tr , ' ')
W=$1 H=$2
chain="format=gbrp"

# convert: a picture file holds RGB already
# resize: into 640×640, padded, bilinear
# Sides: to the nearest, halves to even.
set -- $(awk -v W=$W -v H=$H 'function within(side, most) { return side < 1 ? 1 : side > most ? most : side }
    BEGIN { to = 640; of = W; if (640 * of < to * H) { to = 640; of = H }; print within(sprintf("%.0f", W * (to / of)) + 0, 640), within(sprintf("%.0f", H * (to / of)) + 0, 640) }')
w=$1 h=$2
cw=$(( 640 )) ch=$(( 640 ))
x=$(( (cw - w) / 2 )) y=$(( (ch - h) / 2 ))
# FFmpeg's scalers have no such filter, so its places are computed here, pixel by pixel, on a canvas that
# holds both pictures.
canvas_w=$(( W > cw ? W + 1 : cw + 1 )) canvas_h=$(( H > ch ? H + 1 : ch + 1 ))
chain="$chain,pad=$canvas_w:$canvas_h"
sx="clip((X-$x+0.5)*$W/$w-0.5,0,$W-1)" sy="clip((Y-$y+0.5)*$H/$h-0.5,0,$H-1)"
inside="gte(X,$x)*lt(X,$x+$w)*gte(Y,$y)*lt(Y,$y+$h)"
chain="$chain,geq=interpolation=bilinear:r='if($inside,r($sx,$sy)+0.5,114)':g='if($inside,g($sx,$sy)+0.5,114)':b='if($inside,b($sx,$sy)+0.5,114)'"
chain="$chain,crop=$cw:$ch:0:0:exact=1"
W=$cw H=$ch
# normalize: (pixel * scale - mean) / std
# At the end of the chain, since what follows here is linear; from here on nothing is rounded.
# tensor: NCHW f32
chain="$chain,zscale,format=gbrpf32le"
chain="$chain,geq=interpolation=nearest:g='r(X,Y)*1.000000059-0.000000000':b='g(X,Y)*1.000000059-0.000000000':r='b(X,Y)*1.000000059-0.000000000'"

# NumPy's header of 128 bytes, then what FFmpeg writes.
{
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, $H, $W), }"
    ffmpeg -v error -i "$picture" -frames:v 1 -vf "$chain" -f rawvideo -pix_fmt gbrpf32le -
} > "$tensor.part"
mv "$tensor.part" "$tensor"
