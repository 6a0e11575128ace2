"""Annotations for action anticipation: segments whose classes are pairs of a verb and a noun.

There are two formats: EPIC-Kitchens' official files, in seconds (jaxvid.formats.epic_csv), and RULSTM's, in frames
(jaxvid.formats.rulstm_csv). RULSTM rounded starts and ends down to frames, so the two differ by up to one frame.
"""

import collections
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jaxvid.data_prep.building.checks import BadInput
from jaxvid.formats import csv_table, epic_csv, rulstm_csv
from jaxvid.formats.action_classes import Actions
from jaxvid.formats.errors import timing_of
from jaxvid.records import Action, Recording


@dataclasses.dataclass(frozen=True)
class Segment:
  """One annotated action.

  Attributes:
    file, line: where it stands.
    video: name of its video.
    action: its times, its name, and the name of its class.
  """

  file: Path
  line: int
  video: str
  action: Action


def segments_in_frames(file: str | Path, actions: Actions) -> list[Segment]:
  """The segments in a file of RULSTM's.

  Raises:
    BadInput: a line is cut, or names an action that is unknown or of another verb and noun.
  """
  file, segments = Path(file), []
  for found in rulstm_csv.segments(file, len(actions.names)):
    action, (verb, noun) = found.action, (actions.verbs[found.action], actions.nouns[found.action])
    if (found.verb, found.noun) != (verb, noun):
      problem = f"verb {found.verb} and noun {found.noun}, but action {action} is {verb} and {noun}"
      raise BadInput(
        file, f"line {found.line}", f"{problem} in {actions.file.name}", f"It may be cut short. {csv_table.REMEDY}"
      )
    segments.append(_segment(file, found.line, found.video, found.start, found.end, actions.names[action], found.id))
  return segments


def segments_in_seconds(file: str | Path, id_column: str, actions: Actions) -> list[Segment]:
  """The segments in an official file of EPIC-Kitchens.

  Raises:
    BadInput: a line is cut, or has a verb and a noun that are no action.
  """
  file, segments = Path(file), []
  for found in epic_csv.segments(file):
    action = actions.by_pair.get((found.verb, found.noun))
    if action is None:
      problem = f"verb {found.verb} with noun {found.noun} is no action in {actions.file}"
      raise BadInput(file, f"line {found.line}", problem, csv_table.REMEDY)
    name = epic_csv.segment_id(file, found, id_column)
    segments.append(_segment(file, found.line, found.video, found.start, found.end, actions.names[action], name))
  return segments


def _segment(file: Path, line: int, video: str, start: float, end: float, action: str, name: str) -> Segment:
  """The Segment called `name` of a class `action`, from `line` of `file`; start and end in seconds."""
  if not (video and name):
    raise BadInput(file, f"line {line}", "no name of the segment or of its video", csv_table.REMEDY)
  if name.isdigit():
    name = str(int(name))  # EPIC-55's "00330" is "330" in the official file.
  return Segment(file, line, video, Action(start, end, action, f"{file.name} line {line}", id=name))


def recordings(
  segments: dict[str, list[Segment]], durations: dict[str, float] | None = None
) -> dict[str, dict[str, Callable[[], Recording]]]:
  """`Annotated.recordings`: dict of split -> dict of video -> callable that gives its Recording.

  Args:
    segments: dict of split -> its segments. A video may be in several splits, in each with the segments of that split.
    durations: dict of video -> seconds; None: videos are as long as their features.

  Raises:
    BadInput: two segments have one name, or a video has no duration.
  """
  seen: dict[str, Segment] = {}
  found: dict[str, dict[str, Callable[[], Recording]]] = {}
  for split, listed in segments.items():
    by_video = collections.defaultdict(list)
    for segment in listed:
      name = segment.action.id
      if name in seen:
        problem = f"segment {name} is in {seen[name].file.name} line {seen[name].line} as well"
        raise BadInput(segment.file, f"line {segment.line}", problem, csv_table.REMEDY)
      if durations is not None and segment.video not in durations:
        problem = f"no duration of video {segment.video} is known"
        raise BadInput(segment.file, f"line {segment.line}", problem, "Get the file of durations again.")
      seen[name] = segment
      by_video[segment.video].append(segment.action)
    found[split] = {
      video: functools.partial(
        _recording, listed[0].file, video, durations[video] if durations is not None else None, actions
      )
      for video, actions in sorted(by_video.items())
    }
  return found


def _recording(file: Path, video: str, duration: float | None, actions: list[Action]) -> Recording:
  return Recording(video, timing_of(file, video, duration=duration), actions, str(file))


def subset(file: str | Path, of: tuple[str, ...], segments: list[Segment]) -> dict[str, list[str]]:
  """An entry of "subsets" in `metadata`, from a file of one segment's name a line.

  Args:
    file: of the names.
    of: what is scored on it, of "verb", "noun" and "action".
    segments: those that it may name.
  """
  known, names = {segment.action.id for segment in segments}, []
  for line, name in rulstm_csv.ids(file):
    if name not in known:
      raise BadInput(file, f"line {line}", f"no segment is called {name!r}", "Get it and the annotations again.")
    names.append(name)
  return {"of": list(of), "ids": names}


def metadata(
  actions: Actions,
  verbs: list[str],
  nouns: list[str],
  subsets: dict[str, dict[str, list[str]]] | None = None,
  many_shot: dict[str, list[int]] | None = None,
) -> dict[str, Any]:
  """Metadata of a dataset for anticipation: a dict with the key "anticipation".

  Args:
    actions: the classes.
    verbs, nouns: their names, by id.
    subsets: dict of name -> entry of `subset`, for scores on a part of the segments.
    many_shot: dict of "verb", "noun" and "action" -> ids of the classes that are many-shot.
  """
  return {
    "anticipation": {
      "verbs": verbs,
      "nouns": nouns,
      "action_verb": actions.verbs,
      "action_noun": actions.nouns,
      "subsets": subsets or {},
      "many_shot": many_shot or {},
    }
  }
