"""The training loop and the evaluation, for every task."""

import contextlib
import logging
import math
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import jax

from jaxvid import files, progress
from jaxvid.data.store import Split
from jaxvid.evaluation.predictor import Predictor
from jaxvid.evaluators.base import Scores
from jaxvid.train import sharding
from jaxvid.train.checkpoint import BEST, LATEST, Checkpoints
from jaxvid.train.experiment import Experiment
from jaxvid.train.log import MetricLog
from jaxvid.train.restore import new_state, restore
from jaxvid.train.state import TrainState
from jaxvid.train.step import GRAD_NORM, make_train_step

_LOG = logging.getLogger(__name__)


class NonFiniteError(FloatingPointError):
  """Training produced a value that is not finite; the message names the training step and the value."""


def train_and_evaluate(config: Mapping[str, Any], workdir: str) -> Scores:
  """Trains from the last checkpoint of `workdir`, if there is one, evaluates, and returns the scores.

  Args:
    config: plain values, see jaxvid.train.experiment.
    workdir: folder of the run, made if absent.

  Raises:
    ConfigError: the configuration cannot be built, or a checkpoint was trained on other classes or features.
    CheckpointError: a checkpoint does not fit the configuration.
    NonFiniteError: the training diverged.
  """
  experiment = Experiment.from_config(config, workdir)
  data, settings = experiment.data, experiment.train

  # 1. Data, and the number of training steps that follows from it.
  experiment.evaluator.check()
  source = experiment.open_split(data.train_split)
  test_source = experiment.open_split(experiment.evaluator.split)
  steps_per_epoch = data.num_steps_per_epoch(source)
  num_steps = experiment.optim.epochs * steps_per_epoch

  # 2. The update.
  mesh = sharding.make_mesh(data.batch_size, settings)
  optimizer, schedule = experiment.optim.make(steps_per_epoch)
  train_step = make_train_step(experiment.network, experiment.task, optimizer, schedule, experiment.optim.ema_decay)
  train_step = jax.jit(train_step, donate_argnums=0)
  predictor = Predictor(experiment.network, experiment.task)  # One for all evaluations: it keeps compiled programs.

  with contextlib.ExitStack() as stack:
    # 3. The state: new, or from a checkpoint.
    checkpoints = stack.enter_context(Checkpoints(workdir))
    key = jax.jit(jax.random.key, out_shardings=sharding.replicated_sharding(mesh))(experiment.seed)
    state = new_state(experiment, source, optimizer, lambda shapes: sharding.state_sharding(shapes, mesh))
    state = restore(state, experiment, checkpoints, source)
    first_step, description = int(state.step), experiment.describe(source)
    is_writer = jax.process_index() == 0
    if is_writer:
      files.write_json(pathlib.Path(workdir) / "config.json", experiment.config)
    _LOG.info(
      "%s parameters; %d %s, %d steps of %d an epoch, %d epochs; steps %d to %d on %d %s device(s)",
      f"{sum(x.size for x in jax.tree.leaves(state.params)):,}",
      len(source), data.KIND, steps_per_epoch, data.batch_size, experiment.optim.epochs,
      first_step, num_steps, mesh.size, mesh.devices.flat[0].platform,
    )  # fmt: skip

    # 4. Training steps. The metrics of a step are fetched once the next is under way, so that the device never waits.
    log = stack.enter_context(MetricLog(workdir, first_step, enabled=is_writer))
    batches = data.train_batches(source, experiment.seed, first_step, jax.process_index(), jax.process_count())
    bar: progress.Bar[None] = stack.enter_context(
      progress.bar(total=num_steps, initial=first_step, desc="train", unit="step", leave=True, disable=not is_writer)
    )
    clock, logged_step, scores, before = time.perf_counter(), first_step, None, None
    for step in range(first_step + 1, num_steps + 1):
      state, metrics = train_step(state, sharding.put_batch(next(batches), mesh), key)
      if before:
        _check_finite(*before)
      before = (step, metrics)
      epoch, step_of_epoch = divmod(step, steps_per_epoch)
      is_last, is_epoch = step == num_steps, step_of_epoch == 0

      logs = is_last or step % settings.log_every == 0
      saves = is_last or (is_epoch and epoch % settings.checkpoint_every == 0)
      evaluates = is_last or (is_epoch and settings.eval_every and epoch % settings.eval_every == 0)
      if logs or saves or evaluates:
        values = _check_finite(step, metrics)  # Now, not a step later: a broken state must not be saved.
      if logs:
        speed = (step - logged_step) / (time.perf_counter() - clock)
        values |= {"epoch": step / steps_per_epoch, "steps_per_second": speed}
        values["compilations"] = train_step._cache_size()
        bar.note(f"loss {values['loss']:.3f}, epoch {epoch}/{experiment.optim.epochs}")
        log.write(step, values)
        clock, logged_step = time.perf_counter(), step
      bar.update()
      if saves:
        checkpoints.save(LATEST, step, state, description)
      if evaluates:
        scores = _evaluate(experiment, predictor, state, test_source, draw=is_last)
        log.write(step, {f"eval/{name}": value for name, value in experiment.evaluator.summary(scores).items()})
        _keep_if_best(checkpoints, step, state, description, experiment.evaluator.score(scores))
        clock, logged_step = time.perf_counter(), step
    if is_writer and first_step < num_steps:
      _draw_curves(log.path)

    # 5. A training that was complete before is only evaluated.
    return scores or _evaluate(experiment, predictor, state, test_source)


