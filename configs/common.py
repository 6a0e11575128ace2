"""What configurations share: complete defaults, and the reading of the variant after the colon.

Every key that a section takes stands in a configuration, so that --config.SECTION.KEY=VALUE can set it
(tests/test_configs.py holds this). What the keys mean: `Task` (and `Detection`) in jaxvid/tasks, `Data` in
jaxvid/data/pipelines and `Evaluator` in jaxvid/evaluators, in the files that their types name; `Optim` in
jaxvid/train/optim.py, `Train` in jaxvid/train/experiment.py; model parts in the files that their types name.
"""

import ast

import ml_collections
from ml_collections.config_dict import placeholder


def localization():
  """The defaults of localization (ActionFormer's on THUMOS14), for a configuration to fill in data and model."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(
        type="localization",
        num_classes=placeholder(int),
        center_radius=1.5,
        init_num_positives=100.0,
        reg_weight=1.0,
        label_smoothing=0.0,
        iou_power=placeholder(float),
        error_weight=0.2,
        regression_ranges=((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)),
        detection=dict(
          pre_nms_score=0.001,
          pre_nms_top_k=2000,
          min_length=0.05,
          nms="soft",
          sigma=0.5,
          iou_threshold=0.1,
          min_score=0.001,
          max_detections=200,
          multiclass=True,
          voting_threshold=0.7,
          voting_weight="score_iou",
          error_power=1.0,
        ),
      ),
      model=dict(
        backbone=dict(),
        neck=dict(type="identity"),
        head=dict(type="point", width=512),
        dtype="float32",
        padding="ignored",
      ),
      data=dict(
        type="sequences",
        dataset=placeholder(str),
        data_dir="data",
        train_split="train",
        batch_size=2,
        max_len=2304,
        buckets=(576, 1152, 1728, 2304),
        pad_multiple=placeholder(int),
        resize_to=placeholder(int),
        clip_to_features=False,
        crop_ratio=(0.9, 1.0),
        crop_min_overlap=0.5,
        crop_window_margin="half_clip",
        input_noise=0.0,
        made_up=None,
        num_threads=2,
        prefetch=4,
      ),
      optim=_optim(),
      train=_train(),
      eval=dict(
        type="localization",
        split="test",
        tious=(0.3, 0.4, 0.5, 0.6, 0.7),
        recall_at=(1, 5),
        num_drawn=4,
        annotations=placeholder(str),
        remove_duplicates=True,
        score_fusion=placeholder(str),
        diagnose=False,
      ),
    )
  )


def recognition():
  """The defaults of recognition (TAG-Head's protocol), for a configuration to fill in data and model."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(type="recognition", num_classes=placeholder(int), label_smoothing=0.0),
      model=dict(
        backbone=dict(),
        head=dict(type="pool"),
        normalization=placeholder(str),
        freeze_backbone=False,
        dtype="float32",
      ),
      data=dict(
        type="clips",
        dataset=placeholder(str),
        data_dir="data",
        train_split="train",
        batch_size=8,
        clip_len=32,
        sampling="uniform",
        stride=1.0,
        target_fps=placeholder(float),
        short="repeat_last",
        jitter=False,
        short_side=126,
        crop=112,
        scale=None,
        flip=True,
        num_clips=1,
        num_crops=1,
        flow=placeholder(str),
        mixup_alpha=0.0,
        balance=0.0,
        class_weights=0.0,
        skip_bad=False,
        cache_decoded=False,
        made_up=None,
        num_threads=2,
        prefetch=4,
      ),
      optim=dict(
        _optim(),
        type="adam",
        lr=1e-5,
        weight_decay=0.0,
        ema=0.0,
        schedule=dict(type="warmup_cosine", warmup_epochs=0, final_lr=0.0),
      ),
      train=_train(epochs=30),
      eval=dict(type="recognition", split="val", top=(1, 5), batch_size=8, draw_confusion=True, keep_features=True),
    )
  )


