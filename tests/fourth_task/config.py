"""Segmentation of made-up sequences, in seconds: jaxvid train --config=fourth_task/config.py --workdir=W"""

from ml_collections import ConfigDict


def get_config(arg=""):
  return ConfigDict(
    dict(
      seed=0,
      task=dict(type="fourth_task.task", num_classes=3),
      model=dict(encoder=dict(type="dilated")),
      data=dict(type="fourth_task.data"),
      optim=dict(type="adamw", lr=1e-2, schedule=dict(type="constant")),
      train=dict(epochs=4, log_every=1, checkpoint_every=1, num_devices=1),
      eval=dict(type="fourth_task.evaluator"),
    )
  )
