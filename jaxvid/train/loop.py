"""Training and evaluation of any task."""

import contextlib
import logging
import math
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import jax
from tqdm import tqdm

from jaxvid import files
from jaxvid.build import ConfigError
from jaxvid.data.store import Split
from jaxvid.train import sharding
from jaxvid.train.checkpoint import BEST, LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.log import MetricLog
from jaxvid.train.state import TrainState, create_state
from jaxvid.train.step import GRAD_NORM, make_train_step
from jaxvid.weights import clip_networks

_LOG = logging.getLogger(__name__)


class NonFiniteError(FloatingPointError):
  """Training has produced a value that is not finite; the message names the step and the part."""


def train_and_evaluate(config: Mapping[str, Any], workdir: str) -> dict[str, Any]:
  """Trains what `config` describes, from where `workdir` left off, and evaluates it. Returns the scores."""
  experiment = Experiment.from_config(config, workdir)
  data, settings = experiment.data, experiment.train

  # 1. Data, and what follows from it.
  experiment.evaluator.check()
  source = experiment.open_split(data.train_split)
  test_source = experiment.open_split(experiment.evaluator.split)
  steps_per_epoch = data.num_steps_per_epoch(source)
  num_steps = experiment.optim.epochs * steps_per_epoch

  # 2. The update.
  mesh = sharding.make_mesh(data.batch_size, settings.num_devices)
  optimizer, schedule = experiment.optim.make(steps_per_epoch)
  train_step = make_train_step(experiment.network, experiment.task, optimizer, schedule, experiment.optim.ema_decay)
  train_step = jax.jit(train_step, donate_argnums=0)

  with contextlib.ExitStack() as stack:
    # 3. The state: new, or from a checkpoint.
    checkpoints = stack.enter_context(Checkpoints(workdir))
    everywhere = sharding.replicated(mesh)
    key = jax.jit(jax.random.key, out_shardings=everywhere)(experiment.seed)
    state = _new_state(experiment, source, optimizer, everywhere)
    state = _restore(state, experiment, checkpoints, source)
    first_step, description = int(state.step), experiment.describe(source)
    is_writer = jax.process_index() == 0
    if is_writer:
      files.write_json(pathlib.Path(workdir) / "config.json", experiment.config)
    _LOG.info(
      "%s parameters; %d recordings, %d steps of %d an epoch, %d epochs; steps %d to %d on %d %s device(s)",
      f"{sum(x.size for x in jax.tree.leaves(state.params)):,}", len(source), steps_per_epoch, data.batch_size,
      experiment.optim.epochs, first_step, num_steps, mesh.size, mesh.devices.flat[0].platform,
    )  # fmt: skip

    # 4. Steps. The metrics of a step are looked at once the next is under way, so that the device never waits.
    log = stack.enter_context(MetricLog(workdir, first_step, enabled=is_writer))
    batches = data.train_batches(source, experiment.seed, first_step, jax.process_index(), jax.process_count())
    progress = stack.enter_context(
      tqdm(total=num_steps, initial=first_step, desc="train", unit="step", disable=not is_writer, mininterval=0.5)
    )
    clock, logged_step, scores, before = time.perf_counter(), first_step, None, None
    for step in range(first_step + 1, num_steps + 1):
      state, metrics = train_step(state, sharding.put_batch(next(batches), mesh), key)
      if before:
        _check_finite(*before)
      before = (step, metrics)
      progress.update()
      epoch, step_of_epoch = divmod(step, steps_per_epoch)
      is_last, is_epoch = step == num_steps, step_of_epoch == 0

      logs = is_last or step % settings.log_every == 0
      saves = is_last or (is_epoch and epoch % settings.checkpoint_every == 0)
      evaluates = is_last or (is_epoch and settings.eval_every and epoch % settings.eval_every == 0)
      if logs or saves or evaluates:
        values = _check_finite(step, metrics)  # Now, not a step later: a state that is broken must not be kept.
      if logs:
        speed = (step - logged_step) / (time.perf_counter() - clock)
        values |= {"epoch": step / steps_per_epoch, "steps_per_second": speed}
        values["compilations"] = train_step._cache_size()
        progress.set_postfix_str(f"loss {values['loss']:.3f}, epoch {epoch}/{experiment.optim.epochs}")
        log.write(step, values)
        clock, logged_step = time.perf_counter(), step
      if saves:
        checkpoints.save(LATEST, step, state, description)
      if evaluates:
        scores = _evaluate(experiment, state, test_source, draw=is_last)
        log.write(step, {f"eval/{name}": value for name, value in experiment.evaluator.summary(scores).items()})
        _keep_if_best(checkpoints, step, state, description, experiment.evaluator.score(scores))
        clock, logged_step = time.perf_counter(), step
    if is_writer and first_step < num_steps:
      _draw_curves(log.path)

    # 5. A run that was complete already is only evaluated.
    return scores or _evaluate(experiment, state, test_source)


