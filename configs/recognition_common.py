"""Settings shared by the configurations of TAG-Head: the paper's protocol and its backbones."""

from jaxvid.configs import common

# Backbone -> its section, and the (short side, crop) of pictures that its public weights were trained with.
BACKBONES = {
  "r2plus1d": (dict(type="r2plus1d", depth=34), (126, 112)),
  "i3d": (dict(type="i3d"), (252, 224)),
  "slow": (dict(type="slow"), (252, 224)),
  "csn": (dict(type="csn", depth=101), (252, 224)),
}


def tag(arg, dataset, num_classes, clip_len, mlp_width):
  """The ConfigDict of TAG-Head on a dataset; `arg` is the variant, see gym99_tag.py.

  The paper leaves these open; our choices: batches of 8, 30 epochs, K and alpha of the propagation as in APPNP, no
  weight decay, and 224 x 224 pictures for the backbones other than R(2+1)D-34, as usual for them.
  """
  flags = dict.fromkeys(("i3d", "flow", "slow", "csn", "pool", "frozen", "table5", "smoke"), False)
  v = common.variant(arg, **flags)
  named = [name for name in BACKBONES if v.get(name)]
  if len(named) > 1:
    raise ValueError(f"{' and '.join(named)}: name one backbone")
  backbone, (short_side, crop) = BACKBONES[named[0] if named else "r2plus1d"]
  c = common.recognition()
  c.task.num_classes = num_classes
  c.model.backbone = dict(backbone)
  c.model.head = dict(type="pool") if v.pool else dict(type="tag", mlp_width=2048 if v.table5 else mlp_width)
  c.model.freeze_backbone = v.frozen
  c.data.update(dataset=dataset, clip_len=clip_len, short_side=short_side, crop=crop)
  if v.flow:
    if not v.i3d:
      raise ValueError("flow: only I3D has public weights for it; give i3d,flow")
    c.model.backbone.in_channels = 2
    c.data.update(data_dir="data/flow", flow="tvl1")
  return smoke(c) if v.smoke else c


def smoke(c):
  """The same code path on made-up clips: small widths, a few steps, under a minute on a CPU."""
  sizes = {
    "r2plus1d": dict(width=8, depths=(1, 1, 1)),
    "i3d": dict(width_divisor=16),
    "slow": dict(width=8, depths=(1, 1, 1, 1)),
    "csn": dict(width=8, depths=(1, 1, 1, 1)),
  }
  c.model.backbone.update(sizes[c.model.backbone.type])
  if c.model.head.type == "tag":
    c.model.head.update(num_heads=2, mlp_width=16)
  num_classes = 6
  c.task.num_classes = num_classes
  c.data.update(dataset="made_up", train_split="train", clip_len=8, short_side=32, crop=32, batch_size=4)
  c.data.made_up = dict(num_train=12, num_test=6, num_classes=num_classes, num_frames=12, height=32, width=40)
  c.data.flip = False  # It would turn right to left.
  c.optim.lr = 1e-3
  c.train.epochs = 2
  c.train.update(log_every=1, checkpoint_every=1)
  c.eval.update(split="test", batch_size=3)
  return c
