"""Backbones, necks and heads: Table I of Rathnayaka and Thayasivam, and parts that the paper leaves to future work.

  jaxvid study --study=backbone_neck --workdir=runs/backbone_neck --seeds=0,1,2
  jaxvid study --study=backbone_neck --workdir=runs/backbone_neck_hapt --seeds=0,1,2 \\
    --base=hapt_actionformer:small

All rows are trained as the base configuration is ("under identical settings"): on THUMOS14 that is ActionFormer's
public one, 30 epochs after 5 of warm-up. The paper does not give the sizes of its SGP backbone; here they are TriDet's
on THUMOS14. "SGP, dead" starts its depthwise convolutions from zero, as TriDet's public configuration does, and they
stay zero; the other rows are live. The heads are compared on the SGP backbone, which the paper found best. The paper's
first row is quoted from ActionFormer's authors.

Scores: THUMOS14 not measured (features not available); HAPT in docs/results.md.
"""

BASE = "configs/thumos_actionformer.py"


def get_study(base):
  width = base.model.backbone.width
  refined_fpn = dict(type="refined_fpn")
  conv = dict(type="conv", width=width, depths=(2, 2, 5))
  sgp = dict(
    type="sgp", width=width, window=1, k=5.0, mlp_width=width * 3 // 2, depths=(2, 2, 5), drop_path=0.1, init="live"
  )
  mixture = dict(
    type="granularity_mixture",
    width=width,
    granularities=(1, 3, 7, 15),
    mlp_width=width * 3 // 2,
    depths=(2, 2, 5),
    drop_path=0.1,
  )
  trident = dict(type="trident", width=base.model.head.width, num_bins=16, boundary_kernel_size=3)
  decoupled = dict(type="decoupled", width=base.model.head.width)
  return dict(
    title="Backbones, necks and heads",
    published_on="thumos14",
    columns=(*base.eval.tious, "average"),
    rows=dict(
      actionformer=dict(
        label="Transformer, no neck (ActionFormer)",
        published=(82.10, 77.80, 71.00, 59.40, 43.90, 66.80),
      ),
      actionformer_refined_fpn=dict(
        label="Transformer + refined FPN (A)",
        changes={"model.neck": refined_fpn},
        published=(80.29, 76.02, 68.85, 58.53, 42.13, 65.16),
      ),
      conv=dict(
        label="1D convolutions (B)",
        changes={"model.backbone": conv},
        published=(52.14, 49.27, 44.18, 38.25, 29.09, 46.60),
      ),
      conv_refined_fpn=dict(
        label="1D convolutions + refined FPN (C)",
        changes={"model.backbone": conv, "model.neck": refined_fpn},
        published=(72.79, 68.37, 61.00, 50.71, 36.51, 57.88),
      ),
      sgp_refined_fpn=dict(
        label="SGP + refined FPN (D)",
        changes={"model.backbone": sgp, "model.neck": refined_fpn},
        published=(79.79, 75.82, 69.30, 57.74, 41.55, 64.84),
      ),
      sgp=dict(
        label="SGP, no neck (E)",
        changes={"model.backbone": sgp},
        published=(82.61, 78.48, 71.55, 60.00, 44.54, 67.44),
      ),
      sgp_dead=dict(
        label="SGP, dead",
        changes={"model.backbone": dict(sgp, init="dead")},
      ),
      granularity_mixture=dict(
        label="Granularity mixture (equation 1)",
        changes={"model.backbone": mixture},
      ),
      sgp_trident=dict(
        label="SGP + trident head",
        changes={"model.backbone": sgp, "model.head": trident, "task.iou_power": 0.2},
      ),
      sgp_decoupled=dict(
        label="SGP + decoupled head",
        changes={"model.backbone": sgp, "model.head": decoupled},
      ),
    ),
  )
