"""E-mail by SMTP: STARTTLS or TLS with a verified certificate, plain only where the configuration says so."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from ropewalk.alarms.channels.post import ChannelError
from ropewalk.alarms.message import Message
from ropewalk.duties import MailConfig
from ropewalk.reading.endpoint import refusal


def send(channel: MailConfig, message: Message, timeout: float, resolve: Callable[[str], Path]) -> str:
    """Which receivers the server refused while it took the mail for others, "" where none. Raises ChannelError."""
    try:
        context = ssl.create_default_context(cafile=str(resolve(channel.ca)) if channel.ca else None)
        with _connected(channel, timeout, context) as server:
            if channel.username:
                server.login(channel.username, channel.password)
            refused = server.send_message(mail(channel, message))
            return f"the mail server refused {', '.join(sorted(refused))}; check `to`" if refused else ""
    except smtplib.SMTPAuthenticationError:
        raise ChannelError("the mail server refused user and password", mend="check username and password") from None
    except smtplib.SMTPNotSupportedError:
        raise ChannelError("the mail server offers no STARTTLS, or no login", mend="set tls: tls, or take another port") from None
    except smtplib.SMTPResponseException as error:
        raise ChannelError(f"the mail server answered {error.smtp_code}", mend="check sender and rights") from None
    except smtplib.SMTPRecipientsRefused:
        raise ChannelError("the mail server refused all receivers", mend="check `to`") from None
    except ssl.SSLError as error:
        what = f"the mail server's certificate cannot be verified{refusal(error)}"
        raise ChannelError(what, mend="name its authority with `ca`, or correct the host") from None
    except (smtplib.SMTPServerDisconnected, TimeoutError):
        raise ChannelError("the mail server hung up, or did not answer in time", mend="check host, port and tls (465 wants tls: tls)") from None
    except (smtplib.SMTPException, OSError) as error:
        raise ChannelError(f"the mail server cannot be reached ({type(error).__name__})", mend="check host, port and tls") from None


def _connected(channel: MailConfig, timeout: float, context: ssl.SSLContext) -> smtplib.SMTP:
    if channel.tls == "tls":
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=timeout, context=context)
    server = smtplib.SMTP(channel.host, channel.port, timeout=timeout)
    if channel.tls == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def mail(channel: MailConfig, message: Message) -> EmailMessage:
    out = EmailMessage()
    out["Subject"], out["From"], out["To"] = message.subject, channel.sender, ", ".join(channel.to)
    out["Date"] = format_datetime(message.at)
    out["Message-ID"] = f"<{message.id}@{channel.sender.rpartition('@')[2]}>"
    out["Auto-Submitted"] = "auto-generated"
    out.set_content("\n".join([*message.lines, ""]))
    return out
