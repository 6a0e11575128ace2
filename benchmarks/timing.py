"""Median times, of forms that take turns: the machine's moods then hit all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping


def compare(forms: Mapping[str, Callable[[], None]], repeats: int = 7) -> dict[str, float]:
  """Median milliseconds of each form, which must not return before its work is done; one call each warms up."""
  for run in forms.values():
    run()
  times = {name: [] for name in forms}
  for _ in range(repeats):
    for name, run in forms.items():
      start = time.perf_counter()
      run()
      times[name].append(1e3 * (time.perf_counter() - start))
  return {name: statistics.median(values) for name, values in times.items()}


def table(header: tuple[str, ...], rows: list[tuple]) -> str:
  """A Markdown table; fractional numbers to three digits, whole from a hundred on."""
  lines = [header, tuple("---" for _ in header)]
  lines += [tuple(map(_cell, row)) for row in rows]
  return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value) -> str:
  if not isinstance(value, float):
    return str(value)
  return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
