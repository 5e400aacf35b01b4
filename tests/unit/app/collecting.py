"""A reporter that collects what it is told, and answers what it is told to answer."""

from dataclasses import dataclass, field

from reconciler.app.reporter import Meter, Progress


@dataclass
class CollectingReporter:
    """Keeps what is said, noticed, printed as a result, and asked, each in a list."""

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
