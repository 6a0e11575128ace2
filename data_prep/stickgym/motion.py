"""The actions: joint angles, rotation and place as functions of an action's phase, from 0 to 1.

Four classes share each apparatus, and within an apparatus they share their poses too, so that neither a frame nor the
set of a video's frames tells them apart; only the order of the frames does:

- bar: two circles, forward or backward, one tucked and one piked, in either order. Every class has a tucked and a piked
  circle, and going backward is going forward in reverse.
- beam: a turn with the arms out, half or full, before or after a split leap. Turned halfway, the figure looks as
  before, so a full turn is what a half turn shows, twice.
- floor: a tucked salto, forward or backward, one rotation or two in one flight. The flight is flatter at its top than a
  real one, so that the height of the figure does not say how far it has turned.
"""

import dataclasses
import math

import numpy as np

from jaxvid.data_prep.stickgym import stance
from jaxvid.data_prep.stickgym.body import ANGLES, INDEX, Body, Track, joints


@dataclasses.dataclass(frozen=True)
class Action:
  """A class.

  Attributes:
    apparatus: "bar", "beam" or "floor".
    direction: 1 forward, -1 backward; 0 on the beam.
    rotations: how often the figure turns, in all.
    parts: what it shows, in order.
  """

  apparatus: str
  direction: int
  rotations: float
  parts: tuple[str, ...]


# Label k is the k-th of these names, which are in alphabetical order, so that whoever sorts them counts alike.
ACTIONS = {
  "bar_backward_circles_pike_tuck": Action("bar", -1, 2, ("pike", "tuck")),
  "bar_backward_circles_tuck_pike": Action("bar", -1, 2, ("tuck", "pike")),
  "bar_forward_circles_pike_tuck": Action("bar", 1, 2, ("pike", "tuck")),
  "bar_forward_circles_tuck_pike": Action("bar", 1, 2, ("tuck", "pike")),
  "beam_full_turn_then_leap": Action("beam", 0, 1, ("turn", "leap")),
  "beam_half_turn_then_leap": Action("beam", 0, 0.5, ("turn", "leap")),
  "beam_leap_then_full_turn": Action("beam", 0, 1, ("leap", "turn")),
  "beam_leap_then_half_turn": Action("beam", 0, 0.5, ("leap", "turn")),
  "floor_backward_double_salto": Action("floor", -1, 2, ("tuck",)),
  "floor_backward_salto": Action("floor", -1, 1, ("tuck",)),
  "floor_forward_double_salto": Action("floor", 1, 2, ("tuck",)),
  "floor_forward_salto": Action("floor", 1, 1, ("tuck",)),
}
NAMES = tuple(ACTIONS)

# Pairs of classes that differ in one thing only, by that thing: the hard ones.
PAIRS = {
  "half or full turn": (
    ("beam_half_turn_then_leap", "beam_full_turn_then_leap"),
    ("beam_leap_then_half_turn", "beam_leap_then_full_turn"),
  ),
  "tuck or pike first": (
    ("bar_forward_circles_tuck_pike", "bar_forward_circles_pike_tuck"),
    ("bar_backward_circles_tuck_pike", "bar_backward_circles_pike_tuck"),
  ),
  "one or two rotations": (
    ("floor_forward_salto", "floor_forward_double_salto"),
    ("floor_backward_salto", "floor_backward_double_salto"),
  ),
  "forward or backward": (
    ("floor_forward_salto", "floor_backward_salto"),
    ("floor_forward_double_salto", "floor_backward_double_salto"),
    ("bar_forward_circles_tuck_pike", "bar_backward_circles_tuck_pike"),
    ("bar_forward_circles_pike_tuck", "bar_backward_circles_pike_tuck"),
  ),
  "order of turn and leap": (
    ("beam_half_turn_then_leap", "beam_leap_then_half_turn"),
    ("beam_full_turn_then_leap", "beam_leap_then_full_turn"),
  ),
}


def _pose(**degrees: float) -> np.ndarray:
  """(A,) in radians; an angle without "_l" or "_r" is that of both sides."""
  pose = np.zeros(len(ANGLES))
  for name, value in degrees.items():
    for key in (name,) if name in INDEX else (f"{name}_l", f"{name}_r"):
      pose[INDEX[key]] = math.radians(value)
  return pose


