"""ActionFormer with the refined FPN neck on THUMOS14, I3D features: row A of Table I of the ActionFormer study.

  jaxvid train --config=thumos_actionformer_refined_fpn --workdir=runs/refined_fpn

Data and training as in thumos_actionformer.py. Published score: average mAP 65.16 (80.29 at tIoU 0.3, 42.13 at 0.7).
Score: not measured (features not available). All rows: jaxvid study --study=backbone_neck. Variants: `smoke`, `parity`.
"""

from jaxvid.configs import common, thumos_common


def get_config(arg=""):
  c = thumos_common.actionformer()
  c.model.backbone = thumos_common.transformer()
  c.model.neck = dict(type="refined_fpn")
  return common.finish(c, arg, pad_multiple=576)
