"""The parts of a benchmark by name."""

from experiments.benchmarks.commands import measure_commands
from experiments.benchmarks.data import measure_data
from experiments.benchmarks.extraction import measure_extraction
from experiments.benchmarks.first_step import measure_first_step
from experiments.benchmarks.gemm import measure_gemm
from experiments.benchmarks.growth import measure_growth
from experiments.benchmarks.imports import measure_imports
from experiments.benchmarks.inference import measure_inference
from experiments.benchmarks.model_steps import measure_model_steps
from experiments.benchmarks.padding import measure_padding
from experiments.benchmarks.sizes import SIZES
from experiments.benchmarks.text_encoder_steps import measure_text_encoder
from experiments.benchmarks.training import measure_training


def measure(part, console, options):
    """Measure one part, of each size where it has sizes; return its figures."""
    sizes = {name: SIZES[name] for name in options.size}
    batch_size, rounds = options.batch_size, options.rounds
    if part == "data":
        return measure_data(console, options.samples, batch_size, rounds)
    if part == "extraction":
        return measure_extraction(console, options.clips, rounds)
    if part == "commands":
        return measure_commands(console, rounds)
    if part == "imports":
        return measure_imports(console, rounds)
    if part == "first_step":
        return measure_first_step(console, options.models, batch_size)
    if part == "models":
        return measure_model_steps(console, options.models, batch_size, rounds)
    if part == "text_encoder":
        return measure_text_encoder(console, rounds)
    if part == "gemm":
        return measure_gemm(console, sizes, batch_size, rounds)
    if part == "inference":
        return {name: measure_inference(console, name, s, rounds) for name, s in sizes.items()}
    timed = {
        "training": measure_training,
        "growth": measure_growth,
        "padding": measure_padding,
    }[part]
    return {name: timed(console, name, s, batch_size, rounds) for name, s in sizes.items()}