def evaluate(config: Mapping[str, Any], workdir: str, kind: str = LATEST) -> Scores:
  """Evaluates the latest or best checkpoint of `workdir` on config.eval.split, and returns the scores."""
  experiment = Experiment.from_config(config, workdir)
  source = experiment.open_split(experiment.evaluator.split)
  with Checkpoints(workdir) as checkpoints:
    experiment.check_description(checkpoints.describe(kind), source)
    optimizer, _ = experiment.optim.make(steps_per_epoch=1)
    state = new_state(experiment, source, optimizer)
    predictor = Predictor(experiment.network, experiment.task)
    return _evaluate(experiment, predictor, checkpoints.restore(kind, state), source)


def _evaluate(
  experiment: Experiment, predictor: Predictor, state: TrainState, source: Split, draw: bool = True
) -> Scores:
  """Evaluates the averaged parameters."""
  variables = sharding.unshard({"params": state.ema, **state.model_state})
  return experiment.evaluator.run(predictor, variables, source, experiment.data, experiment.workdir, draw)


def _draw_curves(log: pathlib.Path) -> None:
  """Draws losses and scores over the run into curves.png, beside the log."""
  from jaxvid.viz import curves  # Here, not above: matplotlib is slow to import.

  curves.draw(log.with_name("curves.png"), log)


def _check_finite(step: int, metrics: Mapping[str, jax.Array]) -> dict[str, float]:
  """The metrics as numbers; NonFiniteError names the first one that is not finite, causes before their effects."""
  values = {name: float(value) for name, value in jax.device_get(metrics).items()}
  losses = [name for name in values if name.endswith("_loss")]  # The terms of the loss, in every task.
  norms = [name for name in values if name.startswith(GRAD_NORM)]
  for name in ["input_max", *losses, "loss", *norms, "grad_norm", *values]:
    if math.isfinite(values[name]):
      continue
    if name == "input_max":
      what = "the inputs hold a value that is not finite; check the dataset"
    else:
      what = f"{name} is {values[name]}; try a lower config.optim.lr, or float32 if config.model.dtype is bfloat16"
    raise NonFiniteError(f"step {step}: {what}. The latest checkpoint is from before this step.")
  return values


def _keep_if_best(checkpoints: Checkpoints, step: int, state: TrainState, description: dict, score: float) -> None:
  """Saves the state as the best checkpoint if it scores higher than the one there is."""
  if checkpoints.steps(BEST) is None or score > checkpoints.describe(BEST)["score"]:
    checkpoints.save(BEST, step, state, dict(description, score=score))
