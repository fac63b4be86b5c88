"""The database of a study, which several processes and machines share."""

import contextlib
import fcntl
import hashlib
import warnings

import optuna
import sqlalchemy
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from utils.command_line import RunFailed

SILENCES = 3  # heartbeats that may fail to come before a trial counts as abandoned
BUSY_SECONDS = 60  # how long SQLite waits for other processes
ATTEMPTS = 3  # at the same values, if their process dies each time
POSTGRESQL = "postgresql+psycopg"
DRIVERS = {"sqlite": "sqlite", "postgresql": POSTGRESQL, POSTGRESQL: POSTGRESQL}


class StudyStorage:
    """A database, and a lock on one study in it; a context manager that closes both.

    Args:
        url: `sqlite:///FILE`, or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
        study: Name of the study.
        heartbeat: Seconds between the signs of life of a process with a trial.

    Attributes:
        database: Optuna's `RDBStorage`.

    Raises:
        ValueError: If the URL is none of these, or a driver is missing.
        OSError: If the database cannot be opened.
    """

    def __init__(self, url, study, heartbeat):
        self.study = study
        self._url = _parse_url(url)
        self._shown = self._url.render_as_string(hide_password=True)
        connect = {"timeout": BUSY_SECONDS} if self._is_file else {"connect_timeout": 10}
        options = {"connect_args": connect, "pool_pre_ping": True}
        try:
            self._engine = sqlalchemy.create_engine(self._url, **options)
            with warnings.catch_warnings(), self.lock():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._check_connection()
                self.database = optuna.storages.RDBStorage(
                    self._url.render_as_string(hide_password=False),
                    engine_kwargs=options,
                    heartbeat_interval=heartbeat,
                    grace_period=SILENCES * heartbeat,
                    heartbeat_stale_trial_callback=run_again,
                )
        except ImportError as error:
            raise ValueError(
                f"--storage {self._shown} needs psycopg, which is not installed. "
                "Run `pip install -r requirements-postgresql.txt`."
            ) from error
        except (SQLAlchemyError, OSError, RuntimeError) as error:
            reason = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
            raise OSError(
                f"The study's database {self._shown} cannot be opened. Expected: {self._expected}. "
                f"Received: {' '.join(str(reason).split())} Check --storage."
            ) from error

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.database.remove_session()
        self.database.engine.dispose()
        self._engine.dispose()

    def _check_connection(self):
        """Read the database before Optuna does, which leaves a connection open if it cannot."""
        try:
            sqlalchemy.inspect(self._engine).get_table_names()
        except SQLAlchemyError:
            self._engine.dispose()
            raise

    @contextlib.contextmanager
    def lock(self):
        """Let no other process choose a trial of the study, inside the block.

        The lock is free again as soon as the process has ended, however that happens.
        """
        if self._is_file:
            with open(f"{self._url.database}.lock", "w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
            return
        digest = hashlib.sha256(self.study.encode()).digest()
        key = {"key": int.from_bytes(digest[:8], "big", signed=True)}
        with self._engine.connect() as connection, connection.begin():
            # Ends with the transaction, or with the connection.
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)"), key)
            yield

    @property
    def _is_file(self):
        return self._url.get_backend_name() == "sqlite"

    @property
    def _expected(self):
        if self._is_file:
            return "a file in a folder with room and permission"
        return "a PostgreSQL server that is reached by this address, user and password"


def _parse_url(url):
    try:
        parsed = sqlalchemy.make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in DRIVERS or not parsed.database:
        shown = url if parsed is None else parsed.render_as_string(hide_password=True)
        raise ValueError(
            "--storage must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE. "
            f"Received: {shown}."
        )
    return parsed.set(drivername=DRIVERS[parsed.drivername])


@contextlib.contextmanager
def storage_errors():
    """Turn a failure of the database into an end of the run that says what to do."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ or error
        raise RunFailed(
            f"the study's database failed: {getattr(cause, 'orig', cause)}. Its trials stay: "
            "give the same command again when it is back."
        ) from error


def run_again(study, trial):
    """Queue the values of a trial whose process has died; after `ATTEMPTS` it counts as failed.

    A trial that died before it had all its values is not queued: the next one draws the same.

    Args:
        study: The Optuna study.
        trial: The trial.
    """
    whole = "values" in trial.user_attrs
    values = trial.params if whole else trial.system_attrs.get("fixed_params")
    attempt = trial.user_attrs.get("attempt", 1)
    if values is None:
        return
    if attempt < ATTEMPTS:
        study.enqueue_trial(values, user_attrs={"attempt": attempt + 1, "again": True})
        return
    fault = f"the process of these values died in each of {ATTEMPTS} attempts: {values}"
    failed = optuna.trial.create_trial(
        state=optuna.trial.TrialState.PRUNED, user_attrs={"fault": fault, "again": True}
    )
    study.add_trial(failed)