def anticipation():
  """The defaults of anticipation (Action-Guided Attention), for a configuration to fill in dataset and sizes."""
  return ml_collections.ConfigDict(
    dict(
      seed=0,
      task=dict(
        type="anticipation",
        num_classes=placeholder(int),
        loss_at="every",
        last_weight=1.0,
        label_smoothing=0.0,
        part_weight=1.0,
      ),
      model=dict(anticipator=dict(), num_verbs=0, num_nouns=0, dtype="float32"),
      data=dict(
        type="windows",
        dataset=placeholder(str),
        data_dir="data",
        train_split="train",
        batch_size=64,
        tau_a=1.0,
        tau_o=16.0,
        every=1.0,
        targets="ongoing",
        short="mask",
        input_noise=0.0,
        made_up=None,
        num_threads=2,
        prefetch=4,
      ),
      optim=_optim(),
      train=_train(),
      eval=dict(
        type="anticipation",
        split="test",
        recall_at=5,
        top=(1, 5),
        batch_size=64,
        submission=False,
        sls=(1, 3, 3),
        best_by="recall",
      ),
    )
  )


def _optim():
  return dict(
    type="adamw",
    lr=1e-4,
    weight_decay=0.05,
    b1=0.9,
    b2=0.999,
    eps=1e-8,
    clip_norm=1.0,
    lr_scale=(),
    ema=0.999,
    ema_warmup=True,
    schedule=dict(type="warmup_cosine", warmup_epochs=5, final_lr=0.0),
  )


def _train(epochs=35):
  return dict(
    epochs=epochs,
    log_every=10,
    checkpoint_every=5,
    eval_every=0,
    num_devices=placeholder(int),
    resume=placeholder(str),
    init_from=placeholder(str),
    backbone_from=placeholder(str),
  )


def variant(arg, **defaults):
  """The variant "small,fold=3" as (small=True, fold=3), with defaults for what it does not name.

  A bare word sets a switch; only the names in `defaults` are known.
  """
  values = dict(defaults)
  for part in filter(None, (arg or "").split(",")):
    name, _, text = part.partition("=")
    if name not in defaults:
      raise ValueError(f'unknown variant "{name}"; this configuration knows: {", ".join(defaults)}')
    values[name] = ast.literal_eval(text) if text else True
  return ml_collections.FrozenConfigDict(values)


def finish(c, arg, pad_multiple):
  """A configuration with the variants that all of a published system have: `parity` and `smoke`, which combine.

  Args:
    c: the ConfigDict.
    arg: what stands after the colon.
    pad_multiple: what the public code pads recordings to that are longer than those it trains on.
  """
  v = variant(arg, smoke=False, parity=False)
  if v.smoke:
    smoke(c)
  return parity(c, pad_multiple) if v.parity else c


def parity(c, pad_multiple):
  """The public code's behaviour where ours is another by default: docs/localization.md says what and why."""
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


def smoke(c):
  """The same code path on made-up data of the same format: small widths, a few steps, under a minute on a CPU."""
  backbone = c.model.backbone
  steps = 192 if backbone.depths[2] <= 6 else 256
  c.data.update(dataset="made_up", train_split="train", max_len=steps, buckets=(steps,), batch_size=2)
  c.data.made_up = dict(num_train=4, num_test=2, dim=16, num_classes=c.task.num_classes, min_steps=100, max_steps=190)
  backbone.width = c.model.head.width = 32
  if "mlp_width" in backbone:
    backbone.mlp_width = 64
  if "num_heads" in backbone:
    backbone.num_heads = 4
  if "input_dims" in backbone:
    backbone.update(input_dims=(4, 4, 8), input_widths=(8, 8, 16))
  c.task.detection.max_detections = 50
  c.optim.schedule.warmup_epochs = 1
  c.train.epochs = 4
  c.train.update(log_every=1, checkpoint_every=2)
  c.eval.update(split="test", num_drawn=2, annotations=None, score_fusion=None)
  return c
