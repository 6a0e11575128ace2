"""The figure: lengths of its limbs, its colours, and the places of its joints in a pose (forward kinematics)."""

import colorsys
import dataclasses
from typing import Any

import numpy as np

# Joint angles. All are 0 in a figure that stands with its arms hanging and its toes pointed; "_l" and "_r" are its left
# and right. Flexion is forward, abduction sideways; a knee or an elbow bends the way it does in people.
ANGLES = ("spine",) + tuple(
  f"{angle}_{side}"
  for side in "lr"
  for angle in ("shoulder", "shoulder_out", "elbow", "hip", "hip_out", "knee", "ankle")
)
INDEX = {name: index for index, name in enumerate(ANGLES)}

JOINTS = ("pelvis", "neck", "head") + tuple(
  f"{joint}_{side}" for side in "lr" for joint in ("shoulder", "elbow", "hand", "hip", "knee", "ankle", "toe")
)
JOINT = {name: index for index, name in enumerate(JOINTS)}

# (from, to, colour, thickness relative to Body.thickness) of what is drawn.
LIMBS = (
  ("pelvis", "neck", "suit", 2.0),
  ("shoulder_l", "shoulder_r", "suit", 1.2),
  ("hip_l", "hip_r", "suit", 1.2),
) + tuple(
  limb
  for side in "lr"
  for limb in (
    (f"shoulder_{side}", f"elbow_{side}", "skin", 0.9),
    (f"elbow_{side}", f"hand_{side}", "skin", 0.8),
    (f"hip_{side}", f"knee_{side}", "legs", 1.25),
    (f"knee_{side}", f"ankle_{side}", "legs", 1.0),
    (f"ankle_{side}", f"toe_{side}", "skin", 0.8),
  )
)


@dataclasses.dataclass(frozen=True)
class Body:
  """Lengths in metres; colours are (red, green, blue) in 0 to 255.

  Both sides of the figure have the same colours: a colour of one side would tell a half turn from a full one.
  """

  torso: float = 0.55
  neck: float = 0.2  # From the shoulders to the middle of the head.
  head: float = 0.15  # Radius.
  shoulders: float = 0.16  # From the spine.
  hips: float = 0.08
  upper_arm: float = 0.32
  forearm: float = 0.32
  thigh: float = 0.42
  shin: float = 0.42
  foot: float = 0.14
  thickness: float = 0.17
  skin: tuple[int, int, int] = (236, 188, 150)
  suit: tuple[int, int, int] = (200, 40, 60)
  legs: tuple[int, int, int] = (250, 210, 90)


@dataclasses.dataclass(frozen=True)
class Track:
  """Where the figure is in each frame.

  Attributes:
    angles: (T, A), in the order of ANGLES.
    somersault: (T,) rotation of the pelvis forward.
    yaw: (T,) direction that the figure faces: 0 is along x, a quarter turn is towards the camera.
    pelvis: (T, 3).
  """

  angles: np.ndarray
  somersault: np.ndarray
  yaw: np.ndarray
  pelvis: np.ndarray

  def __len__(self) -> int:
    return len(self.yaw)

  def __getitem__(self, index: slice | np.ndarray) -> "Track":
    return Track(self.angles[index], self.somersault[index], self.yaw[index], self.pelvis[index])


def concatenate(tracks: list[Track]) -> Track:
  """One Track after the other."""
  return Track(
    *(np.concatenate([getattr(track, field.name) for track in tracks]) for field in dataclasses.fields(Track))
  )


