"""The public configurations of ActionFormer and TriDet as their YAML files have them, without paths and comments."""

WIDE_RANGES = [[0, 4], [2, 8], [4, 16], [8, 32], [16, 64], [32, 128], [64, 256], [128, 10000]]
LOSS = dict(clip_grad_l2norm=1.0, cls_prior_prob=0.01, center_sample="radius", center_sample_radius=1.5)


def _dataset(name, train, test, input_dim, num_classes, **rest):
  dataset = dict(input_dim=input_dim, num_classes=num_classes, crop_ratio=[0.9, 1.0], **rest)
  return dict(dataset_name=name, train_split=[train], val_split=[test], dataset=dataset)


def _thumos():
  timing = dict(feat_stride=4, num_frames=16, max_seq_len=2304, trunc_thresh=0.5)
  return _dataset("thumos", "validation", "test", 2048, 20, **timing)


def _anet(input_dim, **rest):
  timing = dict(feat_stride=16, num_frames=16, trunc_thresh=0.5)
  return _dataset("anet", "training", "validation", input_dim, 1, **timing, **rest)


def _slowfast(name, input_dim, num_classes, max_seq_len):
  timing = dict(feat_stride=16, num_frames=32, default_fps=30, trunc_thresh=0.3, max_seq_len=max_seq_len)
  return _dataset(name, "training", "validation", input_dim, num_classes, **timing)


def _hacs(input_dim, **rest):
  return _dataset("hacs", "training", "validation", input_dim, 200, trunc_thresh=0.5, **rest)


def _actionformer(data, model, opt, batch_size=2, train=None, test=None):
  return dict(
    data,
    model=dict(fpn_type="identity", **model),
    opt=dict(opt, weight_decay=0.05),
    loader=dict(batch_size=batch_size),
    train_cfg=dict(LOSS, **(train or {})),
    test_cfg=dict(min_score=0.001, **(test or {})),
  )


def _anet_actionformer(input_dim, fps):
  data = _anet(input_dim, default_fps=fps, max_seq_len=192, force_upsampling=True)
  model = dict(n_mha_win_size=[7, 7, 7, 7, 7, -1], n_head=4, embd_dim=256, fpn_dim=256, head_dim=256, use_abs_pe=True)
  train = dict(init_loss_norm=200, label_smoothing=0.1, droppath=0.1, loss_weight=2.0)
  test = dict(
    voting_thresh=0.9,
    pre_nms_topk=2000,
    max_seg_num=100,
    multiclass_nms=False,
    nms_sigma=0.75,
    ext_score_file="cuhk_val_simp_share.json",
    duration_thresh=0.001,
  )
  return _actionformer(data, model, dict(learning_rate=0.001, epochs=10), 16, train, test)


def _epic_actionformer(num_classes, **train):
  model = dict(n_mha_win_size=9, max_buffer_len_factor=4.0, regression_range=[*WIDE_RANGES[:5], [32, 10000]])
  test = dict(pre_nms_topk=5000, max_seg_num=2000, nms_sigma=0.4, multiclass_nms=True)
  opt = dict(learning_rate=0.0001, epochs=16)
  return _actionformer(
    _slowfast("epic", 2304, num_classes, 2304), model, opt, train=dict(init_loss_norm=250, **train), test=test
  )


def _ego4d(input_dim, levels, **model):
  ranges = [*WIDE_RANGES[: levels - 1], [WIDE_RANGES[levels - 1][0], 10000]]
  model = dict(n_mha_win_size=9, use_abs_pe=True, backbone_arch=[2, 2, levels - 1], regression_range=ranges, **model)
  test = dict(pre_nms_topk=5000, max_seg_num=2000, nms_sigma=0.9, multiclass_nms=True, voting_thresh=0.95)
  train = dict(init_loss_norm=100, dropout=0.1, droppath=0.1)
  opt = dict(learning_rate=0.0001, epochs=10)
  return _actionformer(_slowfast("ego4d", input_dim, 110, 1024), model, opt, train=train, test=test)


def _tridet(data, model, opt, batch_size=2, train=None, test=None):
  return dict(
    data,
    model=dict(fpn_type="identity", **model),
    opt=opt,
    loader=dict(batch_size=batch_size),
    train_cfg=dict(LOSS, **(train or {})),
    test_cfg=dict(min_score=0.001, **(test or {})),
  )


def _epic_tridet(num_classes, window, k, epochs, eta_min=None, **train):
  model = dict(n_sgp_win_size=window, k=k, num_bins=16, iou_weight_power=0.25, sgp_mlp_dim=1024)
  model |= dict(max_buffer_len_factor=4.0, regression_range=[*WIDE_RANGES[:5], [32, 10000]])
  opt = dict(learning_rate=0.0001, warmup_epochs=5, epochs=epochs, weight_decay=0.05)
  test = dict(pre_nms_topk=5000, max_seg_num=2000, nms_sigma=0.4, multiclass_nms=True)
  return _tridet(
    _slowfast("epic", 2304, num_classes, 2304),
    model,
    opt | ({"eta_min": eta_min} if eta_min else {}),
    train=dict(init_loss_norm=250, **train),
    test=test,
  )


