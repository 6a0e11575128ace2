"""The table of a study, as far as it has come: Markdown to read, CSV to go on with."""

import csv
import fcntl
import io
import pathlib
import statistics
from collections.abc import Sequence

from jaxvid import files
from jaxvid.studies.plan import Row, Study
from jaxvid.studies.run import FAILED, FINISHED, Result, Run


def write(study: Study, runs: Sequence[Run], folder: pathlib.Path, command: str) -> None:
  """Replaces table.md (mean and spread a row), table.csv (the same as numbers) and runs.csv (a line a run)."""
  folder.mkdir(parents=True, exist_ok=True)
  with (folder / ".lock").open("w") as lock:  # Another study may be at it too.
    fcntl.flock(lock, fcntl.LOCK_EX)
    files.write_text(folder / "table.md", markdown(study, runs, command))
    files.write_text(folder / "table.csv", _csv(table_lines(study, runs)))
    files.write_text(folder / "runs.csv", _csv(run_lines(study, runs)))


def markdown(study: Study, runs: Sequence[Run], command: str) -> str:
  """The table in percent, "mean ± sample standard deviation" where there is more than one seed."""
  published = any(row.published for row in _rows(study, runs))
  main = study.main
  header = ["configuration", *(study.headings[column] for column in study.columns)]
  header += [f"published {study.headings[main].removesuffix(' mAP')}"] * published + ["parameters", "training", "seeds"]
  lines = [header, ["---", *["---:"] * (len(header) - 1)]]
  for row in _rows(study, runs):
    results = _results(row, runs)
    cells = [row.label, *(_spread([100 * result.scores[column] for result in results]) for column in study.columns)]
    if published:
      cells.append(f"{row.published[main]:.2f}" if main in row.published else "–")
    if results:
      seconds = statistics.fmean(result.train_seconds for result in results)
      cells += [f"{results[0].parameters:,}", _duration(seconds), str(len(results))]
    else:
      cells += ["–", "–", "0"]
    lines.append(cells)
  table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
  notes = [
    f"{study.unit}; ± is the sample standard deviation over seeds. Training is the mean time of a run's "
    "training steps, compilation included."
  ]
  notes += [f"Failed: {run.name}: {run.failure}" for run in runs if run.state == FAILED]
  unfinished = sum(run.state != FINISHED for run in runs)
  if unfinished:
    notes.append(f"{unfinished} of {len(runs)} runs are not finished.")
  return f"# {study.title}\n\n```\n{command}\n```\n\n{table}\n\n" + "\n\n".join(notes) + "\n"


def table_lines(study: Study, runs: Sequence[Run]) -> list[dict]:
  """A dict a row: scores in percent, "" where there is none (a standard deviation of one seed, a row not run yet)."""
  lines = []
  for row in _rows(study, runs):
    results = _results(row, runs)
    line = {"row": row.name, "label": row.label, "seeds": len(results)}
    for column in study.columns:
      values, heading = [100 * result.scores[column] for result in results], study.headings[column]
      line[heading] = statistics.fmean(values) if values else ""
      line[f"{heading} std"] = statistics.stdev(values) if len(values) > 1 else ""
    line["parameters"] = results[0].parameters if results else ""
    line["train_seconds"] = statistics.fmean(result.train_seconds for result in results) if results else ""
    line |= {f"published {study.headings[column]}": row.published.get(column, "") for column in study.columns}
    lines.append(line)
  return lines


def run_lines(study: Study, runs: Sequence[Run]) -> list[dict]:
  """A dict a run that is finished, scores in percent."""
  return [
    {"row": run.row, "seed": run.seed}
    | {study.headings[column]: 100 * run.result.scores[column] for column in study.columns}
    | {"parameters": run.result.parameters, "train_seconds": run.result.train_seconds}
    for run in runs
    if run.state == FINISHED
  ]


def _rows(study: Study, runs: Sequence[Run]) -> list[Row]:
  """The rows that are run: all of them, unless the command names some."""
  return [row for row in study.rows if any(run.row == row.name for run in runs)]


def _results(row: Row, runs: Sequence[Run]) -> list[Result]:
  return [run.result for run in runs if run.row == row.name and run.state == FINISHED]


def _spread(values):
  if not values:
    return "–"
  mean = f"{statistics.fmean(values):.2f}"
  return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.2f}"


def _duration(seconds):
  if seconds < 90:
    return f"{seconds:.0f} s"
  return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _csv(lines):
  text = io.StringIO()
  if lines:
    writer = csv.DictWriter(text, lines[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
  return text.getvalue()
