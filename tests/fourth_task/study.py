"""A study of it: how many layers."""

import pathlib

BASE = str(pathlib.Path(__file__).with_name("config.py"))


def get_study(base):
  return dict(
    title="Layers",
    rows=dict(
      three=dict(label="three layers"),
      one=dict(label="one layer", changes={"model.encoder.num_layers": 1}),
    ),
  )
