"""Train the rows of a paper's table, and write the table.

  jaxvid study --study=backbone_neck --workdir=runs/backbone_neck --dry_run
  jaxvid study --study=backbone_neck --workdir=runs/backbone_neck --seeds=0,1,2
  jaxvid study --study=backbone_neck --workdir=runs/backbone_neck_hapt \\
    --base=hapt_actionformer:small --base.optim.lr=3e-4 --rows=actionformer,sgp

--study names a study that comes with jaxvid (configs/studies/NAME.py) or a file of your own: a base configuration and
rows of changes to it (docs/studies.md). Each row is trained with each seed by jaxvid train, one after the other: seed 0
of all rows first, then seed 1, and so on. The table in WORKDIR is brought up to date after every run: table.md,
table.csv, and runs.csv with one line for each run.

The same command goes on where it was stopped: finished runs are not repeated, a run that was killed resumes from its
last checkpoint, one that failed is tried again. Started twice at the same time, the two share the runs.
"""

import argparse
import os
import pathlib
import shlex
import signal
import sys
from collections.abc import Callable, Sequence

from ml_collections import ConfigDict

from jaxvid import command, progress, shipped
from jaxvid.build import ConfigError
from jaxvid.studies import checks, plan, table
from jaxvid.studies.plan import StudyError
from jaxvid.studies.run import FAILED, FINISHED, STOPPED, Run

_STOPPED = "Stopped. Finished runs are kept, and the one under way up to its last checkpoint; the same command goes on."


def main(argv: Sequence[str]) -> int:
  """Runs the command; returns its exit status, 0 if no run failed."""
  options = _parse(argv)
  module = plan.load(_shipped(shipped.study, options.study))
  study = plan.read(module, _base_config(options, module.BASE))
  workdir = pathlib.Path(options.workdir)
  seeds = _seeds(options.seeds)
  selected = _select_rows(study, options.rows)

  # The order of the runs: all rows with the first seed, then with the second, and so on.
  wanted = [_make_run(study, row, seed, workdir) for seed in seeds for row in study.rows if row.name in selected]

  # Find mistakes before the first training: in the configurations, and in folders that hold other runs.
  checks.check(study, selected)
  for run in _add_existing(study, wanted, workdir):
    run.check_unchanged()
  if options.dry_run:
    print(_describe(study, selected, wanted))
    return 0

  def write_table():
    table.write(study, _add_existing(study, wanted, workdir), workdir, f"jaxvid study {shlex.join(argv)}")

  write_table()
  failed = []
  bar: progress.Bar[Run] = progress.bar(wanted, desc=study.name, unit="run", leave=True)
  with command.when_stopped(_STOPPED), bar:
    for run in bar:
      if run.state != FINISHED:
        _execute(run, bar, workdir, study)
        write_table()
      if run.state == FAILED:
        failed.append(run.name)
  print(f"Table: {workdir / 'table.md'}")
  if failed:
    print(f"Failed: {'; '.join(failed)}. The same command tries these runs again.", file=sys.stderr)
  return 1 if failed else 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
  parser = command.Parser("study", __doc__, overrides="base")
  add = parser.add_argument
  add("--study", required=True, metavar="NAME", help="a study of jaxvid, or FILE.py")
  add("--workdir", required=True, metavar="DIR", help="folder of the runs and the table")
  add("--seeds", default="0", metavar="N,N", help="config.seed of the runs; default: %(default)s")
  add("--rows", metavar="NAME,NAME", help="run only these; the table has all that were ever run")
  add("--base", metavar="NAME[:VARIANT]", help="base configuration in the place of the study's")
  add("--base.SECTION.KEY", metavar="VALUE", help="set a value of the base configuration, for all rows")
  add("--variant", metavar="VARIANT", help="variant of the study's base configuration, as smoke")
  add("--dry_run", action="store_true", help="say what would be run, and check that it can be built")
  options = parser.parse(argv)
  if options.base and options.variant:
    parser.error(f"--variant is for the study's own base configuration; give --base={options.base}:{options.variant}")
  return options


