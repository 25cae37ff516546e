"""What the predictors share: the catalogue, and predictions that several rows need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.prediction.predictor import Predictor

if TYPE_CHECKING:
    from dcsim.prediction.answer import Answer
    from dcsim.prediction.question import Question
    from dcsim.spec.catalog import Catalog

__all__ = ["Bench"]


class Bench:
    """A catalogue, with entries and answers kept.

    Parameters
    ----------
    catalog : Catalog
        Entries by name.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._predictor = Predictor(catalog)
        self._entries: dict[tuple[str, str], Any] = {}
        self._answers: dict[Question, Answer] = {}

    def entry(self, kind: str, name: str) -> Any:
        """Return an entry of the catalogue.

        Raises
        ------
        InputError
            For an unknown name and a file with problems.
        """
        if (kind, name) not in self._entries:
            self._entries[kind, name] = self.catalog.load(kind, name)
        return self._entries[kind, name]

    def answer(self, question: Question) -> Answer:
        """Return the prediction of a step.

        Raises
        ------
        InputError
            With every problem of the question.
        """
        if question not in self._answers:
            self._answers[question] = self._predictor.predict(question)
        return self._answers[question]
