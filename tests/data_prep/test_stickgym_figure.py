"""The figure and its actions: limbs keep their lengths, and partners go through the same poses."""

import numpy as np
import pytest

from jaxvid.data_prep.stickgym import body as bodies
from jaxvid.data_prep.stickgym import camera, encode, motion, stance
from jaxvid.data_prep.stickgym.body import JOINT, Body, Track
from jaxvid.data_prep.stickgym.settings import Settings

STYLE = motion.draw_style(np.random.default_rng(0), 1.0, 0.0)  # Of an even pace.
BODY = Body()


def places(name, num_frames=201, style=STYLE, yaw=0.0):
  return bodies.joints(BODY, motion.perform(name, num_frames, BODY, style, yaw=yaw))


def length(joints, one, other):
  return np.linalg.norm(joints[:, JOINT[one]] - joints[:, JOINT[other]], axis=-1)


def test_an_upright_figure_by_hand():
  angles = motion.STAND[None]
  joints = bodies.joints(BODY, Track(angles * 0, np.zeros(1), np.zeros(1), np.zeros((1, 3))))[0]
  np.testing.assert_allclose(joints[JOINT["head"]], [0, 0.75, 0])
  np.testing.assert_allclose(joints[JOINT["toe_r"]], [0, -0.98, 0.08], atol=1e-12)
  np.testing.assert_allclose(joints[JOINT["hand_l"]], [0, 0.55 - 0.64, -0.16], atol=1e-12)


def test_a_quarter_of_each_rotation_by_hand():
  quarter = np.full(1, np.pi / 2)
  forward = bodies.joints(BODY, Track(np.zeros((1, 15)), quarter, 0 * quarter, np.zeros((1, 3))))[0]
  np.testing.assert_allclose(forward[JOINT["head"]], [0.75, 0, 0], atol=1e-12)  # On its way to lying on its face.
  turned = bodies.joints(BODY, Track(np.zeros((1, 15)), quarter, quarter, np.zeros((1, 3))))[0]
  np.testing.assert_allclose(turned[JOINT["head"]], [0, 0, 0.75], atol=1e-12)


@pytest.mark.parametrize("angle, joint, toward", [("hip", "knee", 1), ("knee", "ankle", -1), ("elbow", "hand", 1)])
def test_joints_bend_the_way_they_do_in_people(angle, joint, toward):
  angles = np.zeros((1, len(bodies.ANGLES)))
  angles[0, bodies.INDEX[f"{angle}_l"]] = 1.0
  joints = bodies.joints(BODY, Track(angles, np.zeros(1), np.zeros(1), np.zeros((1, 3))))[0]
  assert toward * joints[JOINT[f"{joint}_l"], 0] > 0.2 and abs(joints[JOINT[f"{joint}_r"], 0]) < 1e-9


@pytest.mark.parametrize("name", motion.NAMES)
def test_limbs_keep_their_lengths_and_feet_stay_above_the_ground(name):
  joints = places(name)
  for one, other, expected in [("hip_l", "knee_l", 0.42), ("elbow_r", "hand_r", 0.32), ("pelvis", "neck", 0.55)]:
    np.testing.assert_allclose(length(joints, one, other), expected)
  assert joints[..., 1].min() > -1e-9
  if name.startswith("bar"):
    hands = 0.5 * (joints[:, JOINT["hand_l"]] + joints[:, JOINT["hand_r"]])
    np.testing.assert_allclose(hands, np.broadcast_to([0, stance.BAR_HEIGHT, 0], hands.shape), atol=1e-12)


@pytest.mark.parametrize("one, other", motion.PAIRS["forward or backward"])
def test_backward_is_forward_in_reverse(one, other):
  if one.startswith("bar"):  # Where the order of the shapes is reversed as well.
    other = other.replace("tuck_pike", "x").replace("pike_tuck", "tuck_pike").replace("x", "pike_tuck")
  joints, reverse = places(one), places(other)[::-1]
  np.testing.assert_allclose(joints - joints[:1, :1], reverse - reverse[:1, :1], atol=1e-9)


