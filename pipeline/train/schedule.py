"""The optimizer: AdamW with a linear warm-up and a cosine down to zero."""

from __future__ import annotations

import keras

_CLIP_NORM = 5.0  # a seldom step beyond this would else undo many; usual norms are below 2


def adamw(*, learning_rate: float, weight_decay: float, warmup_steps: int, steps: int) -> keras.Optimizer:
    """AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), not yet built.

    The rate rises from 0 to `learning_rate` in `warmup_steps` and falls to 0 at step `steps`.
    """
    warmup_steps = min(warmup_steps, steps - 1)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else learning_rate,
        decay_steps=steps - warmup_steps,
        warmup_target=learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
    )
    return keras.optimizers.AdamW(rate, weight_decay=weight_decay, global_clipnorm=_CLIP_NORM)


def build_for(optimizer: keras.Optimizer, model: keras.Model) -> None:
    """Makes the optimizer's variables for `model`; biases and normalizations don't decay.

    Those are the vectors; every kernel has more axes.
    """
    vectors = [variable for variable in model.trainable_variables if len(variable.shape) < 2]
    optimizer.exclude_from_weight_decay(var_list=vectors)
    optimizer.build(model.trainable_variables)
