"""Floating-point operations of a model's matrix products, counted from its sizes."""

from typing import NamedTuple


class Product(NamedTuple):
    """Equal matrix products `(rows, inner) × (inner, columns)`, together `count` of them.

    Attributes:
        rows: Rows of the left matrix.
        inner: Its columns.
        columns: Columns of the right matrix.
        count: How many there are.
        gradients: How many of their two gradients a training step computes: 1 where the left
            matrix is the features.
    """

    rows: int
    inner: int
    columns: int
    count: int = 1
    gradients: int = 2

    @property
    def flops(self):
        """Operations of all of them; a multiplication and an addition are two."""
        return 2 * self.rows * self.inner * self.columns * self.count


def matrix_products(size, batch_size):
    """List the matrix products of a forward pass.

    Args:
        size: A `Size`, whose sequences have all their steps.
        batch_size: Samples in the batch.
    """
    width, steps = size.model_dim, batch_size * size.seq_len
    # Self-attention in each modality, then text ← audio and text ← video.
    blocks = len(size.widths) * size.n_layers + 2
    heads = batch_size * size.num_heads * blocks
    return [
        *(Product(steps, features, width, gradients=1) for features in size.widths),
        Product(steps, width, width, 4 * blocks),  # query, key, value, output
        Product(size.seq_len, width // size.num_heads, size.seq_len, heads),
        Product(size.seq_len, size.seq_len, width // size.num_heads, heads),
        Product(steps, width, size.ff_dim, blocks),
        Product(steps, size.ff_dim, width, blocks),
        Product(batch_size, 3 * width, 3),
        Product(batch_size, width, width),
        Product(batch_size, width, 1),
    ]


def forward_flops(size, batch_size):
    """Return the operations of a forward pass."""
    return sum(product.flops for product in matrix_products(size, batch_size))


def training_flops(size, batch_size):
    """Return the operations of a training step: each product, and its gradients."""
    return sum((1 + p.gradients) * p.flops for p in matrix_products(size, batch_size))
