"""Speed of matrix multiplication, the limit of the machine."""

import functools

import numpy as np
import tensorflow as tf
from rich.table import Table

from experiments.benchmarks.flops import matrix_products
from experiments.benchmarks.timing import medians, time_in_turn

SQUARE = 2048
DTYPES = ("float32", "bfloat16")
# Small products are repeated in one call, so that the time of the call itself is negligible.
REPEATED_FLOPS = 2e9


def measure_gemm(console, sizes, batch_size, rounds):
    """Print the speed of square matrix products and of the products in the models.

    Args:
        console: A `rich` console.
        sizes: Dict from name to `Size`.
        batch_size: Samples in a batch.
        rounds: Number of measurements of each product.

    Returns:
        Dict from shape to the GFLOP/s of float32 and of bfloat16.
    """
    shapes = {f"square {SQUARE}": (SQUARE, SQUARE, SQUARE)}
    for name, size in sizes.items():
        for product in matrix_products(size, batch_size):
            if product.rows == batch_size * size.seq_len:
                shape = (product.rows, product.inner, product.columns)
                shapes[f"{name}: {' × '.join(map(str, shape))}"] = shape
    contenders = {
        (name, dtype): matrix_product(*shape, dtype)
        for name, shape in shapes.items()
        for dtype in DTYPES
    }
    seconds = medians(time_in_turn(contenders, rounds))
    rates = {
        name: {dtype: gflops(shape) / seconds[name, dtype] for dtype in DTYPES}
        for name, shape in shapes.items()
    }
    table = Table(title="Matrix products, GFLOP/s (rows × inner × columns)")
    table.add_column("product")
    for heading in DTYPES:
        table.add_column(heading, justify="right")
    for name, by_dtype in rates.items():
        table.add_row(name, *(f"{by_dtype[dtype]:,.0f}" for dtype in DTYPES))
    console.print(table)
    return rates


def gflops(shape):
    """Return the operations of one call of `matrix_product`, in units of 10⁹."""
    return 2e-9 * np.prod(shape) * _repeats(shape)


def matrix_product(rows, inner, columns, dtype):
    """Return a function that multiplies two random matrices; small ones several times."""
    rng = np.random.default_rng(0)
    left, right = (
        tf.cast(rng.normal(size=shape), dtype) for shape in ((rows, inner), (inner, columns))
    )
    repeats = _repeats((rows, inner, columns))

    @functools.partial(tf.function, autograph=False)
    def multiply():
        # TensorFlow's graph optimizer cannot merge the turns of a loop.
        start = (0, tf.zeros((rows, columns), dtype))
        return tf.while_loop(
            lambda i, _: i < repeats, lambda i, _: (i + 1, tf.matmul(left, right)), start
        )[1]

    return lambda: multiply()[0, 0].numpy()


def _repeats(shape):
    return max(1, round(REPEATED_FLOPS / (2 * np.prod(shape))))
