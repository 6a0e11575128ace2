"""Settings shared by the configurations on THUMOS14: two-stream I3D features (2,048 values, 16 frames, stride 4)."""

from jaxvid.configs import common


def actionformer():
  """ActionFormer's thumos_i3d.yaml without the backbone; the training settings of Table I of the ActionFormer study."""
  c = common.localization()
  c.task.num_classes = 20
  c.data.dataset = "thumos14"
  c.optim.schedule.final_lr = 1e-8
  return c


def transformer():
  """ActionFormer's backbone."""
  return dict(type="local_transformer", width=512, num_heads=4, window=19, depths=(2, 2, 5), drop_path=0.1)


def sgp():
  """TriDet's backbone, with its sizes on THUMOS14."""
  return dict(type="sgp", width=512, window=1, k=5.0, mlp_width=768, depths=(2, 2, 5), drop_path=0.1, init="live")


def tridet():
  """TriDet's thumos_i3d.yaml without the model."""
  c = actionformer()
  c.task.detection.update(max_detections=2000, voting_weight="score")
  c.data.update(crop_window_margin="none", input_noise=5e-4)
  c.optim.weight_decay = 0.025
  c.optim.schedule.warmup_epochs = 20
  c.train.epochs = 40
  return c
