"""Settings shared by the configurations on EPIC-Kitchens-100: SlowFast features, 2,304 values, 32 frames, stride 16."""

from jaxvid.configs import common

# Nouns without an action in training or validation; their scores start from nearly zero, as in the public code.
EMPTY_NOUNS = (270, 275, 286, 289, 290, 294, 296)


def actionformer():
  """ActionFormer's epic_slowfast_{verb,noun}.yaml without the classes."""
  c = common.localization()
  c.task.update(init_num_positives=250.0, regression_ranges=((0, 4), (2, 8), (4, 16), (8, 32), (16, 64), (32, 10000)))
  c.task.detection.update(pre_nms_top_k=5000, sigma=0.4, max_detections=2000, voting_threshold=0.75)
  c.model.backbone = dict(type="local_transformer", width=512, num_heads=4, window=9, depths=(2, 2, 5), drop_path=0.1)
  c.data.crop_min_overlap = 0.3
  c.optim.schedule.update(warmup_epochs=5, final_lr=1e-8)
  c.train.epochs = 21
  c.eval.update(split="validation", tious=(0.1, 0.2, 0.3, 0.4, 0.5))
  return c


def tridet():
  """TriDet's epic_slowfast_{verb,noun}.yaml without classes, SGP window and length of the training."""
  c = actionformer()
  c.task.iou_power = 0.25
  c.task.detection.voting_weight = "score"
  c.model.backbone = dict(type="sgp", width=512, mlp_width=1024, depths=(2, 2, 5), drop_path=0.1, init="live")
  c.model.head = dict(type="trident", width=512, num_bins=16, kernel_size=3, boundary_kernel_size=3, border="masked")
  c.data.crop_window_margin = "none"
  return c


def nouns(c):
  c.task.update(num_classes=300, label_smoothing=0.1)
  c.model.head.empty_classes = EMPTY_NOUNS
  c.data.dataset = "epic100/noun"


def verbs(c):
  c.task.num_classes = 97
  c.data.dataset = "epic100/verb"
