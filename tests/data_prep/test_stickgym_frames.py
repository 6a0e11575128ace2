"""No frame, and no set of frames without their order, tells stickgym's classes apart; their order does.

What a frame shows is given to the classifiers here as exactly as can be: the places of the joints in the image, without
any nuisance but how the figure moves. A network that has to find them in pixels cannot know more.
"""

import numpy as np
import pytest

from jaxvid.data_prep.stickgym import body as bodies
from jaxvid.data_prep.stickgym import camera, motion, performance
from jaxvid.data_prep.stickgym.settings import NUISANCES, Settings

MOVEMENT = Settings(**dict.fromkeys(NUISANCES, 0.0) | dict.fromkeys(("speed", "pauses", "style"), 1.0))
NUM_CLASSES = len(motion.NAMES)
TRAIN, TEST = 40, 20  # Clips of each class.
SIDES = [(bodies.JOINT[name], bodies.JOINT[f"{name[:-1]}r"]) for name in bodies.JOINTS if name.endswith("_l")]


def what_frames_show(label, seed):
  """(T, F): the joints in the image, in which its left and right look alike."""
  body, rng = bodies.Body(), np.random.default_rng([seed, label])
  performed = performance.of_clip(rng, label, body, MOVEMENT)
  view = camera.draw_camera(rng, MOVEMENT, performed.x, performed.apparatus)
  places = view.project(bodies.joints(body, performed.track))[0] / MOVEMENT.height
  one, other = (places[:, list(joints)] for joints in zip(*SIDES, strict=True))
  middle, apart = (one + other) / 2, one - other
  shape = [middle, np.abs(apart), apart[..., :1] * apart[..., 1:], places[:, :3]]
  return np.concatenate([part.reshape(len(places), -1) for part in shape], axis=1)


@pytest.fixture(scope="module")
def clips():
  """(label, (T, F)) of clips to learn from and of clips to test on."""
  seeds = range(TRAIN + TEST)
  shown = [[(label, what_frames_show(label, seed)) for label in range(NUM_CLASSES)] for seed in seeds]
  return [clip for row in shown[:TRAIN] for clip in row], [clip for row in shown[TRAIN:] for clip in row]


def accuracy(clips, features):
  """Top-1 of ridge regression on `features` of a clip (T, F), which gives a vector."""
  train, test = ((np.stack([features(x) for _, x in part]), np.array([k for k, _ in part])) for part in clips)
  mean, std = train[0].mean(axis=0), train[0].std(axis=0) + 1e-6
  x, y = ((part[0] - mean) / std for part in (train, test))
  onehot = np.eye(NUM_CLASSES)[train[1]] - 1 / NUM_CLASSES
  weights = x.T @ np.linalg.solve(x @ x.T + 30.0 * np.eye(len(x)), onehot)
  return float(np.mean((y @ weights).argmax(axis=1) == test[1]))


def set_of_frames(clips):
  """A function of a clip that tells all about its frames but their order: means over them of random waves."""
  frames = np.concatenate([x for _, x in clips[0][::7]])
  rng = np.random.default_rng(0)
  frequencies, starts = rng.normal(size=(frames.shape[1], 400)), rng.uniform(0, 2 * np.pi, size=400)
  scale = 2.0 / np.sqrt(frames.var(axis=0).sum())
  return lambda x: np.cos(scale * (x - frames.mean(axis=0)) @ frequencies + starts).mean(axis=0)


def frames_in_order(x):
  """12 frames, evenly spaced."""
  return x[np.linspace(0, len(x) - 1, 12).round().astype(int)].ravel()


def test_the_set_of_frames_tells_the_apparatus_and_nothing_more(clips):
  found = accuracy(clips, set_of_frames(clips))
  assert abs(found - 1 / 4) < 0.08  # Guessing among the four classes of an apparatus, give or take three deviations.


def test_the_order_of_frames_tells_the_class(clips):
  assert accuracy(clips, frames_in_order) > 0.8
