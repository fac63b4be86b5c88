"""One training step: the gradients of a batch, and the update of the weights."""

import tensorflow as tf

from models import MultimodalModel


def training_step(model, distribution, signature, sums=(), average=None):
    """Return the compiled function that learns from a batch.

    The function is traced once, by the `signature`, for all shapes. Separate traces would round
    differently from each other, and a resumed run would make them in another order.

    Args:
        model: The compiled model.
        distribution: The `Distribution`; the model was built in its scope.
        signature: The `element_spec` of the batches of this worker.
        sums: One variable for each trainable variable, which adds up the gradients of the batches
            of an update. Empty if each batch makes an update.
        average: A `WeightAverage` that follows the updates, or `None`.

    Returns:
        A function of three arguments: a batch; the number of samples of the update, or the sum of
        their weights; and whether the batch is the last of the update. The loss of an update is
        the mean over its samples. The function returns the part of this mean that comes from the
        batch, added up over all replicas.
    """
    strategy, optimizer, weights = distribution.strategy, model.optimizer, model.trainable_variables
    # TensorFlow makes no zero gradient for a Keras variable that the loss does not depend on.
    variables = [weight.value for weight in weights]

    def differentiate(batch, samples):
        inputs, labels, *packs = distribution.own_part(batch)
        with tf.GradientTape() as tape:
            loss = share_of_loss(model, inputs, labels, samples, *packs)
            scaled = optimizer.scale_loss(loss)
        unconnected = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(scaled, variables, unconnected_gradients=unconnected)
        # Those of embeddings are of the rows that occurred, one for each time: Keras would square
        # them before it adds them up.
        return loss, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def update(gradients):
        optimizer.apply(distribution.for_optimizer(gradients), weights)
        if average is not None:
            average.update(optimizer.iterations)

    def learn(batch, samples):
        loss, gradients = differentiate(batch, samples)
        update(gradients)
        return loss

    def gather(batch, samples):
        loss, gradients = differentiate(batch, samples)
        for total, gradient in zip(sums, gradients, strict=True):
            total.assign_add(gradient)
        return loss

    def update_from_sums():
        update([tf.identity(total) for total in sums])
        for total in sums:
            total.assign(tf.zeros_like(total))

    def step(batch, samples, last):
        if not sums:
            losses = strategy.run(learn, (batch, samples))
        else:
            losses = strategy.run(gather, (batch, samples))
            tf.cond(last, lambda: strategy.run(update_from_sums), lambda: None)
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    scalars = (tf.TensorSpec((), "float32"), tf.TensorSpec((), "bool"))
    return tf.function(step, input_signature=[signature, *scalars], autograph=False)


def share_of_loss(model, inputs, labels, samples, *packs):
    """Return the contribution of some samples to the loss of a larger batch.

    The loss of a batch is the mean over its samples, plus the penalties and auxiliary losses of
    the model. The shares of all parts of a batch add up to this loss, for any division into parts.

    Args:
        model: The compiled model; its loss gives one number for each sample.
        inputs: The inputs of the model, for n samples.
        labels: Labels `(n, columns)`; n may be 0.
        samples: Number of samples of the larger batch, float32. With weighted samples, the sum of
            their weights.
        packs: The samples that share a row, if the model packs them.

    Returns:
        The share, a scalar.
    """
    scores = model(inputs, *packs, training=True)
    loss = tf.math.divide_no_nan(tf.reduce_sum(model.loss.call(labels, scores)), samples)
    penalties = list(model.losses)
    if isinstance(model, MultimodalModel):
        penalties.append(model.auxiliary_loss(labels))
    for penalty in penalties:
        loss += tf.cast(penalty, "float32") * tf.cast(tf.shape(labels)[0], "float32") / samples
    return loss


def updates(plan, epoch, accumulate, weights=None):
    """Plan the updates of the weights in an epoch.

    Args:
        plan: The `BatchPlan` of all workers together.
        epoch: The epoch, from 1.
        accumulate: Number of batches in one update. The last update of an epoch may have fewer.
        weights: The weight of each sample in the loss, `(N,)`; `None`: all are 1.

    Returns:
        A pair for each batch: the sum of the sample weights in the update of this batch, and
        whether the batch is the last one of the update.
    """
    rows = plan.epoch(epoch - 1)
    sizes = [len(r) if weights is None else float(weights[r].sum()) for r in rows]
    groups = [sizes[i : i + accumulate] for i in range(0, len(sizes), accumulate)]
    return [(sum(group), i == len(group)) for group in groups for i in range(1, len(group) + 1)]