def draw_body(rng: np.random.Generator, strength: float, dark: bool) -> Body:
  """A Body: its proportions vary with `strength`. Unless that is 0 its colours do too; all are dark, or all light."""
  lengths: dict[str, Any] = {
    field.name: field.default * float(np.exp(strength * rng.uniform(-0.12, 0.12)))
    for field in dataclasses.fields(Body)
    if isinstance(field.default, float)
  }
  # The parts differ in brightness, not in hue alone: video stores hues coarsely.
  shades = rng.permutation([0.0, 0.5, 1.0]) + rng.uniform(-0.15, 0.15, size=3)
  hues, saturations = rng.uniform(size=(2, 3))
  values = 0.1 + 0.3 * shades if dark else 0.75 + 0.25 * shades
  saturations = saturations * (0.9 if dark else 0.6)
  if strength == 0:
    return Body(**lengths)
  colours = [
    tuple(int(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, min(value, 1.0)))
    for hue, saturation, value in zip(hues, saturations, values, strict=True)
  ]
  return Body(**lengths | dict(zip(("skin", "suit", "legs"), colours, strict=True)))


def joints(body: Body, track: Track) -> np.ndarray:
  """Places (T, J, 3) of JOINTS in the world."""
  relative = _joints_from_pelvis(body, track.angles)
  return _rotate(relative, track.somersault, track.yaw) + track.pelvis[:, None]


def joints_from_pelvis(body: Body, angles: np.ndarray, somersault: np.ndarray, yaw: np.ndarray) -> np.ndarray:
  """The same (T, J, 3) relative to the pelvis."""
  return _rotate(_joints_from_pelvis(body, angles), somersault, yaw)


def _rotate(places: np.ndarray, somersault: np.ndarray, yaw: np.ndarray) -> np.ndarray:
  """(T, J, 3) rotated forward by somersault (T,) and then about the vertical by yaw (T,)."""
  x, y, z = np.moveaxis(places, -1, 0)
  sin, cos = np.sin(somersault)[:, None], np.cos(somersault)[:, None]
  x, y = cos * x + sin * y, cos * y - sin * x
  sin, cos = np.sin(yaw)[:, None], np.cos(yaw)[:, None]
  return np.stack([cos * x - sin * z, y, sin * x + cos * z], axis=-1)


def _direction(flexion: np.ndarray, out: np.ndarray, side: float) -> np.ndarray:
  """(T, 3): a limb that hangs at 0, raised forward by `flexion` and sideways by `out`."""
  sideways = side * np.cos(flexion) * np.sin(out)
  return np.stack([np.sin(flexion), -np.cos(flexion) * np.cos(out), sideways], axis=-1)


def _joints_from_pelvis(body: Body, angles: np.ndarray) -> np.ndarray:
  angle = {name: angles[:, index] for name, index in INDEX.items()}
  spine, zeros = angle["spine"], np.zeros_like(angle["spine"])
  up = np.stack([np.sin(spine), np.cos(spine), zeros], axis=-1)
  sideways = np.array([0.0, 0.0, 1.0])
  places = {"pelvis": np.zeros_like(up), "neck": body.torso * up, "head": (body.torso + body.neck) * up}
  for side, sign in (("l", -1.0), ("r", 1.0)):
    out = angle[f"shoulder_out_{side}"]
    flexion = angle[f"shoulder_{side}"] - spine
    shoulder = places["neck"] + sign * body.shoulders * sideways
    elbow = shoulder + body.upper_arm * _direction(flexion, out, sign)
    hand = elbow + body.forearm * _direction(flexion + angle[f"elbow_{side}"], out, sign)

    out, flexion = angle[f"hip_out_{side}"], angle[f"hip_{side}"]
    hip = np.broadcast_to(sign * body.hips * sideways, up.shape)
    knee = hip + body.thigh * _direction(flexion, out, sign)
    flexion = flexion - angle[f"knee_{side}"]
    ankle = knee + body.shin * _direction(flexion, out, sign)
    toe = ankle + body.foot * _direction(flexion + angle[f"ankle_{side}"], out, sign)
    for name, place in dict(
      shoulder=shoulder, elbow=elbow, hand=hand, hip=hip, knee=knee, ankle=ankle, toe=toe
    ).items():
      places[f"{name}_{side}"] = place
  return np.stack([places[name] for name in JOINTS], axis=1)
