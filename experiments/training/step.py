"""One step of the training: gradients of a batch, and the update of the weights."""

import tensorflow as tf

from models import MultimodalModel


def training_step(model, distribution, signature, sums=(), average=None):
    """Return the compiled function that learns from a batch.

    Given the `signature` of a batch, it is traced once for all shapes. A trace for one shape
    rounds otherwise than one for all, and which come first depends on where a run goes on.

    Args:
        model: The compiled model.
        distribution: The `Distribution` in whose scope it was built.
        signature: The `element_spec` of the batches of this worker.
        sums: Variables, one for each trainable one, that gather the gradients of the batches that
            one update averages over; none if each batch makes an update.
        average: A `WeightAverage` that follows the updates, or `None`.

    Returns:
        A function of a batch, the number of samples over which the loss of the coming update is
        a mean, or the sum of their weights, and whether the batch is the last of that update. It
        returns the batch's share of that mean, on all replicas together.
    """
    strategy, optimizer, weights = distribution.strategy, model.optimizer, model.trainable_variables
    # TensorFlow makes no zeros for a Keras variable that the loss does not depend on.
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
    """Return what some samples contribute to a loss that is a mean over more of them.

    Over all parts of a batch, however it is cut, the shares add up to the loss of the whole:
    the mean over its samples plus the model's penalties and auxiliary losses.

    Args:
        model: The compiled model; its loss gives one number for each sample.
        inputs: What it takes.
        labels: `(n, 1)`; n may be 0.
        samples: Number of samples of the whole, float32; where the loss weighs them, the sum of
            their weights.
        packs: Which samples share a row, where the model is to pack them.
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
    """Return for each batch of an epoch how the model's weights are updated.

    Args:
        plan: The `BatchPlan` of all workers together.
        epoch: The epoch, from 1.
        accumulate: Number of batches that make one update; the last of an epoch may have fewer.
        weights: The weight of each sample in the loss, `(N,)`; `None`: all are 1.

    Returns:
        Pairs of the sum of the weights of the update to which a batch belongs, and whether the
        batch completes it.
    """
    rows = plan.epoch(epoch - 1)
    sizes = [len(r) if weights is None else float(weights[r].sum()) for r in rows]
    groups = [sizes[i : i + accumulate] for i in range(0, len(sizes), accumulate)]
    return [(sum(group), i == len(group)) for group in groups for i in range(1, len(group) + 1)]
