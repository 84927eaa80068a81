"""Context words as Presidio sees them: lemmas around a hit, decided without a tagger wherever the tagger cannot matter.

Presidio raises a score when a context word is part of a lemma near the hit. spaCy's rule lemmatizer gives a token, over
all parts of speech, a small known set of lemmas; if all of them agree on the answer, no model needs to run. Otherwise it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ropewalk.detect.steps import as_proven

PREFIX, SUFFIX = 5, 0
"""LemmaContextAwareEnhancer's window, in words (it takes one more each way: the token of the hit itself)."""


class Lemmas:
    """The lemmas a token could have. `exact` False (not an English rule lemmatizer): only the model can tell."""

    def __init__(self, engine: Any, language: str) -> None:
        self.engine, self.language = engine, language
        self.nlp: Any = (engine.nlp or {}).get(language)
        self._forms: dict[str, set[str]] = {}
        self._expressions: list[tuple[re.Pattern[str], str]] = []
        self._by_pos: list[tuple[dict[str, list[str]], list[tuple[str, str]], set[str]]] = []
        self.exact = self.nlp is not None and self._learn()
        self.possible: Callable[[str], tuple[frozenset[str], frozenset[str], frozenset[str]]] = lru_cache(maxsize=50_000)(self._possible)

    def _learn(self) -> bool:
        from spacy.attrs import IS_PUNCT, IS_STOP
        from spacy.lang.en.lemmatizer import EnglishLemmatizer

        names = self.nlp.pipe_names
        if not {"tagger", "attribute_ruler", "lemmatizer"} <= set(names) or not as_proven("lemmas"):
            return False
        lemmatizer = self.nlp.get_pipe("lemmatizer")
        if type(lemmatizer) is not EnglishLemmatizer or lemmatizer.mode != "rule" or lemmatizer.overwrite:
            return False
        for rule in self.nlp.get_pipe("attribute_ruler").patterns:
            if "LEMMA" in rule["attrs"]:
                for tokens in rule["patterns"]:
                    if not self._remember(tokens[rule.get("index", 0)].get("LOWER"), rule["attrs"]["LEMMA"]):
                        return False
        tables = {name: lemmatizer.lookups.get_table(f"lemma_{name}", {}) for name in ("exc", "rules", "index")}
        for pos in {key for table in tables.values() for key in table}:
            rules = [(old, new) for old, new in tables["rules"].get(pos, [])]
            self._by_pos.append((tables["exc"].get(pos, {}), rules, set(tables["index"].get(pos, ()))))
        self._is_stop = self.nlp.vocab.lex_attr_getters[IS_STOP]
        self._is_punct = self.nlp.vocab.lex_attr_getters[IS_PUNCT]
        return True

    def _remember(self, lower: Any, lemma: str) -> bool:
        """An attribute rule that sets a lemma: by the lower-cased token, a list of them, or an expression."""
        if isinstance(lower, str):
            lower = {"IN": [lower]}
        if not isinstance(lower, dict) or len(lower) != 1:
            return False
        for form in lower.get("IN", ()):
            self._forms.setdefault(form, set()).add(lemma)
        if "REGEX" in lower:
            self._expressions.append((re.compile(lower["REGEX"]), lemma))
        return "IN" in lower or "REGEX" in lower

    def pattern(self, words: Sequence[str]) -> tuple[str, int]:
        """(expression, flags) that every plain text with one of these words in a lemma matches; empty if there is none."""
        found = [self.traces(word) for word in words]
        if any(each is None for each in found) or not found:
            return "", 0
        literals = sorted({t for each in found if each for t in each if t.isascii() and "\n" not in t})
        return "|".join(re.escape(t) for t in literals), int(re.IGNORECASE)

    def traces(self, word: str) -> set[str] | None:
        """Strings of which a text (lower-cased) must hold one, if a lemma in it holds `word`; None: no such list."""
        if not self.exact or not word or any(word in lemma.lower() for _, lemma in self._expressions):
            return None
        out = {word, *(low for low, lemmas in self._forms.items() if any(word in lemma.lower() for lemma in lemmas))}
        for exceptions, rules, _ in self._by_pos:
            out.update(form for form, lemmas in exceptions.items() if any(word in lemma.lower() for lemma in lemmas))
            for old, new in rules:
                out.update(word[:-k] + old for k in range(1, len(new) + 1) if word.endswith(new[:k]))
                if word in new:
                    out.add(old)
        return out

    def tag(self, texts: Sequence[str]) -> list[Any]:
        """Presidio's NlpArtifacts of texts, from the pipeline without its named-entity step, which no lemma depends on."""
        return [self.engine._doc_to_nlp_artifact(doc, self.language) for doc in self.nlp.pipe(texts, disable=["ner"], batch_size=128)]

    def _possible(self, text: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """(lower-cased lemmas the token could have, those among them that are keywords, the parts that keywords with a colon give)."""
        low = text.lower()
        lemmas = {text, low, *self._forms.get(low, ()), *(lemma for expression, lemma in self._expressions if expression.search(low))}
        for exceptions, rules, index in self._by_pos:
            lemmas.add(self._rule(text, low, exceptions, rules, index))
        keys: set[str] = set()
        parts: set[str] = set()
        for lemma in lemmas:
            if not self._is_stop(lemma) and not self._is_punct(lemma) and lemma not in ("-PRON-", "be"):
                pieces = lemma.lower().split(":")
                (keys if len(pieces) == 1 else parts).update(pieces)
        return frozenset(lemma.lower() for lemma in lemmas), frozenset(keys), frozenset(parts)

    @staticmethod
    def _rule(text: str, low: str, exceptions: dict[str, list[str]], rules: list[tuple[str, str]], index: set[str]) -> str:
        """The first lemma of spaCy's `Lemmatizer.rule_lemmatize` for one part of speech."""
        forms: list[str] = []
        unknown: list[str] = []
        for old, new in rules:
            if low.endswith(old):
                form = low[: len(low) - len(old)] + new
                if form in index:
                    forms.insert(0, form)
                elif form and not form.isalpha():
                    forms.append(form)
                elif form:
                    unknown.append(form)
        forms = list(dict.fromkeys(forms))
        for form in exceptions.get(low, []):
            if form not in forms:
                forms.insert(0, form)
        return (forms or unknown or [text])[0]


class TextContext:
    """The words of one text, worked out when first asked for."""

    def __init__(self, text: str, lemmas: Lemmas, tagged: Any = None) -> None:
        """tagged: NlpArtifacts from `Lemmas.tag`, for a text whose context only the model can tell."""
        self._text, self._lemmas, self._tagged = text, lemmas, tagged
        self._tokens: list[tuple[int, str]] | None = None
        self._parts: frozenset[str] = frozenset()
        self._artifacts: Any = None

    @property
    def artifacts(self) -> Any:
        """Presidio's NlpArtifacts of the text, as a recogniser with its own `analyze` would get them."""
        if self._artifacts is None:
            self._artifacts = self._lemmas.engine.process_text(self._text, self._lemmas.language)
        return self._artifacts

    def supports(self, start: int, end: int, words: Sequence[str]) -> bool | None:
        """Whether a lemma around the hit holds one of the (lower-case) context words; None: the text must be tagged first."""
        if self._lemmas.nlp is not None and len(self._text) > self._lemmas.nlp.max_length:
            return False
        if self._lemmas.exact:
            answer = self._without_tagger(start, words)
            if answer is not None:
                return answer
        if self._lemmas.nlp is None:
            return "" in words  # Presidio's context is then one empty word
        tagged = self._artifacts or self._tagged
        if tagged is None:
            return None
        from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

        around = LemmaContextAwareEnhancer()._extract_surrounding_words(tagged, self._text[start:end], start)
        return any(word in lemma for word in words for lemma in around)

    def _without_tagger(self, start: int, words: Sequence[str]) -> bool | None:
        if self._tokens is None:
            self._tokens = [(token.idx, token.text) for token in self._lemmas.nlp.make_doc(self._text)]
            self._parts = frozenset(p for _, t in self._tokens if ":" in t for p in self._lemmas.possible(t)[2])
        tokens = self._tokens
        at = next((i for i, (idx, text) in enumerate(tokens) if idx == start or start < idx + len(text)), None)
        if at is None:  # a hit on trailing white space, where Presidio raises ValueError
            return False
        verdicts = [self._look(range(at, -1, -1), PREFIX + 1, words), self._look(range(at, len(tokens)), SUFFIX + 1, words)]
        return True if True in verdicts else None if None in verdicts else False

    def _look(self, order: range, count: int, words: Sequence[str]) -> bool | None:
        """Walks the window as Presidio does, with bounds for what depends on the tagger; None: the tagger decides."""
        assert self._tokens is not None
        least = most = 0
        maybe = False
        for i in order:
            lemmas, keys, _ = self._lemmas.possible(self._tokens[i][1])
            counted = keys | (lemmas & self._parts) if self._parts else keys & lemmas
            if counted:
                holding = [lemma for lemma in counted if any(word in lemma for word in words)]
                if holding:
                    if most < count and len(holding) == len(lemmas) and keys >= lemmas:
                        return True
                    maybe = True
                most += 1
                if keys >= lemmas:
                    least += 1
                    if least >= count:
                        break
        return None if maybe else False
