"""ActionFormer's ablations, one choice changed at a time (Zhang et al. 2022, the ablations).

  jaxvid study --study=actionformer_ablations --workdir=runs/ablations --seeds=0,1,2
  jaxvid study --study=actionformer_ablations --workdir=runs/ablations_hapt \\
    --base=hapt_actionformer:small

Training length and loss weights are studies of their own (training_length.py, loss_weight.py), convolutions instead of
the Transformer are in backbone_neck.py. A pyramid in steps of four has the strides 1, 4, 16 and 64, and the regression
range of each level covers those of the two levels that it replaces. Scores: not measured (features not available).
"""

BASE = "configs/thumos_actionformer.py"

WINDOWS = (9, 19, 25, 37)


def get_study(base):
  window, ranges = base.model.backbone.window, base.task.regression_ranges
  steps_of_four = {
    "model.backbone.scale_factor": 4,
    "model.backbone.depths": (2, 2, 3),
    "task.regression_ranges": (
      ranges[0],
      (ranges[1][0], ranges[2][1]),
      (ranges[3][0], ranges[4][1]),
      (ranges[5][0], 10000),
    ),
  }
  rows = dict(
    actionformer=dict(
      label=f"ActionFormer (window {window})",
      published=(82.10, 77.80, 71.00, 59.40, 43.90, 66.80),
    ),
    no_head_norm=dict(label="no norms in the head", changes={"model.head.norm": False}),
    no_center_sampling=dict(label="no center sampling", changes={"task.center_radius": None}),
    positions=dict(label="position encoding, absolute", changes={"model.backbone.positions": "sinusoid"}),
    relative_positions=dict(label="position encoding, relative", changes={"model.backbone.relative_positions": True}),
  )
  for other in WINDOWS:
    if other != window:
      rows[f"window_{other}"] = dict(label=f"window {other}", changes={"model.backbone.window": other})
  rows |= dict(
    global_attention=dict(label="global attention", changes={"model.backbone.window": None}),
    scale_factor_4=dict(label="pyramid in steps of four", changes=steps_of_four),
    average=dict(label="downsampling by averages", changes={"model.backbone.downsample": "average"}),
    strided=dict(label="downsampling by leaving out", changes={"model.backbone.downsample": "strided"}),
    fpn=dict(label="feature pyramid network", changes={"model.neck": dict(type="fpn")}),
  )
  return dict(title="ActionFormer's choices", published_on="thumos14", rows=rows)
