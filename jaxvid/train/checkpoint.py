"""Checkpoints: the latest, to resume from, and the best. Written asynchronously; a file is complete or absent."""

import contextlib
import pathlib
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import orbax.checkpoint as ocp

LATEST, BEST = "latest", "best"
_FOLDER = "checkpoints"


class CheckpointError(ValueError):
  """A checkpoint that is missing or does not fit; the message names it and what differs."""


class Checkpoints:
  """The checkpoints of a workdir, WORKDIR/checkpoints/{latest,best}/STEP: a training state and a description each.

  The description is a dict of plain values: configuration, class names, feature contract, and in the best checkpoint
  its score. Each kind has its own orbax manager, since orbax's retention policies cannot promise to keep both the
  newest and the best.
  """

  def __init__(self, workdir: str | pathlib.Path) -> None:
    self.folder = pathlib.Path(workdir).absolute() / _FOLDER
    self._managers = {}

  def __enter__(self):
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def steps(self, kind: str = LATEST) -> int | None:
    """The training step of the checkpoint of this kind, or None if there is none."""
    return self._manager(kind).latest_step() if (self.folder / kind).exists() else None

  def save(self, kind: str, step: int, state: Any, description: Mapping[str, Any]) -> None:
    """Starts to write a checkpoint, which then replaces the one of its kind; `close` or the end of `with` waits for it.

    Args:
      kind: "latest" or "best".
      step: training step.
      state: a tree of arrays.
      description: plain values.
    """
    manager = self._manager(kind)
    if manager.latest_step() == step:
      return
    described = dict(description, shapes=_shapes(state))
    with _delay_interrupt():
      manager.save(step, args=ocp.args.Composite(state=ocp.args.StandardSave(state), run=ocp.args.JsonSave(described)))

  def describe(self, kind: str = LATEST) -> dict[str, Any]:
    """The description in a checkpoint; CheckpointError if there is none."""
    step = self._existing_step(kind)
    return self._manager(kind).restore(step, args=ocp.args.Composite(run=ocp.args.JsonRestore()))["run"]

  def restore(self, kind: str, like: Any) -> Any:
    """Restores the whole state, with the structure, shapes, types and placement of `like`.

    Raises:
      CheckpointError: there is no checkpoint, or names or shapes differ from those of `like`; all are named.
    """
    step = self._existing_step(kind)
    self._refuse_differences(kind, self.describe(kind)["shapes"], _shapes(like))
    target = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), like)
    return self._manager(kind).restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(target)))["state"]

  def restore_parts(self, kind: str, like: Mapping[str, Any]) -> dict[str, Any]:
    """Restores parts of the state, such as {"ema": ..., "model_state": ...}, without reading the others.

    Args:
      kind: "latest" or "best".
      like: path of a part ("ema", "ema/backbone") -> a tree with its structure, shapes, types and placement, which may
        be empty.

    Returns:
      The same paths with the saved values.

    Raises:
      CheckpointError: as in `restore`, for these parts.
    """
    step = self._existing_step(kind)
    parts = tuple(f"{part}/" for part in like)
    saved = {name: shape for name, shape in self.describe(kind)["shapes"].items() if name.startswith(parts)}
    self._refuse_differences(kind, saved, _shapes(dict(like)))
    target = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), dict(like))
    wanted = _nest({part: tree for part, tree in target.items() if jax.tree.leaves(tree)})
    # Without the manager: once it has read or written a whole state, it can read whole states only.
    with ocp.PyTreeCheckpointer() as reader:
      restored = reader.restore(
        self.folder / kind / str(step) / "state",
        args=ocp.args.PyTreeRestore(
          wanted, restore_args=ocp.checkpoint_utils.construct_restore_args(wanted), partial_restore=True
        ),
      )
    return {part: _at(restored, part) if jax.tree.leaves(tree) else tree for part, tree in target.items()}

  def close(self) -> None:
    """Waits until all checkpoints are written."""
    with _delay_interrupt():
      for manager in self._managers.values():
        manager.close()
      self._managers = {}

  def _manager(self, kind):
    if kind not in self._managers:
      options = ocp.CheckpointManagerOptions(max_to_keep=1, create=True)
      self._managers[kind] = ocp.CheckpointManager(self.folder / kind, options=options)
    return self._managers[kind]

  def _refuse_differences(self, kind, saved, wanted):
    problems = [f"{name}: in the checkpoint only" for name in saved if name not in wanted]
    problems += [f"{name}: not in the checkpoint" for name in wanted if name not in saved]
    problems += [
      f"{name}: {saved[name]} in the checkpoint, {wanted[name]} here"
      for name in wanted
      if name in saved and saved[name] != wanted[name]
    ]
    if problems:
      raise CheckpointError(
        f"{self.folder / kind / str(self.steps(kind))} does not fit this configuration:\n  " + "\n  ".join(problems)
      )

  def _existing_step(self, kind):
    step = self.steps(kind)
    if step is None:
      raise CheckpointError(f"no {kind} checkpoint in {self.folder}: train there first, or name another workdir")
    return step


@contextlib.contextmanager
def _delay_interrupt() -> Iterator[None]:
  """Delays Ctrl-C until the end of the `with`, so that a checkpoint is completed first."""
  if threading.current_thread() is not threading.main_thread():  # Only the main thread can handle signals.
    yield
    return
  pressed = []
  before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
  try:
    yield
  finally:
    signal.signal(signal.SIGINT, before)
  if pressed:
    raise KeyboardInterrupt


def _nest(parts: Mapping[str, Any]) -> dict[str, Any]:
  """Nested dicts from paths: {"ema/backbone": tree} becomes {"ema": {"backbone": tree}}."""
  nested = {}
  for path, tree in parts.items():
    *above, last = path.split("/")
    inner = nested
    for name in above:
      inner = inner.setdefault(name, {})
    inner[last] = tree
  return nested


def _at(tree: Any, path: str) -> Any:
  """The value at a path of nested dicts, such as "ema/backbone"."""
  for name in path.split("/"):
    tree = tree[name]
  return tree


def _shapes(tree: Any) -> dict[str, str]:
  """Path of every array -> its type and shape, as "float32(3, 512)"."""
  leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
  return {
    jax.tree_util.keystr(path, simple=True, separator="/"): f"{leaf.dtype}{tuple(leaf.shape)}" for path, leaf in leaves
  }
