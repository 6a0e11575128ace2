"""The SGP backbone and the refined FPN neck on THUMOS14, I3D features: row D of Table I of the ActionFormer study.

  jaxvid train --config=thumos_sgp_refined_fpn --workdir=runs/thumos_sgp_refined_fpn

Data and training as in thumos_actionformer.py. Published score: average mAP 64.84 (79.79 at tIoU 0.3, 41.55 at 0.7).
Score: not measured (features not available). All rows: jaxvid study --study=backbone_neck. Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.actionformer()
  c.model.backbone = thumos_common.sgp()
  c.model.neck = dict(type="refined_fpn")
  return common.finish(c, arg, pad_multiple=32)
