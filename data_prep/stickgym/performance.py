"""The motion of the figure in one video: a single action, or a routine with pauses and walks in between."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from jaxvid.data_prep.stickgym import motion, stance
from jaxvid.data_prep.stickgym.body import INDEX, Body, Track, concatenate, joints
from jaxvid.data_prep.stickgym.scene import PLACES
from jaxvid.data_prep.stickgym.settings import Settings

_WALKING_SPEED = 4.5  # Metres a second; the figure hurries.
_ROAM = 0.7  # How far from the middle of the floor a salto may begin, metres.


@dataclasses.dataclass(frozen=True)
class Performance:
  """A video before it is filmed.

  Attributes:
    track: Track of T frames.
    apparatus: T names, of the apparatus that each frame is at.
    x: (T,) what the camera follows: the middle of the figure, or the bar it circles.
    labels: (N,) int, of the actions in order.
    segments: (N, 2) int: first frame of an action, and the one after its last.
  """

  track: Track
  apparatus: list[str]
  x: np.ndarray
  labels: np.ndarray
  segments: np.ndarray


def of_clip(rng: np.random.Generator, label: int, body: Body, settings: Settings) -> Performance:
  """A Performance of one action with a short pause before and after."""
  name = motion.NAMES[label]
  apparatus = motion.ACTIONS[name].apparatus
  style = motion.draw_style(rng, settings.style, settings.speed)
  num_frames = _num_frames(rng, settings)
  before, after = (1 + round(0.25 * settings.pauses * share * settings.fps) for share in rng.uniform(size=2))
  aside = settings.style * rng.uniform(-0.5, 0.5)
  x = PLACES[apparatus] + (aside if apparatus == "floor" else 0.0)
  action = motion.perform(name, num_frames, body, style, x)
  track = concatenate([_hold(action[:1], before), action, _hold(action[-1:], after)])
  segments = np.array([[before, before + num_frames]])
  return _performance(body, track, [apparatus] * len(track), [label], segments)


def of_routine(rng: np.random.Generator, labels: Sequence[int], body: Body, settings: Settings) -> Performance:
  """A Performance of several actions, one at least; between apparatus, and back to its place, the figure walks."""
  names = [motion.NAMES[label] for label in labels]
  apparatus = motion.ACTIONS[names[0]].apparatus
  tracks = [motion.rest(apparatus, _pause(rng, settings), body, PLACES[apparatus])]
  where, segments = [apparatus] * len(tracks[0]), []
  for name in names:
    to = motion.ACTIONS[name].apparatus
    x, yaw = tracks[-1].pelvis[-1, 0], tracks[-1].yaw[-1]
    if to != apparatus or (to == "floor" and abs(x - PLACES[to]) > _ROAM):
      x = PLACES[to]
      there = motion.rest(to, _pause(rng, settings), body, x)
      way = _way(tracks[-1], there, body, settings)
      tracks += [way, there]
      third = len(way) // 3
      where += [apparatus] * third + ["floor"] * (len(way) - 2 * third) + [to] * (third + len(tracks[-1]))
      apparatus, yaw = to, 0.0
    x = PLACES[to] if to == "bar" else x
    style = motion.draw_style(rng, settings.style, settings.speed)
    action = motion.perform(name, _num_frames(rng, settings), body, style, x, yaw)
    segments.append([len(where), len(where) + len(action)])
    tracks += [action, _hold(action[-1:], _pause(rng, settings))]
    where += [apparatus] * (len(action) + len(tracks[-1]))
  return _performance(body, concatenate(tracks), where, labels, np.array(segments))


def _performance(
  body: Body, track: Track, apparatus: list[str], labels: Sequence[int], segments: np.ndarray
) -> Performance:
  """The Performance, with the x that the camera follows."""
  middle = stance.middle_of_body(joints(body, track))[:, 0]
  x = np.where(np.array(apparatus) == "bar", PLACES["bar"], middle)
  return Performance(track, apparatus, x, np.array(labels), segments)


def _num_frames(rng: np.random.Generator, settings: Settings) -> int:
  """Length of an action."""
  share = rng.uniform(-1, 1) * min(settings.speed, 1.0)
  shortest, longest = settings.seconds
  return round(settings.fps * (shortest + (longest - shortest) * 0.5 * (1 + share)))


def _pause(rng: np.random.Generator, settings: Settings) -> int:
  """Length of a pause of a routine."""
  return round(settings.fps * (0.4 + 1.2 * settings.pauses * rng.uniform()))


def _hold(frame: Track, num_frames: int) -> Track:
  """A Track of `num_frames` frames like this one."""
  return frame[np.zeros(num_frames, int)]


def _way(before: Track, after: Track, body: Body, settings: Settings) -> Track:
  """The Track from the end of one to the start of another, on foot along the floor."""
  start, end = before.pelvis[-1], after.pelvis[0]
  distance = end[0] - start[0]
  num_frames = round(settings.fps * (0.8 + abs(distance) / _WALKING_SPEED))
  time = np.arange(1, num_frames + 1) / (num_frames + 1)
  leave, arrive = motion.ease(1 - 4 * time)[:, None], motion.ease(4 * time - 3)[:, None]

  angles = _walk(time * num_frames / settings.fps)
  angles = leave * before.angles[-1] + arrive * after.angles[0] + (1 - leave - arrive) * angles
  # It turns to where it walks, and in the end along x again, each time the shorter way round.
  there, back = (0.0 if distance >= 0 else math.pi), after.yaw[0]
  facing = before.yaw[-1]
  yaw = facing + _turn(facing, there) * motion.ease(4 * time) + _turn(there, back) * motion.ease(4 * time - 3)
  walking = stance.stand(body, angles, 0 * time, yaw, start[0] + distance * motion.ease(time), stance.GROUND["floor"])
  pelvis = leave * start + arrive * end + (1 - leave - arrive) * walking.pelvis
  return Track(angles, 0 * time, yaw, pelvis)


def _turn(before: float, after: float) -> float:
  """The shorter way round from one angle to another."""
  turn = after - before
  return turn - 2 * math.pi * round(turn / (2 * math.pi))


def _walk(seconds: np.ndarray) -> np.ndarray:
  """(T, A): two steps a second."""
  angles = np.tile(motion.STAND, (len(seconds), 1))
  for side, shift in (("l", 0.0), ("r", math.pi)):
    swing = np.sin(2 * math.pi * seconds + shift)
    angles[:, INDEX[f"hip_{side}"]] = 0.15 + 0.5 * swing
    angles[:, INDEX[f"knee_{side}"]] = 0.3 + 0.3 * np.cos(2 * math.pi * seconds + shift)
    angles[:, INDEX[f"shoulder_{side}"]] = -0.5 * swing
  return angles
