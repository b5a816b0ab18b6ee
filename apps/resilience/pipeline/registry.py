"""Which dependencies there are, and the pipeline of each in this process."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, make_dataclass
from threading import Lock
from typing import Any

from apps.resilience.breaker import Breaker, Rules
from apps.resilience.breaker.judgement import Exclusion, Predicate
from apps.resilience.exceptions import UnknownPipelineError
from apps.resilience.pipeline.pipeline import Pipeline
from apps.resilience.pipeline.policy import PipelinePolicy
from apps.tuning.handle import Handle
from apps.tuning.registry import declare, withdraw

SUFFIX = "_pipeline"
_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A declared dependency: its policy, and what counts as its failure."""

    handle: Handle[Any]
    exclude: tuple[Exclusion, ...]
    is_bad_result: Predicate | None


_dependencies: dict[str, Dependency] = {}
_pipelines: dict[str, Pipeline] = {}


def declare_dependency(
    name: str,
    *,
    title: str,
    exclude: Iterable[Exclusion] = (),
    is_bad_result: Predicate | None = None,
    **defaults: Any,
) -> Handle[PipelinePolicy]:
    """Declare a dependency with its own defaults; return the handle of its policy, NAME_pipeline.

    `exclude` names errors that are none of its failures, `is_bad_result` tells answers that are. Raises
    DeclarationError for a name that is taken, PolicyError for defaults that contradict each other.
    """
    handle = declare(_policy_with(name, title, defaults), name=name + SUFFIX, title=f"Pipeline: {title}")
    _dependencies[name] = Dependency(handle=handle, exclude=tuple(exclude), is_bad_result=is_bad_result)
    return handle


def withdraw_dependency(name: str) -> None:
    """Take a declaration back: for tests."""
    withdraw(name + SUFFIX)
    _dependencies.pop(name, None)
    _pipelines.pop(name, None)


def pipeline(name: str) -> Pipeline:
    """Return the pipeline of a dependency, the same for the whole process; raise UnknownPipelineError."""
    if found := _pipelines.get(name):
        return found
    with _lock:
        if name not in _pipelines:
            _pipelines[name] = _made(name)
        return _pipelines[name]


def pipelines() -> list[Pipeline]:
    """Return the pipelines of all dependencies by name."""
    return [pipeline(name) for name in sorted(_dependencies)]


def breakers() -> list[Breaker]:
    """Return the breakers of all dependencies, each going by the policy that holds now."""
    for one in pipelines():
        one.obey()
    return [one.breaker for one in pipelines()]


def _made(name: str) -> Pipeline:
    if name not in _dependencies:
        raise UnknownPipelineError(f"There is no dependency {name!r}. Declared are {', '.join(sorted(_dependencies))}.")
    dependency = _dependencies[name]
    breaker = Breaker(name, Rules(), exclude=dependency.exclude, is_bad_result=dependency.is_bad_result)
    made = Pipeline(name, dependency.handle, breaker)
    made.obey()
    return made


def _policy_with(name: str, title: str, defaults: dict[str, Any]) -> type[PipelinePolicy]:
    """Return the policy with other defaults: the same knobs, bounds and words."""
    known = {one.name: one for one in fields(PipelinePolicy)}
    changed = [
        (key, known[key].type, field(default=value, metadata=known[key].metadata)) for key, value in defaults.items()
    ]
    kind = make_dataclass(
        f"{name.title().replace('_', '')}PipelinePolicy",
        changed,
        bases=(PipelinePolicy,),
        namespace={"__doc__": f"How calls to {title} are bounded, repeated, cut off and let through again."},
        frozen=True,
        slots=True,
        kw_only=True,
    )
    kind.__module__ = PipelinePolicy.__module__
    return kind
