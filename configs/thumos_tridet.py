"""TriDet on THUMOS14 with two-stream I3D features (2,048 values, 16 frames, stride 4).

  jaxvid build thumos14 --source=I3D_FOLDER --annotations=thumos14.json --data_dir=data
  jaxvid train --config=thumos_tridet --workdir=runs/thumos_tridet

Settings of TriDet's thumos_i3d.yaml: 15,989,604 parameters. Published score: average mAP 69.27 (83.62 at tIoU 0.3,
47.35 at 0.7); reruns by users report 68.88. Score: not measured (features not available).

Variants: `smoke`; `parity`, the behaviour of the public code: its padding, its moving average, its bins at the borders
of a recording, and depthwise convolutions that start from zero and stay zero (docs/localization.md).
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.tridet()
  c.model.backbone = thumos_common.sgp()
  c.model.head = dict(type="trident", width=512, num_bins=16, kernel_size=3, boundary_kernel_size=3, border="masked")
  c.task.iou_power = 0.2
  return common.finish(c, arg, pad_multiple=32)
