"""ActionFormer's network in plain PyTorch, for speed only: the peer of `local_transformer` with point heads.

The same operations on (B, C, T), without masks (the peer has nothing to mask). Its banded attention takes blocks with a
halo as ours does: the fastest form we found in PyTorch, faster than the public code's sliding chunks.
"""

import torch
import torch.nn.functional as F
from torch import nn

BLOCK = 64


class ChannelNorm(nn.Module):
  """Layer norm over the channels of (B, C, T)."""

  def __init__(self, width):
    super().__init__()
    self.norm = nn.LayerNorm(width)

  def forward(self, x):
    return self.norm(x.transpose(1, 2)).transpose(1, 2)


class Block(nn.Module):
  """A pre-norm Transformer block with banded attention."""

  def __init__(self, width, num_heads, window, stride):
    super().__init__()
    self.num_heads, self.radius, self.stride = num_heads, window // 2, stride
    self.norms = nn.ModuleList(ChannelNorm(width) for _ in range(2))
    self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, stride, 1, groups=width, bias=False) for _ in range(3))
    self.conv_norms = nn.ModuleList(ChannelNorm(width) for _ in range(3))
    self.projections = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(3))
    self.output = nn.Conv1d(width, width, 1)
    self.mlp = nn.Sequential(nn.Conv1d(width, 4 * width, 1), nn.GELU(), nn.Conv1d(4 * width, width, 1))
    self.scales = nn.ParameterList(nn.Parameter(torch.full((1, width, 1), 1e-4)) for _ in range(2))

  def forward(self, x):
    u = self.norms[0](x)
    q, k, v = (p(n(c(u))) for p, n, c in zip(self.projections, self.conv_norms, self.convs))
    skip = x if self.stride == 1 else F.max_pool1d(x, self.stride + 1, self.stride, (self.stride + 1) // 2)
    y = skip + self.scales[0] * self.output(self.attention(q, k, v))
    return y + self.scales[1] * self.mlp(self.norms[1](y))

  def attention(self, q, k, v):
    batch, width, steps = q.shape
    radius, heads = self.radius, self.num_heads
    num_blocks = -(-steps // BLOCK)
    extra = num_blocks * BLOCK - steps
    q = F.pad(q, (0, extra)).view(batch, heads, width // heads, num_blocks, BLOCK)
    k, v = (
      F.pad(x, (radius, radius + extra)).view(batch, heads, width // heads, -1).unfold(3, BLOCK + 2 * radius, BLOCK)
      for x in (k, v)
    )
    logits = torch.einsum("bhdnq,bhdnk->bhnqk", q * (width // heads) ** -0.5, k)
    position = torch.arange(num_blocks * BLOCK + 2 * radius) - radius
    inside = ((position >= 0) & (position < steps)).unfold(0, BLOCK + 2 * radius, BLOCK)[:, None, :]
    offset = torch.arange(BLOCK + 2 * radius)[None] - torch.arange(BLOCK)[:, None]
    allowed = inside & (offset >= 0) & (offset <= 2 * radius)
    weights = logits.masked_fill(~allowed, -1e30).softmax(-1)
    return torch.einsum("bhnqk,bhdnk->bhdnq", weights, v).reshape(batch, width, -1)[..., :steps]


class Tower(nn.Sequential):
  """Two convolutions with norm and ReLU, and one that predicts."""

  def __init__(self, width, outputs):
    parts = []
    for _ in range(2):
      parts += [nn.Conv1d(width, width, 3, padding=1, bias=False), ChannelNorm(width), nn.ReLU()]
    super().__init__(*parts, nn.Conv1d(width, outputs, 3, padding=1))


class ActionFormer(nn.Module):
  """Features (B, C, T) to logits and offsets of six levels."""

  def __init__(self, dim, width, num_heads, window, num_classes):
    super().__init__()
    self.embedding = nn.Sequential(
      *(
        part
        for inputs in (dim, width)
        for part in (nn.Conv1d(inputs, width, 3, padding=1, bias=False), ChannelNorm(width), nn.ReLU())
      )
    )
    self.stem = nn.ModuleList(Block(width, num_heads, window, 1) for _ in range(2))
    self.branch = nn.ModuleList(Block(width, num_heads, window, 2) for _ in range(5))
    self.neck = nn.ModuleList(ChannelNorm(width) for _ in range(6))
    self.classify, self.regress = Tower(width, num_classes), Tower(width, 2)

  def forward(self, x):
    x = self.embedding(x)
    for block in self.stem:
      x = block(x)
    levels = [x]
    for block in self.branch:
      levels.append(block(levels[-1]))
    levels = [norm(level) for norm, level in zip(self.neck, levels)]
    return [self.classify(level) for level in levels], [F.relu(self.regress(level)) for level in levels]