def _base_config(options: argparse.Namespace, base: str) -> ConfigDict:
  """The base configuration, read as jaxvid train reads its own."""
  from jaxvid import configuration  # Here, not above: jax is slow to import.

  name = options.base or (f"{base}:{options.variant}" if options.variant else base)
  try:
    return ConfigDict(configuration.load(_shipped(shipped.configuration, name), options.overrides, prefix="base"))
  except ConfigError as error:
    raise StudyError(str(error)) from error


def _shipped(find: Callable[[str], str], name: str) -> str:
  """The file that a name means; StudyError if there is none."""
  try:
    return find(name)
  except ValueError as error:
    raise StudyError(str(error)) from error


def _seeds(text):
  try:
    seeds = list(dict.fromkeys(int(seed) for seed in text.split(",")))
  except ValueError as error:
    raise StudyError(f"--seeds={text}: give whole numbers, with commas between them") from error
  return seeds


def _select_rows(study, text):
  """Names of the rows that --rows names; all without it."""
  names = [row.name for row in study.rows]
  selected = text.split(",") if text else names
  for name in selected:
    if name not in names:
      raise StudyError(f"--rows: the study {study.name} has no row {name!r}; it has: {', '.join(names)}")
  return selected


def _make_run(study, row, seed, workdir):
  folder = workdir / row.name / f"seed_{seed}"
  return Run(study.name, row.name, seed, folder, dict(row.config, seed=seed))


def _add_existing(study, wanted, workdir):
  """The wanted runs, and all other runs of the study that have a folder in the workdir."""
  seeds = {path.name.removeprefix("seed_") for path in workdir.glob("*/seed_*")}
  runs = [
    _make_run(study, row, int(seed), workdir)
    for seed in sorted(filter(str.isdigit, seeds), key=int)
    for row in study.rows
  ]
  return wanted + [run for run in runs if run not in wanted and run.folder.exists()]


def _execute(run, bar, workdir, study):
  """Executes a run, unless another study already does, and prints how it went."""
  environment = dict(os.environ)
  # The seeds of a row have the same programs, so these are compiled once.
  environment.setdefault("JAX_COMPILATION_CACHE_DIR", str((workdir / "compilation_cache").absolute()))
  with run.lock() as lock:
    if lock is None:
      progress.write(f"{run.name}: running elsewhere already")
    elif run.state != FINISHED:  # Another study may have finished it since.
      progress.write(f"{run.name}: {'resumed' if run.state == STOPPED else 'started'}, log: {run.folder / 'log.txt'}")
      if run.execute(lock, environment, lambda: bar.note(f"{run.name}: {run.progress}", refresh=True)):
        result = run.result
        score = f"{study.headings[study.main]} {100 * result.scores[study.main]:.2f}"
        progress.write(f"{run.name}: {score}, {result.parameters:,} parameters")
      else:
        progress.write(f"{run.name}: FAILED: {run.failure}")


def _describe(study, selected, runs):
  """The text of --dry_run: rows, their changes, and the state of their runs."""
  states = {(run.row, run.seed): run.state for run in runs}
  seeds = list(dict.fromkeys(run.seed for run in runs))
  lines = [f"{study.title}: {len(runs)} runs, {sum(run.state == FINISHED for run in runs)} of them finished"]
  for row in study.rows:
    if row.name in selected:
      lines += ["", f"{row.name}: {row.label}"]
      lines += [f"  {key} = {value!r}" for key, value in row.changes.items()] or ["  the base configuration"]
      lines += [f"  seed {seed}: {states[row.name, seed]}" for seed in seeds]
  return "\n".join(lines)


def run() -> None:
  """Entry point of the command."""
  # Job schedulers stop a study by SIGTERM: it then ends its training, too.
  signal.signal(signal.SIGTERM, lambda *_: sys.exit(_STOPPED))
  command.run(main)


if __name__ == "__main__":
  run()
