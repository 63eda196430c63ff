"""Kotlin and Java: compiled with the jars that npm, PyPI and Debian have, and run."""

import os
import shutil
from importlib.metadata import distribution
from pathlib import Path

from openapi.compilation.results import MissingToolError, Shown, said
from openapi.compilation.snippets import JAVA, upload_snippet, write_kotlin
from openapi.compilation.stage import Stage
from openapi.openapi_generator import generate
from openapi.programs import run

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
NODE = HERE / "node_modules"
DEBIAN = Path("/usr/share/java")
# Compilers live for seconds: the second compiler of Java and more than one collector cost more.
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def show_kotlin(stage: Stage) -> Shown:
    """Compile the Kotlin client, all snippets, and the program that uses it; run that."""
    _need("java")
    sources, built = stage.folder / "kotlin", stage.folder / "kotlin-classes"
    generate("kotlin", sources)
    shown = write_kotlin(stage.folder / "kotlin-snippets")
    library = NODE / "kotlin-compiler/lib"
    names = ("kotlin-stdlib", "kotlinx-coroutines-core-jvm")
    jars = [
        *(library / f"{name}.jar" for name in names),
        *_wheel("kotlin-jupyter-kernel", "kotlinx-serialization-"),
        *_carried("okhttp-jvm-", "okio-jvm-", "retrofit-"),
    ]
    run(
        *("java", *_QUICK, "-cp", _path(sorted(library.glob("kotlin*.jar")))),
        *("org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-no-stdlib", "-no-reflect", "-nowarn"),
        *("-jvm-target", "17", "-cp", _path(jars), "-d", built),
        f"-Xplugin={library / 'kotlinx-serialization-compiler-plugin.jar'}",
        *(sources / "src/main/kotlin", shown, PROGRAMS / "Exercise.kt"),
    )
    output = stage.play("java", *_QUICK, "-cp", _path([built, *jars]), "ExerciseKt")
    return Shown("Kotlin", {"compiles": "yes", **said(output)})


def show_java(stage: Stage) -> Shown:
    """Compile the Java client, its snippet, and the program that uses it; run that."""
    _need("javac")
    jars = [
        *_carried("jackson-annotations-", "jackson-core-", "jackson-databind-"),
        *_carried("httpcore-", "httpclient-", "commons-logging-"),
        *(DEBIAN / f"{name}.jar" for name in ("httpmime", "jakarta-annotation-api")),
        # Has Jackson's module for java.time.
        *_wheel("openapi-generator-cli", "openapi-generator"),
    ]
    if missing := [jar.stem for jar in jars if not jar.exists()]:
        raise MissingToolError(" ".join(f"lib{name}-java" for name in missing))
    sources, built = stage.folder / "java", stage.folder / "java-classes"
    generate("java", sources)
    shown = stage.folder / "Snippet.java"
    shown.write_text(upload_snippet("java", JAVA))
    files = [*(sources / "src/main").rglob("*.java"), PROGRAMS / "Exercise.java", shown]
    quick = [f"-J{option}" for option in _QUICK]
    run("javac", *quick, "-nowarn", "-proc:none", "-cp", _path(jars), "-d", built, *files)
    output = stage.play("java", *_QUICK, "-cp", _path([built, *jars]), "Exercise")
    return Shown("Java", {"compiles": "yes", **said(output), "follows": "left out"})


def _need(program: str) -> None:
    if shutil.which(program) is None:
        raise MissingToolError(f"{program} (apt-get install default-jdk-headless)")


def _path(entries: list[Path]) -> str:
    return os.pathsep.join(map(str, entries))


def _carried(*beginnings: str) -> list[Path]:
    """Find jars in the package that carries them; the names end with versions."""
    jars = sorted((NODE / "allure-commandline/dist").rglob("*.jar"))
    found = []
    for beginning in beginnings:
        matching = [jar for jar in jars if jar.name.startswith(beginning)]
        if not matching:
            raise MissingToolError(f"{beginning}*.jar (npm ci --prefix openapi/compilation)")
        found.append(matching[0])
    return found


def _wheel(name: str, beginning: str) -> list[Path]:
    files = distribution(name).files or []
    found = [file for file in files if file.suffix == ".jar" and file.name.startswith(beginning)]
    return [Path(str(file.locate())) for file in found]