def _hacs_tridet(data, levels, num_bins, window, noise, opt, clip):
  ranges = [[0, 4], [4, 8], [8, 16], [16, 32], [32, 64], [64, 128], [128, 10000]]
  model = dict(backbone_arch=[2, 2, levels - 1], n_sgp_win_size=window, k=1.2, init_conv_vars=0.1, use_abs_pe=True)
  model |= dict(embd_dim=1024, sgp_mlp_dim=1024, fpn_dim=1024, head_dim=1024, head_kernel_size=5, boudary_kernel_size=1)
  model |= dict(num_bins=num_bins, iou_weight_power=1, input_noise=noise, max_buffer_len_factor=1.0)
  model |= dict(regression_range=[*ranges[: levels - 1], [ranges[levels - 1][0], 10000]])
  train = dict(init_loss_norm=400, clip_grad_l2norm=clip, label_smoothing=0.1)
  test = dict(voting_thresh=0.95, pre_nms_topk=2000, max_seg_num=250, multiclass_nms=True, nms_sigma=0.75)
  return _tridet(data, model, dict(opt, learning_rate=0.001, weight_decay=0.03), 16, train, test)


# Named as ../shared/facts/state_dict_NAME.txt.
CONFIGS = {
  "actionformer_thumos": _actionformer(
    _thumos(),
    dict(n_mha_win_size=19, max_buffer_len_factor=6.0),
    dict(learning_rate=0.0001, epochs=30),
    train=dict(init_loss_norm=100),
    test=dict(voting_thresh=0.7, pre_nms_topk=2000, max_seg_num=200, multiclass_nms=True),
  ),
  "actionformer_anet_tsp": _anet_actionformer(512, 15),
  "actionformer_anet_i3d": _anet_actionformer(2048, 25),
  "actionformer_epic_slowfast_noun": _epic_actionformer(300, label_smoothing=0.1),
  "actionformer_epic_slowfast_verb": _epic_actionformer(97),
  "actionformer_ego4d_slowfast": _ego4d(2304, 7),
  "actionformer_ego4d_omnivore_egovlp": _ego4d(1792, 8, n_head=12, embd_dim=768, fpn_dim=768, head_dim=768),
  "tridet_thumos": _tridet(
    _thumos(),
    dict(n_sgp_win_size=1, num_bins=16, k=5, iou_weight_power=0.2, sgp_mlp_dim=768, input_noise=0.0005),
    dict(learning_rate=0.0001, warmup_epochs=20, epochs=20, weight_decay=0.025),
    train=dict(init_loss_norm=100),
    test=dict(voting_thresh=0.7, pre_nms_topk=2000, max_seg_num=2000, multiclass_nms=True),
  ),
  "tridet_anet_tsp": _tridet(
    _anet(512, default_fps=15, max_seq_len=768),
    dict(
      n_sgp_win_size=15,
      k=1.3,
      init_conv_vars=0.2,
      embd_dim=256,
      sgp_mlp_dim=2048,
      fpn_dim=256,
      head_dim=512,
      use_abs_pe=True,
      num_bins=12,
      iou_weight_power=1,
      input_noise=0.5,
    ),
    dict(learning_rate=0.001, eta_min=0.00005, warmup_epochs=10, epochs=5, weight_decay=0.04),
    16,
    dict(init_loss_norm=400, clip_grad_l2norm=0.4, label_smoothing=0.1),
    dict(
      voting_thresh=0.95,
      pre_nms_topk=2000,
      max_seg_num=200,
      multiclass_nms=False,
      nms_sigma=0.7,
      ext_score_file="cuhk_val_simp_share.json",
      duration_thresh=0.1,
    ),
  ),
  "tridet_epic_slowfast_noun": _epic_tridet(300, 1, 4, 14, label_smoothing=0.1),
  "tridet_epic_slowfast_verb": _epic_tridet(97, 5, 2, 22, eta_min=0.00005),
  "tridet_hacs_i3d": _hacs_tridet(
    _hacs(2048, feat_stride=1, num_frames=1, default_fps=2, max_seq_len=512, backbone_type="i3d"),
    levels=7,
    num_bins=12,
    window=15,
    noise=0.0,
    opt=dict(eta_min=0.0002, warmup_epochs=10, epochs=3),
    clip=1.0,
  ),
  "tridet_hacs_slowfast": _hacs_tridet(
    _hacs(2304, feat_stride=8, num_frames=32, default_fps=15, max_seq_len=960, backbone_type="slowfast"),
    levels=6,
    num_bins=14,
    window=3,
    noise=0.2,
    opt=dict(eta_min=0.0005, warmup_epochs=7, epochs=4),
    clip=0.5,
  ),
}
