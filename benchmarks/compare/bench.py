"""What every part of `make bench` is given: the arena, models trained when they are first wanted, rounds, sizes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.compare.arena import Arena
from benchmarks.compare.competitors import Competitor
from benchmarks.compare.course import Course, train
from benchmarks.compare.rounds import Rounds
from benchmarks.compare.subject import Subject


@dataclass(slots=True)
class Bench:
    """`records` is the most that any competitor is given; `environments` holds those of the peers."""

    arena: Arena
    rounds: int
    records: int
    environments: Path
    courses: dict[str, Course] = field(default_factory=dict)

    def course(self, subject: Subject) -> Course:
        """The subject with its model, which subjects of one title share."""
        if subject.title not in self.courses:
            self.courses[subject.title] = train(self.arena, subject)
        known = self.courses[subject.title]
        return Course(self.arena, subject, known.model, known.bundle, known.job)

    def compare(self, subject: Subject, competitors: Sequence[Competitor], records: int) -> Rounds:
        """All rounds of these competitors; those of the product alone take turns at being first."""
        found = self.course(subject)
        rounds = Rounds(found, self.environments, subject.samples(min(records, self.records)))
        alone = all(one.product for one in competitors)
        for number in range(self.rounds):
            rounds.round(competitors[::-1] if alone and number % 2 else competitors)
        return rounds
