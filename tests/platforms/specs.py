"""Compares requests and answers with a platform's description of itself (OpenAPI), and reports each difference.

openapi-core checks what the description says. In addition, everything that it does not have is reported: routes,
parameters and fields.
"""

import copy
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.templating.responses.exceptions import ResponseFinderError
from openapi_core.testing import MockRequest, MockResponse
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import ImmutableMultiDict

from returnsync.platforms.contract.between import Canned, Seen

VARIABLE = "RETURNSYNC_SPECS"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "specs"
_TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


class Spec:
    """One description. A test that needs a missing one is skipped."""

    def __init__(self, name: str, amend: Callable[[Any], object] = lambda _content: None) -> None:
        """Read a file; `amend` adds what it says only in words."""
        path = Path(os.environ.get(VARIABLE) or _BESIDE) / name
        if not path.is_file():
            pytest.skip(f"{name} is not in ../shared/specs beside the repository, nor where ${VARIABLE} points")
        self.content = copy.deepcopy(OpenAPI.from_file_path(str(path)).spec.read_value())
        amend(self.content)
        self._api = OpenAPI.from_dict(_with_tokens(self.content))
        self.server = self.content["servers"][0]["url"]

    def route(self, method: str, path: str) -> str | None:
        """The path as it is written there, preferably without placeholders; `None` if this method does not have it."""
        for written in sorted(self.content["paths"], key=lambda one: one.count("{")):
            pattern = "[^/]+".join(map(re.escape, re.split(r"\{\w+\}", written)))
            if re.fullmatch(pattern, path) and method.lower() in self.content["paths"][written]:
                return str(written)
        return None

    def differences(self, seen: Seen, path: str, answer: Canned) -> Iterator[str]:
        """The differences between a request for a described path, with its answer, and the description."""
        host, query = urlsplit(self.server), parse_qsl(urlsplit(seen.target).query, keep_blank_values=True)
        route = self.route(seen.method, path)
        asked = MockRequest(
            f"{host.scheme}://{host.netloc}",
            seen.method,
            host.path + path,
            headers=dict(seen.headers),
            data=seen.body,
            content_type=seen.headers.get("content-type", ""),
        )
        asked.parameters.query = ImmutableMultiDict(query)
        for error in self._api.request_validator.iter_errors(asked):
            yield from (f"{seen.method} {route}, asked: {told}" for told in _told(error))
        for name in {name for name, _ in query} - self._parameters(route, seen.method):
            yield f"{seen.method} {route}, asked: {name}: not described"
        given = MockResponse(answer.body, answer.status, dict(answer.headers), answer.content_type)
        for error in self._api.response_validator.iter_errors(asked, given):
            yield from (f"{seen.method} {route}, {answer.status}: {told}" for told in _told(error))
        for place in self._undescribed_of(route, seen.method, answer):
            yield f"{seen.method} {route}, {answer.status}: {place}: not described"

    def _parameters(self, route: str | None, method: str) -> set[str]:
        path = self.content["paths"][route]
        written = [*path.get("parameters", []), *path[method.lower()].get("parameters", [])]
        found = [self._resolved(one) for one in written]
        return {one["name"] for one in found if one["in"] == "query"}

    def _undescribed_of(self, route: str | None, method: str, answer: Canned) -> Iterator[str]:
        responses = self.content["paths"][route][method.lower()]["responses"]
        content = self._resolved(responses.get(str(answer.status), {})).get("content", {})
        if "application/json" in content:
            yield from self._undescribed(json.loads(answer.body), [content["application/json"]["schema"]], ())

    def _undescribed(self, value: Any, schemas: Iterable[Any], place: tuple[str, ...]) -> Iterator[str]:
        """The fields that none of these schemas has. A schema that names no fields at all allows any."""
        parts = [part for schema in schemas for part in self._parts(schema)]
        if isinstance(value, list):
            for one in value:
                yield from self._undescribed(one, [part["items"] for part in parts if "items" in part], (*place, "*"))
        if isinstance(value, dict) and not any(part.get("additionalProperties") for part in parts):
            fields = [part["properties"] for part in parts if "properties" in part]
            for name, held in value.items() if fields else ():
                described = [one[name] for one in fields if name in one]
                if described:
                    yield from self._undescribed(held, described, (*place, name))
                else:
                    yield ".".join((*place, name))

    def _parts(self, schema: Any) -> Iterator[Any]:
        yield schema
        if "$ref" in schema:
            yield from self._parts(self._resolved(schema))
        for word in ("allOf", "anyOf", "oneOf"):
            for one in schema.get(word, ()):
                yield from self._parts(one)

    def _resolved(self, part: Any) -> Any:
        while "$ref" in part:
            found: Any = self.content
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part


def _with_tokens(content: Any) -> Any:
    """The same, with OAuth2 described as a bearer token: otherwise openapi-core accepts requests without one."""
    changed = copy.deepcopy(content)
    schemes = changed["components"]["securitySchemes"]
    for name, scheme in schemes.items():
        if scheme["type"] == "oauth2":
            schemes[name] = {"type": "http", "scheme": "bearer"}
    return changed


def all_differences(specs: Sequence[Spec], base: str, pairs: Iterable[tuple[Seen, Canned]]) -> set[str]:
    """The differences of requests below the address `base` and their answers; each is compared with one description."""
    found = set()
    for seen, answer in pairs:
        path = urlsplit(seen.target).path
        below = path.removeprefix(base)
        spec = next((one for one in specs if below != path and one.route(seen.method, below)), None)
        found |= set(spec.differences(seen, below, answer)) if spec else {f"{seen.method} {path}: not described"}
    return found


def _told(error: BaseException) -> Iterator[str]:
    """Every difference in an error of openapi-core, with its place and without values, which differ each time."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, InvalidSchemaValue):
        if isinstance(cause, ResponseFinderError):
            yield "not described"
            return
        cause = cause.__cause__
    if cause is None:
        yield f"{type(error).__name__}: {error.__cause__ or error}"
        return
    name = getattr(error, "name", None)
    for one in cause.schema_errors:
        yield from _of_value(one, name)


def _of_value(error: Any, name: str | None) -> Iterator[str]:
    steps = ["*" if isinstance(step, int) else step for step in error.absolute_path]
    place = ".".join([name, *steps] if name else steps) or "all of it"
    wrong = [one for one in error.context or () if one.validator != "type"]
    if error.validator in {"anyOf", "oneOf"} and wrong:
        for one in wrong:
            yield from _of_value(one, name)
    elif error.validator in {"anyOf", "oneOf", "type"}:
        kinds = [one.validator_value for one in error.context or ()] or error.validator_value
        written = kinds if isinstance(kinds, str) else " or ".join(map(str, kinds))
        yield f"{place}: {_TYPES.get(type(error.instance), 'null')} instead of {written}"
    elif error.validator == "format":
        yield f"{place}: no {error.validator_value}"
    else:
        yield f"{place}: {error.message}"
