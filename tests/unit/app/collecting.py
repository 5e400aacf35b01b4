"""A reporter that collects messages, and gives a fixed answer."""

from dataclasses import dataclass, field

from reconciler.app.reporter import Meter, Progress


@dataclass
class CollectingReporter:
    """Keeps messages, notices, results, and questions, each in a list."""

    answer: bool = True
    said: list[str] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def notice(self, text: str) -> None:
        self.noticed.append(text)

    def result(self, text: str) -> None:
        self.results.append(text)

    def progress(self, verb: str, total: int, meter: Meter) -> Progress:
        raise AssertionError(f"{verb} {total} with {meter} makes requests")

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer
