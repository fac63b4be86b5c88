"""The devices of a training: one, several, or several machines."""

import contextlib
import functools
import json
import os
import pickle
import re
import typing

import keras
import numpy as np
import tensorflow as tf

from utils.command_line import RunFailed

# TensorFlow raises these errors in a worker when another worker is lost.
LOSSES = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)
TF_CONFIG_EXAMPLE = (
    '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


class WorkerLost(RunFailed):
    """Error of a run that lost a worker. The run continues if all workers are started again."""


@functools.cache
def make_distribution(name):
    """Return the `Distribution` of a `--strategy`.

    Call this before TensorFlow computes anything. A process makes each distribution once.

    Args:
        name: `"auto"`: all GPUs if there are several, else the default device. `"cpu"`: no GPU.
            `"mirrored"`: all GPUs, or all logical CPU devices if there is no GPU. `"multiworker"`
            or `"ray"`: the workers in the environment variable `TF_CONFIG`, with all their GPUs.

    Raises:
        ValueError: If `TF_CONFIG` is missing or wrong.
        RunFailed: If the workers cannot connect.
    """
    if name in ("multiworker", "ray"):
        return _connect(*read_tf_config(os.environ.get("TF_CONFIG", "")))
    if name == "cpu":
        tf.config.set_visible_devices([], "GPU")
    devices = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(devices) > 1):
        devices = devices or tf.config.list_logical_devices("CPU")
        return Distribution(tf.distribute.MirroredStrategy([device.name for device in devices]))
    return Distribution(tf.distribute.get_strategy())


def read_tf_config(text):
    """Read the value of `TF_CONFIG`.

    Returns:
        The number of this worker (0 is the chief), and the number of workers.

    Raises:
        ValueError: If `text` does not have the form that TensorFlow expects.
    """
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        tasks = [
            (kind, i) for kind in ("chief", "worker") for i in range(len(cluster.get(kind, ())))
        ]
        return tasks.index((task["type"], int(task["index"]))), len(tasks)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            "--strategy multiworker needs the environment variable TF_CONFIG to name all workers "
            f"and this one. Expected: for example {TF_CONFIG_EXAMPLE}. "
            f"Received: {text or 'nothing'}."
        ) from error


def _connect(worker, workers):
    try:
        return Distribution(tf.distribute.MultiWorkerMirroredStrategy(), worker, workers)
    except (tf.errors.OpError, RuntimeError) as error:
        raise RunFailed(
            f"worker {worker} of {workers} cannot join the others: {_reason(error)}. See that "
            "the addresses in TF_CONFIG are right and free, and that all workers are started."
        ) from error


class Distribution:
    """The replicas and the workers of a training.

    A replica is a copy of the model on one device. A worker is a process with one or more
    replicas. All workers run the same code, but only the chief, the first worker, reads and writes
    the run folder. With one device the methods cost no time.

    Args:
        strategy: The `tf.distribute.Strategy`.
        worker: The number of this worker, from 0.
        workers: Number of workers.

    Attributes:
        replicas: Number of replicas of all workers together.
        chief: Whether this worker is the chief.
        shard: The number of this worker and the number of workers, for `BatchPlan`.
    """

    def __init__(self, strategy, worker=0, workers=1):
        self.strategy = strategy
        self.workers = workers
        self.replicas = strategy.num_replicas_in_sync
        self.chief = worker == 0
        self.shard = (worker, workers)
        self._devices = self.replicas // workers

    def adapt(self, model):
        """Make dropout differ between replicas, and let batch normalisation see all replicas."""
        if self.replicas == 1:
            return
        # Of the models inside too: behind a text encoder, or members of an ensemble.
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True
        self.separate_seeds(model)

    def separate_seeds(self, model):
        """Add the number of the replica to each seed; before, all replicas have the same seeds."""
        seeds = [v for v in model.variables if v.name == "seed_generator_state"]

        def add_number():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            for seed in seeds:
                seed.assign_add(tf.cast(tf.stack([number, 0]), seed.dtype))

        if self.replicas > 1:
            tf.function(lambda: self.strategy.run(add_number), autograph=False)()

    def own_part(self, batch):
        """Return the samples of this worker's batch for this replica. There may be none."""
        if self._devices == 1:
            return batch
        number = tf.distribute.get_replica_context().replica_id_in_sync_group % self._devices
        with tf.device("CPU:0"):  # The batch is there; only this replica's part is copied.
            return tf.nest.map_structure(lambda x: x[number :: self._devices], batch)

    def for_optimizer(self, gradients):
        """Return the gradients that each replica gives to a Keras optimizer.

        They are the sum over all replicas, divided by the number of replicas. The reason: the
        optimizer clips gradients and looks for infinite values first, and adds up the replicas
        afterwards. So all replicas must give equal parts of the sum, and the clipping norm must
        be divided in the same way.
        """
        if self.replicas == 1:
            return gradients
        context = tf.distribute.get_replica_context()
        sums = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        return [gradient / self.replicas for gradient in sums]

    def any(self, wish):
        """Whether `wish` is true on any worker. All workers must call this together."""
        return bool(wish) if self.workers == 1 else bool(self._sum([int(bool(wish))])[0])

    def from_chief(self, function, *arguments, **options) -> typing.Any:
        """Call `function` on the chief alone. All workers must call this together, and wait.

        Returns:
            The result of `function`, on all workers.

        Raises:
            RunFailed: On the other workers, if `function` raises an error. The chief raises that
                error itself.
        """
        if self.workers == 1:
            return function(*arguments, **options)
        result, error = None, None
        if self.chief:
            try:
                result = function(*arguments, **options)
            except Exception as raised:
                error = raised
        told = self._broadcast(pickle.dumps((result, error and str(error))))
        if error is not None:
            raise error
        if self.chief:
            return result
        result, fault = pickle.loads(told)
        if fault is not None:
            raise RunFailed(f"the chief has stopped: {fault}")
        return result

    @contextlib.contextmanager
    def losses_told(self):
        """Replace TensorFlow's error about a lost worker by one that says what to do.

        Raises:
            WorkerLost: If another worker is lost.
        """
        try:
            yield
        except LOSSES as error:
            if self.workers == 1:
                raise
            raise WorkerLost(
                f"another worker was lost: {_reason(error)}. Start all workers again with --resume."
            ) from error

    def _broadcast(self, content):
        """Return the `content` of the chief, bytes, on all workers."""
        size = int(self._sum([len(content) if self.chief else 0])[0])
        numbers = np.zeros(-(-size // 8), "int64")
        if self.chief:
            numbers.view("uint8")[:size] = np.frombuffer(content, "uint8")
        return self._sum(numbers).tobytes()[:size]

    def _sum(self, numbers):
        """Add up arrays of integers over all workers, element by element."""
        return self._compiled_sum(tf.constant(numbers, "int64")).numpy()

    @functools.cached_property
    def _compiled_sum(self):
        def add_up(numbers):
            context = tf.distribute.get_replica_context()
            first = context.replica_id_in_sync_group % self._devices == 0
            return context.all_reduce(tf.distribute.ReduceOp.SUM, numbers * tf.cast(first, "int64"))

        def add_up_all(numbers):
            sums = self.strategy.run(add_up, (numbers,))
            return self.strategy.experimental_local_results(sums)[0]

        return tf.function(add_up_all, [tf.TensorSpec([None], "int64")], autograph=False)


def _reason(error):
    """Return the line of TensorFlow's message that gives the reason."""
    found = re.search(r"aborted by: (.+)", str(error)) or re.search(r"\s*(.+)", str(error))
    return found[1].rstrip(".") if found else type(error).__name__
