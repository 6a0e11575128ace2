"""Train the rows of a paper's table, and write the table.

  python -m jaxvid.study --study=configs/studies/backbone_neck.py --workdir=runs/backbone_neck --dry_run
  python -m jaxvid.study --study=configs/studies/backbone_neck.py --workdir=runs/backbone_neck --seeds=0,1,2
  python -m jaxvid.study --study=configs/studies/backbone_neck.py --workdir=runs/backbone_neck_hapt \\
    --base=configs/hapt_actionformer.py:small --base.optim.lr=3e-4 --rows=actionformer,sgp

A study file names a base configuration and rows of changes to it (docs/studies.md). Each row is trained with each seed
by jaxvid.main, one after the other: seed 0 of all rows first, then seed 1, and so on. The table stands in WORKDIR after
every run: table.md, table.csv, and runs.csv with a line a run.

The same command goes on where it was stopped: finished runs are not repeated, a run that was killed resumes from its
last checkpoint, one that failed is tried again. Started twice at the same time, the two share the runs.
"""

import argparse
import os
import pathlib
import shlex
import signal
import sys
from collections.abc import Sequence

from absl import flags
from ml_collections import config_flags
from tqdm import tqdm

from jaxvid.studies import checks, plan, table
from jaxvid.studies.columns import heading
from jaxvid.studies.plan import StudyError
from jaxvid.studies.run import FAILED, FINISHED, STOPPED, Run


def main(argv: Sequence[str]) -> int:
  """Runs the command; returns its exit status, 0 if no run failed."""
  options, overrides = _parse(argv)
  module = plan.load(options.study)
  study = plan.read(module, _base_config(options, module.BASE, overrides))
  workdir = pathlib.Path(options.workdir)
  seeds = _seeds(options.seeds)
  selected = _selected(study, options.rows)

  wanted = [_run(study, row, seed, workdir) for seed in seeds for row in study.rows if row.name in selected]

  checks.check(study, selected)
  for run in _with_those_there(study, wanted, workdir):
    run.check_unchanged()
  if options.dry_run:
    print(_describe(study, selected, wanted))
    return 0

  def write_table():
    command = f"python -m jaxvid.study {shlex.join(argv)}"
    table.write(study, _with_those_there(study, wanted, workdir), workdir, command)

  write_table()
  failed = []
  with tqdm(wanted, desc=study.name, unit="run") as bar:
    for run in bar:
      if run.state != FINISHED:
        _one(run, bar, workdir, study.main)
        write_table()
      if run.state == FAILED:
        failed.append(run.name)
  print(f"the table: {workdir / 'table.md'}")
  if failed:
    print(f"failed, and tried again by the same command: {'; '.join(failed)}", file=sys.stderr)
  return 1 if failed else 0


def _parse(argv):
  """Our options, and what is left: --base.KEY=VALUE."""
  parser = argparse.ArgumentParser(
    prog="python -m jaxvid.study",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    allow_abbrev=False,
  )
  parser.add_argument("--study", required=True, metavar="FILE.py", help="the study; jaxvid's are in configs/studies")
  parser.add_argument("--workdir", required=True, metavar="DIR", help="folder of the runs and the table")
  parser.add_argument("--seeds", default="0", metavar="N,N", help="config.seed of the runs; default: %(default)s")
  parser.add_argument("--rows", metavar="NAME,NAME", help="run only these; the table has all that were ever run")
  parser.add_argument("--base", metavar="FILE.py[:VARIANT]", help="base configuration in the place of the study's; "
    "--base.SECTION.KEY=VALUE changes a value of it, for all rows")  # fmt: skip
  parser.add_argument("--variant", metavar="VARIANT", help="variant of the study's base configuration, as smoke")
  parser.add_argument("--dry_run", action="store_true", help="say what would be run, and check that it can be built")
  options, rest = parser.parse_known_args(argv)
  unknown = [argument for argument in rest if argument.startswith("-") and not argument.startswith("--base.")]
  if unknown:
    parser.error(f"unknown argument {unknown[0]}; a value of the base configuration is set with --base.KEY=VALUE")
  if options.base and options.variant:
    parser.error(f"--variant is of the study's own base configuration; here: --base={options.base}:{options.variant}")
  return options, rest


