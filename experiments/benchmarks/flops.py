"""Number of floating-point operations in the matrix products of a model."""

from typing import NamedTuple


class Product(NamedTuple):
    """A number of equal matrix products `(rows, inner) × (inner, columns)`.

    Attributes:
        rows: Number of rows of the left matrix.
        inner: Number of columns of the left matrix.
        columns: Number of columns of the right matrix.
        count: Number of products.
        gradients: Number of gradients that a training step computes for each product: 2, or 1 if
            the left matrix holds the features.
    """

    rows: int
    inner: int
    columns: int
    count: int = 1
    gradients: int = 2

    @property
    def flops(self):
        """Operations of all products; a multiplication and an addition count as two."""
        return 2 * self.rows * self.inner * self.columns * self.count


def matrix_products(size, batch_size):
    """List the matrix products of a forward pass.

    Args:
        size: A `Size`; all steps of the sequences count as valid.
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
    """Return the number of operations in a forward pass."""
    return sum(product.flops for product in matrix_products(size, batch_size))


def training_flops(size, batch_size):
    """Return the number of operations in a training step: the products and their gradients."""
    return sum((1 + p.gradients) * p.flops for p in matrix_products(size, batch_size))
