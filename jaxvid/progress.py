"""One progress bar at a time, and text that does not tear it.

On a terminal a bar (of tqdm) that is opened while another is open takes its line, and gives it back when it is closed.
Where stderr is no terminal, in a log file, a bar writes a line every so often instead:

  train: step 200 of 1,050, loss 0.431, 3.2 steps/s, 4 min left

Text goes through `write`, or through the logger with `LogHandler`: both put it above the bar that is open.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TextIO, TypeVar

from tqdm import tqdm

T = TypeVar("T")

# Seconds from one line to the next where there is no terminal: a tenth of the time so far, within these bounds.
_SHORTEST, _LONGEST = 10.0, 300.0

_open: list["Bar"] = []  # The last one is shown.


class Bar(Generic[T]):
  """Progress over `total` items: iterate over it, or call `update` inside a `with`.

  Closed at the end of the iteration or of the `with`.
  """

  def __init__(
    self,
    iterable: Iterable[T] | None = None,
    *,
    total: int | None = None,
    initial: int = 0,
    desc: str,
    unit: str,
    leave: bool = False,
    disable: bool = False,
  ) -> None:
    """Args:
    iterable: the items; None if the caller uses `update`.
    total: number of items; by default the length of `iterable`, if it has one.
    initial: items that were done before.
    desc, unit: names of the work and of one item, such as "train" and "step".
    leave: keep the bar on the terminal once it is closed.
    disable: show neither this bar nor those that are opened while it is open.
    """
    if total is None and hasattr(iterable, "__len__"):
      total = initial + len(iterable)  # type: ignore[arg-type]
    self._iterable = iterable
    self._disabled: bool = disable or any(bar._disabled for bar in _open)
    self._shown: _Line | _Log | _Nothing
    if self._disabled:
      self._shown = _Nothing()
    elif sys.stderr.isatty():
      self._shown = _Line(total=total, initial=initial, desc=desc, unit=unit, leave=leave, mininterval=0.5, position=0)
    else:
      self._shown = _Log(total, initial, desc, unit, is_nested=bool(_open))
    if _open:
      _open[-1]._shown.clear()
    _open.append(self)
    self._shown.refresh()

  def __enter__(self) -> "Bar[T]":
    return self

  def __exit__(self, *_: object) -> None:
    self.close()

  def __iter__(self) -> Iterator[T]:
    if self._iterable is None:
      raise TypeError("this bar has no iterable; call update()")
    with self:
      for item in self._iterable:
        yield item
        self.update()

  def update(self, count: int = 1) -> None:
    """Counts `count` more items as done."""
    self._shown.update(count)

  def note(self, text: str, refresh: bool = False) -> None:
    """Shows a text beside the count until the next one, such as "loss 0.431".

    Args:
      text: to show.
      refresh: show it now, not with the next item: for items that take long.
    """
    self._shown.set_postfix_str(text, refresh=refresh)

  def close(self) -> None:
    """Ends the bar, and shows the one again whose line it took."""
    if self not in _open:
      return
    self._shown.close()
    _open.remove(self)
    if _open:
      _open[-1]._shown.refresh()


# A function's name for what callers do: `for path in progress.bar(paths, desc="predict", unit="video"):`
bar = Bar


def write(text: str, file: TextIO | None = None) -> None:
  """Prints a text, by default to stdout, above the bar that is open."""
  shown = _open[-1]._shown if _open else _Nothing()
  shown.clear()
  print(text, file=file or sys.stdout, flush=True)
  shown.refresh()


class LogHandler(logging.Handler):
  """A logging handler that writes to stderr, above the bar that is open."""

  def emit(self, record: logging.LogRecord) -> None:
    try:
      write(self.format(record), sys.stderr)
    except Exception:  # As every handler of the standard library has it: logging does not end the work.
      self.handleError(record)


class _Line(tqdm):
  """A bar on a terminal, drawn only while no other has its line: tqdm's own thread redraws slow bars at any time."""

  def display(self, *args: Any, **kwargs: Any) -> Any:
    is_shown = bool(_open) and _open[-1]._shown is self
    return super().display(*args, **kwargs) if is_shown else None


class _Nothing:
  """A bar that shows nothing; its methods are those of tqdm that `Bar` calls."""

  def update(self, count: int) -> None: ...

  def set_postfix_str(self, text: str, refresh: bool) -> None: ...

  def clear(self) -> None: ...

  def refresh(self) -> None: ...

  def close(self) -> None: ...


class _Log(_Nothing):
  """Lines in a log file instead of a bar."""

  def __init__(self, total: int | None, initial: int, desc: str, unit: str, is_nested: bool) -> None:
    self._total, self._initial, self._desc, self._unit = total, initial, desc, unit
    self._count = self._written = initial
    self._note = ""
    self._opened = time.monotonic()
    # Time and count that the rate is measured from: those of the last line, at first those after the first item, during
    # which programs are compiled.
    self._before: tuple[float, int] | None = None
    # A nested bar writes only if it takes long: lines about many short evaluations would be noise.
    self._due = self._opened + (_SHORTEST if is_nested else 0)

  def update(self, count: int) -> None:
    self._count += count
    now = time.monotonic()
    # A bar with lines gets one for its last item, too, which sets it apart from what comes next (an evaluation, say).
    is_last = self._count == self._total and self._written > self._initial
    if now >= self._due or is_last:
      self._write(now)
    if self._before is None:
      self._before = now, self._count

  def set_postfix_str(self, text: str, refresh: bool) -> None:
    self._note = text
    now = time.monotonic()
    if refresh and now >= self._due:
      self._write(now)

  def close(self) -> None:
    if self._initial < self._written < self._count:
      self._write(time.monotonic())

  def _write(self, now: float) -> None:
    of = f" of {self._total:,}" if self._total is not None else ""
    parts = [f"{self._desc}: {self._unit} {self._count:,}{of}"]
    if self._note:
      parts.append(self._note)
    if self._before and self._count > self._before[1] and now > self._before[0]:
      rate = (self._count - self._before[1]) / (now - self._before[0])
      parts.append(_format_rate(rate, self._unit))
      if self._total is not None and self._count < self._total:
        parts.append(f"{_format_duration((self._total - self._count) / rate)} left")
    print(", ".join(parts), file=sys.stderr, flush=True)
    self._written = self._count
    if self._before and self._count > self._before[1]:
      self._before = now, self._count
    self._due = now + min(max((now - self._opened) / 10, _SHORTEST), _LONGEST)


def _format_rate(rate: float, unit: str) -> str:
  """ "3.2 steps/s", or "12 s a step" where they are slow."""
  plural = unit + ("es" if unit.endswith(("s", "x", "ch", "sh")) else "s")
  if rate >= 1:
    return f"{rate:.3g} {plural}/s" if rate < 1000 else f"{rate:,.0f} {plural}/s"
  return f"{1 / rate:.3g} s a {unit}" if 60 * rate > 1 else f"{_format_duration(1 / rate)} a {unit}"


def _format_duration(seconds: float) -> str:
  """ "35 s", "4 min" or "2 h 10 min"."""
  if seconds < 60:
    return f"{seconds:.0f} s"
  hours, minutes = divmod(round(seconds / 60), 60)
  return f"{hours} h {minutes} min" if hours else f"{minutes} min"
