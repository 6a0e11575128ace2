"""TAG-Head on FineGym's Gym99: 99 elements of gymnastics; 20,484 clips to train on (v1.1: 26,320), 8,521 to test.

  jaxvid build finegym/gym99 --source=finegym/ --data_dir=data
  jaxvid convert --network=r2plus1d_34 --torch=r2plus1d_34_clip32_ig65m.pth --workdir=ig65m
  jaxvid train --config=gym99_tag --workdir=runs/gym99_tag --config.train.backbone_from=ig65m

Paper: top-1 95.6%, mean class accuracy 93.8% (R(2+1)D-34 from IG-65M, 64 frames, MLP 1,024). Score: not measured
(videos not available).

Variants: `i3d`, `slow`, `csn`, the other backbones of its Table 3 (from Kinetics-400); `pool`, without TAG-Head;
`frozen`, trains the head alone; `i3d,flow`, I3D on optical flow, for the dataset that the first command builds with
--data_dir=data/flow --encode=jpeg --flow=tvl1; `smoke`. They combine: `:i3d,pool`.
"""

from jaxvid.configs import recognition_common


def get_config(arg=""):
  return recognition_common.tag(arg, "finegym/gym99", num_classes=99, clip_len=64, mlp_width=1024)
