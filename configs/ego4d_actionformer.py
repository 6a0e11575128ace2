"""ActionFormer on the moment queries of Ego4D, with six kinds of features (16 frames apart, 30 frames a second).

  jaxvid build ego4d_mq/slowfast --source=SLOWFAST_FOLDER --annotations=ego4d.json
  jaxvid train --config=ego4d_actionformer --workdir=runs/ego4d_slowfast
  jaxvid train --config=ego4d_actionformer:omnivore_egovlp --workdir=runs/ego4d_omnivore_egovlp

Settings of the public code's ego4d_*.yaml; several kinds of features are concatenated at each step. Average mAP over
tIoU 0.1 to 0.5; ours not measured (features not available):

  variant                        dim     parameters   published
  slowfast (the default)       2,304     32,945,271       14.89
  omnivore                     1,536                      18.20
  egovlp                         256                      20.60
  slowfast_egovlp              2,560                      21.56
  omnivore_egovlp              1,792     77,164,152       21.98
  slowfast_omnivore_egovlp     4,096                      22.09

Further variants, to combine with these: `smoke`, `parity`.
"""

from jaxvid.configs import common

# What differs: arguments of the backbone.
FEATURES = {
  "slowfast": dict(width=512, num_heads=4, depths=(2, 2, 6)),
  "omnivore": dict(width=512, num_heads=4, depths=(2, 2, 7)),
  "egovlp": dict(width=384, num_heads=4, depths=(2, 2, 7)),
  "slowfast_egovlp": dict(width=768, num_heads=12, depths=(2, 2, 7)),
  "omnivore_egovlp": dict(width=768, num_heads=12, depths=(2, 2, 7)),
  "slowfast_omnivore_egovlp": dict(
    width=1024, num_heads=16, depths=(2, 2, 7), input_dims=(2304, 1536, 256), input_widths=(256, 384, 384)
  ),
}


def get_config(arg=""):
  parts = (arg or "").split(",")
  features = [part for part in parts if part in FEATURES] or ["slowfast"]
  if len(features) > 1:
    raise ValueError(f"{' and '.join(features)}: name one kind of features")
  backbone = FEATURES[features[0]]
  c = common.localization()
  ranges = [(0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 128), (64, 256), (128, 10000)]
  if backbone["depths"][2] == 6:
    ranges[6:] = [(64, 10000)]
  c.task.update(num_classes=110, regression_ranges=tuple(ranges))
  c.task.detection.update(pre_nms_top_k=5000, sigma=0.9, max_detections=2000, voting_threshold=0.95)
  c.model.backbone = dict(
    type="local_transformer", window=9, positions="sinusoid", dropout=0.1, drop_path=0.1, **backbone
  )
  c.model.head.width = backbone["width"]
  c.data.update(dataset=f"ego4d_mq/{features[0]}", max_len=1024, buckets=(256, 512, 768, 1024), crop_min_overlap=0.3)
  c.optim.schedule.update(warmup_epochs=5, final_lr=1e-8)
  c.train.epochs = 15
  c.eval.update(split="validation", tious=(0.1, 0.2, 0.3, 0.4, 0.5))
  rest = ",".join(part for part in parts if part not in FEATURES)
  return common.finish(c, rest, pad_multiple=512 if backbone["depths"][2] == 6 else 1024)
