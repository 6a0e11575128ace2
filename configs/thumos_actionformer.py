"""ActionFormer on THUMOS14 with two-stream I3D features (2,048 values, 16 frames, stride 4).

  jaxvid build thumos14 --source=I3D_FOLDER --annotations=thumos14.json --data_dir=data
  jaxvid train --config=thumos_actionformer --workdir=runs/thumos_actionformer

Settings of the public code's thumos_i3d.yaml: 29,251,612 parameters. Published score: average mAP 66.83 (82.13 at tIoU
0.3, 43.87 at 0.7). Score: not measured (features not available).

Variants: `smoke`, on made-up recordings, under a minute on a CPU; `parity`, the public code's padding and moving
average (docs/localization.md). They combine: `:parity,smoke`.
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.actionformer()
  c.model.backbone = thumos_common.transformer()
  return common.finish(c, arg, pad_multiple=576)
