"""The languages that prose is read in: whether the configuration names a language, a model for it and regions that exist.

A language without its model would be read by the English one and miss names in silence, so that it is an error instead.
"""

from __future__ import annotations

from ropewalk.config import Detection
from ropewalk.detect.numbering import supported
from ropewalk.detect.recognisers import model_package
from ropewalk.errors import ConfigError

MODELS = {
    "ca": "ca_core_news_sm", "da": "da_core_news_sm", "de": "de_core_news_sm", "el": "el_core_news_sm", "en": "en_core_web_sm",
    "es": "es_core_news_sm", "fi": "fi_core_news_sm", "fr": "fr_core_news_sm", "hr": "hr_core_news_sm", "it": "it_core_news_sm",
    "ja": "ja_core_news_sm", "ko": "ko_core_news_sm", "lt": "lt_core_news_sm", "mk": "mk_core_news_sm", "nb": "nb_core_news_sm",
    "nl": "nl_core_news_sm", "pl": "pl_core_news_sm", "pt": "pt_core_news_sm", "ro": "ro_core_news_sm", "ru": "ru_core_news_sm",
    "sl": "sl_core_news_sm", "sv": "sv_core_news_sm", "uk": "uk_core_news_sm", "zh": "zh_core_web_sm",
}  # fmt: skip
"""The small model that spaCy's makers offer for each language; any other of the language will do."""


def check(detection: Detection) -> None:
    """Raises ConfigError for a language, a model or a region that is not there. Loads no model."""
    language, model = detection.language, detection.spacy_model
    if language not in MODELS:
        raise ConfigError(f"no language is called {language!r}", where="detection.language", mend=f"use one of {', '.join(MODELS)}")
    for region in detection.regions:
        if not supported(region):
            raise ConfigError(f"no country is called {region!r}", where="detection.regions", mend="use ISO 3166 codes of two capitals: DE, GB, US")
    if not detection.ner:
        return
    if language != "en" and model.startswith("en_"):
        raise ConfigError(
            f"detection.language is {language!r}, but {model} reads English: names in prose would be missed",
            where="detection.spacy_model",
            mend=f"`python -m spacy download {MODELS[language]}` and `spacy_model: {MODELS[language]}`, or `ner: false`",
        )
    model_package(model)
