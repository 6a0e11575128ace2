"""Training and evaluation of any task."""

import json
import logging
import math
import os
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from tqdm import tqdm

from jaxvid.data import pipeline
from jaxvid.train import sharding
from jaxvid.train.checkpoint import BEST, LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.log import MetricLog
from jaxvid.train.state import TrainState, create_state
from jaxvid.train.step import GRAD_NORM, make_train_step

_LOG = logging.getLogger(__name__)


class NonFiniteError(FloatingPointError):
  """Training has produced a value that is not finite; the message names the step and the part."""


def train_and_evaluate(config: Mapping[str, Any], workdir: str) -> dict[str, Any]:
  """Trains what `config` describes, from where `workdir` left off, and evaluates it. Returns the scores."""
  experiment = Experiment.from_config(config, workdir)

  # 1. Data, and what follows from it.
  source = experiment.open_split(experiment.data.train_split)
  test_source = experiment.open_split(experiment.evaluator.split)
  data, settings = experiment.data, experiment.train
  steps_per_epoch = pipeline.num_steps_per_epoch(len(source), data.batch_size)
  num_steps = experiment.optim.epochs * steps_per_epoch

  # 2. The update.
  optimizer, schedule = experiment.optim.make(steps_per_epoch)
  train_step = jax.jit(
    make_train_step(experiment.network, experiment.task, optimizer, schedule, experiment.optim.ema_decay),
    donate_argnums=0,
  )

  # 3. The state: new, or from a checkpoint.
  mesh = sharding.make_mesh(data.batch_size, settings.num_devices)
  inputs = _example_inputs(experiment, source)
  key = jax.device_put(jax.random.key(experiment.seed), sharding.replicated(mesh))
  state = create_state(experiment.network, experiment.task, optimizer, inputs, key)
  state = jax.device_put(state, sharding.replicated(mesh))
  checkpoints = Checkpoints(workdir)
  state = _restore(state, experiment, checkpoints, source)
  first_step = int(state.step)
  description = experiment.describe(source)
  is_writer = jax.process_index() == 0
  if is_writer:
    _write_json(pathlib.Path(workdir) / "config.json", experiment.config)
  num_params = sum(x.size for x in jax.tree.leaves(state.params))
  _LOG.info(
    "%s parameters; %d recordings, %d steps of %d an epoch, %d epochs; steps %d to %d on %d %s device(s)",
    f"{num_params:,}",
    len(source),
    steps_per_epoch,
    data.batch_size,
    experiment.optim.epochs,
    first_step,
    num_steps,
    mesh.size,
    jax.devices()[0].platform,
  )

  # 4. Steps. The metrics of a step are looked at once the next is under way, so that the device never waits.
  log = MetricLog(workdir, first_step) if is_writer else None
  batches = pipeline.train_batches(source, data, experiment.seed, first_step, jax.process_index(), jax.process_count())
  progress = tqdm(
    total=num_steps, initial=first_step, desc="train", unit="step", disable=not is_writer, mininterval=0.5
  )
  clock, logged_step = time.perf_counter(), first_step
  scores, pending = None, None
  for step in range(first_step + 1, num_steps + 1):
    state, metrics = train_step(state, sharding.put_batch(next(batches), mesh), key)
    if pending:
      _check_finite(*pending)
    pending = (step, metrics)
    progress.update()

    epoch, is_epoch = divmod(step, steps_per_epoch)[0], step % steps_per_epoch == 0
    is_last = step == num_steps
    if step % settings.log_every == 0 or is_last:
      values = _check_finite(*pending)
      now = time.perf_counter()
      values |= {
        "epoch": step / steps_per_epoch,
        "steps_per_second": (step - logged_step) / (now - clock),
        "compilations": train_step._cache_size(),
      }
      clock, logged_step = now, step
      progress.set_postfix_str(f"loss {values['loss']:.3f}, epoch {epoch}/{experiment.optim.epochs}")
      if log:
        log.write(step, values)

    if is_last or (is_epoch and epoch % settings.checkpoint_every == 0):
      _check_finite(*pending)  # Never keep a state that is broken.
      checkpoints.save(LATEST, step, state, description)
    if is_last or (is_epoch and settings.eval_every and epoch % settings.eval_every == 0):
      _check_finite(*pending)
      scores = experiment.evaluator.run(
        experiment.network, experiment.task, _variables(state), test_source, data, workdir, draw=is_last
      )
      if log:
        log.write(step, {f"eval/{name}": value for name, value in experiment.evaluator.summary(scores).items()})
      _keep_if_best(checkpoints, step, state, description, experiment.evaluator.score(scores))
      clock = time.perf_counter()

  # 5. The end; a run that was complete already is only evaluated.
  progress.close()
  if scores is None:
    scores = experiment.evaluator.run(
      experiment.network, experiment.task, _variables(state), test_source, data, workdir
    )
  checkpoints.close()
  if log:
    log.close()
  return scores


def evaluate(config: Mapping[str, Any], workdir: str, kind: str = LATEST) -> dict[str, Any]:
  """Scores the latest or best checkpoint of `workdir` on config.eval.split."""
  experiment = Experiment.from_config(config, workdir)
  source = experiment.open_split(experiment.evaluator.split)
  checkpoints = Checkpoints(workdir)
  experiment.check_description(checkpoints.describe(kind), source)
  optimizer, _ = experiment.optim.make(steps_per_epoch=1)
  inputs = _example_inputs(experiment, source)
  state = create_state(experiment.network, experiment.task, optimizer, inputs, jax.random.key(experiment.seed))
  state = checkpoints.restore(kind, state)
  checkpoints.close()
  return experiment.evaluator.run(
    experiment.network, experiment.task, _variables(state), source, experiment.data, workdir
  )


def _restore(state: TrainState, experiment: Experiment, checkpoints: Checkpoints, source) -> TrainState:
  """In this order: the workdir's own checkpoint, config.train.resume, config.train.init_from, from scratch."""
  train = experiment.train
  if checkpoints.steps() is not None:
    experiment.check_description(checkpoints.describe(), source)
    return checkpoints.restore(LATEST, state)
  if train.resume:
    other = Checkpoints(train.resume)
    experiment.check_description(other.describe(), source)
    return other.restore(LATEST, state)
  if train.init_from:
    averaged = Checkpoints(train.init_from).restore(LATEST, state).ema
    return state.replace(params=averaged, ema=jax.tree.map(jax.numpy.copy, averaged))
  return state


def _example_inputs(experiment: Experiment, source) -> tuple:
  """Shapes that the network is initialised with: one sequence of the shortest bucket."""
  steps = min(experiment.data.buckets)
  batch = {
    "features": jax.ShapeDtypeStruct((1, steps, source.contract.dim), np.float32),
    "mask": jax.ShapeDtypeStruct((1, steps), np.bool_),
  }
  return experiment.task.inputs(batch)


def _variables(state: TrainState) -> dict[str, Any]:
  return {"params": state.ema, **state.model_state}


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


def _write_json(path: pathlib.Path, values: Any) -> None:
  path.parent.mkdir(parents=True, exist_ok=True)
  temporary = path.with_suffix(".tmp")
  temporary.write_text(json.dumps(values, indent=2) + "\n")
  os.replace(temporary, path)