@pytest.mark.parametrize("one, other", motion.PAIRS["half or full turn"])
def test_half_a_turn_looks_like_the_other_half(one, other):
  """Every frame of a full turn is one of the half turn, left and right exchanged or not."""
  view = camera.draw_camera(np.random.default_rng(0), Settings(camera=0.0), np.zeros(1), ["beam"])

  def image(name):
    joints = places(name, 401)
    pixels = np.concatenate([view.project(frame[None])[0] for frame in joints])
    return np.concatenate([pixels, _sides_exchanged(pixels)]).reshape(802, -1)

  half, full = image(one), image(other)[:401]
  nearest = np.min(np.linalg.norm(full[:, None] - half[None], axis=-1), axis=1)
  assert nearest.max() < 1.0  # Pixels, over all joints together, between two frames of the half turn.


def _sides_exchanged(pixels):
  swapped = [
    JOINT[name[:-1] + {"l": "r", "r": "l"}[name[-1]]] if name[-2] == "_" else JOINT[name] for name in bodies.JOINTS
  ]
  return pixels[:, swapped]


def test_rotations_and_parts_are_those_of_the_name():
  for name, action in motion.ACTIONS.items():
    track = motion.perform(name, 101, BODY, STYLE)
    turned = track.yaw if action.apparatus == "beam" else track.somersault
    total = (turned[-1] - turned[0]) / (2 * np.pi)
    np.testing.assert_allclose(abs(total), action.rotations)
    assert name.startswith(action.apparatus)
    if action.direction:
      assert np.sign(total) == action.direction == (1 if "forward" in name else -1)
    knees = track.angles[:, bodies.INDEX["knee_l"]]
    if action.apparatus == "bar":
      assert (action.parts[0] == "tuck") == (knees[:50].max() > knees[51:].max()) == name.endswith("tuck_pike")
    if action.apparatus == "beam":
      assert (action.parts[0] == "turn") == (np.ptp(turned[:40]) > np.ptp(turned[61:])) == name.endswith("leap")
  assert list(motion.NAMES) == sorted(motion.NAMES)


def test_every_class_has_partners_in_what_its_pair_says():
  for pairs in motion.PAIRS.values():
    for one, other in pairs:
      assert one != other and motion.ACTIONS[one].apparatus == motion.ACTIONS[other].apparatus
  partners = {
    name: [pair for pairs in motion.PAIRS.values() for pair in pairs if name in pair] for name in motion.NAMES
  }
  assert all(len(pairs) >= 2 for pairs in partners.values())


def test_the_camera_shows_right_as_right_unless_mirrored():
  style = {"rng": np.random.default_rng(1), "x": np.full(5, 2.0), "apparatus": ["floor"] * 5}
  view = camera.draw_camera(settings=Settings(camera=0.0, view=0.0), **style)
  height, scale = view.target[0, 1], view.scale[0]
  places = [[2.0, height, 0.0], [3.0, height, 0.0], [2.0, height + 1, 1.0]]
  pixels, depth = view.project(np.broadcast_to(places, (5, 3, 3)))
  np.testing.assert_allclose(pixels[0], [[48, 36], [48 + scale, 36], [48, 36 - scale]])
  assert depth[0, 2] > depth[0, 0]
  mirrored = camera.Camera(view.target, view.scale, 0.0, 0.0, True, 72, 96)
  np.testing.assert_allclose(mirrored.project(np.full((5, 1, 3), 1.0))[0][..., 0], 48 + scale)


def test_no_frames_are_no_video(tmp_path):
  with pytest.raises(ValueError, match="clip.mp4.*: no frames. Give one at least."):
    encode.write_video(tmp_path / "clip.mp4", [], 16, 23)
  assert not list(tmp_path.iterdir())
