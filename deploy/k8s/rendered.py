"""What an overlay renders to, by kustomize itself, read more strictly than kustomize reads it."""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
OVERLAYS: Final = ("dev", "prod")
Body: TypeAlias = dict[str, Any]


class RenderError(Exception):
    """An overlay cannot be rendered or read; the message is kustomize's or says where."""


class Document(NamedTuple):
    """One manifest."""

    body: Body

    @property
    def api(self) -> str:
        """Its `apiVersion`."""
        return str(self.body.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.body.get("kind", ""))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.body.get("metadata", {}).get("name", ""))

    @property
    def labels(self) -> dict[str, str]:
        """Its own labels."""
        return self.body.get("metadata", {}).get("labels") or {}

    @property
    def spec(self) -> Body:
        """What it asks for."""
        return self.body.get("spec") or {}

    @property
    def pods(self) -> list[Body]:
        """The pod templates in it, wherever they are: a Ray cluster has one for each group."""
        return list(_templates(self.spec))

    def __str__(self) -> str:
        """Return kind and name, as kubectl writes them."""
        return f"{self.kind}/{self.name}"


def render(overlay: Path) -> str:
    """Return the manifests of a folder. Raise RenderError with kustomize's words."""
    kubectl = Path(sys.executable).with_name("kubectl")
    program = str(kubectl) if kubectl.exists() else shutil.which("kubectl")
    if program is None:
        message = "there is no kubectl: `make setup` installs it (tools-requirements.txt)"
        raise RenderError(message)
    done = subprocess.run([program, "kustomize", str(overlay)], capture_output=True, text=True, check=False)  # noqa: S603  # ours
    if done.returncode:
        raise RenderError(done.stderr.strip())
    return done.stdout


def render_own(overlay: str) -> str:
    """Return the manifests of one of OVERLAYS from a copy, where what is secret in dev is made: nobody's own is read, and none is needed.

    Raise RenderError with kustomize's words.
    """
    with TemporaryDirectory(prefix="k8s-") as copy:
        for part in ("deploy/k8s", "deploy/observability"):
            shutil.copytree(ROOT / part, Path(copy) / part, ignore=shutil.ignore_patterns("secrets", "__pycache__"))
        overlays = Path(copy) / "deploy/k8s/overlays"
        subprocess.run(["sh", overlays / "dev/secrets.sh"], check=True)  # noqa: S603, S607  # ours, by the shell of the machine
        return render(overlays / overlay)


def read(text: str) -> list[Document]:
    """Return the documents of a YAML text. Raise RenderError where a key stands twice in one mapping or it is no YAML."""
    try:
        return [Document(body) for body in yaml.load_all(text, Loader=_Strict) if body]
    except yaml.YAMLError as error:
        raise RenderError(str(error)) from error


def _templates(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("spec"), dict) and "containers" in value["spec"]:
            yield value
        for each in value.values():
            yield from _templates(each)
    elif isinstance(value, list):
        for each in value:
            yield from _templates(each)


class _Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # untyped library
    """Takes no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # the library's signature
        """Refuse a key that is there already."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"the key {min(twice)!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)