def evaluate(config: Mapping[str, Any], workdir: str, kind: str = LATEST) -> dict[str, Any]:
  """Scores the latest or best checkpoint of `workdir` on config.eval.split."""
  experiment = Experiment.from_config(config, workdir)
  source = experiment.open_split(experiment.evaluator.split)
  with Checkpoints(workdir) as checkpoints:
    experiment.check_description(checkpoints.describe(kind), source)
    optimizer, _ = experiment.optim.make(steps_per_epoch=1)
    state = _new_state(experiment, source, optimizer)
    return _evaluate(experiment, checkpoints.restore(kind, state), source)


def _evaluate(experiment: Experiment, state: TrainState, source: Split, draw: bool = True) -> dict[str, Any]:
  """Scores of the averaged parameters."""
  variables = {"params": state.ema, **state.model_state}
  return experiment.evaluator.run(
    experiment.network, experiment.task, variables, source, experiment.data, experiment.workdir, draw
  )


def _new_state(experiment: Experiment, source: Split, optimizer: Any, placed: Any = None) -> TrainState:
  """The state before the first update."""
  batch = experiment.data.example_batch(source.contract)
  try:
    return create_state(
      experiment.network, experiment.task, optimizer, experiment.task.inputs(batch), experiment.seed, placed
    )
  except ValueError as error:  # What a module finds wrong with its settings once it sees shapes.
    raise ConfigError(f"config.model: {error}") from error


def _restore(state: TrainState, experiment: Experiment, checkpoints: Checkpoints, source: Split) -> TrainState:
  """In this order: the workdir's own checkpoint, config.train.resume, init_from, backbone_from, from scratch."""
  train = experiment.train
  if checkpoints.steps() is not None:
    experiment.check_description(checkpoints.describe(), source)
    return checkpoints.restore(LATEST, state)
  if train.resume:
    with Checkpoints(train.resume) as other:
      experiment.check_description(other.describe(), source)
      return other.restore(LATEST, state)
  if train.init_from:
    with Checkpoints(train.init_from) as other:
      averaged = other.restore_parts(LATEST, {"ema": state.ema})["ema"]
    return state.replace(params=averaged, ema=jax.tree.map(jax.numpy.copy, averaged))
  if train.backbone_from:
    return _with_backbone(state, train.backbone_from)
  return state


def _with_backbone(state: TrainState, source: str) -> TrainState:
  """The state with the backbone, parameters and statistics, of another workdir or of packaged weights."""
  if "backbone" not in state.params:
    raise ConfigError("config.train.backbone_from: this network has no backbone; use init_from for a whole network")
  stats = {name: part["backbone"] for name, part in state.model_state.items() if "backbone" in part}
  if source in clip_networks.PACKAGED:
    like = {name: {"backbone": part} for name, part in {"params": state.params["backbone"], **stats}.items()}
    found = clip_networks.packaged(source, like)
    found = jax.tree.map(lambda array, x: jax.device_put(array, x.sharding), found, like)
    backbone = {name: part["backbone"] for name, part in found.items()}
  else:
    paths = {"params": "ema/backbone"} | {name: f"model_state/{name}/backbone" for name in stats}
    wanted = {"params": state.params["backbone"], **stats}
    with Checkpoints(source) as other:
      found = other.restore_parts(LATEST, {path: wanted[name] for name, path in paths.items()})
    backbone = {name: found[path] for name, path in paths.items()}
  params = dict(state.params, backbone=backbone["params"])
  model_state = {
    name: dict(part, backbone=backbone[name]) if name in backbone else part for name, part in state.model_state.items()
  }
  return state.replace(params=params, ema=jax.tree.map(jax.numpy.copy, params), model_state=model_state)


def _draw_curves(log: pathlib.Path) -> None:
  """Losses, learning rate and scores over the run, beside its log."""
  from jaxvid.viz import curves  # Here, not above: matplotlib is slow to import.

  curves.draw(log.with_name("curves.png"), log)


def _check_finite(step: int, metrics: Mapping[str, jax.Array]) -> dict[str, float]:
  """The metrics as numbers; the first that is not finite, in the order in which they depend on each other, is named."""
  values = {name: float(value) for name, value in jax.device_get(metrics).items()}
  parts = [name for name in values if name.startswith(GRAD_NORM)]
  losses = [name for name in values if name.endswith("loss") and name != "loss"]
  for name in ["input_max", *losses, "loss", *parts, "grad_norm", *values]:
    if not math.isfinite(values[name]):
      what = {"input_max": "the input features hold a value that is not finite; check the dataset"}.get(
        name, f"{name} is {values[name]}; try a lower config.optim.lr, or float32 if config.model.dtype is bfloat16"
      )
      raise NonFiniteError(f"step {step}: {what}. The latest checkpoint is from before this step.")
  return values


def _keep_if_best(checkpoints: Checkpoints, step: int, state: TrainState, description: dict, score: float) -> None:
  if checkpoints.steps(BEST) is None or score > checkpoints.describe(BEST)["score"]:
    checkpoints.save(BEST, step, state, dict(description, score=score))
