"""Functions that configurations share: the start of a configuration for each task, and its variants.

A configuration says only what differs from the defaults; jaxvid.configuration adds the rest, so that every setting can
be given as --config.SECTION.KEY=VALUE. Keys and their defaults are described in the docstrings of

  config.task, config.model       `Task` and `Model` in jaxvid/tasks/TYPE.py, by the type of config.task
  config.task.detection           `Detection` in jaxvid/tasks/detection.py
  config.model.PART               `Model` in jaxvid/models/TASK/PARTs/TYPE.py
  config.data                     `Data` in jaxvid/data/pipelines/TYPE.py
  config.optim                    `Optim` in jaxvid/train/optim.py, and the function of optax that its type names
  config.optim.schedule           `Schedule` in jaxvid/train/schedules/TYPE.py
  config.train                    `Train` in jaxvid/train/experiment.py
  config.eval                     `Evaluator` in jaxvid/evaluators/TYPE.py
"""

import ast

import ml_collections


def localization():
  """ActionFormer's settings on THUMOS14, without dataset, number of classes and backbone."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(type="localization", detection=dict()),
      model=dict(backbone=dict(), neck=dict(type="identity"), head=dict(type="point", width=512)),
      data=dict(type="sequences", batch_size=2, max_len=2304, buckets=(576, 1152, 1728, 2304)),
      optim=dict(type="adamw", lr=1e-4, schedule=dict(type="warmup_cosine")),
      train=dict(epochs=35),
      eval=dict(type="localization"),
    )
  )


def recognition():
  """TAG-Head's training protocol, without dataset, number of classes and backbone."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(type="recognition"),
      model=dict(backbone=dict(), head=dict(type="pool")),
      data=dict(type="clips", batch_size=8, clip_len=32, short_side=126, crop=112),
      optim=dict(type="adam", lr=1e-5, weight_decay=0.0, ema=0.0, schedule=dict(type="warmup_cosine", warmup_epochs=0)),
      train=dict(epochs=30),
      eval=dict(type="recognition", split="val"),
    )
  )


def anticipation():
  """Settings shared by all configurations of anticipation, without dataset, number of classes and anticipator."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(type="anticipation"),
      model=dict(anticipator=dict()),
      data=dict(type="windows", batch_size=64, tau_a=1.0, tau_o=16.0, every=1.0),
      optim=dict(type="adamw", lr=1e-4, schedule=dict(type="warmup_cosine")),
      train=dict(epochs=35),
      eval=dict(type="anticipation"),
    )
  )


def variant(arg, **defaults):
  """Parses a variant: "small,fold=3" becomes (small=True, fold=3), with `defaults` for the others.

  A name without a value is a switch. A name that is not in `defaults` is an error.
  """
  values = dict(defaults)
  for part in filter(None, (arg or "").split(",")):
    name, _, text = part.partition("=")
    if name not in defaults:
      raise ValueError(f'unknown variant "{name}"; this configuration knows: {", ".join(defaults)}')
    values[name] = ast.literal_eval(text) if text else True
  return ml_collections.FrozenConfigDict(values)


def finish(c, arg, pad_multiple):
  """Applies the variants that configurations of published systems have: `smoke`, `parity`, or both.

  Args:
    c: the ConfigDict.
    arg: the text after the colon.
    pad_multiple: steps; the public code pads recordings longer than its training sequences to a multiple of it.
  """
  v = variant(arg, smoke=False, parity=False)
  if v.smoke:
    smoke(c)
  return parity(c, pad_multiple) if v.parity else c


def parity(c, pad_multiple):
  """The behaviour of the public code where our default differs; docs/localization.md lists the differences."""
  c.model.padding = "reference"
  c.data.update(buckets=(c.data.max_len,), pad_multiple=pad_multiple)
  c.optim.ema_warmup = False
  if c.model.backbone.get("positions") == "sinusoid":
    c.model.backbone.max_steps = c.data.max_len
  if c.model.backbone.get("init") == "live":
    c.model.backbone.init = "dead"
  if c.model.head.type == "trident":
    c.model.head.border = "zero_logit"
  return c


# Further settings of small backbones, of 32 channels.
_SMALL = {
  "local_transformer": dict(num_heads=4),
  "sgp": dict(mlp_width=64),
  "granularity_mixture": dict(mlp_width=64),
}


def smoke(c):
  """The same code path on made-up data of the same format: small widths, a few steps, under a minute on a CPU."""
  backbone = c.model.backbone
  steps = 192 if backbone.depths[2] <= 6 else 256
  c.data.update(dataset="made_up", train_split="train", max_len=steps, buckets=(steps,), batch_size=2)
  c.data.made_up = dict(num_train=4, num_test=2, dim=16, num_classes=c.task.num_classes, min_steps=100, max_steps=190)
  backbone.width = c.model.head.width = 32
  backbone.update(_SMALL.get(backbone.type, {}))
  if "input_dims" in backbone:
    backbone.update(input_dims=(4, 4, 8), input_widths=(8, 8, 16))
  c.task.detection.max_detections = 50
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 4
  c.train.update(log_every=1, checkpoint_every=2)
  c.eval.update(split="test", num_drawn=2, annotations=None, score_fusion=None)
  return c
