"""Classes of a user's own, imported from outside the package by `MODULE:CLASS`."""

from __future__ import annotations

from importlib import import_module

from metaworldx.core.errors import UserError, nearest


def class_in(module: str, name: str) -> type:
    """A module's class; whatever goes wrong in its import is told in one line.

    Raises:
      UserError: no such module, one that fails while it is imported, or no such class in it.
    """
    try:
        holder = import_module(module)
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{module}.".startswith(f"{missing}."):
            raise UserError(
                f"no module {missing!r} for {module}:{name}; the folder that holds it must be on "
                "PYTHONPATH"
            ) from None
        why = " ".join(str(error).split())[:200]
        raise UserError(
            f"{module} fails while it is imported: {type(error).__name__}: {why}"
        ) from error
    if not isinstance(getattr(holder, name, None), type):
        classes = [each for each, value in vars(holder).items() if isinstance(value, type)]
        raise UserError(nearest(f"class in {module}", name, classes))
    return getattr(holder, name)
