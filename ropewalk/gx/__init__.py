"""Ropewalk's expectations for Great Expectations, usable in anyone's own GX context: `from ropewalk.gx import ExpectPiiRetention`.

The only package that imports great_expectations, which takes seconds: import it inside functions, where it is needed.
"""

from ropewalk.gx.fields import ExpectFieldsToHoldNoPersonalData
from ropewalk.gx.intervals import ExpectEventsToFollowWithin
from ropewalk.gx.origin import ExpectRowsToNameTheirOrigin
from ropewalk.gx.retention import ExpectPiiRetention
from ropewalk.gx.session import counts

__all__ = ["ExpectEventsToFollowWithin", "ExpectFieldsToHoldNoPersonalData", "ExpectPiiRetention", "ExpectRowsToNameTheirOrigin", "counts"]
