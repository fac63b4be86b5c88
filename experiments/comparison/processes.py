"""Running many independent jobs, in this process or in several."""

import concurrent.futures
import multiprocessing
import multiprocessing.connection
import os
import threading
from concurrent.futures.process import BrokenProcessPool

from experiments.training.interruption import CODES, Interruption, RunStopped
from utils.command_line import RunFailed, console, memory_errors

AGAIN = "Give the same command to go on."


def set_threads(threads):
    """Let TensorFlow and NumPy use so many threads, in this process and in those that it starts.

    It has an effect before they compute anything.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)


def run_jobs(jobs, processes, on_done):
    """Run jobs that depend on nothing but their arguments, each once.

    A job that fails stops no other job.

    Args:
        jobs: From the name of a job to a function and its arguments, all of which `pickle` takes.
        processes: How many to run at a time; with 1 they run in this process.
        on_done: Called with the name of each job that ended, and its end in words.

    Returns:
        From the name of each job to the result of its function.

    Raises:
        RunFailed: If jobs failed, after all others have ended.
        RunStopped: If a signal came.
    """
    results, faults = {}, {}
    run = _run_here if processes == 1 else _run_in_processes
    for name, (result, fault) in run(jobs, processes):
        if fault is None:
            results[name] = result
        else:
            faults[name] = fault
        on_done(name, "done" if fault is None else f"failed: {fault}")
    if faults:
        name, fault = next(iter(faults.items()))
        others = f", and {len(faults) - 1} more: {', '.join([*faults][1:])}" * (len(faults) > 1)
        raise RunFailed(
            f"{name} failed{others}. The first fault: {fault} Finished work stays. Change the "
            "options and take a new --run-dir, or leave the model out."
        )
    return {name: results[name] for name in jobs}


def _run_here(jobs, processes):
    quiet, console.quiet = console.quiet, not console.is_terminal
    try:
        for name, job in jobs.items():
            outcome = _guarded(*job)
            console.quiet = quiet
            yield name, _checked(outcome)
            console.quiet = not console.is_terminal
    finally:
        console.quiet = quiet


def _run_in_processes(jobs, processes):
    context = multiprocessing.get_context("spawn")
    halted = context.Event()
    with (
        Interruption() as interruption,
        concurrent.futures.ProcessPoolExecutor(
            min(processes, len(jobs)), context, _prepare, (halted,)
        ) as executor,
    ):
        names = {executor.submit(_guarded_unless, *job): name for name, job in jobs.items()}
        pending = set(names)
        try:
            while pending:
                done, pending = concurrent.futures.wait(
                    pending, timeout=0.5, return_when=concurrent.futures.FIRST_COMPLETED
                )
                if interruption.signal:
                    raise _stopped(CODES[interruption.signal])
                for future in done:
                    yield names[future], _checked(future.result())
        except BrokenProcessPool as error:
            raise RunFailed(
                f"a process has died, perhaps for want of memory. Finished work stays. {AGAIN} "
                "Fewer --processes need less memory."
            ) from error
        except KeyboardInterrupt:
            _kill(multiprocessing.active_children())
            raise
        finally:
            halted.set()
            workers = multiprocessing.active_children() if pending else []
            executor.shutdown(wait=False, cancel_futures=True)
            _stop(workers)


def _stop(workers):
    """Let processes save where they stand, and wait for them; a second Ctrl-C kills them."""
    for process in workers:
        process.terminate()
    running = {process.sentinel for process in workers}
    try:
        while running:
            running -= {*multiprocessing.connection.wait(running)}
    except KeyboardInterrupt:
        _kill(workers)
        raise


def _kill(workers):
    for process in workers:
        process.kill()


def _checked(outcome):
    """Return result and fault of a job, if it was not stopped."""
    result, fault, code = outcome
    if code is not None:
        raise _stopped(code)
    return result, fault


def _stopped(code):
    return RunStopped(f"stopped; what was under way goes on from its checkpoint. {AGAIN}", code)


def _guarded(function, *arguments):
    """Call a function; return its result, its fault in words, and the code of its stop."""
    try:
        with memory_errors():
            return function(*arguments), None, None
    except RunStopped as error:
        return None, None, error.code
    except (RunFailed, ValueError, OSError) as error:
        return None, " ".join(str(error).split()), None


_halted: list = []


def _guarded_unless(function, *arguments):
    """Do nothing once the comparison is stopped: a job may be with this process already."""
    return (None, None, 1) if _halted[0].is_set() else _guarded(function, *arguments)


def _prepare(halted):
    """Set up a process: quiet, deaf to the terminal's Ctrl-C, and gone with its parent."""
    _halted.append(halted)
    console.quiet = True
    os.setpgrp()
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent():
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
