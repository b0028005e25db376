"""Our resnet and U-Net as PyTorch has them, and a plain training step: what `bench.step` races against.

Layer by layer as in `pipeline.models`, channels last, with PyTorch's own AdamW.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional

WIDTH: Final = 16
EPSILON: Final = 0.001  # Keras's, of its normalizations
LEVELS: Final = 4  # more can't be halved in patches of 40 x 56 x 40
SLOPE: Final = 0.01
CLASSES: Final = {"resnet": 2, "unet": 3}
CLIP_NORM: Final = 5.0


def use_threads(count: int) -> None:
    """Computes with so many threads."""
    torch.set_num_threads(count)


def step(network: str, scans: Any, truth: Any, *, precision: str) -> Callable[[], float]:
    """A function that takes a training step on this batch `(batch, *space, channels)`, and gives the loss."""
    layout = torch.channels_last if scans.ndim == 4 else torch.channels_last_3d
    net = NETWORKS[network](CLASSES[network]).to(memory_format=layout)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-4, fused=True)
    batch = torch.from_numpy(scans).movedim(-1, 1).contiguous(memory_format=layout)
    wanted = torch.from_numpy(truth)

    def take() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            loss = functional.cross_entropy(net(batch), wanted)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), CLIP_NORM)
        optimizer.step()
        return float(loss.item())

    return take


class Residual(nn.Module):
    """A stage of the resnet: averaged to half the length, then two convolutions added to a shortcut."""

    def __init__(self, before: int, filters: int) -> None:
        super().__init__()
        self.shortcut = _convolved(before, filters, 1) if before != filters else nn.Identity()
        self.first = _convolved(before, filters, 3)
        self.second = _convolved(filters, filters, 3)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """The maps, half as long and wide."""
        maps = functional.avg_pool2d(maps, 2)
        added = self.second(functional.relu(self.first(maps), inplace=True))
        return functional.relu(added + self.shortcut(maps), inplace=True)


class ResNet(nn.Module):
    """The resnet with its head."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = _convolved(1, WIDTH, 5, stride=2)
        widths = [WIDTH, *(WIDTH * 2**stage for stage in range(4))]
        self.stages = nn.Sequential(*(Residual(*pair) for pair in itertools.pairwise(widths)))
        self.head = nn.Linear(2 * widths[-1], classes)

    def forward(self, scans: torch.Tensor) -> torch.Tensor:
        """A logit a class."""
        maps = self.stages(functional.relu(self.stem(scans), inplace=True))
        pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1)
        return self.head(functional.dropout(pooled, 0.2))


def _convolved(before: int, filters: int, kernel: int, stride: int = 1) -> nn.Module:
    convolution = nn.Conv2d(before, filters, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters, eps=EPSILON, momentum=0.1))


class Level(nn.Module):
    """Two convolutions of the U-Net added to a shortcut."""

    def __init__(self, before: int, filters: int) -> None:
        super().__init__()
        self.shortcut = nn.Conv3d(before, filters, 1, bias=False)
        self.first, self.second = _conv3(before, filters), _conv3(filters, filters)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """The maps with the level's filters."""
        added = self.second(_activated(self.first(maps)))
        return _activated(added + self.shortcut(maps))


class UNet(nn.Module):
    """The residual U-Net with one map of answers."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = [WIDTH * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(Level(*pair) for pair in zip([1, *widths], widths, strict=False))
        pairs = list(zip(widths[1:], widths, strict=False))[::-1]
        self.narrowing = nn.ModuleList(nn.Conv3d(*pair, 1, bias=False) for pair in pairs)
        self.up = nn.ModuleList(_conv3(filters, filters) for _, filters in pairs)
        self.answer = nn.Conv3d(WIDTH, classes, 1)

    def forward(self, scans: torch.Tensor) -> torch.Tensor:
        """A logit a class and voxel."""
        skips: list[torch.Tensor] = []
        maps = scans
        for number, level in enumerate(self.down):
            maps = level(functional.avg_pool3d(maps, 2) if number else maps)
            skips.append(maps)
        for narrow, convolve, skip in zip(self.narrowing, self.up, skips[-2::-1], strict=True):
            repeated = functional.interpolate(narrow(maps), size=skip.shape[2:], mode="nearest")
            maps = _activated(convolve(repeated + skip))
        return self.answer(maps)


def _conv3(before: int, filters: int) -> nn.Module:
    convolution = nn.Conv3d(before, filters, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.InstanceNorm3d(filters, eps=EPSILON, affine=True))


def _activated(maps: torch.Tensor) -> torch.Tensor:
    return functional.leaky_relu(maps, SLOPE, inplace=True)


NETWORKS: Final = {"resnet": ResNet, "unet": UNet}