STAND = _pose(shoulder_out=12, ankle=90)
REACH = _pose(shoulder=175)
_CROUCH = _pose(spine=25, shoulder=60, hip=65, knee=105, ankle=115)
_BALL = _pose(spine=35, shoulder=-10, elbow=90, hip=125, knee=135)
_POINTED = _pose(shoulder_out=145)  # Upright on the beam: it has no front.
_ARMS_OUT = _pose(shoulder_out=90)
_SPLIT = {
  "l": _pose(shoulder_out=75, hip_l=80, hip_r=-80),
  "r": _pose(shoulder_out=75, hip_r=80, hip_l=-80),
}
_HANG = _pose(shoulder=180)
_SHAPES = {"tuck": _pose(shoulder=180, hip=130, knee=145), "pike": _pose(shoulder=180, hip=100)}

_SIDEWAYS = np.array(["_out_" in name for name in ANGLES])

REST = {"bar": _HANG, "beam": _POINTED, "floor": STAND}  # Before and after an action.


@dataclasses.dataclass(frozen=True)
class Style:
  """How one performance differs from another of its class.

  Attributes:
    pose_noise: (3, A), added to the poses that an action goes through, radians.
    lift: height of a jump, metres.
    travel: how far a salto goes, metres.
    turn_sense: 1 or -1.
    split_leg: "l" or "r".
    warp: (2,) unevenness of time.
  """

  pose_noise: np.ndarray
  lift: float
  travel: float
  turn_sense: int
  split_leg: str
  warp: np.ndarray


def draw_style(rng: np.random.Generator, strength: float, unevenness: float) -> Style:
  """A Style; `strength` and `unevenness` are Settings.style and Settings.speed."""
  noise = rng.normal(scale=0.09, size=(3, len(ANGLES)))
  for name, index in INDEX.items():  # Both sides move alike.
    if name.endswith("_r"):
      noise[:, index] = noise[:, INDEX[f"{name[:-2]}_l"]]
  return Style(
    pose_noise=strength * noise,
    lift=0.75 + 0.15 * strength * rng.uniform(-1, 1),
    travel=0.8 + 0.4 * strength * rng.uniform(-1, 1),
    turn_sense=int(rng.choice([-1, 1])),
    split_leg=str(rng.choice(["l", "r"])),
    warp=unevenness * rng.uniform(-1, 1, size=2) * (0.2, 0.1),
  )


def perform(name: str, num_frames: int, body: Body, style: Style, x: float = 0.0, yaw: float = 0.0) -> Track:
  """The Track of an action.

  Args:
    name: a key of ACTIONS.
    num_frames: T.
    body: Body.
    style: Style.
    x, yaw: where the figure stands and faces at first (at the bar: where the bar is).
  """
  action = ACTIONS[name]
  time = np.linspace(0.0, 1.0, num_frames)
  phase = time + sum(
    weight * np.sin(2 * math.pi * k * time) / (2 * math.pi * k) for k, weight in enumerate(style.warp, start=1)
  )
  return {"bar": _circles, "beam": _turn_and_leap, "floor": _salto}[action.apparatus](
    action, phase, body, style, x, yaw
  )


def rest(apparatus: str, num_frames: int, body: Body, x: float = 0.0, yaw: float = 0.0) -> Track:
  """The Track of a figure that waits at an apparatus."""
  angles = np.tile(REST[apparatus], (num_frames, 1))
  zeros = np.zeros(num_frames)
  if apparatus == "bar":
    return stance.hang(body, angles, zeros, zeros + yaw, zeros + x)
  return stance.stand(body, angles, zeros, zeros + yaw, zeros + x, stance.GROUND[apparatus])


def _interpolate(phase: np.ndarray, keys: list[tuple[float, np.ndarray]]) -> np.ndarray:
  """Angles (T, A) that go smoothly through the `keys`, (phase, pose (A,)) in order."""
  times, poses = np.array([when for when, _ in keys]), np.stack([pose for _, pose in keys])
  after = np.clip(np.searchsorted(times, phase, side="right"), 1, len(keys) - 1)
  share = ease((phase - times[after - 1]) / (times[after] - times[after - 1]))[:, None]
  return (1 - share) * poses[after - 1] + share * poses[after]


def ease(share: np.ndarray) -> np.ndarray:
  """Smooth step of `share` (T,): 0 up to 0, 1 from 1 on."""
  share = np.clip(share, 0.0, 1.0)
  return share * share * (3 - 2 * share)