def _base_config(options, base, overrides):
  """The base configuration as a ConfigDict, read as jaxvid.main reads its own."""
  path = options.base or (f"{base}:{options.variant}" if options.variant else base)
  argv = ["jaxvid.study", f"--base={path}", *overrides]
  values = flags.FlagValues()
  config = config_flags.DEFINE_config_file("base", lock_config=True, flag_values=values, sys_argv=argv)
  try:
    values(argv)
    return config.value
  except (AttributeError, KeyError) as error:  # How ml_collections answers a key that the configuration lacks.
    key = str(error).strip("\"'")
    raise StudyError(f'{path} has no key "{key}", so nothing would read it') from error
  except (flags.Error, OSError, TypeError, ValueError) as error:
    raise StudyError(f"{path}: {str(error).strip().splitlines()[-1].strip()}") from error


def _seeds(text):
  try:
    seeds = list(dict.fromkeys(int(seed) for seed in text.split(",")))
  except ValueError as error:
    raise StudyError(f"--seeds={text}: give whole numbers, with commas between them") from error
  return seeds


def _selected(study, text):
  names = [row.name for row in study.rows]
  selected = text.split(",") if text else names
  for name in selected:
    if name not in names:
      raise StudyError(f"--rows: the study {study.name} has no row {name!r}; it has: {', '.join(names)}")
  return selected


def _run(study, row, seed, workdir):
  folder = workdir / row.name / f"seed_{seed}"
  return Run(study.name, row.name, seed, folder, dict(row.config, seed=seed))


def _with_those_there(study, wanted, workdir):
  """The runs, and all others of the study that have been started, by whatever command."""
  seeds = {path.name.removeprefix("seed_") for path in workdir.glob("*/seed_*")}
  runs = [
    _run(study, row, int(seed), workdir) for seed in sorted(filter(str.isdigit, seeds), key=int) for row in study.rows
  ]
  return wanted + [run for run in runs if run not in wanted and run.folder.exists()]


def _one(run, bar, workdir, column):
  """Executes a run unless another study does already, and says how it went."""
  environment = dict(os.environ)
  # The seeds of a row are the same programs: compiled once.
  environment.setdefault("JAX_COMPILATION_CACHE_DIR", str((workdir / "compilation_cache").absolute()))
  with run.lock() as lock:
    if lock is None:
      bar.write(f"{run.name}: running elsewhere already")
    elif run.state != FINISHED:  # Another study may have finished it since.
      bar.write(f"{run.name}: {'resumed' if run.state == STOPPED else 'started'}, log: {run.folder / 'log.txt'}")
      if run.execute(lock, environment, lambda: _show(bar, f"{run.name}: {run.progress}")):
        result = run.result
        score = f"{heading(column)} {100 * result.scores[column]:.2f}"
        bar.write(f"{run.name}: {score}, {result.parameters:,} parameters")
      else:
        bar.write(f"{run.name}: FAILED: {run.failure}")


def _show(bar, text):
  if text != bar.postfix:  # Where the output is a file, each refresh is a line.
    bar.set_postfix_str(text)


def _describe(study, selected, runs):
  """What would be done, for people."""
  states = {(run.row, run.seed): run.state for run in runs}
  seeds = list(dict.fromkeys(run.seed for run in runs))
  lines = [f"{study.title}: {len(runs)} runs, {sum(run.state == FINISHED for run in runs)} of them finished"]
  for row in study.rows:
    if row.name in selected:
      lines += ["", f"{row.name}: {row.label}"]
      lines += [f"  {key} = {value!r}" for key, value in row.changes.items()] or ["  the base configuration"]
      lines += [f"  seed {seed}: {states[row.name, seed]}" for seed in seeds]
  return "\n".join(lines)


def run():
  """Entry point of the command."""
  signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the same command goes on"))
  try:
    sys.exit(main(sys.argv[1:]))
  except StudyError as error:
    sys.exit(f"error: {error}")
  except KeyboardInterrupt:
    sys.exit("stopped; the same command goes on")


if __name__ == "__main__":
  run()
