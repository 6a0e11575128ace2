"""The place of the figure, given its pose: on its feet, hanging from its hands, or in flight."""

import numpy as np

from jaxvid.data_prep.stickgym.body import JOINT, Body, Track, joints_from_pelvis

BEAM_HEIGHT, BAR_HEIGHT = 0.7, 2.35  # Metres.
GROUND = {"beam": BEAM_HEIGHT, "floor": 0.0}


def stand(
  body: Body, angles: np.ndarray, somersault: np.ndarray, yaw: np.ndarray, x: np.ndarray, ground: float
) -> Track:
  """A Track of which the lowest joint is at the height `ground`, and the pelvis above x (T,)."""
  lowest = joints_from_pelvis(body, angles, somersault, yaw)[..., 1].min(axis=1)
  return Track(angles, somersault, yaw, np.stack([x, ground - lowest, 0 * x], axis=-1))


def hang(body: Body, angles: np.ndarray, somersault: np.ndarray, yaw: np.ndarray, x: np.ndarray) -> Track:
  """A Track whose hands are at the bar, above x (T,)."""
  places = joints_from_pelvis(body, angles, somersault, yaw)
  hands = 0.5 * (places[:, JOINT["hand_l"]] + places[:, JOINT["hand_r"]])
  return Track(angles, somersault, yaw, np.stack([x, np.full_like(x, BAR_HEIGHT), 0 * x], axis=-1) - hands)


def fly(body: Body, angles: np.ndarray, somersault: np.ndarray, yaw: np.ndarray, middle: np.ndarray) -> Track:
  """A Track whose `middle_of_body` is at `middle` (T, 3)."""
  offset = middle_of_body(joints_from_pelvis(body, angles, somersault, yaw))
  return Track(angles, somersault, yaw, middle - offset)


def middle_of_body(places: np.ndarray) -> np.ndarray:
  """(T, 3), of joints (T, J, 3): the mean of hips, shoulders and knees, which is near the centre of mass."""
  return places[:, [JOINT["pelvis"], JOINT["neck"], JOINT["knee_l"], JOINT["knee_r"]]].mean(axis=1)
