"""Settings of made-up videos: size, rate, and the strength of each nuisance."""

import dataclasses
import math
from typing import Any

from jaxvid.data_prep.building.checks import BadInput

# Strength of every nuisance at once, but for the mirror, which only "hard" has.
DIFFICULTIES = {"none": 0.0, "easy": 0.5, "normal": 1.0, "hard": 1.5}
_MIRRORED = ("hard",)

_WHERE = "stickgym settings"

NUISANCES = ("camera", "view", "mirror", "speed", "pauses", "style", "body", "texture", "clutter", "noise")


@dataclasses.dataclass(frozen=True)
class Settings:
  """How to draw and encode. A nuisance is a strength: 0 is none, 1 normal.

  Attributes:
    height, width: of the video in pixels; even.
    fps: frames a second.
    seconds: shortest and longest duration of an action at normal speed.
    crf: x264's quality; higher is smaller and worse.
    camera: pan, zoom and shake.
    view: viewpoint (azimuth, elevation).
    mirror: twice the share of videos with left and right exchanged, up to half. That changes no class, but forward is
      then clockwise in one video and anticlockwise in the next: it has to be seen which way the figure faces. Small
      networks learn that slowly, so it is 0 unless asked for.
    speed: how unevenly an action goes on, and how much its duration varies.
    pauses: how long the figure stands still before and after an action.
    style: how far the poses are from the typical ones.
    body: proportions and colours.
    texture: contrast of the wall and the floor.
    clutter: moving things behind the figure.
    noise: of the camera's sensor, and brightness.

  Raises:
    BadInput: a value is none of these.
  """

  height: int = 72
  width: int = 96
  fps: int = 16
  seconds: tuple[float, float] = (1.9, 2.6)
  crf: int = 23
  camera: float = 1.0
  view: float = 1.0
  mirror: float = 0.0
  speed: float = 1.0
  pauses: float = 1.0
  style: float = 1.0
  body: float = 1.0
  texture: float = 1.0
  clutter: float = 1.0
  noise: float = 1.0

  def __post_init__(self) -> None:
    for name in ("height", "width"):
      size = getattr(self, name)
      if size < 32 or size % 2:
        raise BadInput(_WHERE, name, f"{size} is odd or under 32 pixels", "Give an even number from 32 on.")
    if self.fps < 1:
      raise BadInput(_WHERE, "fps", f"{self.fps} is under 1", "Give frames a second.")
    if not 0 < self.seconds[0] <= self.seconds[1]:
      raise BadInput(_WHERE, "seconds", f"{self.seconds} is no range", "Give the shortest, then the longest.")
    if not 0 <= self.crf <= 51:
      raise BadInput(_WHERE, "crf", f"{self.crf} is outside 0 to 51", "That is the range of x264.")
    for name in NUISANCES:
      strength = getattr(self, name)
      if not (math.isfinite(strength) and 0 <= strength <= 2):
        raise BadInput(_WHERE, name, f"{strength} is not between 0 and 2", "0 is none, 1 normal.")


def of_difficulty(difficulty: str, **others: Any) -> Settings:
  """Settings with every nuisance as strong as a key of DIFFICULTIES says, but for `others`."""
  if difficulty not in DIFFICULTIES:
    raise BadInput(_WHERE, "difficulty", f"{difficulty!r} is unknown", f"Use one of: {', '.join(DIFFICULTIES)}.")
  strengths = dict.fromkeys(NUISANCES, DIFFICULTIES[difficulty]) | {"mirror": float(difficulty in _MIRRORED)}
  return Settings(**strengths | others)
