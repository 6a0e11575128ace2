"""The table of a study with the runs finished so far, as Markdown and CSV."""

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
  """Writes table.md (mean and spread of each row), table.csv (the same as numbers) and runs.csv (one line a run)."""
  folder.mkdir(parents=True, exist_ok=True)
  with (folder / ".lock").open("w") as lock:  # Another study may write the table at the same time.
    fcntl.flock(lock, fcntl.LOCK_EX)
    files.write_text(folder / "table.md", markdown(study, runs, command))
    files.write_text(folder / "table.csv", _csv(table_lines(study, runs)))
    files.write_text(folder / "runs.csv", _csv(run_lines(study, runs)))


def markdown(study: Study, runs: Sequence[Run], command: str) -> str:
  """The table as Markdown, in percent; with several seeds "mean ± sample standard deviation"."""
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
  """The table as one dict a row, scores in percent; "" where there is no value (not run yet, spread of one seed)."""
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
  """The finished runs as one dict each, scores in percent."""
  return [
    {"row": run.row, "seed": run.seed}
    | {study.headings[column]: 100 * run.result.scores[column] for column in study.columns}
    | {"parameters": run.result.parameters, "train_seconds": run.result.train_seconds}
    for run in runs
    if run.state == FINISHED
  ]


def _rows(study: Study, runs: Sequence[Run]) -> list[Row]:
  """The study's rows that have a run among `runs`."""
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
