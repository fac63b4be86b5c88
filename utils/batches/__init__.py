"""Batches of a split: order, scaling, augmentation, packing."""
