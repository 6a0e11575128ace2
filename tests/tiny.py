"""The smallest configuration that has every part: for tests of the loop and of the command. Trains in seconds."""

from jaxvid.configs import common


def get_config(arg=""):
  v = common.variant(arg, epochs=6)
  c = common.localization()
  c.task.update(num_classes=2, init_num_positives=70.0, regression_ranges=((0, 8), (8, 10000)))
  c.task.detection.update(max_detections=20, pre_nms_top_k=50)
  c.model.backbone = dict(type="local_transformer", width=16, num_heads=2, window=5, depths=(1, 1, 1))
  c.model.head.update(width=16, num_layers=2)
  c.data.update(dataset="made_up", batch_size=8, max_len=64, buckets=(64,))
  c.data.made_up = dict(num_train=25, num_test=4, dim=6, num_classes=2, min_steps=40, max_steps=64)
  c.optim.lr = 1e-2
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = v.epochs
  c.train.update(log_every=1, checkpoint_every=1, num_devices=1)
  c.eval.num_drawn = 1
  return c
