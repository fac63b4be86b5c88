"""Starting Ray."""

from utils.command_line import RunFailed


def start_ray(ray, **options):
    """Join the Ray cluster that `RAY_ADDRESS` names, or else start one on this machine.

    Args:
        ray: The module `ray`.
        **options: Arguments of `ray.init`.

    Raises:
        RunFailed: If that fails; the message has Ray's reason.
    """
    try:
        ray.init(**options)
    except Exception as error:  # Ray raises its plain form where a machine is too slow
        reason = " ".join(str(error).split()).removesuffix(".")
        raise RunFailed(
            f"Ray could not start: {reason}. See that RAY_ADDRESS names a running cluster, or "
            "leave it out to start one on this machine. Other values of --strategy need no Ray."
        ) from error
