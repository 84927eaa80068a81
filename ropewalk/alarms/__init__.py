"""Alarms: what changed since the last look, said once, to the channels that the configuration names. Never a value."""

from ropewalk.alarms.alarm import Alarm
from ropewalk.alarms.message import Message, compose
from ropewalk.alarms.sending import Delivery, Raised, deliver_owed, raise_alarms, told, try_channels

__all__ = ["Alarm", "Delivery", "Message", "Raised", "compose", "deliver_owed", "raise_alarms", "told", "try_channels"]
