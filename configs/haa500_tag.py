"""TAG-Head on HAA500: 500 atomic actions, 8,000 clips to train on, 1,500 to test.

  jaxvid build haa500 --source=haa500/video/ --data_dir=data
  jaxvid train --config=haa500_tag --workdir=runs/haa500_tag --config.train.backbone_from=ig65m
  jaxvid complexity --config=haa500_tag:table5

Paper: top-1 86.1% (R(2+1)D-34 from IG-65M, 32 frames, MLP 512). Score: not measured (videos not available).

Variants and weights as in gym99_tag.py; and `table5`, the MLP of 2,048 of the paper's Table 5: 63,491,975 parameters in
the backbone and 6,405,120 in the head, less the classifier; 69,897,095 in all. 152.36 G multiply-adds in the backbone,
153.67 G in all (the paper: 153.4).
"""

from jaxvid.configs import recognition_common


def get_config(arg=""):
  c = recognition_common.tag(arg, "haa500", num_classes=500, clip_len=32, mlp_width=512)
  c.eval.split = "test" if c.eval.split == "val" else c.eval.split
  return c
