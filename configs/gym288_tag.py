"""TAG-Head on FineGym's Gym288: 288 elements, long-tailed; 22,671 clips to train on (v1.1: 29,334), 9,646 to test.

  jaxvid build finegym/gym288 --source=finegym/ --data_dir=data
  jaxvid train --config=gym288_tag --workdir=runs/gym288_tag --config.train.backbone_from=ig65m

Paper: top-1 92.2%, mean class accuracy 68.6% (R(2+1)D-34 from IG-65M, 64 frames). Score: not measured (videos not
available). --config.data.balance=0.5 draws rare classes more often, unlike the paper.

Variants and weights as in gym99_tag.py.
"""

from jaxvid.configs import recognition_common


def get_config(arg=""):
  return recognition_common.tag(arg, "finegym/gym288", num_classes=288, clip_len=64, mlp_width=1024)
