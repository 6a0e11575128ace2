"""Checkpoints: the latest to go on from, the best to keep; written asynchronously, complete or not there at all."""

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
  """A checkpoint that is not there or does not fit; the message says what and where."""


class Checkpoints:
  """The checkpoints of one workdir: WORKDIR/checkpoints/{latest,best}/STEP, each the state and a description of the
  run.

  The description is a dict of plain values: the configuration, label names, feature contract, and the score of a best
    one.
  Two managers, since orbax's retention policies cannot promise to keep both the newest and the best.
  """

  def __init__(self, workdir: str | pathlib.Path) -> None:
    self.folder = pathlib.Path(workdir).absolute() / _FOLDER
    self._managers = {}

  def __enter__(self):
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def steps(self, kind: str = LATEST) -> int | None:
    """The step of the checkpoint of this kind; None where there is none."""
    return self._manager(kind).latest_step() if (self.folder / kind).exists() else None

  def save(self, kind: str, step: int, state: Any, description: Mapping[str, Any]) -> None:
    """Starts writing; the one before goes once this one is complete. `close` (or the end of a `with`) waits for it."""
    manager = self._manager(kind)
    if manager.latest_step() == step:
      return
    described = dict(description, shapes=_shapes(state))
    with _uninterrupted():
      manager.save(step, args=ocp.args.Composite(state=ocp.args.StandardSave(state), run=ocp.args.JsonSave(described)))

  def describe(self, kind: str = LATEST) -> dict[str, Any]:
    """The description that was saved with a checkpoint."""
    step = self._existing_step(kind)
    return self._manager(kind).restore(step, args=ocp.args.Composite(run=ocp.args.JsonRestore()))["run"]

  def restore(self, kind: str, like: Any) -> Any:
    """The saved state, with the structure, shapes, types and placement of `like`.

    Raises:
      CheckpointError: nothing saved, or its names or shapes differ from those of `like`; all of them are named.
    """
    step = self._existing_step(kind)
    self._refuse_differences(kind, self.describe(kind)["shapes"], _shapes(like))
    target = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), like)
    return self._manager(kind).restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore(target)))["state"]

  def restore_parts(self, kind: str, like: Mapping[str, Any]) -> dict[str, Any]:
    """Parts of the saved state, such as {"ema": ..., "model_state": ...}; the others are not read.

    Args:
      kind: "latest" or "best".
      like: part, or path of a part of one ("ema/backbone"), -> its structure, shapes, types and placement; empty parts
        may be among them.

    Returns:
      The same with what was saved.

    Raises:
      CheckpointError: as in `restore`, for these parts.
    """
    step = self._existing_step(kind)
    parts = tuple(f"{part}/" for part in like)
    saved = {name: shape for name, shape in self.describe(kind)["shapes"].items() if name.startswith(parts)}
    self._refuse_differences(kind, saved, _shapes(dict(like)))
    target = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), dict(like))
    wanted = _nested({part: tree for part, tree in target.items() if jax.tree.leaves(tree)})
    # By itself: a manager reads whole states only, once it has read or written one.
    with ocp.PyTreeCheckpointer() as reader:
      restored = reader.restore(
        self.folder / kind / str(step) / "state",
        args=ocp.args.PyTreeRestore(
          wanted, restore_args=ocp.checkpoint_utils.construct_restore_args(wanted), partial_restore=True
        ),
      )
    return {part: _at(restored, part) if jax.tree.leaves(tree) else tree for part, tree in target.items()}

  def close(self) -> None:
    """Waits until everything is written."""
    with _uninterrupted():
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
def _uninterrupted() -> Iterator[None]:
  """Ctrl-C inside the `with` counts at its end: a checkpoint under way is completed first."""
  if threading.current_thread() is not threading.main_thread():  # Only the main thread gets signals, and may say how.
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


def _nested(parts: Mapping[str, Any]) -> dict[str, Any]:
  """{"ema/backbone": tree} as {"ema": {"backbone": tree}}."""
  nested = {}
  for path, tree in parts.items():
    *above, last = path.split("/")
    inner = nested
    for name in above:
      inner = inner.setdefault(name, {})
    inner[last] = tree
  return nested


def _at(tree: Any, path: str) -> Any:
  for name in path.split("/"):
    tree = tree[name]
  return tree


def _shapes(tree: Any) -> dict[str, str]:
  """Path -> "float32(3, 512)" of every array."""
  leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
  return {
    jax.tree_util.keystr(path, simple=True, separator="/"): f"{leaf.dtype}{tuple(leaf.shape)}" for path, leaf in leaves
  }
