"""Clip backbones with few channels and no more blocks than show all kinds of their parts; and a network for them."""

import importlib

import flax.linen as nn

from jaxvid.models.recognition.heads import pool

# Name -> file, settings, shape of a clip.
TINY = {
  "r2plus1d": ("r2plus1d", dict(width=8, depths=(1, 1)), (2, 8, 16, 16, 3)),
  "slow": ("slow", dict(width=4, depths=(1,)), (2, 4, 16, 16, 3)),
  "slowfast": ("slowfast", dict(width=8, depths=(1,), fast_divisor=4), (2, 8, 16, 16, 3)),
  "csn": ("csn", dict(width=4, depths=(1,)), (2, 8, 16, 16, 3)),
  "i3d": ("i3d", dict(width_divisor=4, final_endpoint="Mixed_3b"), (2, 4, 16, 16, 3)),
}


class ClipNetwork(nn.Module):
  backbone: nn.Module
  head: nn.Module

  def __call__(self, clip, train=False):
    return self.head(self.backbone(clip, train), train)


def backbone(name, **settings):
  file, tiny, shape = TINY[name]
  return importlib.import_module(f"jaxvid.models.recognition.backbones.{file}").Model(**tiny | settings), shape


def network(name, num_classes=3, window=None, **settings):
  model, shape = backbone(name, **settings)
  return ClipNetwork(model, pool.Model(num_classes, window)), shape