def _ramp(phase: np.ndarray, start: float, end: float) -> np.ndarray:
  """Linear ramp of `phase` (T,): 0 before `start`, 1 after `end`.

  Rotations have no soft start or end: they would tell how often the figure passes the angles between.
  """
  return np.clip((phase - start) / (end - start), 0.0, 1.0)


def _arc(phase: np.ndarray, start: float, end: float, flatness: int) -> np.ndarray:
  """(T,): the height of a jump, 1 at its middle; a parabola at a flatness of 2, and flatter at the top above."""
  return 1 - np.abs(2 * _ramp(phase, start, end) - 1) ** flatness


def _circles(action: Action, phase: np.ndarray, body: Body, style: Style, x: float, yaw: float) -> Track:
  keys, rotation = [], np.zeros_like(phase)
  for start, part in zip((0.05, 0.5), action.parts, strict=True):
    shape = _SHAPES[part] + style.pose_noise[list(_SHAPES).index(part)]
    keys += [(start, _HANG), (start + 0.08, shape), (start + 0.37, shape)]
    circle = _ramp(phase, start, start + 0.45)
    # Fast below the bar, slow above, and the same in both circles.
    rotation = rotation + 2 * math.pi * circle + 0.3 * np.sin(2 * math.pi * circle)
  angles = _interpolate(phase, [*keys, (0.95, _HANG)])
  return stance.hang(body, angles, action.direction * rotation, np.full_like(phase, yaw), np.full_like(phase, x))


def _turn_and_leap(action: Action, phase: np.ndarray, body: Body, style: Style, x: float, yaw: float) -> Track:
  turn, leap = (0.0, 0.6) if action.parts[0] == "turn" else (0.4, 0.0)  # They take 0.6 and 0.4 of the time.
  # Only sideways: a knee that bends would give the figure a front and a back.
  arms_out, upright, split = np.array([_ARMS_OUT, _POINTED, _SPLIT[style.split_leg]]) + style.pose_noise * _SIDEWAYS
  keys = [(turn, _POINTED), (turn + 0.05, arms_out), (turn + 0.55, arms_out)]
  keys += [(leap, _POINTED), (leap + 0.08, upright), (leap + 0.16, split), (leap + 0.24, split), (leap + 0.32, upright)]
  angles = _interpolate(phase, sorted([*keys, (1.0, _POINTED)], key=lambda key: key[0]))
  facing = yaw + style.turn_sense * 2 * math.pi * action.rotations * _ramp(phase, turn + 0.05, turn + 0.55)
  # The hips rise by the jump alone: the feet leave the beam as the legs split.
  hips = np.tile(_POINTED, (len(phase), 1))
  place = stance.stand(body, hips, 0 * phase, facing, np.full_like(phase, x), stance.GROUND["beam"]).pelvis
  lift = 0.7 * style.lift * _arc(phase, leap + 0.08, leap + 0.32, 3)
  return Track(angles, 0 * phase, facing, place + np.outer(lift, [0.0, 1.0, 0.0]))


def _salto(action: Action, phase: np.ndarray, body: Body, style: Style, x: float, yaw: float) -> Track:
  crouch, reach, ball = np.array([_CROUCH, REACH, _BALL]) + style.pose_noise
  take_off, landing = 0.14, 0.86
  keys = [(0.0, STAND), (0.07, crouch), (take_off, reach), (0.22, ball)]
  angles = _interpolate(phase, keys + [(1 - when, pose) for when, pose in reversed(keys)])
  rotation = action.direction * 2 * math.pi * action.rotations * _ramp(phase, 0.22, 0.78)
  facing = np.full_like(phase, yaw)
  places = x + math.cos(yaw) * action.direction * style.travel * _ramp(phase, take_off, landing)
  on_ground = stance.stand(body, angles, 0 * phase, facing, places, stance.GROUND["floor"])
  # In flight the middle of the body, not its hips, goes along the arc; it starts where it is as the feet leave.
  zero = np.zeros(1)
  leaving = stance.stand(body, reach[None], zero, zero, zero, stance.GROUND["floor"])
  height = stance.middle_of_body(joints(body, leaving))[0, 1] + style.lift * _arc(phase, take_off, landing, 12)
  in_air = stance.fly(body, angles, rotation, facing, np.stack([places, height, 0 * phase], axis=-1))
  aloft = ((phase > take_off) & (phase < landing))[:, None]
  return Track(angles, rotation, facing, np.where(aloft, in_air.pelvis, on_ground.pelvis))
