"""Feature extraction: a clip network runs over a video, one clip after the other, and gives a feature for each."""

import functools
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np

from jaxvid import time_grid
from jaxvid.evaluation.predictor import in_batches
from jaxvid.formats.contract import FeatureContract
from jaxvid.inference.clip_model import ClipModel
from jaxvid.models.recognition.network import ClipNetwork
from jaxvid.video import sampling
from jaxvid.video.decode import Video

LAYERS = ("backbone", "pooled")
_HASH_DIGITS = 16


class FeatureExtractor:
  """Extracts features (T, C) from videos, a step every `stride` frames.

  Step i sees frames [i * stride, i * stride + clip_len) of the video, resampled to `target_fps` if given. Of these
  frames the network gets those that its test views sample (all, every n-th, or one from each of n equal parts), and of
  each frame the centre crop. A tail shorter than a clip is left out. A video shorter than one clip gives one step; its
  last frame is repeated.

  Attributes:
    clip_len: frames that a step sees.
    stride: frames from one step to the next.
    target_fps: frames a second after resampling; None for the video's own.
    dim: C, length of a feature.
  """

  def __init__(
    self,
    model: ClipModel,
    *,
    layer: str = "backbone",
    clip_len: int | None = None,
    stride: int | None = None,
    target_fps: float | None = None,
    batch_size: int = 8,
  ) -> None:
    """Args:
      model: the network.
      layer: "backbone" for the backbone's last features, averaged over time and space; "pooled" for the input of the
        classifier.
      clip_len: frames of a clip; default: the span of one test view, or its number of frames with uniform sampling.
      stride: frames from one clip to the next; default: a quarter of a clip.
      target_fps: frames a second; default: as in training, None if that used the videos' own.
      batch_size: clips in one pass of the network.

    Raises:
      ValueError: a setting is out of range, or there is no such layer.
    """
    self._views, self._name, self._network = model.views, model.name, model.network
    self._is_uniform = self._views.sampling == "uniform"
    # Defaults from the network's test views, then the checks.
    span = self._views.clip_len * (1 if self._is_uniform else self._views.stride)
    self.clip_len = round(span) if clip_len is None else clip_len
    self.stride = max(self.clip_len // 4, 1) if stride is None else stride
    self.target_fps = self._views.target_fps if target_fps is None else target_fps
    if layer not in LAYERS:
      raise ValueError(f"layer: {layer!r} is not one of {', '.join(LAYERS)}")
    if min(self.clip_len, self.stride, batch_size) < 1:
      raise ValueError(f"clip_len {self.clip_len}, stride {self.stride}, batch_size {batch_size}: must be 1 or more")
    if self.target_fps is not None and not self.target_fps > 0:
      raise ValueError(f"target_fps: {self.target_fps}; must be more than 0")
    self._layer, self._batch_size = layer, batch_size

    # The program, with only the variables that it reads: they are also what the contract's hash is of.
    parts = model.variables.items()
    used = {name: {"backbone": part["backbone"]} for name, part in parts if "backbone" in part}
    variables = used if layer == "backbone" else model.variables
    self._variables = jax.device_put(variables, jax.local_devices()[0])
    self._step = jax.jit(functools.partial(_features, self._network, layer))
    clip = jax.ShapeDtypeStruct((1, len(self._places), *self._views.crop_shape, self._views.channels), np.uint8)
    self.dim = jax.eval_shape(self._step, variables, clip).shape[-1]

  @classmethod
  def from_workdir(cls, workdir: str | os.PathLike, checkpoint: str = "latest", **settings: Any) -> "FeatureExtractor":
    """An extractor with the latest or best checkpoint of a workdir; raises as `ClipModel.from_workdir` does."""
    return cls(ClipModel.from_workdir(workdir, checkpoint), **settings)

  @classmethod
  def from_weights(cls, name: str, **settings: Any) -> "FeatureExtractor":
    """An extractor with published weights, such as "i3d-kinetics-400"; raises as `ClipModel.from_weights` does."""
    return cls(ClipModel.from_weights(name), **settings)

  def __call__(self, video: str | os.PathLike | bytes | Video) -> np.ndarray:
    """Features of a video, (T, C) float32.

    Args:
      video: path or bytes of a file, or an open Video.

    Raises:
      VideoError: the file cannot be decoded.
    """
    return np.stack([feature for _, feature in self.steps(video)])

  def steps(self, video: str | os.PathLike | bytes | Video) -> Iterator[tuple[float, np.ndarray]]:
    """Yields (end of the clip in seconds, feature (C,) float32) for each step.

    Frames are decoded when a clip needs them and dropped after the last one that does: memory holds the frames of two
    batches of clips at most, however long the video.
    """
    video = self._views.of(video if isinstance(video, Video) else Video(video))
    fps = self.target_fps or video.fps

    def example(index, clip):
      end = time_grid.end_of_last_step(index + 1, fps, self.stride, self.clip_len)
      return min(float(end), float(video.duration)), {"clip": clip[None]}

    examples = (example(index, clip) for index, clip in enumerate(self._clips(video)))
    waiting = None  # The last batch, fetched while the device computes the next.
    for ends, batch in in_batches(examples, self._batch_size):
      result = ends, self._step(self._variables, batch["clip"])
      if waiting:
        yield from zip(waiting[0], np.asarray(waiting[1]))
      waiting = result
    yield from zip(waiting[0], np.asarray(waiting[1]))

  def contract(self, fps: float | None) -> FeatureContract:
    """The contract of these features, for videos with `fps` frames a second (None if unknown)."""
    height, width = self._views.crop_shape
    frames = "frames" if self._views.flow is None else f"frames of {self._views.flow} flow"
    seen = f"{len(self._places)} {frames} of {height} x {width} from short side {self._views.short_sides[0]}"
    return FeatureContract(
      extractor=self._name if self._layer == "backbone" else f"{self._name} {self._layer}",
      weights_hash=self._hash,
      fps=fps if self.target_fps is None else self.target_fps,
      feat_stride=self.stride,
      num_frames=self.clip_len,
      dim=self.dim,
      normalization=f"{self._network.normalization or 'none'}, {seen}",
    )

  @functools.cached_property
  def _hash(self):
    """Hash of the variables that the features depend on: their names and values."""
    digest = hashlib.sha256()
    for path, leaf in sorted(flax.traverse_util.flatten_dict(self._variables, sep="/").items()):
      array = np.asarray(leaf)
      digest.update(f"{path} {array.dtype} {array.shape}".encode())
      digest.update(array.tobytes())
    return digest.hexdigest()[:_HASH_DIGITS]

  @functools.cached_property
  def _places(self):
    """(N,) indices of the frames of a clip that the network sees, ascending."""
    if self._is_uniform:
      return sampling.uniform(self.clip_len, self._views.clip_len)
    count = max(int(np.ceil(self.clip_len / self._views.stride - 1e-6)), 1)
    return sampling.dense(self.clip_len, count, self._views.stride)

  def _clips(self, video):
    """Yields the clips of a video, (N, H, W, C) uint8."""
    # Frames at the target rate, the start of each clip, and which frames any clip sees.
    frames = np.arange(video.num_frames)
    if self.target_fps is not None:
      frames = sampling.every(video.timestamps, self.target_fps)
    starts = self.stride * np.arange(max((len(frames) - self.clip_len) // self.stride + 1, 1))
    is_seen = np.zeros(len(frames), bool)
    for place in self._places:
      is_seen[np.minimum(starts + place, len(frames) - 1)] = True

    # Decode these once, in order; `held` has those that this clip and later ones need.
    indices = np.unique(frames[is_seen])
    decoded = zip(indices.tolist(), video.iterate(indices, self._views.test_size(video.height, video.width)))
    held = {}
    for start in starts:
      wanted = frames[np.minimum(start + self._places, len(frames) - 1)].tolist()
      held = {index: pixels for index, pixels in held.items() if index >= wanted[0]}
      while wanted[-1] not in held:
        index, frame = next(decoded)
        held[index] = self._views.center_pixels(frame).copy()  # A copy, so that the whole frame can be freed.
      yield np.stack([held[index] for index in wanted])


def _features(network: ClipNetwork, layer: str, variables: Any, clips: Any) -> jax.Array:
  """Features (B, C) float32 of clips (B, N, H, W, C)."""
  if layer == "pooled":
    return network.apply(variables, clips, train=False).pooled
  features = network.apply(variables, clips, train=False, method="extract").features
  return features.astype(jnp.float32).mean(axis=(1, 2, 3))
