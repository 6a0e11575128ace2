"""Convolutions instead of ActionFormer's Transformer on THUMOS14, I3D features: row B of Table I of the study.

  jaxvid train --config=thumos_conv --workdir=runs/thumos_conv

Data and training as in thumos_actionformer.py. Published score: average mAP 46.60 (52.14 at tIoU 0.3, 29.09 at 0.7).
Score: not measured (features not available). All rows: jaxvid study --study=backbone_neck. Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.actionformer()
  c.model.backbone = dict(type="conv", width=512, depths=(2, 2, 5))
  return common.finish(c, arg, pad_multiple=576)
